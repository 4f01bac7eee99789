"""The two lines of a ticket, how late an answer is, and the count behind both."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from bot.rules.calendar.hours import DAY, WorkingTime
from bot.rules.calendar.workdays import CalendarNotPublished, DayKind, GovChina
from bot.rules.calendar.zone import SHANGHAI, at, shanghai_day
from storage.records import Deadline, DeadlineStatus, JudgingLine, Policy, TimeUnit

MIDNIGHT = time(0)
HOUR = timedelta(hours=1)
INSTANT = timedelta(microseconds=1)

# Days off by law whatever the yearly notice says (全国年节及纪念日放假办法, dates of the solar calendar).
ALWAYS_OFF = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})


class FixedMomentMissing(ValueError):
    """The policy takes its deadline from the document, and none was given."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(f"“{policy.title}”要按文件写明的时间办结，请补上截止时间。")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lateness:
    """How late an answer is; both 0 on the due day or before."""

    workdays: int | None  # working days w with due day < w <= answer day; None where unpublished
    days: int  # calendar days


@dataclass(frozen=True, kw_only=True, slots=True)
class CountedDay:
    """One day between receipt and deadline."""

    day: date
    kind: DayKind | None  # None: the schedule of its year is unpublished
    name: str  # the holiday's name
    source: str  # the document the day rests on
    number: int | None  # the how-manieth counted day it is; None: not counted, or hours are counted
    hours: float | None  # hours counted on it, where hours are counted
    due: bool  # the due day


def compute(
    policy: Policy, received_at: datetime, working: WorkingTime, *, fixed_at: datetime | None = None
) -> Deadline:
    """Return the deadline of a ticket received then; naive moments are refused with ValueError.

    Where the schedule of a needed year is missing the status is `unpublished`, with the earliest possible
    day for display only. A policy of unit `fixed` needs `fixed_at`, else FixedMomentMissing is raised.
    """
    received_day = shanghai_day(received_at)
    if policy.unit is TimeUnit.FIXED and fixed_at is None:
        raise FixedMomentMissing(policy)
    try:
        due_day, due_at = _line(policy, received_at, received_day, working, fixed_at)
    except CalendarNotPublished:
        due_day, due_at = None, None
    return Deadline(
        received_at=received_at.astimezone(UTC),
        policy=policy.name,
        status=DeadlineStatus.OK if due_day else DeadlineStatus.UNPUBLISHED,
        due_day=due_day,
        target_at=_target(policy, received_at, due_day, due_at, working) if due_day and due_at else None,
        due_at=due_at,
        earliest_day=None if due_day else _earliest(policy, received_at, working),
        calendar_revision=working.calendar.revision,
    )


def end_of(policy: Policy, received_at: datetime, day: date, working: WorkingTime) -> datetime:
    """Return the instant on which lateness is judged when that day is the due day."""
    return _judged(policy, received_at, day, working)


def moved(policy: Policy, received_at: datetime, due_at: datetime, working: WorkingTime) -> Deadline:
    """Return the deadline of a ticket whose judging line somebody moved to that instant."""
    due_day = shanghai_day(due_at - INSTANT)
    return Deadline(
        received_at=received_at.astimezone(UTC),
        policy=policy.name,
        status=DeadlineStatus.OK,
        due_day=due_day,
        target_at=_target(policy, received_at, due_day, due_at, working),
        due_at=due_at.astimezone(UTC),
        earliest_day=None,
        calendar_revision=working.calendar.revision,
    )


def lateness(due_day: date, answered: datetime, calendar: GovChina) -> Lateness:
    """Return how many working days and calendar days after the due day the answer came."""
    day = shanghai_day(answered)
    workdays: int | None
    try:
        workdays = calendar.working_days_between(due_day, day)
    except CalendarNotPublished:
        workdays = 0 if day <= due_day else None
    return Lateness(workdays=workdays, days=max(0, (day - due_day).days))


def trace(policy: Policy, deadline: Deadline, working: WorkingTime) -> tuple[CountedDay, ...]:
    """Return every day from receipt to the due day, or as far as the schedules reach."""
    return tuple(_traced(policy, deadline, working))


def missing_year(deadline: Deadline, calendar: GovChina) -> int | None:
    """Return the unpublished year the deadline waits for; None if it waits for none."""
    if deadline.status is DeadlineStatus.OK:
        return None
    year = shanghai_day(deadline.received_at).year
    while calendar.published(year):
        year += 1
    return year


def _line(
    policy: Policy, received_at: datetime, received_day: date, working: WorkingTime, fixed_at: datetime | None
) -> tuple[date, datetime]:
    unit = policy.unit
    if unit is TimeUnit.WORKING_DAYS:
        due_day = working.calendar.add_working_days(received_day, int(policy.amount))
        return due_day, _judged(policy, received_at, due_day, working)
    if unit is TimeUnit.CALENDAR_DAYS:
        due_day = received_day + DAY * int(policy.amount)
        return due_day, _judged(policy, received_at, due_day, working)
    if unit is TimeUnit.WORKING_HOURS:
        due_at = working.add(received_at, policy.amount)
    elif unit is TimeUnit.CALENDAR_HOURS or fixed_at is None:
        due_at = (received_at + policy.amount * HOUR).astimezone(UTC)
    else:
        due_at = fixed_at.astimezone(UTC)
    # An instant of 00:00 is the end of the day before.
    return shanghai_day(due_at - INSTANT), due_at


def _judged(policy: Policy, received_at: datetime, due_day: date, working: WorkingTime) -> datetime:
    if policy.judged is JudgingLine.CLOSE_OF_BUSINESS:
        return working.closing(due_day)
    if policy.judged is JudgingLine.SAME_TIME:
        return at(due_day, received_at.astimezone(SHANGHAI).time())
    return working.end_of(due_day)


def _target(policy: Policy, received_at: datetime, due_day: date, due_at: datetime, working: WorkingTime) -> datetime:
    if policy.any_hour or policy.unit is TimeUnit.WORKING_HOURS:
        return due_at
    closing = working.closing(due_day)
    if policy.unit is TimeUnit.WORKING_DAYS and closing <= due_at:
        return closing if closing > received_at else due_at
    try:
        target = working.last_working(due_at)
    except CalendarNotPublished:
        # The day is certain, only the reminder's aim is not: the close of that day serves.
        target = min(closing, due_at)
    return target if target > received_at else due_at


def _earliest(policy: Policy, received_at: datetime, working: WorkingTime) -> date:
    """Count every unpublished day that may be worked as worked: no later notice can give an earlier day."""
    day = shanghai_day(received_at)
    left = policy.amount
    if policy.unit is TimeUnit.WORKING_HOURS:
        return _earliest_by_hours(received_at, left, working)
    if not left:
        while not _may_work(day, working.calendar):
            day += DAY
    while left > 0:
        day += DAY
        left -= _may_work(day, working.calendar)
    return day


def _earliest_by_hours(received_at: datetime, hours: float, working: WorkingTime) -> date:
    day, start = shanghai_day(received_at), received_at
    while True:
        for first, last in working.sessions(day) if _may_work(day, working.calendar) else ():
            hours -= max(timedelta(0), last - max(first, start)) / HOUR
        if hours <= 0:
            return day
        day += DAY


def _may_work(day: date, calendar: GovChina) -> bool:
    if calendar.published(day.year):
        return calendar.is_working_day(day)
    return (day.month, day.day) not in ALWAYS_OFF


def _traced(policy: Policy, deadline: Deadline, working: WorkingTime) -> Iterator[CountedDay]:
    first = day = shanghai_day(deadline.received_at)
    last = deadline.due_day or deadline.earliest_day or first
    number = 0
    while day <= last:
        info = working.calendar.day(day) if working.calendar.published(day.year) else None
        counted = day > first and _counts(policy.unit, info is not None and info.working)
        number += counted
        yield CountedDay(
            day=day,
            kind=info.kind if info else None,
            name=info.name if info else "",
            source=info.source if info else "",
            number=number if counted else None,
            hours=_hours(policy.unit, deadline, day, working),
            due=day == deadline.due_day,
        )
        if info is None and deadline.due_day is None:
            return
        day += DAY


def _counts(unit: TimeUnit, worked: bool) -> bool:
    return unit is TimeUnit.CALENDAR_DAYS or (unit is TimeUnit.WORKING_DAYS and worked)


def _hours(unit: TimeUnit, deadline: Deadline, day: date, working: WorkingTime) -> float | None:
    if unit not in (TimeUnit.WORKING_HOURS, TimeUnit.CALENDAR_HOURS):
        return None
    start = max(at(day, MIDNIGHT), deadline.received_at)
    end = at(day + DAY, MIDNIGHT)
    if deadline.due_at is not None:
        end = min(end, deadline.due_at)
    if unit is TimeUnit.CALENDAR_HOURS:
        return (end - start) / HOUR
    try:
        return working.between(start, end) / HOUR
    except CalendarNotPublished:
        return None
