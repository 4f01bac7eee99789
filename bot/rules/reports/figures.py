"""What a weekly summary says: overdue, finished, coming; by units, never a ranking of persons."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rules.calendar.weeks import Week
from bot.rules.reports.ahead import Ahead
from bot.rules.reports.late import LateTicket
from storage.records import TicketFacts

FEWEST_FOR_RATE = 5  # small numbers are not turned into percentages


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekCounts:
    """The numbers of one week; every ticket is judged once, in the week it was answered in time or became overdue.

    What was late before its unit was told is counted apart and judged against nobody.
    """

    received: int
    on_time: int  # finished in this week, in time
    late: int  # finished in this week, too late
    missed: int  # became overdue in this week, finished since or not
    overdue: int  # unfinished and overdue at the end
    untold: int  # became overdue in this week before anybody of the unit was told
    void: int  # found in this week to need nothing (误报)

    @property
    def judged(self) -> int:
        """How many tickets were judged in this week."""
        return self.on_time + self.missed

    @property
    def on_time_rate(self) -> float | None:
        """The share answered in time, 0 to 1; None where too few were judged to speak of a share."""
        return self.on_time / self.judged if self.judged >= FEWEST_FOR_RATE else None

    @property
    def nothing(self) -> bool:
        """Whether nothing happened."""
        return not any((self.received, self.judged, self.late, self.overdue, self.untold, self.void))


@dataclass(frozen=True, kw_only=True, slots=True)
class Stages:
    """Where the time went of what was answered in a week: medians of working time; None where nothing was."""

    answered: int
    to_entry: timedelta | None = None  # from issue by the platform to entry here
    to_answer: timedelta | None = None  # from entry to answer


@dataclass(frozen=True, kw_only=True, slots=True)
class WeekOfTrend:
    """The numbers of one week among the last ones."""

    week: Week
    counts: WeekCounts


@dataclass(frozen=True, kw_only=True, slots=True)
class UnitCounts:
    """The numbers of one unit; the name is empty for the tickets of accounts nobody knows."""

    name: str
    counts: WeekCounts
    due_soon: int


@dataclass(frozen=True, kw_only=True, slots=True)
class CauseCount:
    """One problem class; the name is empty where the source gave none."""

    name: str
    received: int
    overdue: int  # now
    finished_late: int  # in this week

    @property
    def late(self) -> int:
        """Overdue now, or finished too late in this week."""
        return self.overdue + self.finished_late


@dataclass(frozen=True, kw_only=True, slots=True)
class WeeklyFigures:
    """All that a weekly summary says, as it stood at `as_of`."""

    week: Week
    as_of: datetime
    issuer: str  # the desk's unit; empty where there is none
    scope: tuple[str, ...]  # the units whose tickets these are; empty: all of them
    counts: WeekCounts
    previous: WeekCounts
    trend: tuple[WeekOfTrend, ...]  # the last eight weeks, this one last
    stages: Stages
    units: tuple[UnitCounts, ...]  # in the register's order, as far as anything happened
    overdue: tuple[LateTicket, ...]  # the longest overdue first
    finished_late: tuple[LateTicket, ...]  # by receipt
    untold: tuple[LateTicket, ...]  # late before their unit was told: open, or finished in this week; by receipt
    due_soon: tuple[TicketFacts, ...]  # open, due until the end of next week, by due day
    unpublished: tuple[TicketFacts, ...]  # open, without a due day yet; never late
    causes: tuple[CauseCount, ...]  # the most late first
    ahead: Ahead

    @property
    def nothing_to_tell(self) -> bool:
        """Whether a supervisor of this area would hear nothing but zeros."""
        lists = (self.overdue, self.finished_late, self.untold, self.due_soon, self.unpublished)
        return not any(lists) and self.counts.nothing

    @property
    def rate_change(self) -> float | None:
        """Change of the on-time rate against the week before, -1 to 1; None where either week has none."""
        now, before = self.counts.on_time_rate, self.previous.on_time_rate
        return None if now is None or before is None else now - before
