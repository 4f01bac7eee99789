"""Which schedule is missed by now, and how badly."""

from dataclasses import dataclass
from datetime import date

from bot.rules.calendar.workdays import GovChina

WARN_MONTH, URGENT_FROM = 11, (12, 20)  # the notices of 2016 to 2026 came out between 25 October and 10 December


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """A year whose schedule should be known by now."""

    year: int
    begun: bool  # it has begun: nothing can be computed any more
    urgent: bool


def missing(calendar: GovChina, today: date) -> Missing | None:
    """Return the year that is missed on that Shanghai day; None where nothing is missed yet."""
    if not calendar.published(today.year):
        return Missing(year=today.year, begun=True, urgent=True)
    if today.month >= WARN_MONTH and not calendar.published(today.year + 1):
        return Missing(year=today.year + 1, begun=False, urgent=(today.month, today.day) >= URGENT_FROM)
    return None
