"""Whether a step of a ladder can have its turn: for one deadline, and for any moment of receipt."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from math import floor

from bot.rules.calendar.deadline import compute
from bot.rules.calendar.hours import DAY, HOUR, INSTANT, WorkingTime
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import at
from bot.rules.tickets.ladder import moment_of
from storage.records import Deadline, MomentKind, Policy, Step, TimeUnit

FROM_RECEIPT = frozenset({MomentKind.AFTER_RECEIPT_HOURS, MomentKind.AFTER_RECEIPT_WORKING_HOURS})
TO_TARGET = frozenset({MomentKind.BEFORE_TARGET_HOURS, MomentKind.BEFORE_TARGET_WORKING_HOURS})
IN_WORKING_HOURS = frozenset({MomentKind.AFTER_RECEIPT_WORKING_HOURS, MomentKind.BEFORE_TARGET_WORKING_HOURS})
YEARS = 5  # of receipt are tried: no two years have the same holidays
# Calendar days that one of the unit takes, roughly and at most: how far ahead a policy's limits lie.
REACH = {
    TimeUnit.WORKING_DAYS: 2.0,
    TimeUnit.CALENDAR_DAYS: 1.0,
    TimeUnit.WORKING_HOURS: 0.5,
    TimeUnit.CALENDAR_HOURS: 1 / 24,
}
MIDNIGHT = time(0)


def fires(step: Step, policy: Policy, deadline: Deadline, working: WorkingTime) -> bool:
    """Whether the step has a turn of its own: between receipt and limit, or after the limit where it counts from that.

    One that lies before the receipt comes together with the ticket, one that counts from the receipt to beyond the
    limit after everybody has heard of that; and after the limit nobody is asked any more who has not taken the ticket.
    """
    moment = moment_of(step, policy, deadline, working)
    if moment is None or deadline.due_at is None:
        return False
    if step.moment is MomentKind.WORKING_MORNINGS_AFTER_OVERDUE:
        return not step.while_new
    return deadline.received_at <= moment <= deadline.due_at


def never_fires(step: Step, policy: Policy, working: WorkingTime) -> bool:
    """Whether the step has its turn for no moment of receipt in all the years that are tried."""
    if policy.unit is TimeUnit.FIXED:
        return step.while_new and step.moment is MomentKind.WORKING_MORNINGS_AFTER_OVERDUE
    years = _years(policy, working)
    return bool(years) and not any(
        fires(step, policy, deadline, working) for deadline in _deadlines(step, policy, working, years)
    )


def most_hours(step: Step, policy: Policy, working: WorkingTime) -> float | None:
    """Return the greatest amount with which a step that counts in hours would have its turn; None for others."""
    if step.moment not in FROM_RECEIPT | TO_TARGET:
        return None
    spans = (_span(step, deadline, working) for deadline in _deadlines(step, policy, working, _years(policy, working)))
    return floor(max((span for span in spans if span is not None), default=timedelta(0)) / HOUR * 100) / 100


def _span(step: Step, deadline: Deadline, working: WorkingTime) -> timedelta | None:
    """The time there is for the step, in the hours it counts in."""
    end = deadline.target_at if step.moment in TO_TARGET else deadline.due_at
    if end is None:
        return None
    try:
        in_hours = step.moment in IN_WORKING_HOURS
        return working.between(deadline.received_at, end) if in_hours else end - deadline.received_at
    except CalendarNotPublished:
        return None


def _years(policy: Policy, working: WorkingTime) -> list[int]:
    """The latest years whose receipts have all their days published, the latest first."""
    ahead = int(policy.amount * REACH[policy.unit] // 365) + 1
    last = working.calendar.last_year - ahead
    return [year for year in range(last, last - YEARS, -1) if year >= working.calendar.first_year]


def _deadlines(step: Step, policy: Policy, working: WorkingTime, years: Iterable[int]) -> Iterator[Deadline]:
    """The deadlines of receipts at every turn of the clocks involved.

    Between two turns the time there is for a step grows or shrinks evenly, or stays: it is greatest at one of them.
    """
    for year in years:
        day = date(year, 1, 1)
        while day.year == year:
            for moment in dict.fromkeys(_receipts(day, step, policy, working)):
                yield compute(policy, moment, working)
            day += DAY


def _receipts(day: date, step: Step, policy: Policy, working: WorkingTime) -> Iterator[datetime]:
    edges = [at(day, MIDNIGHT), *(edge for session in working.sessions(day) for edge in session)]
    for edge in edges:
        for turn in (edge, *_turns_before(edge, step, policy, working)):
            yield from (turn, turn - INSTANT, turn + INSTANT)


def _turns_before(edge: datetime, step: Step, policy: Policy, working: WorkingTime) -> Iterator[datetime]:
    """The receipts for which the limit, or the step, falls on an edge of working time."""
    hours = policy.amount if policy.unit in (TimeUnit.WORKING_HOURS, TimeUnit.CALENDAR_HOURS) else 0
    if policy.unit is TimeUnit.WORKING_HOURS:
        yield from _earlier(edge, hours, working)
    elif hours:
        yield edge - timedelta(hours=hours)
    if step.moment is MomentKind.AFTER_RECEIPT_WORKING_HOURS:
        yield from _earlier(edge, step.amount, working)
    elif step.moment is MomentKind.AFTER_RECEIPT_HOURS:
        yield edge - timedelta(hours=step.amount)


def _earlier(edge: datetime, hours: float, working: WorkingTime) -> Iterator[datetime]:
    try:
        yield working.subtract(edge, hours)
    except CalendarNotPublished:
        return
