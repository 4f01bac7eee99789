"""Before sending: claim what is due, check again, hold, bundle. Never sends."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from bot.actions.context import Context
from bot.actions.messages import sealed
from bot.actions.messages.numbering import renumber
from bot.actions.tickets.requests import asked_in
from bot.actions.work import Work, begin, read, take_up
from bot.rules.calendar.calendars import Calendars
from bot.rules.messages.pacing import ALONE, expired, pace, still_true, wait_until
from bot.rules.tickets.escalation import step_at
from storage.messages import claims, files, outbox
from storage.messages.outbox import Settlement
from storage.records import (
    AnswerTo,
    CardParams,
    DigestParams,
    Directory,
    DutyNotification,
    LeaveNotification,
    Message,
    MessageDraft,
    MessageKind,
    MessageState,
    Policy,
    Ticket,
)
from storage.tickets import requests, tickets

log = logging.getLogger(__name__)

SET_ASIDE_FOR = timedelta(hours=1)
ON_ITS_WAY_FOR = timedelta(seconds=30)  # so long until it is asked again whether what goes out just now has gone out
LEASE_LOST = "已由其他节点接手"
REACHED = "已经联系上"
NEVER_TOLD = "没有告知过此人，无需更正"
NO_CARD = "没有可以更新的卡片"
HEARD = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNCERTAIN})
WHOLE = 8  # tickets a digest tells with everything; a longer message is cut by most platforms
LIST_NAME = "工单清单.xlsx"
ListAsFile = Callable[[Sequence[Ticket], Directory, datetime], bytes]
Candidate = tuple[Message, Sequence[Message]]  # a message about to go out, and what it tells if it is a digest


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedBatch:
    """Claimed messages that are still true, with everything needed to word and address them."""

    messages: tuple[Message, ...]
    bundled: Mapping[int, tuple[Message, ...]]  # digest id -> what it tells
    tickets: Mapping[int, Ticket]
    policies: Mapping[str, Policy]  # by the key stamped on the tickets
    directory: Directory
    calendars: Calendars
    numbers: Mapping[int, Sequence[int]]  # message id of a list -> the person's tickets by their short numbers
    first_told: Mapping[int, Mapping[int, datetime]]  # ticket id -> person id -> when they first heard of it
    cards: Mapping[int, AnswerTo]  # message id -> the card it changes
    lease_until: datetime
    claimed: int  # with those that do not go out now

    def hearing(self, ticket_id: int) -> frozenset[int]:
        """Return the ids of those who are told of a ticket at this very moment."""
        going = (message for some in (self.messages, *self.bundled.values()) for message in some)
        return frozenset(message.person_id for message in going if message.ticket_id == ticket_id)


def claim(
    context: Context,
    holder: str,
    lease: timedelta,
    digest_from: int,
    limit: int = 100,
    list_as_file: ListAsFile | None = None,
) -> ClaimedBatch:
    """Lease what is due, take back what is no longer true, hold what must wait, and make digests of bursts.

    A digest of more tickets than are told whole gets them all as a file, where there is a way to make one.
    """
    with take_up(context) as work:
        since = context.lease_now(work.conn)
        until = since + lease
        taken = claims.claim(work.conn, work.now, (since, until), holder, limit, ALONE)
        claimed = [sealed.opened(context.sealer, one) for one in taken]
        directory, calendars = work.directory, work.calendars()
        # A digest that was not sent yet, or may not have arrived, comes back: what it tells is looked up again.
        told = {
            message.id: tuple(outbox.children(work.conn, message.id))
            for message in claimed
            if message.kind == MessageKind.DIGEST
        }
        look = _Look(work, [*claimed, *(one for many in told.values() for one in many)])
        told |= {
            message.id: look.still_told(message, told[message.id])
            for message in claimed
            if message.id in told and not message.payload
        }
        ends = {
            message.id: end
            for message in claimed
            if (end := look.end_of(message, told.get(message.id, ()), calendars)) is not None
        }
        paced = pace([message for message in claimed if message.id not in ends], digest_from)
        dropped = [_withdrawn(one, why) for one, why in paced.drop]
        outbox.settle(work.conn, [*ends.values(), *dropped])
        sealed.erase_done(work.conn, [(one, ends[one.id]) for one in claimed if one.id in ends])
        made = _digests(work, paced.bundles, until, holder, lambda many: _file(look, many, work, list_as_file))
        told |= {digest.id: many for digest, many in made}
        sending = (*paced.send, *(digest for digest, _ in made))
        numbers = _number(work, sending, told)
        spent = [one.params.message for one in sending if isinstance(one.params, CardParams)]
        if spent:
            outbox.spend_card_codes(work.conn, spent)
        first_told = outbox.first_told(work.conn, look.tickets) if look.tickets else {}
    return ClaimedBatch(
        messages=sending,
        bundled=told,
        tickets=look.tickets,
        policies=look.policies,
        directory=directory,
        calendars=calendars,
        numbers=numbers,
        first_told=first_told,
        cards=look.cards,
        lease_until=until,
        claimed=len(claimed),
    )


def look_again(context: Context) -> int:
    """Plan anew what a clock decided that has since been set back: each message at its own time; returns how many."""
    with begin(context) as work:
        ahead = outbox.decided_after(work.conn, work.now)
        if ahead:
            look, calendars = _Look(work, ahead), work.calendars()
            outbox.set_time(work.conn, {one.id: look.due(one, calendars) for one in ahead})
    return len(ahead)


def prepare(context: Context, messages: Sequence[Message]) -> None:
    """Store way and exact payload before anything goes out."""
    with begin(context) as work:
        outbox.prepare(work.conn, [sealed.closed(context.sealer, one) for one in messages])


def why_obsolete(context: Context, asked: Sequence[Candidate]) -> list[str]:
    """Ask right before sending whether messages, with what they tell, are still ours and still true.

    Returns why each is not to go out; "" where it is.
    """
    messages = [one for one, _ in asked]
    with read(context) as work:
        held = outbox.held(work.conn, messages)
        look = _Look(work, [*messages, *(one for _, told in asked for one in told)])
        return [look.no_longer_true(one, told) if one.id in held else LEASE_LOST for one, told in asked]


def attached(context: Context, file_id: int) -> files.File:
    """Return a stored file that goes out with a message."""
    with read(context) as work:
        return files.load(work.conn, file_id)


class _Look:
    """What the tickets behind some messages look like in this transaction."""

    def __init__(self, work: Work, messages: Sequence[Message]) -> None:
        self.conn, self.now = work.conn, work.now
        self.pending = {one.id for one in requests.by_ids(self.conn, asked_in(messages)).values() if one.pending}
        wanted = {number for message in messages for number in _about(message)}
        self.tickets: Mapping[int, Ticket] = tickets.by_ids(self.conn, wanted) if wanted else {}
        self.policies: dict[str, Policy] = {}
        for key in {ticket.policy_key for ticket in self.tickets.values()}:
            try:
                self.policies[key] = work.policy(key)
            except Exception:
                # One snapshot that cannot be read must not keep all other messages back.
                log.exception("policy cannot be read", extra={"action": "claim", "policy_key": key})
        corrected = {one.ticket_id for one in messages if one.kind == MessageKind.UPDATE and one.ticket_id}
        self.told_states = outbox.told_states(self.conn, corrected) if corrected else {}
        changed = {one.id: one.params.message for one in messages if isinstance(one.params, CardParams)}
        self.shown = outbox.by_ids(self.conn, changed.values()) if changed else {}
        self.cards = {
            number: to for number, shown in changed.items() if (to := _card(self.shown.get(shown))) is not None
        }

    def end_of(self, message: Message, told: Sequence[Message], calendars: Calendars) -> Settlement | None:
        """Return what becomes of a message that does not go out now; None when it does."""
        if not all(self._readable(each) for each in (message, *told)):
            return _postponed(message, self.now + SET_ASIDE_FOR, "时限规则读不出，稍后再试")
        if self._on_its_way(message):
            return _postponed(message, self.now + ON_ITS_WAY_FOR, message.reason)
        if why := self.no_longer_true(message, told):
            return _withdrawn(message, why)
        any_hour = any(policy.any_hour for each in (message, *told) if (policy := self._policy(each)))
        unit_id = next((ticket.unit_id for each in (message, *told) if (ticket := self._ticket(each))), None)
        opening = wait_until(message, any_hour, calendars.of(unit_id), self.now)
        return _postponed(message, opening, message.reason) if opening else None

    def due(self, message: Message, calendars: Calendars) -> datetime:
        """When a message may go out whatever the clock was when it was decided: now, or when its rung is due."""
        ticket, policy = self._ticket(message), self._policy(message)
        if ticket is None or policy is None:
            return self.now
        return max(self.now, step_at(message.step, ticket, policy, calendars.of(ticket.unit_id)) or self.now)

    def still_told(self, digest: Message, told: Sequence[Message]) -> tuple[Message, ...]:
        """Take out of an untried digest what is no longer true, and return what is left to tell."""
        why = {one.id: self.no_longer_true(one) for one in told if self._readable(one)}
        for reason in sorted({reason for reason in why.values() if reason}):
            outbox.supersede_children(self.conn, [one for one, said in why.items() if said == reason], reason)
        return tuple(one for one in told if not why.get(one.id))

    def no_longer_true(self, message: Message, told: Sequence[Message] = ()) -> str:
        """Return why a message is not to be sent any more; "" when it is."""
        if message.kind == MessageKind.DIGEST:
            return "" if any(not self.no_longer_true(each) for each in told) else "所述工单均已了结"
        if message.kind == MessageKind.CARD:
            return "" if message.payload or message.id in self.cards else NO_CARD
        if message.kind == MessageKind.UPDATE and not self._states(message) & HEARD:
            return NEVER_TOLD
        why = expired(message, self.now)
        why = why or still_true(message, self._ticket(message), self._policy(message), self.pending)
        return why or (REACHED if message.kind == MessageKind.UNREACHED and self._reached_since(message) else "")

    def _reached_since(self, message: Message) -> bool:
        """Whether somebody of a step heard after all, after another was told that nobody could be reached."""
        told = [
            each
            for each in outbox.of_step(self.conn, message.ticket_id or 0, message.step)
            if each.kind != message.kind
        ]
        digests = outbox.by_ids(self.conn, [each.parent_id for each in told if each.parent_id])
        heard = (digests.get(each.parent_id or 0, each).accepted_at for each in told)
        return any(at is not None and at >= message.created_at for at in heard)

    def _on_its_way(self, message: Message) -> bool:
        """Whether what a message corrects or changes goes out at this very moment."""
        if isinstance(message.params, CardParams):
            shown = self.shown.get(message.params.message)
            return shown is not None and shown.state == MessageState.LEASED
        return message.kind == MessageKind.UPDATE and MessageState.LEASED in self._states(message)

    def _states(self, message: Message) -> set[MessageState]:
        """Where those messages stand that called on the person about the ticket of this one."""
        return self.told_states.get((message.ticket_id or 0, message.person_id), set())

    def _readable(self, message: Message) -> bool:
        ticket = self._ticket(message)
        return ticket is None or ticket.policy_key in self.policies

    def _ticket(self, message: Message) -> Ticket | None:
        return None if message.ticket_id is None else self.tickets.get(message.ticket_id)

    def _policy(self, message: Message) -> Policy | None:
        ticket = self._ticket(message)
        return self.policies.get(ticket.policy_key) if ticket else None


def _file(look: _Look, many: Sequence[Message], work: Work, list_as_file: ListAsFile | None) -> int | None:
    told = [look.tickets[number] for one in many if (number := one.ticket_id or 0) in look.tickets]
    if list_as_file is None or len(told) <= WHOLE or only_updates(many):
        return None
    body = list_as_file(told, work.directory, work.now)
    return files.keep(work.conn, LIST_NAME, files.XLSX, body, work.now)


def _digests(
    work: Work,
    bundles: Sequence[Sequence[Message]],
    until: datetime,
    holder: str,
    file_of: Callable[[Sequence[Message]], int | None],
) -> list[tuple[Message, tuple[Message, ...]]]:
    made = []
    for many in bundles:
        draft = MessageDraft(
            intent=f"digest:{many[0].person_id}:{many[0].id}.{many[0].fence}",
            person_id=many[0].person_id,
            kind=MessageKind.DIGEST,
            urgency=min(one.urgency for one in many),
            params=DigestParams(messages=tuple(one.id for one in many)),
            file_id=file_of(many),
        )
        digest = claims.add_claimed(work.conn, draft, work.now, until, holder)
        ends = [Settlement(id=m.id, fence=m.fence, state=MessageState.BUNDLED, parent_id=digest.id) for m in many]
        outbox.settle(work.conn, ends)
        # What went through all ways in vain does so no faster together.
        made.append((replace(digest, attempts=min(one.attempts for one in many)), tuple(many)))
    return made


def _about(message: Message) -> Sequence[int]:
    """The tickets a message is about: its own, or those of a list."""
    named = message.params.tickets if isinstance(message.params, DutyNotification) else ()
    return [*_listed(message), *named, *([] if message.ticket_id is None else [message.ticket_id])]


def only_updates(told: Sequence[Message]) -> bool:
    """Whether a digest tells what others did, and calls on nobody."""
    return all(one.kind == MessageKind.UPDATE for one in told)


def _listed(message: Message) -> Sequence[int]:
    return message.params.tickets if isinstance(message.params, LeaveNotification) else ()


def _number(work: Work, messages: Sequence[Message], told: Mapping[int, Sequence[Message]]) -> dict[int, Sequence[int]]:
    """The numbers of a list are the ones the person answers by while the tickets are open."""
    numbers: dict[int, Sequence[int]] = {}
    # In the order of people: two nodes that write the same people's numbers never wait for each other in a circle.
    for message in sorted(messages, key=attrgetter("person_id", "id")):
        listed = [*(number for each in told.get(message.id, ()) for number in _about(each)), *_about(message)]
        if _listed(message) or (message.kind == MessageKind.DIGEST and not only_updates(told[message.id])):
            numbers[message.id] = renumber(work, message.person_id, listed)
    return numbers


def _card(shown: Message | None) -> AnswerTo | None:
    """Where the card of a message stands; None where it was not sent as one, or nobody knows."""
    if shown is None or shown.state not in (MessageState.ACCEPTED, MessageState.DELIVERED) or not shown.provider_id:
        return None
    return AnswerTo(channel=shown.channel, address=shown.address, edits=shown.provider_id, callback=shown.card_code)


def _withdrawn(message: Message, why: str) -> Settlement:
    # What was tried may have arrived, so nobody may claim that it was not sent.
    state = MessageState.UNCERTAIN if message.payload else MessageState.SUPERSEDED
    return Settlement(id=message.id, fence=message.fence, state=state, reason=why)


def _postponed(message: Message, until: datetime, reason: str) -> Settlement:
    # What was tried keeps its payload and stays uncertain; what was not is worded anew when its time has come.
    if message.payload:
        return Settlement(
            id=message.id, fence=message.fence, state=MessageState.UNCERTAIN, retry_at=until, reason=reason
        )
    return Settlement(id=message.id, fence=message.fence, state=MessageState.PENDING, not_before=until, reason=reason)
