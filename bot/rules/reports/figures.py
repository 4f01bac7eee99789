"""The figures of a week: overdue, finished, coming; by units, never a ranking of persons."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from bot.rules.calendar.deadline import INSTANT, Lateness, lateness
from bot.rules.calendar.hours import DAY
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.workdays import CalendarNotPublished, DayKind, GovChina
from bot.rules.calendar.zone import shanghai_day
from storage.records import DeadlineStatus, Ticket, TicketFacts, TicketState

FEWEST_FOR_RATE = 5  # small numbers are not turned into percentages
DAYS_AHEAD = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class LateTicket:
    """A ticket that missed its judging line."""

    facts: TicketFacts
    lateness: Lateness


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekCounts:
    """The numbers of one week; every ticket is judged once, in the week it was answered in time or became overdue."""

    received: int
    on_time: int  # finished in this week, in time
    late: int  # finished in this week, too late
    missed: int  # became overdue in this week, finished since or not
    overdue: int  # unfinished and overdue at the end
    void: int  # found in this week to need nothing (误报)

    @property
    def judged(self) -> int:
        """How many tickets were judged in this week."""
        return self.on_time + self.missed

    @property
    def on_time_rate(self) -> float | None:
        """The share answered in time, 0 to 1; None where too few were judged to speak of a share."""
        return self.on_time / self.judged if self.judged >= FEWEST_FOR_RATE else None


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseCount:
    """One problem class; the name is empty where the source gave none."""

    name: str
    received: int
    late: int  # overdue now, or finished too late in this week


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Days off under one name, or one make-up working day."""

    kind: DayKind
    name: str
    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """What the calendar holds in the next days; `unpublished_year` if it cannot say."""

    spans: tuple[Span, ...]
    unpublished_year: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class WeeklyFigures:
    """All that a weekly summary says, as it stood at `as_of`."""

    week: Week
    as_of: datetime
    scope: tuple[str, ...]  # the units whose tickets these are; empty: all of them
    counts: WeekCounts
    previous: WeekCounts
    overdue: tuple[LateTicket, ...]  # the longest overdue first
    finished_late: tuple[LateTicket, ...]  # by receipt
    due_soon: tuple[TicketFacts, ...]  # open, due until the end of next week, by due day
    unpublished: tuple[TicketFacts, ...]  # open, without a due day yet; never late
    causes: tuple[CauseCount, ...]  # the most late first
    ahead: Ahead

    @property
    def nothing_to_tell(self) -> bool:
        """Whether no ticket came in, was answered, stands open or is due."""
        lists = (self.overdue, self.finished_late, self.due_soon, self.unpublished)
        counts = (self.counts.received, self.counts.on_time, self.counts.late)
        return not any(lists) and not any(counts)

    @property
    def rate_change(self) -> float | None:
        """Change of the on-time rate against the week before, -1 to 1; None where either week has none."""
        now, before = self.counts.on_time_rate, self.previous.on_time_rate
        return None if now is None or before is None else now - before


def weekly(
    facts: Iterable[TicketFacts], week: Week, now: datetime, calendar: GovChina, scope: tuple[str, ...] = ()
) -> WeeklyFigures:
    """Count a week as it stood at its end, or now while it runs.

    The facts must reach back to the start of the week before. ValueError, in Chinese, for a week that has not begun.
    """
    if now < week.starts_at:
        raise ValueError(f"{week.label}还没有开始，暂无周报")
    known = sorted(facts, key=lambda one: (one.ticket.received_at, one.ticket.id))
    as_of, before = week.as_of(now), week.previous()
    stood = _stood(known, as_of)
    waiting = [one for one in stood if one.ticket.state.open]
    overdue, finished_late = _late(waiting, as_of, calendar), _late(_finished_in(stood, week), as_of, calendar)
    return WeeklyFigures(
        week=week,
        as_of=as_of,
        scope=scope,
        counts=_counts(stood, week, as_of),
        previous=_counts(_stood(known, before.as_of(now)), before, before.as_of(now)),
        overdue=tuple(sorted(overdue, key=lambda one: -one.lateness.days)),
        finished_late=tuple(finished_late),
        due_soon=_due_soon(waiting, week.following().sunday, as_of),
        unpublished=tuple(one for one in waiting if one.ticket.deadline_status == DeadlineStatus.UNPUBLISHED),
        causes=_causes(stood, week, [one.facts.ticket for one in (*overdue, *finished_late)]),
        ahead=days_ahead(calendar, shanghai_day(as_of)),
    )


def how_late(ticket: Ticket, moment: datetime, calendar: GovChina) -> Lateness | None:
    """Return how late the ticket was answered, or is at this moment; None if it is not late."""
    if ticket.due_at is None or not ticket.overdue(moment):
        return None
    due_day = ticket.due_day or shanghai_day(ticket.due_at - INSTANT)
    return lateness(due_day, ticket.completed_at or moment, calendar)


def within(facts: Iterable[TicketFacts], unit_ids: frozenset[int]) -> list[TicketFacts]:
    """Return the tickets of these units."""
    return [fact for fact in facts if fact.ticket.unit_id in unit_ids]


def days_ahead(calendar: GovChina, after: date, days: int = DAYS_AHEAD) -> Ahead:
    """Return holidays, closures and make-up working days that begin in the days after a day; holidays to their end."""
    spans: list[Span] = []
    day, last, inside = after + DAY, after + days * DAY, False
    while day <= last or inside:
        try:
            info = calendar.day(day)
        except CalendarNotPublished as reason:
            return Ahead(spans=tuple(spans), unpublished_year=reason.year if day <= last else None)
        # A plain weekend neither begins nor ends a holiday.
        if info.kind != DayKind.WEEKEND:
            same = inside and (info.kind, info.name) == (spans[-1].kind, spans[-1].name)
            if same:
                spans[-1] = replace(spans[-1], last=day)
            elif info.kind != DayKind.WEEKDAY and day <= last:
                spans.append(Span(kind=info.kind, name=info.name, first=day, last=day))
            inside = not info.working and (same or day <= last)
        day += DAY
    return Ahead(spans=tuple(spans))


def _stood(facts: Sequence[TicketFacts], as_of: datetime) -> list[TicketFacts]:
    return [_as_it_stood(fact, as_of) for fact in facts if fact.ticket.received_at <= as_of]


def _as_it_stood(facts: TicketFacts, as_of: datetime) -> TicketFacts:
    """The ticket without what came later; only a false alarm (误报) is taken out whenever it was approved."""
    ticket = facts.ticket
    if ticket.completed_at is not None and ticket.completed_at > as_of:
        taken = ticket.acknowledged_at is not None and ticket.acknowledged_at <= as_of
        state = TicketState.ACKNOWLEDGED if taken else TicketState.NEW
        ticket = replace(ticket, state=state, completed_at=None, completed_by=None, completion_text="", closed_at=None)
    return replace(facts, ticket=ticket, told=tuple(telling for telling in facts.told if telling.at <= as_of))


def _finished_in(stood: Sequence[TicketFacts], week: Week) -> list[TicketFacts]:
    return [one for one in stood if _in(week, one.ticket.completed_at)]


def _late(facts: Sequence[TicketFacts], as_of: datetime, calendar: GovChina) -> list[LateTicket]:
    late = ((fact, how_late(fact.ticket, as_of, calendar)) for fact in facts)
    return [LateTicket(facts=one, lateness=how) for one, how in late if how is not None]


def _due_soon(waiting: Sequence[TicketFacts], until: date, as_of: datetime) -> tuple[TicketFacts, ...]:
    due = [(one.ticket.due_day, one) for one in waiting if not one.ticket.overdue(as_of)]
    soon = [(day, one) for day, one in due if day is not None and day <= until]
    return tuple(one for _, one in sorted(soon, key=lambda pair: pair[0]))


def _counts(stood: Sequence[TicketFacts], week: Week, as_of: datetime) -> WeekCounts:
    tickets = [one.ticket for one in stood]
    finished = [ticket for ticket in tickets if _in(week, ticket.completed_at)]
    late = [ticket for ticket in tickets if ticket.overdue(as_of)]
    return WeekCounts(
        received=sum(_in(week, ticket.received_at) for ticket in tickets),
        # What was answered before its schedule was published is neither: nobody could say when it was due.
        on_time=sum(one.due_at is not None and not one.overdue(as_of) for one in finished),
        late=sum(one.overdue(as_of) for one in finished),
        missed=sum(_in(week, one.due_at) for one in late),
        overdue=sum(one.state.open for one in late),
        void=sum(ticket.state == TicketState.VOID and _in(week, ticket.closed_at) for ticket in tickets),
    )


def _causes(stood: Sequence[TicketFacts], week: Week, late: Sequence[Ticket]) -> tuple[CauseCount, ...]:
    received = Counter(one.ticket.problem_class.strip() for one in stood if _in(week, one.ticket.received_at))
    missed = Counter(one.problem_class.strip() for one in late)
    names = dict.fromkeys((*missed, *received))
    causes = [CauseCount(name=name, received=received[name], late=missed[name]) for name in names]
    return tuple(sorted(causes, key=lambda one: (-one.late, -one.received)))


def _in(week: Week, moment: datetime | None) -> bool:
    return moment is not None and week.starts_at <= moment < week.ends_at
