"""What the calendar holds in the days ahead: holidays, closures, make-up working days."""

from dataclasses import dataclass, replace
from datetime import date

from bot.rules.calendar.hours import DAY
from bot.rules.calendar.workdays import CalendarNotPublished, DayKind, GovChina

DAYS_AHEAD = 14


@dataclass(frozen=True, kw_only=True, slots=True)
class Span:
    """Days off under one name, or one make-up working day."""

    kind: DayKind
    name: str
    first: date
    last: date


@dataclass(frozen=True, kw_only=True, slots=True)
class Ahead:
    """What the calendar holds in the next days; `unpublished_year` if it cannot say."""

    spans: tuple[Span, ...]
    unpublished_year: int | None = None


def days_ahead(calendar: GovChina, after: date, days: int = DAYS_AHEAD) -> Ahead:
    """Return holidays, closures and make-up working days that begin in the days after a day; holidays to their end."""
    spans: list[Span] = []
    day, last, inside = after + DAY, after + days * DAY, False
    while day <= last or inside:
        try:
            info = calendar.day(day)
        except CalendarNotPublished as reason:
            return Ahead(spans=tuple(spans), unpublished_year=reason.year if day <= last else None)
        # A plain weekend neither begins nor ends a holiday.
        if info.kind != DayKind.WEEKEND:
            same = inside and (info.kind, info.name) == (spans[-1].kind, spans[-1].name)
            if same:
                spans[-1] = replace(spans[-1], last=day)
            elif info.kind != DayKind.WEEKDAY and day <= last:
                spans.append(Span(kind=info.kind, name=info.name, first=day, last=day))
            inside = not info.working and (same or day <= last)
        day += DAY
    return Ahead(spans=tuple(spans))
