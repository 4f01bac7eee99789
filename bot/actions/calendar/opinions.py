"""What independent libraries say about a year: a second look at every notice, never the source of it."""

import importlib
import importlib.util
from collections.abc import Mapping
from datetime import date, timedelta

from bot.rules.calendar.notice_check import Opinion
from bot.rules.calendar.workdays import GovChina
from storage.calendar.schedules import base_schedules, revision_of


def opinions() -> Mapping[str, Opinion]:
    """Return the libraries that are installed, by name."""
    found: dict[str, Opinion] = {"chinesecalendar": _chinesecalendar}
    if importlib.util.find_spec("holidays") is not None:
        found["holidays"] = _holidays
    return found


def _chinesecalendar(year: int) -> frozenset[date] | None:
    base = base_schedules()
    calendar = GovChina(base, revision_of(base))
    return frozenset(filter(calendar.is_working_day, _days(year))) if calendar.published(year) else None


def _holidays(year: int) -> frozenset[date] | None:
    # Not a dependency of the product: looked at only where somebody installed it.
    china = importlib.import_module("holidays.countries.china")
    # Beyond its own tables it guesses silently, so a year without a table is no opinion.
    if year not in china.ChinaStaticHolidays.special_public_holidays:
        return None
    calendar = china.China(years=year)
    return frozenset(filter(calendar.is_working_day, _days(year)))


def _days(year: int) -> list[date]:
    return [date(year, 1, 1) + timedelta(i) for i in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)]
