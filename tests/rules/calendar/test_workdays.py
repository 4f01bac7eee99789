"""GovChina: every published day right, every other day refused."""

import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import chinese_calendar
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st
from workalendar.exceptions import CalendarError

from bot.rules.calendar.workdays import CalendarNotPublished, DayKind, GovChina
from bot.rules.calendar.zone import SHANGHAI
from storage.calendar.calendar import base_schedules, revision_of
from storage.records import Schedule
from tests.rules.calendar.oracle import CALENDAR, DAY, WORKED, step_by_step

published_days = st.dates(date(2004, 1, 1), date(2026, 12, 31))
inner_days = st.dates(date(2004, 1, 1), date(2026, 6, 30))


def _days(first: int, last: int) -> list[date]:
    start = date(first, 1, 1)
    return [start + timedelta(i) for i in range((date(last, 12, 31) - start).days + 1)]


# Releases of `holidays` before 0.109 do not know the amendment of March 2019; the golden days below do.
LATE_IN_HOLIDAYS = {date(2019, 4, 28), date(2019, 5, 2), date(2019, 5, 3), date(2019, 5, 5)}


def test_every_day_of_2018_to_2026_agrees_with_chinesecalendar():
    assert [day for day in _days(2018, 2026) if CALENDAR.is_working_day(day) != chinese_calendar.is_workday(day)] == []


def test_every_day_of_2018_to_2026_agrees_with_holidays():
    china = holidays.country_holidays("CN", years=range(2018, 2027))
    wrong = {day for day in _days(2018, 2026) if CALENDAR.is_working_day(day) != china.is_working_day(day)}
    assert wrong <= LATE_IN_HOLIDAYS


@pytest.mark.parametrize(
    ("first", "last", "worked"),
    [
        ("2020-01-19", "2020-01-19", True),  # make-up Sunday
        ("2020-01-24", "2020-02-02", False),  # the emergency extension took 31 January to 2 February
        ("2020-02-03", "2020-02-07", True),
        ("2019-05-01", "2019-05-04", False),  # the amendment of March 2019
        ("2019-04-28", "2019-04-28", True),
        ("2019-05-05", "2019-05-05", True),
        ("2015-09-03", "2015-09-05", False),  # the amendment of May 2015
        ("2015-09-06", "2015-09-06", True),
        ("2018-12-29", "2018-12-29", True),  # fixed by the notice of the year after
        ("2018-12-30", "2019-01-01", False),
        ("2022-12-31", "2023-01-02", False),
        ("2024-02-04", "2024-02-04", True),  # stock workalendar calls this make-up Sunday off
        ("2024-02-09", "2024-02-09", True),  # New Year's Eve 2024 was not in the notice
        ("2026-01-04", "2026-01-04", True),
    ],
)
def test_days_that_others_get_wrong(first: str, last: str, worked: bool):
    day = date.fromisoformat(first)
    while day <= date.fromisoformat(last):
        assert CALENDAR.is_working_day(day) is worked
        day += DAY


@pytest.mark.parametrize("year", range(2008, 2027))
def test_the_yearly_checksum_of_working_days(year: int):
    # Mon-Fri days less statutory days; the exceptions are swaps across New Year, 3 September 2015 and 2020.
    statutory = 11 if year < 2025 else 13
    odd = {2011: 1, 2012: -1, 2015: -1, 2020: -2}
    days = _days(year, year)
    weekdays = sum(day.weekday() < 5 for day in days)
    assert sum(map(CALENDAR.is_working_day, days)) == weekdays - statutory + odd.get(year, 0)


@pytest.mark.parametrize("day", ["2003-12-31", "2027-01-01", "2027-01-02", "2027-01-04", "2028-10-01"])
def test_every_day_of_an_unpublished_year_is_refused_weekends_too(day: str):
    asked = date.fromisoformat(day)
    for question in (
        CALENDAR.is_working_day,
        CALENDAR.day,
        CALENDAR.is_holiday,
        CALENDAR.next_working_day,
        CALENDAR.find_following_working_day,
        lambda day: CALENDAR.add_working_days(day, -1),
        lambda day: CALENDAR.get_working_days_delta(day, day + 3 * DAY),
        lambda day: CALENDAR.get_calendar_holidays(day.year),
    ):
        with pytest.raises(CalendarNotPublished, match=str(asked.year)):
            question(asked)


def test_counting_never_leaves_the_published_years():
    assert issubclass(CalendarNotPublished, CalendarError)
    with pytest.raises(CalendarNotPublished, match=r"2027年放假安排尚未公布") as refused:
        CALENDAR.next_working_day(date(2026, 12, 31))
    assert refused.value.year == 2027
    with pytest.raises(CalendarNotPublished) as refused:
        CALENDAR.add_working_days(date(2004, 1, 1), -1)
    assert refused.value.year == 2003
    with pytest.raises(CalendarNotPublished):
        CALENDAR.working_days_between(date(2026, 12, 30), date(2027, 1, 5))


def test_a_gap_between_published_years_is_not_counted_across():
    wanted = [one for one in base_schedules() if one.year in (2019, 2021)]
    gapped = GovChina(wanted, revision_of(wanted))
    assert (gapped.first_year, gapped.last_year) == (2019, 2021)
    assert not gapped.published(2020)
    with pytest.raises(CalendarNotPublished) as refused:
        gapped.add_working_days(date(2019, 12, 31), 1)
    assert refused.value.year == 2020
    with pytest.raises(CalendarNotPublished):
        gapped.working_days_between(date(2019, 12, 31), date(2021, 1, 4))
    assert gapped.next_working_day(date(2021, 1, 1)) == date(2021, 1, 4)


def test_a_closure_beats_a_makeup_day_and_an_extra_day_does_not_hide_the_others():
    makeup, other = date(2021, 9, 18), date(2021, 10, 2)
    assert not CALENDAR.is_working_day(makeup, extra_holidays=[makeup])
    assert not CALENDAR.is_working_day(makeup, extra_working_days=[makeup], extra_holidays=[makeup])
    assert CALENDAR.is_working_day(makeup, extra_working_days=[other])
    assert CALENDAR.add_working_days(date(2021, 9, 17), 1, extra_holidays=[makeup]) == date(2021, 9, 22)
    assert CALENDAR.add_working_days(date(2021, 9, 30), 1, extra_working_days=[other]) == other
    assert CALENDAR.get_working_days_delta(date(2021, 9, 17), date(2021, 9, 22), extra_holidays=[makeup]) == 1


def test_the_day_is_taken_in_shanghai_and_naive_moments_are_refused():
    after_midnight_there = datetime(2021, 9, 16, 16, 30, tzinfo=UTC)
    assert CALENDAR.add_working_days(after_midnight_there, 1) == date(2021, 9, 18)
    assert CALENDAR.day(after_midnight_there).date == date(2021, 9, 17)
    with pytest.raises(ValueError, match="naive"):
        CALENDAR.is_working_day(datetime(2021, 9, 17, 9))
    kept = CALENDAR.add_working_days(after_midnight_there, 1, keep_datetime=True)
    assert kept == datetime(2021, 9, 18, 0, 30, tzinfo=SHANGHAI)


def test_nothing_to_add_gives_a_working_day_all_the_same():
    assert CALENDAR.find_following_working_day(date(2021, 10, 1)) == date(2021, 10, 8)
    assert CALENDAR.add_working_days(date(2021, 10, 1), 0) == date(2021, 10, 8)
    assert CALENDAR.add_working_days(date(2021, 10, 1), 0, extra_holidays=[date(2021, 10, 8)]) == date(2021, 10, 9)
    assert CALENDAR.add_working_days(date(2021, 9, 26), 0) == date(2021, 9, 26)


def test_a_day_says_what_it_is_and_on_which_document_it_rests():
    makeup, holiday = CALENDAR.day(date(2021, 9, 26)), CALENDAR.day(date(2021, 10, 1))
    assert (makeup.working, makeup.kind, makeup.name) == (True, DayKind.MAKEUP, "国庆节")
    assert (holiday.working, holiday.kind, holiday.name) == (False, DayKind.HOLIDAY, "国庆节")
    assert "国办发明电〔2020〕27号" in makeup.source
    assert CALENDAR.day(date(2021, 8, 28)).kind is DayKind.WEEKEND
    assert CALENDAR.day(date(2021, 8, 27)).kind is DayKind.WEEKDAY
    assert "延长2020年春节假期" in CALENDAR.day(date(2020, 1, 31)).source
    assert "2020年部分节假日安排" in CALENDAR.day(date(2020, 1, 30)).source
    assert "2019年部分节假日安排" in CALENDAR.day(date(2018, 12, 31)).source


def test_holidays_of_a_year_under_workalendars_own_names():
    assert (date(2021, 10, 1), "国庆节") in CALENDAR.holidays(2021)
    assert CALENDAR.get_holiday_label(date(2021, 9, 21)) == "中秋节"
    assert CALENDAR.is_holiday(date(2021, 9, 21))
    assert not CALENDAR.is_holiday(date(2021, 8, 28))
    assert CALENDAR.sub_working_days(date(2021, 9, 22), 1) == date(2021, 9, 18)


def test_nothing_warns_even_on_the_first_import():
    asked = (
        "from datetime import date; from bot.rules.calendar.workdays import GovChina;"
        "from storage.calendar.schedules import base_schedules;"
        "c = GovChina(base_schedules(), ''); [c.holidays(y) for y in range(2004, 2027)];"
        "print(c.add_working_days(date(2021, 9, 17), 1))"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", asked], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("2021-09-18", "")


def test_the_revision_names_exactly_the_data():
    base = base_schedules()
    assert revision_of(base).startswith("base-2026-")
    assert revision_of(base) == revision_of(tuple(base))
    first = base[0]
    changed = Schedule(year=first.year, off={**first.off, date(2004, 12, 25): "元旦"}, work=first.work, source="另一份")
    assert revision_of((changed, *base[1:])) != revision_of(base)


@given(day=inner_days, count=st.integers(1, 60))
def test_adding_agrees_with_walking_day_by_day(day: date, count: int):
    assert CALENDAR.add_working_days(day, count) == step_by_step(day, count)


@given(day=st.dates(date(2005, 1, 1), date(2026, 12, 31)), count=st.integers(1, 60))
def test_going_back_is_the_reverse_of_going_forward(day: date, count: int):
    back = CALENDAR.add_working_days(day, -count)
    assert WORKED[back]
    assert CALENDAR.add_working_days(back, count) == CALENDAR.find_following_working_day(day)
    assert CALENDAR.working_days_between(back, day - DAY) == count - 1


@given(day=inner_days, first=st.integers(1, 30), second=st.integers(1, 30))
def test_adding_a_then_b_is_adding_both(day: date, first: int, second: int):
    halfway = CALENDAR.add_working_days(day, first)
    assert CALENDAR.add_working_days(halfway, second) == CALENDAR.add_working_days(day, first + second)


@given(start=published_days, end=published_days)
def test_days_between_agree_with_counting_them(start: date, end: date):
    first, last = min(start, end), min(max(start, end), min(start, end) + 400 * DAY)
    counted = sum(WORKED[first + timedelta(i)] for i in range(1, (last - first).days + 1))
    assert CALENDAR.working_days_between(first, last) == counted
    assert CALENDAR.get_working_days_delta(last, first) == counted
    assert CALENDAR.working_days_between(last, first) == 0


@given(day=st.dates(date(2021, 1, 1), date(2021, 12, 1)), gone=st.dates(date(2021, 1, 1), date(2021, 12, 31)))
def test_a_holiday_more_never_makes_a_deadline_earlier(day: date, gone: date):
    more = Schedule(year=2021, off={gone: "台风停工"}, work={}, source="市政府决定")
    changed = GovChina((*base_schedules(), more), "changed")
    assert not changed.is_working_day(gone)
    for count in (1, 3, 13):
        assert changed.add_working_days(day, count) >= CALENDAR.add_working_days(day, count)
