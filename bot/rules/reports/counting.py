"""Counts a week as it stood at its end, from the tickets and what was told about them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from statistics import median

from bot.rules.calendar.hours import NO_TIME, WorkingTime
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import shanghai_day
from bot.rules.reports.ahead import days_ahead
from bot.rules.reports.figures import CauseCount, Stages, UnitCounts, WeekCounts, WeeklyFigures, WeekOfTrend
from bot.rules.reports.late import LateTicket, late_tickets, untold
from storage.records import DeadlineStatus, Ticket, TicketFacts, TicketState

TREND_WEEKS = 8


def first_moment(week: Week) -> datetime:
    """Return the moment back to which a week's figures need the facts."""
    return _last_weeks(week)[0].starts_at


def weekly(
    facts: Iterable[TicketFacts],
    week: Week,
    now: datetime,
    working: WorkingTime,
    *,
    scope: tuple[str, ...] = (),
    issuer: str = "",
) -> WeeklyFigures:
    """Count a week as it stood at its end, or now while it runs.

    The facts must reach back to `first_moment`. ValueError, in Chinese, for a week that has not begun.
    """
    if now < week.starts_at:
        raise ValueError(f"{week.label}还没有开始，暂无周报")
    known = sorted(facts, key=lambda one: (one.ticket.received_at, one.ticket.id))
    as_of, calendar = week.as_of(now), working.calendar
    stood = _stood(known, as_of)
    waiting, finished = [one for one in stood if one.ticket.state.open], _finished_in(stood, week)
    overdue, finished_late = (late_tickets(_told(some), as_of, calendar) for some in (waiting, finished))
    trend = tuple(WeekOfTrend(week=one, counts=_counts_at(known, one, now)) for one in _last_weeks(week))
    return WeeklyFigures(
        week=week,
        as_of=as_of,
        issuer=issuer,
        scope=scope,
        counts=trend[-1].counts,
        previous=trend[-2].counts,
        trend=trend,
        stages=_stages(finished, working),
        units=tuple(_by_unit(stood, week, as_of)),
        overdue=tuple(sorted(overdue, key=lambda one: -one.lateness.days)),
        finished_late=tuple(finished_late),
        untold=tuple(late_tickets([one for one in (*waiting, *finished) if untold(one)], as_of, calendar)),
        due_soon=_due_soon(waiting, week.following().sunday, as_of),
        unpublished=tuple(one for one in waiting if one.ticket.deadline_status == DeadlineStatus.UNPUBLISHED),
        causes=_causes(stood, week, overdue, finished_late),
        ahead=days_ahead(calendar, shanghai_day(as_of)),
    )


def issued_at(ticket: Ticket) -> datetime:
    """Return when the platform issued the ticket: its receipt, where the source does not tell them apart."""
    return ticket.issued_at or ticket.received_at


def within(facts: Iterable[TicketFacts], unit_ids: frozenset[int]) -> list[TicketFacts]:
    """Return the tickets of these units."""
    return [fact for fact in facts if fact.ticket.unit_id in unit_ids]


def _last_weeks(week: Week) -> list[Week]:
    weeks = [week]
    while len(weeks) < TREND_WEEKS:
        weeks.insert(0, weeks[0].previous())
    return weeks


def _counts_at(known: Sequence[TicketFacts], week: Week, now: datetime) -> WeekCounts:
    return _counts(_stood(known, week.as_of(now)), week, week.as_of(now))


def _stood(facts: Sequence[TicketFacts], as_of: datetime) -> list[TicketFacts]:
    return [_as_it_stood(fact, as_of) for fact in facts if fact.ticket.received_at <= as_of]


def _as_it_stood(facts: TicketFacts, as_of: datetime) -> TicketFacts:
    """The ticket without what came later; only a false alarm (误报) is taken out whenever it was approved."""
    ticket = facts.ticket
    if ticket.completed_at is not None and ticket.completed_at > as_of:
        taken = ticket.acknowledged_at is not None and ticket.acknowledged_at <= as_of
        state = TicketState.ACKNOWLEDGED if taken else TicketState.NEW
        ticket = replace(ticket, state=state, completed_at=None, completed_by=None, completion_text="", closed_at=None)
    asked = (request for request in facts.requests if request.asked_at <= as_of)
    requests = (
        replace(request, decided_by=None, decided_at=None, granted=None)
        if request.decided_at and request.decided_at > as_of
        else request
        for request in asked
    )
    told = (telling for telling in facts.told if telling.at <= as_of)
    return replace(facts, ticket=ticket, requests=tuple(requests), told=tuple(told))


def _finished_in(stood: Sequence[TicketFacts], week: Week) -> list[TicketFacts]:
    return [one for one in stood if _in(week, one.ticket.completed_at)]


def _told(facts: Iterable[TicketFacts]) -> list[TicketFacts]:
    return [one for one in facts if not untold(one)]


def _due_soon(waiting: Sequence[TicketFacts], until: date, as_of: datetime) -> tuple[TicketFacts, ...]:
    due = [(one.ticket.due_day, one) for one in waiting if not one.ticket.overdue(as_of)]
    soon = [(day, one) for day, one in due if day is not None and day <= until]
    return tuple(one for _, one in sorted(soon, key=lambda pair: pair[0]))


def _counts(stood: Sequence[TicketFacts], week: Week, as_of: datetime) -> WeekCounts:
    tickets = [one.ticket for one in stood]
    finished = [ticket for ticket in tickets if _in(week, ticket.completed_at)]
    late = [one for one in stood if one.ticket.overdue(as_of)]
    theirs = [one.ticket for one in _told(late)]
    return WeekCounts(
        received=sum(_in(week, ticket.received_at) for ticket in tickets),
        # What was answered before its schedule was published is neither: nobody could say when it was due.
        on_time=sum(one.due_at is not None and not one.overdue(as_of) for one in finished),
        late=sum(_in(week, one.completed_at) for one in theirs),
        missed=sum(_in(week, one.due_at) for one in theirs),
        overdue=sum(one.state.open for one in theirs),
        untold=sum(_in(week, one.ticket.due_at) for one in late if untold(one)),
        void=sum(ticket.state == TicketState.VOID and _in(week, ticket.closed_at) for ticket in tickets),
    )


def _stages(finished: Sequence[TicketFacts], working: WorkingTime) -> Stages:
    """Medians over what was answered, as far as working time can be counted."""
    entries, answers = [], []
    for ticket in (one.ticket for one in finished):
        try:
            entries.append(_took(issued_at(ticket), ticket.created_at, working))
            answers.append(_took(ticket.created_at, ticket.completed_at or ticket.created_at, working))
        except CalendarNotPublished:
            continue
    if not answers:
        return Stages(answered=len(finished))
    return Stages(answered=len(finished), to_entry=_median(entries), to_answer=_median(answers))


def _took(start: datetime, end: datetime, working: WorkingTime) -> timedelta:
    # What was answered before it was entered took no time of ours.
    return max(NO_TIME, working.between(start, end))


def _median(durations: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(one.total_seconds() for one in durations))


def _by_unit(stood: Sequence[TicketFacts], week: Week, as_of: datetime) -> Iterable[UnitCounts]:
    """In the order of the register: a table of units is no table of ranks."""
    by_unit: dict[int | None, list[TicketFacts]] = {}
    for one in stood:
        by_unit.setdefault(one.ticket.unit_id, []).append(one)
    for unit_id in sorted(by_unit, key=lambda one: (one is None, one)):
        theirs = by_unit[unit_id]
        counts = _counts(theirs, week, as_of)
        waiting = [one for one in theirs if one.ticket.state.open]
        soon = len(_due_soon(waiting, week.following().sunday, as_of))
        if soon or not counts.nothing:
            yield UnitCounts(name=theirs[0].unit, counts=counts, due_soon=soon)


def _causes(
    stood: Sequence[TicketFacts], week: Week, overdue: Sequence[LateTicket], finished: Sequence[LateTicket]
) -> tuple[CauseCount, ...]:
    received = _classes(one for one in stood if _in(week, one.ticket.received_at))
    now, done = (_classes(one.facts for one in some) for some in (overdue, finished))
    names = dict.fromkeys((*now, *done, *received))
    causes = [
        CauseCount(name=name, received=received[name], overdue=now[name], finished_late=done[name]) for name in names
    ]
    return tuple(sorted(causes, key=lambda one: (-one.late, -one.received)))


def _classes(facts: Iterable[TicketFacts]) -> Counter[str]:
    return Counter(one.ticket.problem_class.strip() for one in facts)


def _in(week: Week, moment: datetime | None) -> bool:
    return moment is not None and week.starts_at <= moment < week.ends_at
