"""The weekly summary: when it is owed, and who reads how much of it."""

from collections.abc import Mapping
from datetime import date, datetime

from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.workdays import SATURDAY, GovChina
from bot.rules.people.routing import desk, supervised_units
from storage.records import Directory


def weeks_owed(now: datetime, working: WorkingTime) -> tuple[Week, ...]:
    """Return the weeks whose summary is owed now, oldest first: from the opening of this week's first working day.

    It is the week before; where that had no working day at all, nobody could be told of the one before it either,
    so that one too. A summary is owed until the end of its week and not after: then the next one tells the present.
    """
    week = Week.of(now)
    first = first_working_day(week, working.calendar)
    if first is None or now < working.opening(first):
        return ()
    owed = [week.previous()]
    while first_working_day(owed[0], working.calendar) is None:
        owed.insert(0, owed[0].previous())
    return tuple(owed)


def first_working_day(week: Week, calendar: GovChina) -> date | None:
    """Return the first working day of a week; None where there is none."""
    return next((day for day in week.days if is_worked(day, calendar)), None)


def readers(directory: Directory) -> Mapping[int, frozenset[int] | None]:
    """Return who gets the summary, and of which units; None means of all. Each person once."""
    everything = dict.fromkeys(desk(directory), None)
    named = sorted({person for people in directory.supervisors.values() for person in people})
    active = [person for person in named if person in directory.people and directory.people[person].active]
    return {person: supervised_units(person, directory) for person in active} | everything


def is_worked(day: date, calendar: GovChina) -> bool:
    """Whether a report may go out on that day."""
    # It judges nobody: in an unpublished year it goes out Monday to Friday rather than not at all.
    return calendar.is_working_day(day) if calendar.published(day.year) else day.weekday() < SATURDAY
