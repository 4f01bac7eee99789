"""Adds a note to a ticket's story; it is not undone and hinders no undo."""

from collections.abc import Callable

from bot.actions.recording import record
from bot.actions.tickets.tickets import opened
from bot.actions.work import Work
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.lifecycle import Answer
from bot.rules.tickets.notes import explanation, note
from storage.records import Ticket


def add(work: Work, ticket_id: int, given: Answer) -> Ticket:
    """Add what was said to the ticket's story; MoveRefused says why not."""
    return _add(work, ticket_id, given, note)


def explain(work: Work, ticket_id: int, given: Answer) -> Ticket:
    """Add what was said to how a ticket was completed; MoveRefused says why not."""
    return _add(work, ticket_id, given, explanation)


def _add(work: Work, ticket_id: int, given: Answer, decide: Callable[[Ticket, Answer, Scene], Decision]) -> Ticket:
    hand = opened(work, ticket_id, given)
    decision = decide(hand.ticket, given, hand.scene)
    record(work, [decision])
    return decision.ticket
