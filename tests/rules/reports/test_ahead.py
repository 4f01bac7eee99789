"""Holidays and make-up days ahead, on the real calendar of 2021 and small made-up ones."""

from datetime import date

from bot.rules.calendar.workdays import DayKind, GovChina
from bot.rules.reports.ahead import Span, days_ahead
from storage.records import Schedule
from tests.rules.calendar.oracle import CALENDAR


def test_holidays_are_told_whole_with_their_make_up_days() -> None:
    ahead = days_ahead(CALENDAR, date(2021, 9, 12))
    assert ahead.spans == (
        Span(kind=DayKind.MAKEUP, name="中秋节", first=date(2021, 9, 18), last=date(2021, 9, 18)),
        Span(kind=DayKind.HOLIDAY, name="中秋节", first=date(2021, 9, 19), last=date(2021, 9, 21)),
        Span(kind=DayKind.MAKEUP, name="国庆节", first=date(2021, 9, 26), last=date(2021, 9, 26)),
    )
    assert days_ahead(CALENDAR, date(2021, 9, 19)).spans[-1] == Span(
        kind=DayKind.HOLIDAY, name="国庆节", first=date(2021, 10, 1), last=date(2021, 10, 7)
    )
    assert days_ahead(CALENDAR, date(2021, 8, 29)).spans == ()


def test_a_weekend_inside_a_holiday_does_not_cut_it() -> None:
    friday, monday = date(2030, 5, 3), date(2030, 5, 6)
    calendar = GovChina([Schedule(year=2030, off={friday: "劳动节", monday: "劳动节"}, work={}, source="x")], "x")
    assert days_ahead(calendar, date(2030, 4, 28)).spans == (
        Span(kind=DayKind.HOLIDAY, name="劳动节", first=friday, last=monday),
    )


def test_an_unpublished_year_ahead_is_said() -> None:
    ahead = days_ahead(CALENDAR, date(2026, 12, 20))
    assert (ahead.spans, ahead.unpublished_year) == ((), 2027)
