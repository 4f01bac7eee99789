"""Weeks as the summary counts them: ISO weeks, Monday to Sunday in Asia/Shanghai."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime
from typing import Self

from bot.rules.calendar.deadline import INSTANT, MIDNIGHT
from bot.rules.calendar.hours import DAY
from bot.rules.calendar.zone import at, shanghai_day

WEEK = 7 * DAY

_LABEL = re.compile(r"((?:19|2\d)\d\d)-?W(\d{1,2})", re.ASCII)


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Week:
    """One ISO week; the year is the ISO year, to which the days around New Year may not belong."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """Return the week that holds the day; a moment is read in Asia/Shanghai, a naive one refused (ValueError)."""
        year, number, _ = shanghai_day(day).isocalendar()
        return cls(year=year, number=number)

    @classmethod
    def parse(cls, label: str) -> Self:
        """Read "2021-W35"; ValueError, in Chinese, for anything else."""
        found = _LABEL.fullmatch("".join(unicodedata.normalize("NFKC", label).split()).upper())
        if found is None:
            raise ValueError(f"看不懂周次“{label[:20]}”，请写成 2021-W35 这样")
        year, number = int(found[1]), int(found[2])
        try:
            date.fromisocalendar(year, number, 1)
        except ValueError:
            raise ValueError(f"{year}年没有第{number}周，请核对周次") from None
        return cls(year=year, number=number)

    @property
    def label(self) -> str:
        """The week as it is written: "2021-W35"."""
        return f"{self.year:04d}-W{self.number:02d}"

    @property
    def monday(self) -> date:
        """First day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Last day."""
        return self.monday + 6 * DAY

    @property
    def days(self) -> tuple[date, ...]:
        """The seven days, Monday first."""
        return tuple(self.monday + ahead * DAY for ahead in range(7))

    @property
    def starts_at(self) -> datetime:
        """00:00 of the Monday, aware UTC."""
        return at(self.monday, MIDNIGHT)

    @property
    def ends_at(self) -> datetime:
        """24:00 of the Sunday, exclusive, aware UTC."""
        return at(self.monday + WEEK, MIDNIGHT)

    def previous(self) -> Self:
        """Return the week before."""
        return self.of(self.monday - WEEK)

    def following(self) -> Self:
        """Return the week after."""
        return self.of(self.monday + WEEK)

    def as_of(self, now: datetime) -> datetime:
        """Return the moment the week's figures stand for: now, or its last instant once it is over."""
        return min(now, self.ends_at - INSTANT)
