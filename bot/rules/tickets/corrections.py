"""Whom an answer overtakes: the other role, and those above who were just told that nobody had answered."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rules.tickets.decision import Scene
from bot.rules.tickets.lifecycle import Answer
from storage.records import (
    Directory,
    Message,
    MessageDraft,
    MessageKind,
    MessageState,
    NotificationKind,
    Policy,
    Role,
    StepParams,
    Ticket,
    TicketNotification,
    TicketState,
    step_of,
)

URGENCY = 4
MERGED_IN = timedelta(minutes=5)  # what happens in the same five minutes of the clock is told as one message
# Those above hear that it is settled if they were told so recently; what is older is in the briefs since.
ABOVE_WITHIN = timedelta(hours=24)
MOST_CARDS = 3  # of one person and ticket; older ones have scrolled away
GONE = frozenset({MessageState.SUPERSEDED, MessageState.FAILED})
CALLING = frozenset(
    {
        *(MessageKind.ASSIGNED, MessageKind.REMINDER, MessageKind.ESCALATION),
        *(MessageKind.UNREACHED, MessageKind.SLIP),
    }
)
SHOWN = frozenset({MessageState.LEASED, MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.UNCERTAIN})
WITH_CARD = frozenset({MessageKind.ASSIGNED, MessageKind.REMINDER})


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What an answer made of a ticket."""

    before: Ticket
    after: Ticket

    @property
    def kind(self) -> NotificationKind | None:
        """What others are told of it; None where nothing they wait for has happened."""
        before, after = self.before, self.after
        if after.completed_at is not None and before.completed_at is None:
            return NotificationKind.DONE
        if after.acknowledged_at is not None and before.state == TicketState.NEW and after.state.open:
            return NotificationKind.TAKEN
        return None


def corrections(change: Change, put: Iterable[Message], answer: Answer, scene: Scene) -> tuple[MessageDraft, ...]:
    """Tell those whom the messages `put` about the ticket called on that somebody else has answered.

    Whether they really heard is asked again right before sending: some of these messages are on their way just now.
    """
    what, after = change.kind, change.after
    if what is None:
        return ()
    called = [one for one in put if _calls(one, after) and one.person_id != answer.person_id]
    inside = _circle(after, scene.directory) | {one.person_id for one in called if one.kind == MessageKind.ASSIGNED}
    last = {one.person_id: one for one in sorted(called, key=lambda one: one.id)}
    people = [who for who, one in last.items() if who in inside or _above(one, what, answer, scene.policy)]
    params = TicketNotification(notice=what, who=answer.person_id, round=after.reroutes)
    return tuple(
        MessageDraft(
            intent=f"t{after.id}:{what}:v{change.before.version}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.UPDATE,
            ticket_id=after.id,
            step=what,
            urgency=URGENCY,
            not_before=scene.working.next_sending(merged_at(scene.now), scene.policy.any_hour),
            params=params,
        )
        for person_id in people
    )


def merged_at(now: datetime) -> datetime:
    """Return the end of the five minutes `now` lies in."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + ((now - midnight) // MERGED_IN + 1) * MERGED_IN


def cards(put: Iterable[Message], person_id: int) -> list[Message]:
    """Return the messages whose cards show what was before somebody's answer, the latest of each person's first."""
    shown: dict[int, list[Message]] = {}
    for one in sorted(put, key=lambda one: -one.id):
        if one.kind in WITH_CARD and one.state in SHOWN and one.person_id != person_id:
            shown.setdefault(one.person_id, []).append(one)
    return [one for many in shown.values() for one in many[:MOST_CARDS]]


def _calls(message: Message, ticket: Ticket) -> bool:
    """Whether it called on somebody while the ticket was with the people it is with now."""
    params = message.params
    now_theirs = isinstance(params, StepParams) and params.round == ticket.reroutes
    return message.kind in CALLING and message.state not in GONE and now_theirs


def _circle(ticket: Ticket, directory: Directory) -> set[int | None]:
    roles = (Role.PRIMARY, Role.BACKUP)
    return {ticket.holder_id, *(directory.duties.get((ticket.account_id or 0, role)) for role in roles)}


def _above(message: Message, what: NotificationKind, answer: Answer, policy: Policy) -> bool:
    """Whether the last they heard above is made untrue by the answer, and so recent that they may act on it."""
    if max(message.created_at, message.not_before) < answer.at - ABOVE_WITHIN:
        return False
    if what == NotificationKind.DONE or message.kind == MessageKind.UNREACHED:
        return True
    asks: Mapping[str, bool] = {step.name: step.while_new for step in policy.steps}
    return asks.get(step_of(message.step), False)
