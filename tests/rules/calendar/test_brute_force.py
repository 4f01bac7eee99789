"""A hundred thousand random cases against loops that look at one day, or one session, after another."""

import random
from datetime import date, datetime, timedelta

from bot.rules.calendar.deadline import compute
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import SHANGHAI
from storage.calendar.schedules import base_schedules
from storage.records import Act, JudgingLine, Overlay, OverlayKind, Policy, TimeUnit
from tests.rules.calendar.oracle import DAY, POLICIES, WORKED, WORKING, beijing, walk_hours

FIRST, LAST = date(2018, 1, 1), date(2026, 10, 31)
SPAN = (LAST - FIRST).days * 24 * 60
ACT = Act(name="丁", at=beijing("2021-07-01 09:00"))


def decisions(dice: random.Random) -> tuple[list[Overlay], dict[date, bool]]:
    """Some local closures and extra work days, and every day with them."""
    worked, overlays = dict(WORKED), []
    for number in range(1, 60):
        kind = dice.choice(list(OverlayKind))
        first = FIRST + dice.randrange((LAST - FIRST).days) * DAY
        last = first + dice.randrange(5) * DAY
        overlays.append(Overlay(id=number, kind=kind, first=first, last=last, units=None, why="台风", decided=ACT))
    for kind, works in ((OverlayKind.EXTRA_WORK, True), (OverlayKind.CLOSURE, False)):
        for one in overlays:
            day = one.first
            while one.kind is kind and day <= one.last:
                worked[day] = works
                day += DAY
    return overlays, worked


def by_loop(worked: dict[date, bool], day: date, count: int) -> date:
    """The count-th worked day after the day; for 0 the day itself, or the next that is worked."""
    if not count:
        while not worked[day]:
            day += DAY
        return day
    while count:
        day += DAY
        count -= worked[day]
    return day


def test_ninety_thousand_deadlines_by_days():
    dice = random.Random(20210823)
    made = {
        (unit, amount): Policy(
            name="own", title="试", unit=unit, amount=amount, judged=JudgingLine.END_OF_DAY, steps=()
        )
        for unit in (TimeUnit.WORKING_DAYS, TimeUnit.CALENDAR_DAYS)
        for amount in range(21)
    }
    keys, wrong = list(made), []
    for _ in range(9):
        overlays, worked = decisions(dice)
        working = WorkingTime(GovChina(base_schedules(), "", overlays), POLICIES.office_hours)
        for _ in range(10_000):
            unit, amount = dice.choice(keys)
            received = datetime(2018, 1, 1, tzinfo=SHANGHAI) + timedelta(minutes=dice.randrange(SPAN))
            day = received.date()
            expected = by_loop(worked, day, amount) if unit is TimeUnit.WORKING_DAYS else day + DAY * amount
            if compute(made[unit, amount], received, working).due_day != expected:
                wrong.append((received, unit, amount))
    assert wrong == []


def test_ten_thousand_deadlines_by_working_hours():
    dice = random.Random(20210902)
    wrong = []
    for _ in range(10_000):
        received = datetime(2018, 1, 1, tzinfo=SHANGHAI) + timedelta(minutes=dice.randrange(SPAN))
        minutes = dice.randrange(1, 60 * 21)
        expected = walk_hours(received, timedelta(minutes=minutes))
        if WORKING.add(received, minutes / 60) != expected:
            wrong.append((received, minutes))
    assert wrong == []


def test_the_days_between_two_random_days_are_those_a_loop_counts():
    dice = random.Random(7)
    overlays, worked = decisions(dice)
    calendar = GovChina(base_schedules(), "", overlays)
    for _ in range(2_000):
        start = FIRST + dice.randrange((LAST - FIRST).days - 120) * DAY
        end = start + dice.randrange(120) * DAY
        counted = sum(worked[start + DAY * i] for i in range(1, (end - start).days + 1))
        assert calendar.working_days_between(start, end) == counted
