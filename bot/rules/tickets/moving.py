"""An open ticket under a changed calendar: new lines, the ladder planned anew, and who hears of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.rules.calendar.deadline import compute
from bot.rules.calendar.hours import WorkingTime
from bot.rules.people.routing import WORKERS, audience
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import deadline_of, params, replan
from bot.rules.tickets.ladder import plan
from storage.records import (
    DEADLINE_MOVED,
    Audience,
    Deadline,
    DeadlineLines,
    Directory,
    JournalDraft,
    JournalKind,
    MessageDraft,
    MessageKind,
    Policy,
    Ticket,
    TimeUnit,
)

URGENCY = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarChange:
    """The change of the calendar that moves deadlines."""

    reference: str  # "revision:3", "closure:5"
    document: str
    actor: str


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedDeadline:
    """What a change means for one ticket."""

    before: Ticket
    decision: Decision
    told: tuple[int, ...] = ()
    late_at_once: bool = False  # past its new line already
    no_longer_late: bool = False

    @property
    def after(self) -> Ticket:
        """The ticket with its new lines."""
        return self.decision.ticket

    @property
    def settled(self) -> bool:
        """Whether it waited for an unpublished year and has its date now."""
        return self.before.due_day is None and self.after.due_day is not None


def recomputed(ticket: Ticket, policy: Policy, working: WorkingTime) -> Ticket:
    """Return the ticket with the lines this working time gives; unchanged where they are the same."""
    new = _computed(ticket, policy, working)
    return ticket if _lines(new) == _lines(deadline_of(ticket)) else stamped(ticket, new)


def same_lines(ticket: Ticket, policy: Policy, before: WorkingTime, after: WorkingTime) -> bool:
    """Whether two calendars give the ticket the same lines."""
    return _lines(_computed(ticket, policy, before)) == _lines(_computed(ticket, policy, after))


def set_by_hand(ticket: Ticket, policy: Policy, working: WorkingTime) -> bool:
    """Whether the due day is another than the calendar it was computed on gives: a person gave it."""
    return _computed(ticket, policy, working).due_day != ticket.due_day


def move(
    ticket: Ticket, policy: Policy, directory: Directory, working: WorkingTime, now: datetime, cause: CalendarChange
) -> MovedDeadline | None:
    """Return what the changed calendar makes of an open ticket; None where its lines stay.

    A step whose new moment lies ahead may come again; one that has passed does not.
    """
    new = _computed(ticket, policy, working)
    if _lines(new) == _lines(deadline_of(ticket)):
        return None
    after = replan(stamped(ticket, new), policy, working, now)
    late_before, late_after = ticket.overdue(now), after.overdue(now)
    flips = (Audience.SUPERVISOR,) if late_before is not late_after else ()
    # Between two unknown dates there is nothing to tell.
    silent = ticket.due_day is None and after.due_day is None
    told = audience((*WORKERS, *flips), after, directory, now)
    people = () if silent else told.people
    line = JournalDraft(
        kind=JournalKind.DEADLINE_MOVED,
        at=now,
        actor=cause.actor,
        data={
            "from": lines_data(ticket),
            "to": lines_data(after),
            "cause": cause.reference,
            "document": cause.document,
            "to_tell": list(people),
            **({"late_at_once": True} if late_after and not late_before else {}),
        },
    )
    not_before = working.next_sending(now, policy.any_hour)
    messages = tuple(_message(person, ticket, after, cause, not_before, told.notes) for person in people)
    return MovedDeadline(
        before=ticket,
        decision=Decision(ticket=after, journal=(line,), messages=messages),
        told=people,
        late_at_once=late_after and not late_before,
        no_longer_late=late_before and not late_after,
    )


def earlier_look(ticket: Ticket, policy: Policy, working: WorkingTime, now: datetime) -> Ticket | None:
    """Return the ticket with an earlier next look, where the changed calendar brings a step forward."""
    ahead = plan(policy, deadline_of(ticket), working, ticket.steps_taken)
    following = min((planned_step.at for planned_step in ahead), default=None)
    if following is None or (ticket.next_step_at is not None and ticket.next_step_at <= following):
        return None
    return replace(ticket, next_step_at=max(following, now))


def stamped(ticket: Ticket, deadline: Deadline) -> Ticket:
    """Return the ticket with a deadline's lines, counted as one more move."""
    return replace(
        ticket,
        deadline_status=deadline.status,
        calendar_revision=deadline.calendar_revision,
        due_day=deadline.due_day,
        target_at=deadline.target_at,
        due_at=deadline.due_at,
        earliest_day=deadline.earliest_day,
        moves=ticket.moves + 1,
    )


def lines_data(ticket: Ticket) -> dict[str, object]:
    """Return a ticket's lines as the journal keeps them."""
    moments = (("due_day", ticket.due_day), ("target_at", ticket.target_at), ("due_at", ticket.due_at))
    found: dict[str, object] = {name: one.isoformat() for name, one in moments if one is not None}
    return found | {"status": str(ticket.deadline_status), "calendar_revision": ticket.calendar_revision}


def lines(ticket: Ticket) -> DeadlineLines:
    """Return a ticket's lines as a message keeps them."""
    return DeadlineLines(
        status=ticket.deadline_status,
        calendar_revision=ticket.calendar_revision,
        due_day=ticket.due_day,
        target_at=ticket.target_at,
        due_at=ticket.due_at,
    )


def with_lines(ticket: Ticket, lines: DeadlineLines) -> Ticket:
    """Return the ticket with lines it had."""
    return replace(
        ticket,
        deadline_status=lines.status,
        due_day=lines.due_day,
        target_at=lines.target_at,
        due_at=lines.due_at,
    )


def _computed(ticket: Ticket, policy: Policy, working: WorkingTime) -> Deadline:
    fixed = ticket.due_at if policy.unit is TimeUnit.FIXED else None
    return compute(policy, ticket.counts_from, working, fixed_at=fixed)


def _lines(deadline: Deadline) -> tuple[Any, ...]:
    return (deadline.status, deadline.due_day, deadline.target_at, deadline.due_at, deadline.earliest_day)


def _message(
    person_id: int, before: Ticket, after: Ticket, cause: CalendarChange, not_before: datetime, notes: tuple[str, ...]
) -> MessageDraft:
    change = replace(params(after, notes), moves=after.moves, document=cause.document, old=lines(before))
    return MessageDraft(
        intent=f"t{after.id}:{DEADLINE_MOVED}:{after.moves}:p{person_id}",
        person_id=person_id,
        kind=MessageKind.REMINDER,
        ticket_id=after.id,
        step=DEADLINE_MOVED,
        urgency=URGENCY,
        not_before=not_before,
        params=change,
    )
