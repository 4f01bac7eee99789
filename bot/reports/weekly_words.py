"""The sentences that the text and the table of the weekly summary share."""

from datetime import date, timedelta

from bot.delivery.wording import Wording
from bot.rules.calendar.deadline import INSTANT
from bot.rules.calendar.workdays import DayKind
from bot.rules.reports.ahead import Ahead, Span
from bot.rules.reports.figures import CauseCount, Stages, WeekCounts, WeeklyFigures

HOUR = timedelta(hours=1)
UNITS = 3  # so many are named, the others counted


def title(figures: WeeklyFigures, wording: Wording) -> str:
    """Name the week."""
    week = figures.week
    first, last = wording.day(week.monday), wording.day(week.sunday)
    return wording("weekly.title", year=week.year, number=week.number, first=first, last=last)


def period(figures: WeeklyFigures, wording: Wording) -> str:
    """Name the week and the moment the figures stand for, as they stand over a page."""
    week = figures.week
    days = wording("weekly.span", first=wording.day_with_year(week.monday), last=wording.day(week.sunday))
    return wording("weekly.period", days=days, number=week.number, at=as_of(figures, wording))


def scope(figures: WeeklyFigures, wording: Wording) -> str:
    """Name the units the figures are about; empty where they are about all."""
    if not figures.scope:
        return ""
    units = wording("format.between_names").join(figures.scope[:UNITS])
    if len(figures.scope) > UNITS:
        units = wording("weekly.scope_more", units=units, count=len(figures.scope))
    return wording("weekly.scope", scope=units)


def as_of(figures: WeeklyFigures, wording: Wording) -> str:
    """Word the moment the figures stand for; the end of the week is 24:00 of its Sunday."""
    if figures.as_of + INSTANT == figures.week.ends_at:
        return wording("format.moment_short", day=wording.day(figures.week.sunday), clock="24:00")
    return wording.moment_short(figures.as_of)


def share(counts: WeekCounts, wording: Wording) -> str:
    """Word how many were answered in time; as a percentage only where enough were judged."""
    if not counts.judged:
        return wording("weekly.rate_none")
    known = {"judged": counts.judged, "on_time": counts.on_time}
    if counts.on_time_rate is None:
        return wording("weekly.rate_few", **known)
    return wording("weekly.rate", rate=percent(counts.on_time_rate), **known)


def change(figures: WeeklyFigures, wording: Wording) -> str:
    """Word the change against the week before, or the other week's numbers where no change can be told."""
    if told := points(figures, wording):
        return wording("format.comma") + told
    if not figures.previous.judged:
        return ""
    return wording("weekly.rate_before", before=share(figures.previous, wording))


def points(figures: WeeklyFigures, wording: Wording) -> str:
    """Word the change of the on-time rate in percentage points; empty where either week has no rate."""
    if figures.rate_change is None:
        return ""
    by = _plain(abs(figures.rate_change) * 100)
    key = "same" if by == "0" else "up" if figures.rate_change > 0 else "down"
    return wording(f"weekly.rate_{key}", points=by)


def stages(stages: Stages, wording: Wording) -> str:
    """Word where the time went of what was answered; empty where nothing was."""
    if stages.to_entry is None or stages.to_answer is None:
        return ""
    entry, answer = hours(stages.to_entry, wording), hours(stages.to_answer, wording)
    return wording("weekly.stages", count=stages.answered, entry=entry, answer=answer)


def hours(duration: timedelta, wording: Wording) -> str:
    """Word a duration of working time: "3.5个工作小时"."""
    told = _plain(duration / HOUR)
    return wording("weekly.no_time") if told == "0" else wording("weekly.hours", hours=told)


def percent(rate: float) -> str:
    """Word a share: "83.3%"."""
    return f"{_plain(rate * 100)}%"


def cause_name(cause: CauseCount, wording: Wording) -> str:
    """Name a problem class."""
    return cause.name or wording("weekly.cause_unnamed")


def days_ahead(ahead: Ahead, wording: Wording) -> list[str]:
    """Word each holiday, closure and make-up working day ahead, and a schedule that is missing."""
    told = [_span(span, wording) for span in ahead.spans]
    if ahead.unpublished_year is not None:
        told.append(wording("weekly.ahead_unpublished", year=ahead.unpublished_year))
    return told


def _span(span: Span, wording: Wording) -> str:
    if span.kind == DayKind.MAKEUP:
        weekday = wording(f"format.weekday_{span.first.weekday()}")
        return wording("weekly.makeup", day=wording.day(span.first), weekday=weekday)
    return wording(f"weekly.{span.kind}", span=_days(span.first, span.last, wording), name=span.name)


def _days(first: date, last: date, wording: Wording) -> str:
    if first == last:
        return wording.day(first)
    return wording("weekly.span", first=wording.day(first), last=wording.day(last))


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
