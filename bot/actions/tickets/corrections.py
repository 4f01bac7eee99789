"""After an answer: the others' cards are brought up to date, and whom it overtakes is told."""

from bot.actions.work import Work
from bot.rules.tickets import corrections as rules
from bot.rules.tickets.corrections import Change
from bot.rules.tickets.decision import Scene
from bot.rules.tickets.lifecycle import Answer
from storage.messages import outbox
from storage.records import CardParams, Message, MessageDraft, MessageKind, Ticket


def tell_others(work: Work, change: Change, given: Answer, scene: Scene) -> None:
    """Put what others are to hear of an answer, after it was recorded: what still waited is taken back by then."""
    if change.kind is None:
        return
    put = outbox.of_ticket(work.conn, change.after.id)
    drafts = rules.corrections(change, put, given, scene)
    outbox.put(work.conn, [*drafts, *_cards(change.before, put, given.person_id)], work.now)


def refresh_cards(work: Work, before: Ticket, person_id: int) -> None:
    """Bring the others' cards to the ticket's present state, as after an undo."""
    outbox.put(work.conn, _cards(before, outbox.of_ticket(work.conn, before.id), person_id), work.now)


def _cards(before: Ticket, put: list[Message], person_id: int) -> list[MessageDraft]:
    return [
        MessageDraft(
            intent=f"t{before.id}:card:v{before.version}:m{one.id}",
            person_id=one.person_id,
            kind=MessageKind.CARD,
            ticket_id=before.id,
            step=one.step,
            params=CardParams(message=one.id),
        )
        for one in rules.cards(put, person_id)
    ]
