"""The traps of other calendars, each asked of ours: it must not fall into them."""

import threading
from datetime import UTC, date, datetime

import pytest
from workalendar.asia import china

from bot.rules.calendar.workdays import CalendarNotPublished, GovChina
from storage.calendar.schedules import base_schedules, revision_of
from storage.records import Schedule
from tests.rules.calendar.oracle import CALENDAR, WORKED, step_by_step


def test_the_tables_of_the_library_are_neither_read_nor_written():
    before = {year: dict(days) for year, days in china.holidays.items()}
    china.holidays[2021] = {"National Day": [(8, 24)]}
    try:
        made = GovChina(base_schedules(), "")
        assert made.is_working_day(date(2021, 8, 24))
        assert not made.is_working_day(date(2021, 10, 1))
    finally:
        china.holidays[2021] = before[2021]
    assert {year: dict(days) for year, days in china.holidays.items()} == before


def test_holidays_stays_a_method_and_make_up_days_stay_theirs():
    assert (date(2021, 10, 1), "国庆节") in CALENDAR.holidays(2021)
    assert date(2021, 9, 18) in CALENDAR.extra_working_days


def test_no_lunar_days_are_added_to_the_schedule():
    assert CALENDAR.add_working_days(date(2024, 2, 8), 1) == date(2024, 2, 9)


def test_the_extension_of_2020_is_in_the_data():
    assert CALENDAR.add_working_days(date(2020, 1, 23), 1) == date(2020, 2, 3)


def test_a_day_passed_along_does_not_replace_the_make_up_days():
    assert CALENDAR.is_working_day(date(2021, 9, 18), extra_working_days=[date(2021, 10, 2)])
    assert CALENDAR.add_working_days(date(2021, 9, 17), 1, extra_working_days=[date(2021, 10, 2)]) == date(2021, 9, 18)


def test_a_closure_beats_a_make_up_day():
    closed = date(2021, 9, 18)
    assert not CALENDAR.is_working_day(closed, extra_working_days=[closed], extra_holidays=[closed])
    assert CALENDAR.add_working_days(date(2021, 9, 17), 1, extra_holidays=[closed]) == date(2021, 9, 22)


def test_an_amended_year_is_another_calendar_and_the_first_one_stays():
    first = GovChina(base_schedules(), "first")
    assert first.is_working_day(date(2021, 8, 24))
    amended = Schedule(year=2021, off={date(2021, 8, 24): "特别节"}, work={}, source="调整")
    second = GovChina((*base_schedules(), amended), "second")
    assert not second.is_working_day(date(2021, 8, 24))
    assert first.is_working_day(date(2021, 8, 24))
    assert revision_of((*base_schedules(), amended)) != revision_of(base_schedules())


def test_eight_threads_on_one_calendar_agree():
    made, wrong = GovChina(base_schedules(), ""), []
    days = [day for day in WORKED if date(2018, 1, 1) <= day <= date(2026, 11, 30)][::2][:2000]
    expected = {day: step_by_step(day, 3) for day in days}

    def ask() -> None:
        wrong.extend(day for day in days if made.add_working_days(day, 3) != expected[day])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert wrong == []


def test_the_day_is_taken_in_shanghai_before_anything_is_counted():
    moment = datetime(2021, 9, 16, 16, 30, tzinfo=UTC)  # the 17th, 00:30, in Shanghai
    assert CALENDAR.add_working_days(moment, 1) == date(2021, 9, 18)
    with pytest.raises(ValueError, match="naive"):
        CALENDAR.add_working_days(datetime(2021, 9, 17, 0, 30), 1)


def test_the_following_working_day_skips_holidays_too():
    assert CALENDAR.find_following_working_day(date(2021, 10, 1)) == date(2021, 10, 8)
    assert CALENDAR.add_working_days(date(2021, 10, 1), 0) == date(2021, 10, 8)


def test_a_day_off_is_not_counted_one_too_many():
    # chinesecalendar's find_workday(1) on a day off, and numpy's roll='forward', are one day late.
    assert CALENDAR.next_working_day(date(2021, 10, 2)) == date(2021, 10, 8)
    assert CALENDAR.next_working_day(date(2021, 8, 28)) == date(2021, 8, 30)


def test_the_interval_is_open_at_its_start():
    # Late are the working days w with due day < w <= answer day; closed intervals count one too many.
    assert CALENDAR.working_days_between(date(2021, 8, 24), date(2021, 9, 2)) == 7
    assert CALENDAR.get_working_days_delta(date(2021, 8, 24), date(2021, 9, 2)) == 7
    assert CALENDAR.get_working_days_delta(date(2021, 9, 2), date(2021, 8, 24)) == 7


@pytest.mark.parametrize("day", [date(2027, 1, 2), date(2027, 1, 3), date(2027, 1, 4), date(2003, 6, 7)])
def test_weekends_outside_the_published_years_are_refused_as_well(day: date):
    for question in (CALENDAR.is_working_day, CALENDAR.is_holiday, CALENDAR.day, CALENDAR.next_working_day):
        with pytest.raises(CalendarNotPublished):
            question(day)
