"""Working days of the State Council's schedules: answers from a table, and only for published years."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from workalendar.asia import China
from workalendar.exceptions import CalendarError

from bot.rules.calendar.zone import shanghai, shanghai_day
from storage.records import Overlay, OverlayKind, Schedule

SATURDAY = 5


class CalendarNotPublished(CalendarError):
    """A day was asked for whose year has no schedule."""

    def __init__(self, year: int) -> None:
        self.year = year
        super().__init__(f"{year}年放假安排尚未公布或尚未导入，不能计算工作日。请先导入国务院办公厅的通知。")


class DayKind(StrEnum):
    WEEKDAY = "weekday"  # Monday to Friday, worked
    WEEKEND = "weekend"  # Saturday or Sunday, off
    HOLIDAY = "holiday"  # off by the schedule
    MAKEUP = "makeup"  # a day off worked by the schedule (调休), or by a local decision
    CLOSURE = "closure"  # off by a local decision


@dataclass(frozen=True, kw_only=True, slots=True)
class DayInfo:
    """What a day is, and the document that says so."""

    date: date
    working: bool
    kind: DayKind
    name: str  # the holiday's name; empty for ordinary days
    source: str


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Run:
    """Unbroken published years, as a table: counting never crosses into an unpublished year."""

    first: int  # ordinal of 1 January of the first year
    last: date  # 31 December of the last year
    days: tuple[date, ...]  # the working days, ascending
    upto: tuple[int, ...]  # by day: how many working days lie on it or before it in this run


class GovChina(China):
    """China's working days as the State Council arranges them, make-up weekends included.

    Answers under workalendar's method names. Every day outside the published years raises
    CalendarNotPublished, weekends too; datetimes are read in Asia/Shanghai, naive ones refused (ValueError).
    """

    def __init__(self, schedules: Iterable[Schedule], revision: str, overlays: Iterable[Overlay] = ()) -> None:
        super().__init__()
        self.revision = revision
        self._sources: dict[int, str] = {}
        self._marked: dict[date, DayInfo] = {}
        # Layers in rising order: weekday or weekend, the schedules as they follow each other, local extra
        # work, local closures.
        for schedule in schedules:
            self._sources.setdefault(schedule.year, schedule.source)
            self._marked.update(_marked(schedule))
        for overlay in sorted(overlays, key=lambda one: (one.kind is OverlayKind.CLOSURE, one.id)):
            self._marked.update(_laid_over(overlay, self._marked))
        self.extra_working_days = [day for day, info in self._marked.items() if info.working]
        self._runs: dict[int, Run] = {}
        for years in _unbroken(self._sources):
            self._runs.update(dict.fromkeys(years, _run(years, self._marked)))

    @property
    def years(self) -> tuple[int, ...]:
        """The published years, ascending."""
        return tuple(sorted(self._sources))

    @property
    def first_year(self) -> int:
        """First published year."""
        return min(self._sources)

    @property
    def last_year(self) -> int:
        """Last published year."""
        return max(self._sources)

    def published(self, year: int) -> bool:
        """Whether the schedule of the year is known."""
        return year in self._sources

    def run(self, day: date) -> Run:
        """Return the table that holds the day."""
        try:
            return self._runs[day.year]
        except KeyError:
            raise CalendarNotPublished(day.year) from None

    def index(self, day: date) -> int:
        """Return how many working days of the day's run lie before it."""
        run = self.run(day)
        ahead = day.toordinal() - run.first
        return run.upto[ahead - 1] if ahead else 0

    def day(self, day: date) -> DayInfo:
        """Return what the day is and which document says so."""
        day = shanghai_day(day)
        self.run(day)
        marked = self._marked.get(day)
        if marked is not None:
            return marked
        working = day.weekday() < SATURDAY
        kind = DayKind.WEEKDAY if working else DayKind.WEEKEND
        return DayInfo(date=day, working=working, kind=kind, name="", source=self._sources[day.year])

    def next_working_day(self, day: date) -> date:
        """Return the first working day after the day."""
        return self.add_working_days(day, 1)

    def working_days_between(self, start: date, end: date) -> int:
        """Return the number of working days w with start < w <= end; 0 when end is not later."""
        start, end = shanghai_day(start), shanghai_day(end)
        run = self.run(start)
        if end.year not in self._runs or self._runs[end.year] is not run:
            raise CalendarNotPublished(run.last.year + 1 if end > start else end.year)
        return max(0, run.upto[end.toordinal() - run.first] - run.upto[start.toordinal() - run.first])

    # From here on workalendar's own names; extra_holidays win over extra_working_days (stock: the reverse).

    def get_calendar_holidays(self, year: int) -> list[tuple[date, str]]:
        """Return the days off by the schedule of the year with their names, ascending."""
        if not self.published(year):
            raise CalendarNotPublished(year)
        return sorted((d, i.name) for d, i in self._marked.items() if d.year == year and not i.working)

    def is_holiday(self, day: date, extra_holidays: Iterable[date] | None = None) -> bool:
        """Whether the day is off by the schedule; ordinary weekends are not holidays."""
        info = self.day(day)
        return info.kind in (DayKind.HOLIDAY, DayKind.CLOSURE) or info.date in _days(extra_holidays)

    def is_working_day(
        self,
        day: date,
        extra_working_days: Iterable[date] | None = None,
        extra_holidays: Iterable[date] | None = None,
    ) -> bool:
        """Whether the day is worked."""
        day = shanghai_day(day)
        run = self.run(day)
        if extra_holidays and day in _days(extra_holidays):
            return False
        if extra_working_days and day in _days(extra_working_days):
            return True
        ahead = day.toordinal() - run.first
        return run.upto[ahead] > (run.upto[ahead - 1] if ahead else 0)

    def add_working_days(
        self,
        day: date,
        delta: int,
        extra_working_days: Iterable[date] | None = None,
        extra_holidays: Iterable[date] | None = None,
        keep_datetime: bool = False,
    ) -> date:
        """Return the delta-th working day after the day (before it, if negative).

        0 gives the day itself if it is worked, else the next working day. With keep_datetime a
        datetime comes back with its time of day, in Asia/Shanghai.
        """
        plain = shanghai_day(day)
        if extra_working_days or extra_holidays:
            found = self._walk(plain, delta, _days(extra_working_days), _days(extra_holidays))
        else:
            found = self._look_up(plain, delta)
        if keep_datetime and isinstance(day, datetime):
            return datetime.combine(found, shanghai(day).timetz())
        return found

    def find_following_working_day(self, day: date) -> date:
        """Return the day itself if it is worked, else the next working day."""
        return self.add_working_days(day, 0)

    def get_working_days_delta(
        self,
        start: date,
        end: date,
        include_start: bool = False,
        extra_working_days: Iterable[date] | None = None,
        extra_holidays: Iterable[date] | None = None,
    ) -> int:
        """Return the working days after the earlier day up to the later one, in whichever order they come."""
        start, end = sorted((shanghai_day(start), shanghai_day(end)))
        if extra_working_days or extra_holidays:
            more, less = _days(extra_working_days), _days(extra_holidays)
            span = ((start + timedelta(i)) for i in range(1, (end - start).days + 1))
            count = sum(self.is_working_day(day, more, less) for day in span)
        else:
            count = self.working_days_between(start, end)
        first = include_start and start != end
        return count + (first and self.is_working_day(start, extra_working_days, extra_holidays))

    def _look_up(self, day: date, delta: int) -> date:
        run = self._runs.get(day.year)
        if run is None:
            raise CalendarNotPublished(day.year)
        if delta > 0:
            place = run.upto[day.toordinal() - run.first] + delta - 1
        else:
            place = self.index(day) + delta
        if 0 <= place < len(run.days):
            return run.days[place]
        raise CalendarNotPublished(run.last.year + 1 if place > 0 else date.fromordinal(run.first).year - 1)

    def _walk(self, day: date, delta: int, more: frozenset[date], less: frozenset[date]) -> date:
        step = timedelta(1 if delta >= 0 else -1)
        left = abs(delta)
        if not left and not self.is_working_day(day, more, less):
            left = 1
        while left:
            day += step
            left -= self.is_working_day(day, more, less)
        return day


def _marked(schedule: Schedule) -> dict[date, DayInfo]:
    layers = ((schedule.off, False, DayKind.HOLIDAY), (schedule.work, True, DayKind.MAKEUP))
    return {
        day: DayInfo(date=day, working=working, kind=kind, name=name, source=schedule.source)
        for days, working, kind in layers
        for day, name in days.items()
    }


def _laid_over(overlay: Overlay, below: Mapping[date, DayInfo]) -> dict[date, DayInfo]:
    """Only days it turns: a Sunday inside a closure stays a Sunday."""
    working = overlay.kind is OverlayKind.EXTRA_WORK
    kind = DayKind.MAKEUP if working else DayKind.CLOSURE
    days = (overlay.first + timedelta(i) for i in range((overlay.last - overlay.first).days + 1))
    return {
        day: DayInfo(date=day, working=working, kind=kind, name=overlay.why, source=overlay.source)
        for day in days
        if _worked(day, below) is not working
    }


def _worked(day: date, marked: Mapping[date, DayInfo]) -> bool:
    info = marked.get(day)
    return info.working if info else day.weekday() < SATURDAY


def _unbroken(years: Iterable[int]) -> list[list[int]]:
    pairs = groupby(enumerate(sorted(years)), key=lambda pair: pair[1] - pair[0])
    return [[year for _, year in pair] for _, pair in pairs]


def _run(years: list[int], marked: Mapping[date, DayInfo]) -> Run:
    first, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    days: list[date] = []
    upto: list[int] = []
    for ordinal in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(ordinal)
        if _worked(day, marked):
            days.append(day)
        upto.append(len(days))
    return Run(first=first.toordinal(), last=last, days=tuple(days), upto=tuple(upto))


def _days(extra: Iterable[date] | None) -> frozenset[date]:
    return frozenset(map(shanghai_day, extra or ()))
