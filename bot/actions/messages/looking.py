"""The look at messages before they go out: what of them is still true, and from when."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from bot.actions.tickets.requests import asked_in
from bot.actions.work import Work
from bot.rules.calendar.calendars import Calendars
from bot.rules.messages.pacing import expired, still_true, wait_until
from bot.rules.tickets.escalation import step_at
from storage.messages import outbox
from storage.messages.outbox import Settlement
from storage.records import (
    AnswerTo,
    CardParams,
    DutyNotification,
    LeaveNotification,
    Message,
    MessageKind,
    MessageState,
    Policy,
    Ticket,
)
from storage.tickets import requests, tickets

log = logging.getLogger(__name__)

SET_ASIDE_FOR = timedelta(hours=1)
ON_ITS_WAY_FOR = timedelta(seconds=30)  # so long until it is asked again whether what goes out just now has gone out
REACHED = "已经联系上"
NEVER_TOLD = "没有告知过此人，无需更正"
NO_CARD = "没有可以更新的卡片"
HEARD = frozenset({MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNCERTAIN})


class Look:
    """What the tickets behind some messages look like in this transaction: what of them is still true, and when."""

    def __init__(self, work: Work, messages: Sequence[Message]) -> None:
        self.conn, self.now = work.conn, work.now
        self.pending = {one.id for one in requests.by_ids(self.conn, asked_in(messages)).values() if one.pending}
        wanted = {number for message in messages for number in tickets_about(message)}
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
            return postponed(message, self.now + SET_ASIDE_FOR, "时限规则读不出，稍后再试")
        if self._on_its_way(message):
            return postponed(message, self.now + ON_ITS_WAY_FOR, message.reason)
        if why := self.no_longer_true(message, told):
            return withdrawn(message, why)
        any_hour = any(policy.any_hour for each in (message, *told) if (policy := self._policy(each)))
        unit_id = next((ticket.unit_id for each in (message, *told) if (ticket := self._ticket(each))), None)
        opening = wait_until(message, any_hour, calendars.of(unit_id), self.now)
        return postponed(message, opening, message.reason) if opening else None

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


def tickets_about(message: Message) -> Sequence[int]:
    """Return the tickets a message is about: its own, or those of a list."""
    named = message.params.tickets if isinstance(message.params, DutyNotification) else ()
    return [*tickets_listed(message), *named, *([] if message.ticket_id is None else [message.ticket_id])]


def tickets_listed(message: Message) -> Sequence[int]:
    """Return the tickets a message lists for a deputy."""
    return message.params.tickets if isinstance(message.params, LeaveNotification) else ()


def _card(shown: Message | None) -> AnswerTo | None:
    """Where the card of a message stands; None where it was not sent as one, or nobody knows."""
    if shown is None or shown.state not in (MessageState.ACCEPTED, MessageState.DELIVERED) or not shown.provider_id:
        return None
    return AnswerTo(channel=shown.channel, address=shown.address, edits=shown.provider_id, callback=shown.card_code)


def withdrawn(message: Message, why: str) -> Settlement:
    """Say that a message does not go out any more."""
    # What was tried may have arrived, so nobody may claim that it was not sent.
    state = MessageState.UNCERTAIN if message.payload else MessageState.SUPERSEDED
    return Settlement(id=message.id, fence=message.fence, state=state, reason=why)


def postponed(message: Message, until: datetime, reason: str) -> Settlement:
    """Let a message go out, or be looked at, later."""
    # What was tried keeps its payload and stays uncertain; what was not is worded anew when its time has come.
    if message.payload:
        return Settlement(
            id=message.id, fence=message.fence, state=MessageState.UNCERTAIN, retry_at=until, reason=reason
        )
    return Settlement(id=message.id, fence=message.fence, state=MessageState.PENDING, not_before=until, reason=reason)
