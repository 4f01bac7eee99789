"""The bookkeeping of sending: claim, check again, bundle, write results. Never sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.actions.context import Context
from bot.actions.conversation import remember
from bot.actions.recording import record
from bot.rules.calendars import Calendars
from bot.rules.decision import Decision
from bot.rules.escalation import unreached
from bot.rules.pacing import pace, still_true
from bot.rules.routing import desk
from storage import files, outbox, register, tickets
from storage.database import Connection
from storage.outbox import Settlement
from storage.records import Directory, JournalDraft, Message, MessageDraft, MessageKind, MessageState, Policy, Ticket

# These tell a person about a ticket and belong in its story; answers are in it as what the person did.
IN_THE_STORY = frozenset({MessageKind.ASSIGNED, MessageKind.REMINDER, MessageKind.ESCALATION, MessageKind.SLIP})


@dataclass(frozen=True, kw_only=True, slots=True)
class Load:
    """Claimed messages that are still true, with everything needed to word and address them."""

    messages: tuple[Message, ...]
    bundled: Mapping[int, tuple[Message, ...]]  # digest id -> what it tells
    tickets: Mapping[int, Ticket]
    policies: Mapping[str, Policy]  # by the key stamped on the tickets
    directory: Directory
    calendars: Calendars
    lease_until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Result:
    """What the sender saw happen to one message."""

    message: Message
    settlement: Settlement
    dead: tuple[int, ...] = ()  # addresses refused for good: not used again until the person is bound anew
    moved_to: str = ""


def claim(context: Context, holder: str, lease: timedelta, digest_from: int, limit: int = 100) -> Load:
    """Lease what is due, take back what is no longer true, and make digests of bursts."""
    now = context.now()
    until = now + lease
    with context.database.begin() as conn:
        claimed = outbox.claim(conn, now, until, holder, limit)
        directory, calendars = context.directory(conn), context.calendars(conn)
        about = tickets.by_ids(conn, [one.ticket_id for one in claimed if one.ticket_id is not None])
        told = [(one, _why_not(context, conn, one, about)) for one in claimed]
        paced = pace([one for one, why in told if not why], digest_from)
        dropped = [*((one, why) for one, why in told if why), *paced.drop]
        outbox.settle(conn, [_ended(one, MessageState.SUPERSEDED, reason=why) for one, why in dropped])
        digests = _digests(conn, paced.bundles, now, until, holder)
        # A digest left behind by a crash comes back alone: what it tells is looked up again.
        again = [(one, tuple(outbox.children(conn, one.id))) for one in paced.send if one.kind == MessageKind.DIGEST]
        about |= tickets.by_ids(conn, [m.ticket_id for _, many in again for m in many if m.ticket_id])
        policies = {key: context.policy(conn, key) for key in {one.policy_key for one in about.values()}}
    return Load(
        messages=(*paced.send, *(digest for digest, _ in digests)),
        bundled={digest.id: many for digest, many in (*digests, *again)},
        tickets=about,
        policies=policies,
        directory=directory,
        calendars=calendars,
        lease_until=until,
    )


def prepare(context: Context, messages: Sequence[Message]) -> None:
    """Store way and exact payload before anything goes out."""
    with context.database.begin() as conn:
        outbox.prepare(conn, messages)


def settle(context: Context, results: Sequence[Result]) -> None:
    """Write results, put them into the tickets' stories, and go on where somebody turned out unreachable."""
    now = context.now()
    with context.database.begin() as conn:
        counted = {one.id for one in outbox.settle(conn, [result.settlement for result in results])}
        real = [one for one in results if one.message.id in counted]
        for one in real:
            if one.moved_to:
                register.move_address(conn, one.message.person_id, one.message.channel, one.moved_to)
            for address_id in filter(None, one.dead):
                register.disable_address(conn, address_id)
                outbox.put(conn, _contact_lost(one.message, address_id, context.directory(conn)), now)
            if one.settlement.state == MessageState.FAILED and one.message.kind == MessageKind.DIGEST:
                outbox.fail_children(conn, one.message.id, one.settlement.reason)
        _tell_stories(context, conn, real, now)


def attached(context: Context, file_id: int) -> files.File:
    """Return a stored file that goes out with a message."""
    with context.database.read() as conn:
        return files.load(conn, file_id)


def _why_not(context: Context, conn: Connection, one: Message, about: Mapping[int, Ticket]) -> str:
    ticket = about.get(one.ticket_id) if one.ticket_id is not None else None
    policy = context.policy(conn, ticket.policy_key) if ticket else None
    return still_true(one, ticket, policy)


def _digests(
    conn: Connection, bundles: Sequence[Sequence[Message]], now: datetime, until: datetime, holder: str
) -> list[tuple[Message, tuple[Message, ...]]]:
    made = []
    for many in bundles:
        draft = MessageDraft(
            intent=f"digest:{many[0].person_id}:{many[0].id}",
            person_id=many[0].person_id,
            kind=MessageKind.DIGEST,
            urgency=min(one.urgency for one in many),
            params={"messages": [one.id for one in many]},
        )
        digest = outbox.add_claimed(conn, draft, now, until, holder)
        # Its numbers are the ones the person answers by, until their next list.
        remember(conn, digest.person_id, [one.ticket_id for one in many if one.ticket_id is not None], now)
        outbox.settle(conn, [_ended(one, MessageState.BUNDLED, parent_id=digest.id) for one in many])
        made.append((digest, tuple(many)))
    return made


def _contact_lost(lost: Message, address_id: int, directory: Directory) -> list[MessageDraft]:
    """Tell the desk that a contact must be put right, once per address and message."""
    channel = next((way.channel for way in directory.addresses.get(lost.person_id, ()) if way.id == address_id), "")
    return [
        MessageDraft(
            intent=f"contact:{address_id}:{lost.id}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.NOTICE,
            params={"notice": "contact_lost", "person": lost.person_id, "channel": channel},
        )
        for person_id in desk(directory)
        if person_id != lost.person_id
    ]


def _ended(one: Message, state: MessageState, reason: str = "", parent_id: int | None = None) -> Settlement:
    return Settlement(id=one.id, fence=one.fence, state=state, reason=reason, parent_id=parent_id)


def _tell_stories(context: Context, conn: Connection, results: Sequence[Result], now: datetime) -> None:
    lines: dict[int, list[JournalDraft]] = {}
    lost: list[Message] = []
    for result in results:
        told = (
            outbox.children(conn, result.message.id) if result.message.kind == MessageKind.DIGEST else [result.message]
        )
        for one in told:
            if one.ticket_id is not None and one.kind in (*IN_THE_STORY, MessageKind.UNREACHED):
                lines.setdefault(one.ticket_id, []).append(_told(one, result, now))
                if result.settlement.state == MessageState.FAILED:
                    lost.append(one)
    found = tickets.by_ids(conn, lines, lock=True)
    decisions = {number: Decision(ticket=ticket, journal=tuple(lines[number])) for number, ticket in found.items()}
    for one in lost:
        _go_on(context, conn, one, decisions, now)
    record(conn, list(decisions.values()), now)


def _go_on(context: Context, conn: Connection, lost: Message, decisions: dict[int, Decision], now: datetime) -> None:
    """Where everybody of a step is lost, let the next in line be told why."""
    if lost.ticket_id not in decisions or lost.kind == MessageKind.UNREACHED:
        return
    alive = (MessageState.PENDING, MessageState.LEASED, MessageState.ACCEPTED, MessageState.DELIVERED)
    step = outbox.of_step(conn, lost.ticket_id, lost.step)
    if any(one.state in (*alive, MessageState.UNCERTAIN, MessageState.BUNDLED) for one in step):
        return
    before = decisions[lost.ticket_id]
    policy = context.policy(conn, before.ticket.policy_key)
    working = context.working(conn, before.ticket.unit_id)
    more = unreached(before.ticket, lost.step, policy, context.directory(conn), working, now)
    decisions[lost.ticket_id] = replace(
        more, journal=(*before.journal, *more.journal), messages=(*before.messages, *more.messages)
    )


def _told(one: Message, result: Result, now: datetime) -> JournalDraft:
    sent, settled = result.message, result.settlement
    data: dict[str, object] = {
        "step": one.step,
        "to": one.person_id,
        "channel": sent.channel,
        "state": settled.state,
        "message": one.id,
    }
    if settled.reason:
        data["reason"] = settled.reason
    if sent.id != one.id:
        data["digest"] = sent.id
    return JournalDraft(
        kind="told" if settled.state != MessageState.FAILED else "not_told", at=now, actor="bot", data=data
    )
