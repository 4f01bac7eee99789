"""What a platform tells of a message long after it took it: that it arrived, or that it did not after all."""

from collections.abc import Collection, Sequence

from bot.actions.context import Context
from bot.actions.messages import results
from bot.actions.recording import record
from bot.actions.work import Work, begin
from bot.rules.people.routing import usable_addresses
from bot.rules.tickets.decision import Decision
from storage.messages import outbox
from storage.records import IN_THE_STORY, Address, JournalDraft, JournalKind, Message, MessageKind, MessageState
from storage.tickets import tickets

OPEN_END = (MessageState.ACCEPTED, MessageState.UNCERTAIN)


def arrived(context: Context, channel: str, provider_id: str) -> bool:
    """Keep the platform's proof that a message arrived; False where no message of ours is known by that id (yet)."""
    with begin(context) as work:
        message = outbox.by_provider_id(work.conn, channel, provider_id)
        if message is None:
            return False
        if message.state in OPEN_END and outbox.confirm(work.conn, message.id, work.now):
            _write(work, message, JournalKind.ARRIVED, {})
    return True


def bounced(context: Context, channel: str, provider_id: str, reason: str, channels: Collection[str]) -> bool:
    """Let a message that did not arrive after all go the person's next way, of those there are, or fail.

    False where no message of ours is known by that id (yet).
    """
    with begin(context) as work:
        message = outbox.by_provider_id(work.conn, channel, provider_id)
        if message is None:
            return False
        if message.state not in OPEN_END:
            return True
        following = _next_way(work, message, channels)
        if following is None:
            results.fail_late(work, message, reason)
        elif outbox.take_back(work.conn, message.id, following.channel, following.address, reason, work.now):
            _write(work, message, JournalKind.NOT_TOLD, {"state": MessageState.PENDING, "reason": reason})
    return True


def _next_way(work: Work, message: Message, channels: Collection[str]) -> Address | None:
    """The first way behind the one that failed, so that none is tried twice."""
    ways = [way for way in _every_way(work, message.person_id) if way.channel in channels]
    place = next((place for place, way in enumerate(ways) if way.channel == message.channel), -1)
    return next((way for way in ways[place + 1 :] if way.usable), None)


def _every_way(work: Work, person_id: int) -> Sequence[Address]:
    """The dead ones too: what failed just now may be one of them."""
    directory = work.directory
    return directory.addresses.get(person_id, ()) if usable_addresses(person_id, directory) else ()


def _write(work: Work, message: Message, kind: JournalKind, more: dict[str, object]) -> None:
    """Write what the platform told into the stories of the tickets the message told of."""
    digest = message.kind == MessageKind.DIGEST
    lines: dict[int, list[JournalDraft]] = {}
    for one in outbox.children(work.conn, message.id) if digest else [message]:
        if one.ticket_id is not None and one.kind in IN_THE_STORY:
            data = {"step": one.step, "to": one.person_id, "channel": message.channel, "message": one.id, **more}
            lines.setdefault(one.ticket_id, []).append(
                JournalDraft(
                    kind=kind, at=work.now, actor="bot", data=data | ({"digest": message.id} if digest else {})
                )
            )
    found = tickets.by_ids(work.conn, lines, lock=True)
    record(work, [Decision(ticket=one, journal=tuple(lines[number])) for number, one in found.items()])
