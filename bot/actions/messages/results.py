"""After sending: write what became of messages, into the tickets' stories too, and go on where nobody was reached."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.actions.context import Context
from bot.actions.messages import sealed
from bot.actions.people import reach
from bot.actions.people.binding import contact_lost
from bot.actions.recording import record
from bot.actions.tickets.requests import ask_others
from bot.actions.work import Work, begin
from bot.rules.messages.retry import MAX_ATTEMPTS, missed
from bot.rules.people.audit import masked_address
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import unreached
from storage.messages import outbox
from storage.messages.outbox import Settlement
from storage.people import addresses
from storage.records import (
    IN_THE_STORY,
    Address,
    JournalDraft,
    JournalKind,
    Message,
    MessageDraft,
    MessageKind,
    MessageState,
)
from storage.tickets import journal, tickets

log = logging.getLogger(__name__)

ToldMessages = Mapping[int, Sequence[Message]]  # what each message tells: itself, or what its digest holds


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What the sender saw happen to one message."""

    message: Message
    settlement: Settlement
    dead: tuple[Address, ...] = ()  # refused for good: not used again until the person is bound anew
    besides: tuple[str, ...] = ()  # one-way channels that took it before the way it ended on
    moved_to: str = ""
    waits: bool = False  # every way is shut for now: it is tried in rounds, alone or with what else waits by then


def settle(context: Context, results: Sequence[Result]) -> None:
    """Write results, put them into the tickets' stories, and go on where somebody turned out unreachable."""
    now = context.now()
    with begin(context) as work:
        counted = {one.id for one in outbox.settle(work.conn, _on_lease_clock(work, results))}
        real = [one for one in results if one.message.id in counted]
        sealed.erase_done(work.conn, [(one.message, one.settlement) for one in real])
        told = {one.message.id: tuple(_told_by(work, one)) for one in real}
        for one in real:
            if one.message.kind == MessageKind.DIGEST:
                _let_go(work, one)
        lines: list[JournalDraft] = []
        notices = [notice for one in real for notice in _addresses(work, one, lines)]
        _tell_stories(work, real, told, now)
        _pass_on(work, [way.person_id for one in real for way in one.dead])
        outbox.put(work.conn, notices, now)
        if lines:  # after the tickets, as everywhere: two nodes that lock both never wait for each other
            journal.write_system(work.conn, lines)


def _on_lease_clock(work: Work, results: Sequence[Result]) -> list[Settlement]:
    """The settlements; when to look again at what is uncertain stands among the leases, and so on their clock."""
    settlements = [result.settlement for result in results]
    if all(one.retry_at is None for one in settlements):
        return settlements
    ahead = work.context.lease_now(work.conn) - work.context.now()
    return [replace(one, retry_at=one.retry_at + ahead) if one.retry_at else one for one in settlements]


def fail_late(work: Work, message: Message, reason: str) -> None:
    """Let a message that its channel had taken fail after all, and go on as if it never had."""
    end = Settlement(id=message.id, fence=message.fence, state=MessageState.FAILED, reason=reason)
    if not outbox.fail_taken(work.conn, message.id, reason):
        return
    result = Result(message=message, settlement=end)
    told = {message.id: tuple(_told_by(work, result))}
    if message.kind == MessageKind.DIGEST:
        _let_go(work, result)
    _tell_stories(work, [result], told, work.now)


def _pass_on(work: Work, people: Sequence[int]) -> None:
    """The next in line hears of the tickets of lost people; trouble with it must not undo that messages were sent."""
    try:
        with work.conn.begin_nested():
            reach.lost(work, people)
    except Exception:
        log.exception("tickets of lost people not passed on", extra={"action": "settle", "people": sorted(people)})


def _let_go(work: Work, result: Result) -> None:
    """What a digest was to tell fails with it, or waits by itself, to be one message with whatever waits by then."""
    message, end = result.message, result.settlement
    if end.state == MessageState.FAILED:
        outbox.fail_children(work.conn, message.id, end.reason)
    elif result.waits and end.not_before is not None:
        outbox.dissolve(work.conn, message.id, end.not_before, message.attempts, "现在送不出，稍后与其他消息合并")


def _addresses(work: Work, result: Result, lines: list[JournalDraft]) -> list[MessageDraft]:
    """Follow a moved address and stop using dead ones, unless the person was bound anew meanwhile."""
    message, notices = result.message, []
    if result.moved_to and _in_use(work, message.person_id, message.channel, message.address):
        addresses.move(work.conn, message.person_id, message.channel, result.moved_to)
        moved = {"proof": "platform", "from": masked_address(message.address), "to": masked_address(result.moved_to)}
        lines.append(_contact_line(work, JournalKind.BOUND, message.person_id, message.channel, moved))
    for way in result.dead:
        lost = _in_use(work, message.person_id, way.channel, way.address)
        if lost is not None:
            addresses.disable(work.conn, lost.id)
            lines.append(_contact_line(work, JournalKind.UNREACHABLE, message.person_id, way.channel, {}))
            notices += contact_lost(lost, str(message.id), work.directory)
    return notices


def _contact_line(
    work: Work, kind: JournalKind, person_id: int, channel: str, more: Mapping[str, object]
) -> JournalDraft:
    data = {"person": person_id, "channel": channel, **more}
    return JournalDraft(kind=kind, at=work.now, actor="bot", data=data)


def _in_use(work: Work, person_id: int, channel: str, address: str) -> Address | None:
    known = work.directory.addresses.get(person_id, ())
    return next((one for one in known if one.usable and (one.channel, one.address) == (channel, address)), None)


def _tell_stories(work: Work, results: Sequence[Result], told: ToldMessages, now: datetime) -> None:
    """Write what happened into the stories; trouble with one of them must not undo that a message was sent."""
    try:
        with work.conn.begin_nested():
            _write_stories(work, results, told, now)
    except Exception:
        if len(results) == 1:
            log.exception("story not written", extra={"action": "settle", "message_id": results[0].message.id})
        else:
            for result in results:
                _tell_stories(work, [result], told, now)


def _write_stories(work: Work, results: Sequence[Result], told: ToldMessages, now: datetime) -> None:
    lines: dict[int, list[JournalDraft]] = {}
    lost: dict[tuple[int, str, str], Message] = {}
    for result in results:
        for one in told[result.message.id]:
            if one.ticket_id is not None and one.kind in IN_THE_STORY:
                lines.setdefault(one.ticket_id, []).append(_told(one, result, now))
                if result.waits or result.settlement.state == MessageState.FAILED:
                    lost[one.ticket_id, one.step, _occurrence(one)] = one
    found = tickets.by_ids(work.conn, lines, lock=True)
    decisions = {number: Decision(ticket=ticket, journal=tuple(lines[number])) for number, ticket in found.items()}
    for (ticket_id, _step, _when), one in lost.items():
        if ticket_id in decisions:
            decisions[ticket_id] = _go_on(work, decisions[ticket_id], one, now)
    record(work, list(decisions.values()))


def _told_by(work: Work, result: Result) -> Sequence[Message]:
    if result.settlement.state == MessageState.SUPERSEDED or (result.waits and result.message.attempts > MAX_ATTEMPTS):
        return ()  # not sent, or tried in vain once more: that is told once
    message = result.message
    return outbox.children(work.conn, message.id) if message.kind == MessageKind.DIGEST else [message]


def _go_on(work: Work, before: Decision, lost: Message, now: datetime) -> Decision:
    """Where everybody who was to hear of a step is lost, let the next in line be told why."""
    ticket = before.ticket
    # What was told of the same step before the ticket changed hands, or its deadline moved, was told of another.
    told = [one for one in outbox.of_step(work.conn, ticket.id, lost.step) if _occurrence(one) == _occurrence(lost)]
    if not all(missed(one.state, one.attempts) for one in told):
        return before
    people = frozenset(one.person_id for one in told)
    if lost.kind == MessageKind.REQUEST:
        more = ask_others(work, ticket, lost, people)
    else:
        policy, working = work.policy(ticket.policy_key), work.working(ticket.unit_id)
        more = unreached(ticket, lost.step, people, policy, work.directory, working, now)
    return replace(more, journal=(*before.journal, *more.journal), messages=(*before.messages, *more.messages))


def _occurrence(message: Message) -> str:
    """The part of an intent that tells one time of a step from another: "t12:overdue:20210824.1:p7"."""
    return message.intent.rpartition(":")[0].rpartition(":")[2]


def _told(message: Message, result: Result, now: datetime) -> JournalDraft:
    sent, settled = result.message, result.settlement
    data: dict[str, object] = {
        "step": message.step,
        "to": message.person_id,
        "channel": sent.channel,
        "state": settled.state,
        "message": message.id,
    }
    if settled.accepted_at is not None:
        data["accepted_at"] = settled.accepted_at.isoformat()
    if settled.reason:
        data["reason"] = settled.reason
    if sent.id != message.id:
        data["digest"] = sent.id
    if result.besides:
        data["besides"] = list(result.besides)
    kind = JournalKind.TOLD if settled.state != MessageState.FAILED else JournalKind.NOT_TOLD
    return JournalDraft(kind=kind, at=now, actor="bot", data=data)
