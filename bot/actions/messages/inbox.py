"""The web inbox: only from the moment its person looks does what lies in it count as told."""

from collections.abc import Iterator

from bot.actions.context import Context
from bot.actions.recording import record
from bot.actions.work import Work, begin
from bot.rules.people.routing import INBOX
from bot.rules.tickets.decision import Decision
from storage.messages import looks, outbox
from storage.records import IN_THE_STORY, JournalDraft, JournalKind, Message, MessageKind
from storage.tickets import tickets


def look(context: Context, person_id: int) -> int:
    """Note that the person opened the inbox; returns how many messages they had not seen before."""
    with begin(context) as work:
        seen = looks.look(work.conn, person_id, work.now, INBOX)
        lines: dict[int, list[JournalDraft]] = {}
        for message, carrier in _told(work, seen):
            if message.ticket_id is not None and message.kind in IN_THE_STORY:
                lines.setdefault(message.ticket_id, []).append(_line(work, message, carrier))
        found = tickets.by_ids(work.conn, lines, lock=True)
        record(work, [Decision(ticket=ticket, journal=tuple(lines[number])) for number, ticket in found.items()])
    return len(seen)


def _told(work: Work, seen: list[Message]) -> Iterator[tuple[Message, Message]]:
    """What each message tells, itself or what its digest holds, with the message that was opened."""
    for carrier in seen:
        if carrier.kind == MessageKind.DIGEST:
            yield from ((message, carrier) for message in outbox.children(work.conn, carrier.id))
        else:
            yield carrier, carrier


def _line(work: Work, message: Message, carrier: Message) -> JournalDraft:
    data: dict[str, object] = {
        "step": message.step,
        "to": message.person_id,
        "channel": carrier.channel,
        "state": carrier.state,
        "message": message.id,
    }
    if carrier.id != message.id:
        data["digest"] = carrier.id
    return JournalDraft(kind=JournalKind.TOLD, at=work.now, actor="bot", data=data)
