"""Adds a note to a ticket's story; it is not undone and hinders no undo."""

from bot.actions.recording import record
from bot.actions.tickets.tickets import opened
from bot.actions.work import Work
from bot.rules.tickets.lifecycle import Answer
from bot.rules.tickets.notes import note
from storage.records import Ticket


def add(work: Work, ticket_id: int, given: Answer) -> Ticket:
    """Add what was said to the ticket's story; MoveRefused says why not."""
    hand = opened(work, ticket_id, given)
    decision = note(hand.ticket, given, hand.scene)
    record(work, [decision])
    return decision.ticket
