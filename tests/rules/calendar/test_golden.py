"""Hard cases of 2018 to 2026, worked out by hand from the notices: received then, due on that day."""

from datetime import date

import pytest

from bot.rules.calendar.deadline import compute
from storage.records import JudgingLine, Policy, TimeUnit
from tests.rules.calendar.oracle import CALENDAR, WORKING, beijing, on_clock, policy

# Received on the first day at any hour, due on the second: one working day.
ONE_DAY = """
2018-02-09 2018-02-11  make-up Sunday before the Spring Festival
2018-02-14 2018-02-22
2018-02-23 2018-02-24  make-up Saturday
2018-04-04 2018-04-08  make-up Sunday after the holiday
2018-04-27 2018-04-28
2018-04-28 2018-05-02
2018-09-28 2018-09-29  two make-up days together
2018-09-29 2018-09-30
2018-09-30 2018-10-08
2018-12-28 2018-12-29  fixed by the notice of 2019
2018-12-29 2019-01-02
2019-02-01 2019-02-02
2019-02-02 2019-02-03
2019-02-03 2019-02-11
2019-04-26 2019-04-28  amended in March 2019: make-up Sunday
2019-04-30 2019-05-05  amended: 1 to 4 May off, Sunday worked
2019-05-05 2019-05-06
2019-09-27 2019-09-29
2019-09-30 2019-10-08
2019-10-11 2019-10-12
2019-12-31 2020-01-02
2020-01-17 2020-01-19
2020-01-23 2020-02-03  extended in January 2020; 1 February was to be a make-up Saturday
2020-01-31 2020-02-03
2020-02-01 2020-02-03
2020-04-24 2020-04-26
2020-04-30 2020-05-06
2020-05-08 2020-05-09
2020-06-24 2020-06-28
2020-09-25 2020-09-27
2020-09-30 2020-10-09  National Day and Mid-autumn Festival joined
2020-10-09 2020-10-10
2020-12-31 2021-01-04
2021-02-05 2021-02-07
2021-02-10 2021-02-18
2021-02-19 2021-02-20
2021-08-23 2021-08-24  the seed's own case
2021-09-17 2021-09-18
2021-09-18 2021-09-22  the day the notice was published
2021-09-24 2021-09-26
2021-09-25 2021-09-26
2021-09-30 2021-10-08
2021-10-08 2021-10-09
2022-01-28 2022-01-29
2022-01-30 2022-02-07
2022-04-01 2022-04-02
2022-04-02 2022-04-06
2022-04-22 2022-04-24
2022-04-29 2022-05-05
2022-05-06 2022-05-07
2022-09-30 2022-10-08
2022-10-08 2022-10-09
2022-12-30 2023-01-03  31 December off by the notice of 2023
2023-01-20 2023-01-28
2023-01-28 2023-01-29
2023-04-04 2023-04-06  Tomb-sweeping Day on a Wednesday, one day
2023-04-21 2023-04-23
2023-04-28 2023-05-04
2023-05-05 2023-05-06
2023-06-21 2023-06-25
2023-09-28 2023-10-07  Mid-autumn Festival and National Day joined
2023-10-07 2023-10-08
2024-02-02 2024-02-04
2024-02-08 2024-02-09  New Year's Eve 2024: leave was recommended, the day is worked
2024-02-09 2024-02-18
2024-04-03 2024-04-07
2024-04-26 2024-04-28
2024-04-30 2024-05-06
2024-05-10 2024-05-11
2024-06-07 2024-06-11
2024-09-13 2024-09-14
2024-09-14 2024-09-18
2024-09-27 2024-09-29
2024-09-30 2024-10-08
2024-10-11 2024-10-12
2024-12-31 2025-01-02  New Year's Day on a Wednesday, one day
2025-01-24 2025-01-26
2025-01-27 2025-02-05  off from New Year's Eve on, since 2025
2025-02-07 2025-02-08
2025-04-03 2025-04-07
2025-04-25 2025-04-27
2025-04-30 2025-05-06
2025-05-30 2025-06-03
2025-09-26 2025-09-28
2025-09-30 2025-10-09  joined again, eight days
2025-10-10 2025-10-11
2025-12-31 2026-01-04
2026-02-13 2026-02-14
2026-02-14 2026-02-24  nine days
2026-02-27 2026-02-28
2026-04-03 2026-04-07
2026-04-30 2026-05-06
2026-05-08 2026-05-09
2026-06-18 2026-06-22
2026-09-18 2026-09-20
2026-09-24 2026-09-28
2026-09-30 2026-10-08
2026-10-09 2026-10-10
2026-12-30 2026-12-31  the last day anybody can be sure of
"""


@pytest.mark.parametrize("line", [line.strip() for line in ONE_DAY.strip().splitlines()])
def test_one_working_day(line: str):
    received, due = line.split()[:2]
    for clock in ("00:00", "09:30", "17:40", "23:59"):
        found = compute(policy(), beijing(f"{received} {clock}"), WORKING)
        assert found.due_day == date.fromisoformat(due)


@pytest.mark.parametrize(
    ("received", "days", "due"),
    [
        ("2021-09-17", 5, "2021-09-26"),  # 18, 22, 23, 24, 26 September
        ("2020-01-17", 15, "2020-02-14"),  # 19 to 23 January, then from 3 February
        ("2024-02-07", 3, "2024-02-18"),  # 8, 9, 18 February
        ("2025-09-22", 13, "2025-10-15"),
        ("2018-12-28", 2, "2019-01-02"),
        ("2022-10-07", 2, "2022-10-09"),
        ("2026-02-12", 5, "2026-02-26"),  # 13, 14, 24, 25, 26 February
        ("2026-12-15", 12, "2026-12-31"),
    ],
)
def test_several_working_days(received: str, days: int, due: str):
    assert CALENDAR.add_working_days(date.fromisoformat(received), days) == date.fromisoformat(due)


# The readings of "1 working day" of the field notes: close of business, and seven working hours.
READINGS = [
    ("2021-08-23 10:00", "2021-08-24 18:00", "2021-08-24 10:00"),
    ("2021-09-17 17:40", "2021-09-18 18:00", "2021-09-18 17:40"),
    ("2021-09-18 16:41", "2021-09-22 18:00", "2021-09-22 16:41"),
    ("2021-09-24 18:30", "2021-09-26 18:00", "2021-09-26 18:00"),
    ("2021-09-25 09:00", "2021-09-26 18:00", "2021-09-26 18:00"),
    # Two hours of 30 September by summer hours, five of 8 October by winter hours (notes: 16:00, without seasons).
    ("2021-09-30 16:00", "2021-10-08 17:30", "2021-10-08 15:30"),
]


@pytest.mark.parametrize(("received", "close", "seven_hours"), READINGS)
def test_the_readings_of_one_working_day(received: str, close: str, seven_hours: str):
    found = compute(policy(), beijing(received), WORKING)
    assert found.target_at is not None
    assert on_clock(found.target_at) == close
    by_hours = Policy(name="own", title="试", unit=TimeUnit.WORKING_HOURS, amount=7, judged=JudgingLine.EXACT, steps=())
    due_at = compute(by_hours, beijing(received), WORKING).due_at
    assert due_at is not None
    assert on_clock(due_at) == seven_hours


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2021-06-30 11:00", 3, "2021-06-30 16:30"),  # across lunch, until 30 June from 14:30
        ("2021-07-01 11:00", 3, "2021-07-01 17:00"),  # from 1 July from 15:00
        ("2021-06-30 16:30", 2, "2021-07-01 09:00"),
        ("2021-06-30 16:30", 8, "2021-07-01 18:00"),
        ("2021-09-30 17:30", 1, "2021-10-08 08:30"),
        ("2021-09-30 11:30", 10.5, "2021-10-08 17:30"),  # half an hour, three of summer, seven of winter
        ("2021-09-17 17:30", 1, "2021-09-18 08:30"),  # into a make-up Saturday
        ("2021-10-09 17:00", 1, "2021-10-11 08:30"),  # out of one
        ("2021-09-26 17:00", 2, "2021-09-27 09:00"),
        ("2025-06-30 12:00", 3.25, "2025-07-01 08:15"),  # at the first minute of lunch
        ("2024-02-09 17:00", 1, "2024-02-18 08:30"),
    ],
)
def test_working_hours_across_lunch_seasons_and_makeup_weekends(start: str, hours: float, end: str):
    assert on_clock(WORKING.add(beijing(start), hours)) == end
    assert WORKING.between(beijing(start), beijing(end)).total_seconds() == hours * 3600
    if not end.endswith(("17:30", "18:00")):
        assert WORKING.add(WORKING.subtract(beijing(end), hours), hours) == beijing(end)


@pytest.mark.parametrize(
    ("target", "two_hours_before"),
    [
        ("2021-08-24 18:00", "2021-08-24 16:00"),
        ("2021-10-08 17:30", "2021-10-08 15:30"),
        ("2021-10-08 09:00", "2021-09-30 17:00"),
        ("2021-07-01 09:00", "2021-06-30 16:30"),
        ("2021-09-18 15:30", "2021-09-18 10:30"),
        ("2021-09-22 08:30", "2021-09-18 16:30"),
    ],
)
def test_two_working_hours_before(target: str, two_hours_before: str):
    assert on_clock(WORKING.subtract(beijing(target), 2)) == two_hours_before


@pytest.mark.parametrize(
    ("received", "target", "halfway"),
    [
        ("2021-08-23 10:00", "2021-08-24 18:00", "2021-08-24 09:00"),
        ("2021-09-30 16:00", "2021-10-08 17:30", "2021-10-08 10:30"),
        ("2021-09-24 18:30", "2021-09-26 18:00", "2021-09-26 11:30"),
        ("2021-06-30 16:30", "2021-07-01 18:00", "2021-07-01 11:00"),
    ],
)
def test_half_of_the_working_time(received: str, target: str, halfway: str):
    assert on_clock(WORKING.share(beijing(received), beijing(target), 0.5)) == halfway
