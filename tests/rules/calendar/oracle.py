"""Slow and obvious counting, and the small values the calendar tests share."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta

from bot.policies.loading import Policies, load
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import SHANGHAI
from storage.calendar.calendar import base_schedules, revision_of
from storage.records import Policy, Schedule

DAY = timedelta(days=1)
POLICIES: Policies = load()
CALENDAR = GovChina(base_schedules(), revision_of(base_schedules()))
WORKING = WorkingTime(CALENDAR, POLICIES.office_hours)


def policy(name: str = "monitor_1wd") -> Policy:
    """A shipped policy."""
    found = POLICIES.named(name)
    assert found is not None
    return found


def beijing(text: str) -> datetime:
    """ "2021-08-23 10:00" on a clock in Shanghai, as the aware UTC moment."""
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


def on_clock(moment: datetime) -> str:
    """The moment as a clock in Shanghai shows it."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def published(schedules: tuple[Schedule, ...] = base_schedules()) -> Mapping[date, bool]:
    """Every day of the published years: whether it is worked, straight from the schedules."""
    first, last = min(one.year for one in schedules), max(one.year for one in schedules)
    days, day = {}, date(first, 1, 1)
    while day.year <= last:
        days[day] = day.weekday() < 5
        day += DAY
    for one in schedules:
        days |= dict.fromkeys(one.off, False) | dict.fromkeys(one.work, True)
    return days


WORKED = published()


def step_by_step(day: date, count: int) -> date:
    """The count-th working day after the day, one day at a time."""
    while count:
        day += DAY
        count -= WORKED[day]
    return day


def sessions(day: date) -> list[tuple[datetime, datetime]]:
    """The sessions of a day by the default office hours; none on a day off."""
    if not WORKED[day]:
        return []
    summer = 7 <= day.month <= 9
    clocks = [(time(8), time(12)), (time(15), time(18)) if summer else (time(14, 30), time(17, 30))]
    return [tuple(datetime.combine(day, one, SHANGHAI).astimezone(UTC) for one in pair) for pair in clocks]


def sessions_from(moment: datetime) -> Iterator[tuple[datetime, datetime]]:
    """What is left of the working sessions from the moment on."""
    day = moment.astimezone(SHANGHAI).date()
    while True:
        for start, end in sessions(day):
            if end > moment:
                yield max(start, moment), end
        day += DAY


def walk_hours(moment: datetime, amount: timedelta) -> datetime:
    """The moment that much working time later, session by session."""
    for start, end in sessions_from(moment):
        if amount <= end - start:
            return start + amount
        amount -= end - start
    raise AssertionError


def in_working_time(moment: datetime) -> bool:
    """Whether the moment lies in a session, its end included."""
    return any(start <= moment <= end for start, end in sessions(moment.astimezone(SHANGHAI).date()))
