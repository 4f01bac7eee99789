"""Working time: office hours on working days, across lunch breaks, seasons and make-up weekends."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import accumulate

from bot.rules.calendar.workdays import SATURDAY, CalendarNotPublished, GovChina, Run
from bot.rules.calendar.zone import SHANGHAI, at, shanghai
from storage.records import OfficeHours

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
HOUR_US = 3_600_000_000
INSTANT = timedelta(microseconds=1)
NO_TIME = timedelta(0)
POSITION_CACHE_SIZE = 4096  # moments whose place in working time is kept
LEAP_YEAR = 2024  # any year that has a 29 February

Spans = tuple[tuple[int, int], ...]  # sessions in microseconds of the day, half-open


@dataclass(frozen=True, kw_only=True, eq=False, slots=True)
class Axis:
    """The working time of one run of published years, laid end to end, in microseconds."""

    run: Run
    starts: tuple[int, ...]  # by working day of the run: working time before it; the total last


class WorkingTime:
    """Adds, subtracts and measures working time on one calendar.

    Moments go in aware and come out aware in UTC. Every answer that needs an unpublished year raises
    CalendarNotPublished, except `next_sending`.
    """

    def __init__(
        self,
        calendar: GovChina,
        hours: tuple[OfficeHours, ...],
        *,
        own: tuple[OfficeHours, ...] = (),  # of a unit, on the days they name
        send_from: time = time(8),
        send_until: time = time(20),
    ) -> None:
        self.calendar = calendar
        self.hours = hours
        self.send_from = send_from
        self.send_until = send_until
        self._spans = spans_by_day(hours) | spans_named(own)
        self._axes: dict[int, Axis] = {}
        self._sessions: dict[date, tuple[tuple[datetime, datetime], ...]] = {}
        self._ends: dict[date, datetime] = {}
        # Tickets of one day share their lines, and those of one batch their moments.
        self._position = lru_cache(maxsize=POSITION_CACHE_SIZE)(self._find_position)
        self._sending = lru_cache(maxsize=POSITION_CACHE_SIZE)(self._find_sending)
        self._morning = lru_cache(maxsize=POSITION_CACHE_SIZE)(self._find_morning)

    def opening(self, day: date) -> datetime:
        """Return when office hours of that day begin, were it worked."""
        return self.sessions(day)[0][0]

    def closing(self, day: date) -> datetime:
        """Return when office hours of that day end, were it worked."""
        return self.sessions(day)[-1][1]

    def end_of(self, day: date) -> datetime:
        """Return 24:00 of that day, the exclusive instant 00:00 of the next."""
        found = self._ends.get(day)
        if found is None:
            found = self._ends[day] = at(day + DAY, time(0))
        return found

    def sessions(self, day: date) -> tuple[tuple[datetime, datetime], ...]:
        """Return the half-open sessions of that day, were it worked."""
        found = self._sessions.get(day)
        if found is None:
            spans = self._spans[day.month, day.day]
            found = self._sessions[day] = tuple((_moment(day, first), _moment(day, last)) for first, last in spans)
        return found

    def add(self, moment: datetime, hours: float) -> datetime:
        """Return the moment so many working hours later; the end of a session where they just fit."""
        if hours < 0:
            return self.subtract(moment, -hours)
        axis, position = self._position(moment)
        return self._earliest(axis, position + round(hours * HOUR_US)) if hours else _utc(moment)

    def subtract(self, moment: datetime, hours: float) -> datetime:
        """Return the moment so many working hours earlier; the start of a session where they just fit."""
        if hours < 0:
            return self.add(moment, -hours)
        axis, position = self._position(moment)
        return self._latest(axis, position - round(hours * HOUR_US)) if hours else _utc(moment)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the working time from start to end; negative if end lies before start."""
        axis, first = self._position(start)
        other, last = self._position(end)
        if axis is not other:
            raise CalendarNotPublished(min(axis.run.last, other.run.last).year + 1)
        return timedelta(microseconds=last - first)

    def share(self, start: datetime, end: datetime, fraction: float) -> datetime:
        """Return the moment at which that fraction (0 to 1) of the working time from start to end is used."""
        used = self.between(start, end) * fraction
        if used > NO_TIME:
            axis, position = self._position(start)
            return self._earliest(axis, position + used // INSTANT)
        return self.subtract(start, -used / HOUR) if used else _utc(start)

    def last_working(self, moment: datetime) -> datetime:
        """Return the last moment of working time that is not later than the moment."""
        axis, position = self._position(moment)
        return self._earliest(axis, position)

    def next_sending(self, moment: datetime, any_hour: bool = False) -> datetime:
        """Return the moment itself if messages may go out then, else the next opening of the send window."""
        return _utc(moment) if any_hour else self._sending(moment)

    def morning_after(self, moment: datetime, days: int, any_hour: bool = False) -> datetime:
        """Return the opening of office hours so many working days after messages about the moment may go out."""
        return self._morning(moment, days, any_hour)

    def _find_morning(self, moment: datetime, days: int, any_hour: bool) -> datetime:
        told = shanghai(self.next_sending(moment, any_hour)).date()
        return self.opening(self.calendar.add_working_days(told, days))

    def _find_sending(self, moment: datetime) -> datetime:
        local = shanghai(moment)
        day, clock = local.date(), local.time()
        if self.send_from <= clock < self.send_until and self._sendable(day):
            return _utc(moment)
        if clock >= self.send_from:
            day += DAY
        while not self._sendable(day):
            day += DAY
        return at(day, self.send_from)

    def _sendable(self, day: date) -> bool:
        # A reminder judges nobody: in an unpublished year it goes out Monday to Friday, not never.
        if self.calendar.published(day.year):
            return self.calendar.is_working_day(day)
        return day.weekday() < SATURDAY

    def _axis(self, day: date) -> Axis:
        run = self.calendar.run(day)
        axis = self._axes.get(run.first)
        if axis is None:
            lengths = (sum(end - start for start, end in self._spans[one.month, one.day]) for one in run.days)
            axis = Axis(run=run, starts=tuple(accumulate(lengths, initial=0)))
            self._axes[run.first] = axis
        return axis

    def _find_position(self, moment: datetime) -> tuple[Axis, int]:
        local = shanghai(moment)
        day = local.date()
        elapsed = _microseconds(local.time())
        if not elapsed and not self.calendar.published(day.year):
            # 00:00 is also the end of the day before, the last instant a published year can name.
            day, elapsed = day - DAY, 24 * HOUR_US
        axis = self._axis(day)
        position = axis.starts[self.calendar.index(day)]
        if self.calendar.is_working_day(day):
            spans = self._spans[day.month, day.day]
            position += sum(min(elapsed, end) - start for start, end in spans if start < elapsed)
        return axis, position

    def _earliest(self, axis: Axis, position: int) -> datetime:
        place = bisect_left(axis.starts, position) - 1
        if place < 0:
            raise CalendarNotPublished(date.fromordinal(axis.run.first).year - 1)
        if place >= len(axis.run.days):
            raise CalendarNotPublished(axis.run.last.year + 1)
        day = axis.run.days[place]
        left = position - axis.starts[place]
        for (start, end), (opens, _) in zip(self._spans[day.month, day.day], self.sessions(day), strict=True):
            if left <= end - start:
                return opens + left * INSTANT
            left -= end - start
        raise AssertionError("sessions are shorter than their sum")

    def _latest(self, axis: Axis, position: int) -> datetime:
        place = bisect_right(axis.starts, position) - 1
        if place < 0:
            raise CalendarNotPublished(date.fromordinal(axis.run.first).year - 1)
        day = axis.run.days[place]
        left = position - axis.starts[place]
        for (start, end), (opens, _) in zip(self._spans[day.month, day.day], self.sessions(day), strict=True):
            if left < end - start:
                return opens + left * INSTANT
            left -= end - start
        raise AssertionError("sessions are shorter than their sum")


def spans_by_day(hours: Iterable[OfficeHours]) -> dict[tuple[int, int], Spans]:
    """Return the sessions of each month-day; ValueError (in Chinese) if one is missing, doubled or wrong."""
    spans = spans_named(hours)
    for key in _every_month_day():
        if key not in spans:
            raise ValueError(f"{key[0]}月{key[1]}日没有写上班时间")
    return spans


def spans_named(hours: Iterable[OfficeHours]) -> dict[tuple[int, int], Spans]:
    """Return the sessions of the month-days named; ValueError (in Chinese) if one is doubled or wrong."""
    spans: dict[tuple[int, int], Spans] = {}
    for one in hours:
        sessions = _spans(one)
        for key in _month_days(one):
            if key in spans:
                raise ValueError(f"{key[0]}月{key[1]}日的上班时间写了两次")
            spans[key] = sessions
    return spans


def _spans(hours: OfficeHours) -> Spans:
    spans = tuple((_microseconds(start), _microseconds(end)) for start, end in hours.sessions)
    edges = [edge for span in spans for edge in span]
    if not edges or edges != sorted(set(edges)):
        raise ValueError("上班时间应从早到晚排列，不重叠，并且不能为空")
    return spans


def _every_month_day() -> list[tuple[int, int]]:
    first = date(LEAP_YEAR, 1, 1)
    return [((first + DAY * i).month, (first + DAY * i).day) for i in range(366)]


def _month_days(hours: OfficeHours) -> list[tuple[int, int]]:
    every = _every_month_day()
    if hours.first not in every or hours.last not in every:
        raise ValueError("上班时间的起止日期不存在")
    if hours.first <= hours.last:
        return [key for key in every if hours.first <= key <= hours.last]
    return [key for key in every if key >= hours.first or key <= hours.last]


def _microseconds(clock: time) -> int:
    return ((clock.hour * 60 + clock.minute) * 60 + clock.second) * 1_000_000 + clock.microsecond


def _moment(day: date, microseconds: int) -> datetime:
    midnight = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).astimezone(UTC)
    return midnight + timedelta(microseconds=microseconds)


def _utc(moment: datetime) -> datetime:
    return shanghai(moment).astimezone(UTC)
