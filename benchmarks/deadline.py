"""Deadlines and working days."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec

import chinese_calendar
from workalendar.asia import China

from benchmarks.measure import Row, Spread, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage
from bot.policies.loading import load
from bot.rules.calendar.deadline import compute
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import GovChina
from storage.calendar import calendar as calendar_store

QUESTION = "how many deadlines and working days a second?"

MOMENTS = 20_000
ROUNDS = 7
TIMES = 20  # so much faster than stock workalendar we want to be
STOCK = "workalendar China.add_working_days"

Count = Callable[[date], object]


def measure(stage: Stage) -> Iterator[Row]:
    """Ours beside every calendar that can be imported, over the same random moments of 2019 to 2022."""
    moments = _moments(stage.count(MOMENTS))
    days = [one.date() for one in moments]
    for amount in (1, 15):
        subjects = {name: _walked(count, days) for name, count in _calendars(amount).items()}
        subjects = {**_ours(amount, moments, days), **subjects}
        found = rates(in_turn(stage.rounds(ROUNDS), subjects), len(days))
        yield from _rows(found, amount)


def _rows(found: dict[str, Spread], amount: int) -> Iterator[Row]:
    for name, figure in found.items():
        times = ratio(figure, found[STOCK])
        ours = name.startswith("bot.rules")
        yield Row(
            what=f"{name}, {amount} day(s)",
            figure=figure,
            unit="/s",
            against=f"{number(times)} x workalendar" if name != STOCK else "",
            target=f">= {TIMES} x workalendar" if ours else "",
            met=times >= TIMES if ours else None,
        )


def _ours(amount: int, moments: Sequence[datetime], days: Sequence[date]) -> dict[str, Callable[[], float]]:
    policies = load()
    schedules = calendar_store.base_schedules()
    calendar = GovChina(schedules, calendar_store.revision_of(schedules))
    working = WorkingTime(calendar, policies.office_hours)
    policy = policies.by_name[{1: "monitor_1wd", 15: "enquiry:complex"}[amount]]

    def deadlines() -> None:
        for one in moments:
            compute(policy, one, working)

    return {
        "bot.rules.deadline.compute": lambda: seconds(deadlines),
        "bot.rules.workdays.GovChina.add_working_days": _walked(
            lambda day: calendar.add_working_days(day, amount), days
        ),
    }


def _calendars(amount: int) -> dict[str, Count]:
    stock = China()
    found: dict[str, Count] = {
        STOCK: lambda day: stock.add_working_days(day, amount),
        "chinesecalendar, day by day": lambda day: _step(day, amount, chinese_calendar.is_workday),
    }
    if find_spec("holidays"):
        import holidays

        china = holidays.country_holidays("CN", years=range(2019, 2024))
        found["holidays get_nth_working_day"] = lambda day: china.get_nth_working_day(day, amount)
    if find_spec("numpy"):
        found["numpy busday_offset (no make-up days)"] = _numpy(amount)
    return found


def _numpy(amount: int) -> Count:
    import numpy

    off = [day for day in chinese_calendar.holidays if day.weekday() < 5]
    table = numpy.busdaycalendar(holidays=off)
    return lambda day: numpy.busday_offset(day, amount, roll="backward", busdaycal=table)


def _step(day: date, amount: int, worked: Callable[[date], bool]) -> date:
    while amount:
        day += timedelta(days=1)
        amount -= worked(day)
    return day


def _walked(count: Count, days: Sequence[date]) -> Callable[[], float]:
    def all_days() -> None:
        for day in days:
            count(day)

    return lambda: seconds(all_days)


def _moments(many: int) -> list[datetime]:
    chance = random.Random(2021)
    first = datetime.combine(date(2019, 1, 2), time(0), UTC)
    return [first + timedelta(seconds=chance.randrange(4 * 365 * 86_400 - 30 * 86_400)) for _ in range(many)]
