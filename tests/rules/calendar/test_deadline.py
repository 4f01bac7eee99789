"""Deadlines: the readings of domain.md, the case of 2021, and years without a schedule."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.deadline import FixedMomentMissing, compute, lateness, missing_year, trace
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import DayKind, GovChina
from bot.rules.calendar.zone import shanghai_day
from storage.calendar.calendar import base_schedules
from storage.records import DeadlineStatus, JudgingLine, Policy, Schedule, TimeUnit
from tests.rules.calendar.oracle import CALENDAR, POLICIES, WORKED, WORKING, beijing, on_clock, policy, step_by_step

moments = st.datetimes(datetime(2018, 1, 1), datetime(2026, 6, 30), timezones=st.just(UTC))


def own(unit: TimeUnit, amount: float, judged: JudgingLine, *, any_hour: bool = False) -> Policy:
    return Policy(name="own", title="试", unit=unit, amount=amount, judged=judged, steps=(), any_hour=any_hour)


@pytest.mark.parametrize(
    ("received", "target", "due"),
    [
        ("2021-08-23 10:00", "2021-08-24 18:00", "2021-08-25 00:00"),  # 水清三明
        ("2021-08-23 00:00", "2021-08-24 18:00", "2021-08-25 00:00"),
        ("2021-08-23 23:59", "2021-08-24 18:00", "2021-08-25 00:00"),
        ("2021-09-17 17:40", "2021-09-18 18:00", "2021-09-19 00:00"),  # make-up Saturday
        ("2021-09-18 16:41", "2021-09-22 18:00", "2021-09-23 00:00"),
        ("2021-09-24 18:30", "2021-09-26 18:00", "2021-09-27 00:00"),  # after hours changes nothing
        ("2021-09-25 09:00", "2021-09-26 18:00", "2021-09-27 00:00"),  # a day off: still the next working day
        ("2021-09-30 16:00", "2021-10-08 17:30", "2021-10-09 00:00"),
        ("2021-08-28 09:00", "2021-08-30 18:00", "2021-08-31 00:00"),  # Saturday: Monday, not Tuesday
        ("2020-01-23 10:00", "2020-02-03 17:30", "2020-02-04 00:00"),  # the extension of January 2020
        ("2024-02-08 10:00", "2024-02-09 17:30", "2024-02-10 00:00"),
        ("2025-12-31 10:00", "2026-01-04 17:30", "2026-01-05 00:00"),
    ],
)
def test_one_working_day(received: str, target: str, due: str):
    found = compute(policy(), beijing(received), WORKING)
    assert found.status is DeadlineStatus.OK
    assert found.target_at is not None
    assert found.due_at is not None
    assert found.due_day == date.fromisoformat(target[:10])
    assert (on_clock(found.target_at), on_clock(found.due_at)) == (target, due)
    assert (found.policy, found.calendar_revision) == ("monitor_1wd", CALENDAR.revision)


def test_the_shanghai_date_counts_whatever_zone_the_moment_carries():
    found = compute(policy(), datetime(2021, 9, 16, 16, 30, tzinfo=UTC), WORKING)
    assert found.due_day == date(2021, 9, 18)
    with pytest.raises(ValueError, match="naive"):
        compute(policy(), datetime(2021, 9, 16, 16, 30), WORKING)


def test_the_case_of_2021_is_7_working_days_and_9_days_late():
    found = compute(policy(), beijing("2021-08-23 10:00"), WORKING)
    assert found.due_day == date(2021, 8, 24)
    late = lateness(found.due_day, beijing("2021-09-02 16:00"), CALENDAR)
    assert (late.workdays, late.days) == (7, 9)


@pytest.mark.parametrize(
    ("answered", "workdays", "days"),
    [
        ("2021-08-24 23:59", 0, 0),
        ("2021-08-20 09:00", 0, 0),
        ("2021-08-25 00:00", 1, 1),
        ("2021-08-27 09:00", 3, 3),
        ("2021-08-28 09:00", 3, 4),  # Saturday adds a day, not a working day
    ],
)
def test_lateness_is_told_twice(answered: str, workdays: int, days: int):
    late = lateness(date(2021, 8, 24), beijing(answered), CALENDAR)
    assert (late.workdays, late.days) == (workdays, days)


def test_lateness_into_an_unpublished_year_gives_days_but_no_invented_working_days():
    late = lateness(date(2026, 12, 30), beijing("2027-01-05 09:00"), CALENDAR)
    assert (late.workdays, late.days) == (None, 6)
    early = lateness(date(2027, 1, 5), beijing("2026-12-30 09:00"), CALENDAR)
    assert (early.workdays, early.days) == (0, 0)


@pytest.mark.parametrize(
    ("judged", "received", "due"),
    [
        (JudgingLine.CLOSE_OF_BUSINESS, "2021-08-23 10:00", "2021-08-24 18:00"),
        (JudgingLine.SAME_TIME, "2021-08-23 10:00", "2021-08-24 10:00"),
        (JudgingLine.SAME_TIME, "2021-09-18 16:41", "2021-09-22 16:41"),
        (JudgingLine.END_OF_DAY, "2021-09-18 16:41", "2021-09-23 00:00"),
    ],
)
def test_other_judging_lines(judged: JudgingLine, received: str, due: str):
    found = compute(own(TimeUnit.WORKING_DAYS, 1, judged), beijing(received), WORKING)
    assert found.due_at is not None
    assert on_clock(found.due_at) == due


def test_same_time_next_working_day_aims_at_working_time():
    same = own(TimeUnit.WORKING_DAYS, 1, JudgingLine.SAME_TIME)
    evening = compute(same, beijing("2021-08-23 22:00"), WORKING)
    morning = compute(same, beijing("2021-08-23 03:00"), WORKING)
    weekend = compute(same, beijing("2021-08-28 03:00"), WORKING)
    assert on_clock(evening.target_at) == "2021-08-24 18:00"
    assert on_clock(morning.target_at) == "2021-08-23 18:00"
    assert weekend.target_at == weekend.due_at == beijing("2021-08-30 03:00")


@pytest.mark.parametrize(
    ("name", "received", "target", "due"),
    [
        ("hotline", "2021-09-18 09:00", "2021-09-18 18:00", "2021-09-19 00:00"),
        ("hotline", "2021-09-19 09:00", "2021-09-22 18:00", "2021-09-23 00:00"),
        ("hotline", "2021-09-18 21:00", "2021-09-19 00:00", "2021-09-19 00:00"),
        ("veto_now", "2021-09-30 23:30", "2021-10-01 01:30", "2021-10-01 01:30"),
        ("find_error:answer", "2021-09-17 09:00", "2021-09-23 18:00", "2021-09-24 00:00"),
        ("enquiry", "2021-09-24 09:00", "2021-09-30 18:00", "2021-10-01 00:00"),
        ("hotline:complaint", "2021-09-15 16:00", "2021-10-09 17:30", "2021-10-10 00:00"),
        ("stale_account", "2021-08-01 12:00", "2021-08-13 18:00", "2021-08-16 00:00"),  # day 14 is a Sunday
        ("stale_account", "2021-08-02 12:00", "2021-08-16 18:00", "2021-08-17 00:00"),
        ("cancel_account:10k", "2021-08-02 12:00", "2021-08-17 18:00", "2021-08-18 00:00"),
    ],
)
def test_shipped_policies(name: str, received: str, target: str, due: str):
    found = compute(policy(name), beijing(received), WORKING)
    assert found.target_at is not None
    assert found.due_at is not None
    assert (on_clock(found.target_at), on_clock(found.due_at)) == (target, due)
    assert found.due_day == shanghai_day(found.due_at - timedelta(microseconds=1))


def test_working_hours_and_a_fixed_moment():
    hours = compute(own(TimeUnit.WORKING_HOURS, 7, JudgingLine.EXACT), beijing("2021-09-24 18:30"), WORKING)
    assert on_clock(hours.due_at) == "2021-09-26 18:00"
    assert hours.due_day == date(2021, 9, 26)
    whole_day = beijing("2021-09-27 00:00")  # “于9月26日前”
    fixed = compute(policy("notice_report"), beijing("2021-09-18 16:41"), WORKING, fixed_at=whole_day)
    assert fixed.due_day == date(2021, 9, 26)
    assert on_clock(fixed.target_at) == "2021-09-26 18:00"
    with pytest.raises(FixedMomentMissing, match="通报整改报告"):
        compute(policy("notice_report"), beijing("2021-09-18 16:41"), WORKING)


@pytest.mark.parametrize(
    ("name", "received", "earliest"),
    [
        ("monitor_1wd", "2026-12-31 10:00", "2027-01-02"),  # 1 January is off by law, the 2nd may be worked
        ("find_error:answer", "2026-12-29 10:00", "2027-01-02"),
        ("monitor_1wd", "2027-03-10 10:00", "2027-03-11"),
        ("hotline", "2027-01-01 10:00", "2027-01-02"),
        ("monitor_1wd", "2003-06-01 10:00", "2003-06-02"),
    ],
)
def test_a_year_without_a_schedule_gives_no_date_and_no_exception(name: str, received: str, earliest: str):
    found = compute(policy(name), beijing(received), WORKING)
    assert found.status is DeadlineStatus.UNPUBLISHED
    assert found.due_day is found.target_at is found.due_at is None
    assert found.earliest_day == date.fromisoformat(earliest)
    assert missing_year(found, CALENDAR) == int(earliest[:4])


def test_unpublished_hours_and_what_stays_certain():
    hours = compute(own(TimeUnit.WORKING_HOURS, 4, JudgingLine.EXACT), beijing("2026-12-31 16:30"), WORKING)
    assert (hours.status, hours.earliest_day) == (DeadlineStatus.UNPUBLISHED, date(2027, 1, 2))
    veto = compute(policy("veto_now"), beijing("2026-12-31 23:00"), WORKING)
    assert (veto.status, on_clock(veto.due_at)) == (DeadlineStatus.OK, "2027-01-01 01:00")
    stale = compute(policy("stale_account"), beijing("2026-12-25 09:00"), WORKING)
    assert (on_clock(stale.target_at), on_clock(stale.due_at)) == ("2027-01-08 17:30", "2027-01-09 00:00")
    assert missing_year(stale, CALENDAR) is None


@pytest.mark.parametrize("year", range(2005, 2027))
@pytest.mark.parametrize("back", [1, 2, 5])
def test_the_earliest_day_is_never_later_than_the_true_one(year: int, back: int):
    known = GovChina([one for one in base_schedules() if one.year < year], "before")
    received = beijing(f"{year - 1}-12-{32 - back} 10:00")
    for name in ("monitor_1wd", "find_error:answer", "enquiry", "hotline:complaint"):
        found = compute(policy(name), received, WorkingTime(known, POLICIES.office_hours))
        truth = compute(policy(name), received, WORKING)
        assert truth.due_day is not None
        assert (found.due_day or found.earliest_day) <= truth.due_day


def test_the_count_day_by_day():
    name = policy("find_error:answer")
    found = compute(name, beijing("2021-09-17 09:00"), WORKING)
    days = trace(name, found, WORKING)
    assert [(one.day.day, one.number) for one in days] == [
        (17, None), (18, 1), (19, None), (20, None), (21, None), (22, 2), (23, 3),
    ]  # fmt: skip
    assert [one.due for one in days] == [False] * 6 + [True]
    assert (days[1].kind, days[2].kind, days[2].name) == (DayKind.MAKEUP, DayKind.HOLIDAY, "中秋节")
    assert all("2021年" in one.source for one in days)


def test_the_count_in_hours_and_up_to_an_unpublished_year():
    hours = own(TimeUnit.WORKING_HOURS, 7, JudgingLine.EXACT)
    days = trace(hours, compute(hours, beijing("2021-09-24 17:00"), WORKING), WORKING)
    assert [(one.day.day, one.hours) for one in days] == [(24, 1), (25, 0), (26, 6)]
    waiting = trace(policy(), compute(policy(), beijing("2026-12-31 10:00"), WORKING), WORKING)
    assert [(one.day, one.kind) for one in waiting] == [
        (date(2026, 12, 31), DayKind.WEEKDAY),
        (date(2027, 1, 1), None),
    ]
    night = policy("veto_now")
    assert [one.hours for one in trace(night, compute(night, beijing("2021-09-30 23:30"), WORKING), WORKING)] == [
        0.5,
        1.5,
    ]


@given(received=moments, amount=st.integers(1, 20))
def test_the_due_day_agrees_with_walking_day_by_day(received: datetime, amount: int):
    found = compute(own(TimeUnit.WORKING_DAYS, amount, JudgingLine.END_OF_DAY), received, WORKING)
    assert found.due_day == step_by_step(shanghai_day(received), amount)
    assert found.due_at - found.target_at in (timedelta(hours=6), timedelta(hours=6.5))


@given(received=moments, wait=st.timedeltas(timedelta(0), timedelta(days=60)))
def test_lateness_agrees_with_counting_the_days_worked(received: datetime, wait: timedelta):
    found = compute(policy(), received, WORKING)
    answered = received + wait
    late = lateness(found.due_day, answered, CALENDAR)
    last = shanghai_day(answered)
    assert late.days == max(0, (last - found.due_day).days)
    days = (found.due_day + timedelta(i + 1) for i in range(late.days))
    assert late.workdays == sum(WORKED[day] for day in days)
    assert (late.days > 0) is (answered >= found.due_at)


@given(received=moments, gone=st.dates(date(2018, 1, 1), date(2026, 12, 31)))
def test_a_closure_more_never_makes_a_deadline_earlier(received: datetime, gone: date):
    closed = Schedule(year=gone.year, off={gone: "台风停工"}, work={}, source="市政府决定")
    changed = WorkingTime(GovChina((*base_schedules(), closed), "changed"), POLICIES.office_hours)
    for one in (policy(), policy("enquiry"), own(TimeUnit.WORKING_HOURS, 7, JudgingLine.EXACT)):
        assert compute(one, received, changed).due_at >= compute(one, received, WORKING).due_at


def test_every_shipped_policy_has_a_deadline_at_every_hour_of_a_hard_month():
    moment = beijing("2021-09-15 00:30")
    while moment < beijing("2021-10-12 00:00"):
        for one in POLICIES.by_name.values():
            found = compute(one, moment, WORKING, fixed_at=moment + timedelta(days=9))
            assert found.status is DeadlineStatus.OK
            assert moment < found.target_at <= found.due_at
        moment += timedelta(hours=5)
