"""WorkingTime: exact across lunch breaks, seasons and make-up weekends."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.hours import WorkingTime, spans_by_day
from bot.rules.calendar.workdays import CalendarNotPublished
from storage.records import OfficeHours
from tests.rules.calendar.oracle import CALENDAR, POLICIES, WORKING, beijing, in_working_time, on_clock, walk_hours

moments = st.datetimes(datetime(2018, 1, 1), datetime(2026, 6, 30), timezones=st.just(UTC))
quarters = st.integers(1, 4 * 70)  # quarter hours, up to ten working days


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2021-08-23 10:00", 2, "2021-08-23 12:00"),  # fits exactly: the end of the session, not 15:00
        ("2021-08-23 10:00", 2.5, "2021-08-23 15:30"),
        ("2021-08-23 12:30", 2, "2021-08-23 17:00"),
        ("2021-08-23 10:00", 5, "2021-08-23 18:00"),
        ("2021-08-23 10:00", 7, "2021-08-24 10:00"),
        ("2021-09-17 17:40", 7, "2021-09-18 17:40"),  # a make-up Saturday
        ("2021-09-18 16:41", 7, "2021-09-22 16:41"),  # over the Mid-autumn Festival
        ("2021-09-24 18:30", 7, "2021-09-26 18:00"),  # a make-up Sunday
        ("2021-09-30 17:00", 1, "2021-09-30 18:00"),
        ("2021-09-30 17:00", 2, "2021-10-08 09:00"),
        ("2021-09-30 17:00", 6, "2021-10-08 15:30"),  # winter afternoons begin at 14:30
        ("2021-06-30 17:00", 5, "2021-07-01 15:30"),  # summer ones at 15:00
    ],
)
def test_adding_working_hours(start: str, hours: float, end: str):
    assert on_clock(WORKING.add(beijing(start), hours)) == end


@pytest.mark.parametrize(
    ("end", "hours", "start"),
    [
        ("2021-08-24 18:00", 2, "2021-08-24 16:00"),
        ("2021-08-24 18:00", 3, "2021-08-24 15:00"),  # fits exactly: the start of the session, not 12:00
        ("2021-08-24 18:00", 7, "2021-08-24 08:00"),
        ("2021-08-24 18:00", 8, "2021-08-23 17:00"),
        ("2021-10-08 09:00", 2, "2021-09-30 17:00"),
        ("2021-10-03 12:00", 1, "2021-09-30 17:00"),
    ],
)
def test_subtracting_working_hours(end: str, hours: float, start: str):
    assert on_clock(WORKING.subtract(beijing(end), hours)) == start


def test_nothing_added_is_the_moment_itself_even_at_night():
    night = beijing("2021-08-23 23:10")
    assert WORKING.add(night, 0) == WORKING.subtract(night, 0) == night
    assert on_clock(WORKING.add(beijing("2021-08-24 18:00"), -2)) == "2021-08-24 16:00"


def test_half_of_the_working_time():
    received, target = beijing("2021-08-23 10:00"), beijing("2021-08-24 18:00")
    assert WORKING.between(received, target) == timedelta(hours=12)
    assert on_clock(WORKING.share(received, target, 0.5)) == "2021-08-24 09:00"
    assert WORKING.share(received, target, 0) == received
    assert WORKING.share(received, target, 1) == target
    assert WORKING.share(target, beijing("2021-08-24 23:00"), 0.5) == target


def test_hours_are_exact_to_the_microsecond():
    start = beijing("2021-08-23 08:00") + timedelta(microseconds=1)
    assert WORKING.add(start, 4) == beijing("2021-08-23 15:00") + timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("moment", "sending"),
    [
        ("2021-08-23 12:30", "2021-08-23 12:30"),  # lunch is inside the window
        ("2021-08-23 07:59", "2021-08-23 08:00"),
        ("2021-08-23 20:00", "2021-08-24 08:00"),
        ("2021-08-28 10:00", "2021-08-30 08:00"),
        ("2021-09-18 10:00", "2021-09-18 10:00"),  # a make-up Saturday is a working day
        ("2021-10-02 10:00", "2021-10-08 08:00"),
        ("2027-01-06 10:00", "2027-01-06 10:00"),  # unpublished: Monday to Friday serve
        ("2027-01-09 10:00", "2027-01-11 08:00"),
        ("2026-12-31 21:00", "2027-01-01 08:00"),
    ],
)
def test_when_messages_may_go_out(moment: str, sending: str):
    assert on_clock(WORKING.next_sending(beijing(moment))) == sending
    assert WORKING.next_sending(beijing(moment), any_hour=True) == beijing(moment)


def test_a_window_of_ones_own():
    short = WorkingTime(CALENDAR, POLICIES.office_hours, send_from=time(9), send_until=time(17))
    assert on_clock(short.next_sending(beijing("2021-08-23 08:30"))) == "2021-08-23 09:00"
    assert on_clock(short.next_sending(beijing("2021-08-23 17:00"))) == "2021-08-24 09:00"


def test_the_last_moment_of_working_time():
    assert on_clock(WORKING.last_working(beijing("2021-10-05 00:00"))) == "2021-09-30 18:00"
    assert on_clock(WORKING.last_working(beijing("2021-08-24 13:00"))) == "2021-08-24 12:00"
    assert on_clock(WORKING.last_working(beijing("2021-08-24 10:20"))) == "2021-08-24 10:20"
    assert on_clock(WORKING.last_working(beijing("2027-01-01 00:00"))) == "2026-12-31 17:30"


def test_unpublished_years_and_naive_moments_are_refused():
    last_day = beijing("2026-12-31 17:00")
    assert on_clock(WORKING.add(last_day, 0.5)) == "2026-12-31 17:30"
    with pytest.raises(CalendarNotPublished, match="2027"):
        WORKING.add(last_day, 0.6)
    with pytest.raises(CalendarNotPublished, match="2027"):
        WORKING.add(beijing("2027-03-01 09:00"), 1)
    with pytest.raises(CalendarNotPublished, match="2003"):
        WORKING.subtract(beijing("2004-01-02 08:30"), 1)
    with pytest.raises(CalendarNotPublished):
        WORKING.between(last_day, beijing("2027-01-04 09:00"))
    with pytest.raises(ValueError, match="naive"):
        WORKING.add(datetime(2021, 8, 23, 10), 1)


def _hours(first: tuple[int, int], last: tuple[int, int], *clocks: tuple[int, int]) -> OfficeHours:
    return OfficeHours(first=first, last=last, sessions=tuple((time(a), time(b)) for a, b in clocks))


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        ([_hours((1, 1), (12, 30), (8, 12))], "12月31日没有写"),
        ([_hours((1, 1), (12, 31), (8, 12)), _hours((7, 1), (7, 1), (9, 12))], "7月1日的上班时间写了两次"),
        ([_hours((1, 1), (12, 31), (12, 8))], "从早到晚"),
        ([_hours((1, 1), (12, 31), (8, 12), (11, 17))], "从早到晚"),
        ([_hours((1, 1), (12, 31))], "不能为空"),
        ([_hours((2, 30), (12, 31), (8, 12))], "不存在"),
    ],
)
def test_office_hours_with_a_mistake_are_refused(hours: list[OfficeHours], said: str):
    with pytest.raises(ValueError, match=said):
        spans_by_day(hours)


def test_office_hours_may_wrap_the_new_year_and_reach_29_february():
    spans = spans_by_day(POLICIES.office_hours)
    assert len(spans) == 366
    assert spans[2, 29] == spans[12, 31] == spans[1, 1] != spans[7, 1]
    assert on_clock(WORKING.closing(date(2024, 2, 29))) == "2024-02-29 17:30"
    assert on_clock(WORKING.opening(date(2024, 2, 29))) == "2024-02-29 08:00"
    assert [on_clock(end) for _, end in WORKING.sessions(date(2021, 8, 23))] == ["2021-08-23 12:00", "2021-08-23 18:00"]


@given(moment=moments, amount=quarters)
def test_adding_agrees_with_walking_session_by_session(moment: datetime, amount: int):
    assert WORKING.add(moment, amount / 4) == walk_hours(moment, timedelta(minutes=15 * amount))


@given(moment=moments, amount=quarters)
def test_adding_never_lands_outside_working_time(moment: datetime, amount: int):
    assert in_working_time(WORKING.add(moment, amount / 4))
    assert in_working_time(WORKING.subtract(moment, amount / 4))


@given(moment=moments, first=quarters, second=quarters)
def test_adding_a_then_b_is_adding_both(moment: datetime, first: int, second: int):
    together = WORKING.add(moment, (first + second) / 4)
    assert WORKING.add(WORKING.add(moment, first / 4), second / 4) == together


@given(moment=moments, amount=quarters)
def test_between_measures_what_was_added_and_taken_away(moment: datetime, amount: int):
    quarter = timedelta(minutes=15)
    assert WORKING.between(moment, WORKING.add(moment, amount / 4)) == amount * quarter
    assert WORKING.between(WORKING.subtract(moment, amount / 4), moment) == amount * quarter


@given(start=moments, length=st.timedeltas(timedelta(days=4), timedelta(days=40)), fraction=st.floats(0, 1))
def test_a_share_lies_between_and_grows(start: datetime, length: timedelta, fraction: float):
    end = start + length
    found = WORKING.share(start, end, fraction)
    assert start <= found <= end
    assert found <= WORKING.share(start, end, min(1.0, fraction + 0.1))


@given(moment=moments)
def test_sending_is_never_early_and_never_on_a_day_off(moment: datetime):
    sending = WORKING.next_sending(moment)
    assert sending >= moment
    assert "08:00" <= on_clock(sending)[-5:] < "20:00"
    assert CALENDAR.is_working_day(sending)
    assert WORKING.next_sending(sending) == sending
