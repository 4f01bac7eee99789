"""Notes: words somebody adds to a ticket's story, whatever its state; nothing else changes."""

from dataclasses import replace

from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right, may
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.lifecycle import Answer, Verb, line, need_reason
from storage.records import JournalKind, Ticket, TicketState


def note(ticket: Ticket, answer: Answer, scene: Scene) -> Decision:
    """Add a note; MoveRefused where the ticket is not the person's to work on or to review, or nothing is said."""
    rights = (may(answer.person_id, right, ticket, scene.directory, scene.now) for right in (Right.WORK, Right.REVIEW))
    if not any(rights):
        raise MoveRefused("not_yours", number=ticket.number)
    need_reason(ticket, Verb.COMPLETE, answer.text)
    return Decision(ticket=ticket, journal=(line(JournalKind.NOTE, answer),))


def explanation(ticket: Ticket, answer: Answer, scene: Scene) -> Decision:
    """Add to how a ticket was completed; MoveRefused unless the person completed it, or where nothing is said."""
    if ticket.state != TicketState.COMPLETED or ticket.completed_by != answer.person_id:
        raise MoveRefused("not_yours", number=ticket.number)
    decision = note(ticket, answer, scene)
    text = f"{ticket.completion_text}\n{answer.text}".strip()
    return replace(decision, ticket=replace(ticket, completion_text=text))
