"""What is true at a moment, counted slowly from policy and calendar: lines, working minutes, days late."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from importlib.resources import files
from typing import Any

from bot.rules.calendar.zone import SHANGHAI
from tests.rules.calendar.oracle import DAY, WORKED, sessions, step_by_step

MINUTE = timedelta(minutes=1)
SOON = timedelta(microseconds=1)
WEEK = timedelta(days=7)
WORKING = ("working_days", "working_hours", "fixed")  # units whose spans are told in working time


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """A policy as its file says it."""

    name: str
    title: str
    unit: str
    amount: float
    any_hour: bool
    steps: Sequence[Mapping[str, Any]]

    @property
    def by_work(self) -> bool:
        """Whether its spans are told in working time."""
        return self.unit in WORKING and not self.any_hour


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """Until when a ticket has time."""

    day: date
    target: datetime
    due: datetime  # exclusive


def rules() -> Mapping[str, Rule]:
    """Every shipped policy, read from the file and not by the product."""
    tree = tomllib.loads((files("bot.policies") / "default.toml").read_text(encoding="utf-8"))["policies"]
    return {name: _rule(name, tree) for name in tree}


def _rule(name: str, tree: Mapping[str, Any]) -> Rule:
    written: dict[str, Any] = {}
    place: str | None = name
    while place is not None:
        written = tree[place] | written
        place = tree[place].get("extends")
    return Rule(
        name=name,
        title=written["title"],
        unit=written["unit"],
        amount=written.get("amount", 0),
        any_hour=written.get("any_hour", False),
        steps=written["steps"],
    )


def day_of(moment: datetime) -> date:
    """The day a clock in Shanghai shows."""
    return moment.astimezone(SHANGHAI).date()


def midnight(day: date) -> datetime:
    """00:00 of a day."""
    return datetime.combine(day, time(), SHANGHAI)


def lines(rule: Rule, received: datetime, fixed: datetime | None = None) -> Lines:
    """Count the lines of a ticket received then."""
    day = day_of(received)
    if rule.unit == "calendar_hours":
        due = received + timedelta(hours=rule.amount)
        return Lines(day=day_of(due - SOON), target=due, due=due)
    if rule.unit == "fixed":
        assert fixed is not None
        return Lines(day=day_of(fixed - SOON), target=_aim(fixed, received), due=fixed)
    assert rule.unit in ("working_days", "calendar_days"), rule.unit
    if rule.unit == "calendar_days":
        due_day = day + DAY * int(rule.amount)
    elif rule.amount:
        due_day = step_by_step(day, int(rule.amount))
    else:
        due_day = day if WORKED[day] else step_by_step(day, 1)
    return until_the_end_of(due_day, received)


def until_the_end_of(day: date, received: datetime) -> Lines:
    """The lines of a ticket due on that day."""
    due = midnight(day + DAY)
    return Lines(day=day, target=_aim(due, received), due=due)


def _aim(due: datetime, received: datetime) -> datetime:
    """The last working moment before the limit; the limit itself where that was before the receipt."""
    target = last_worked(due)
    return target if target > received else due


def last_worked(moment: datetime) -> datetime:
    """The last moment of working time, at or before."""
    day = day_of(moment)
    while True:
        for start, end in reversed(sessions(day)):
            if start < moment:
                return min(end, moment)
        day -= DAY


def worked_minutes(start: datetime, end: datetime) -> int:
    """Whole minutes of working time, day by day."""
    worked, day = timedelta(), day_of(start)
    while day <= day_of(end):
        for first, last in sessions(day):
            worked += max(min(last, end) - max(first, start), timedelta())
        day += DAY
    return worked // MINUTE


def worked_days(after: date, until: date) -> int:
    """The working days w with after < w <= until."""
    return sum(WORKED[day] for day in days(after + DAY, until))


def days(first: date, last: date) -> Iterator[date]:
    """Every day of a span."""
    while first <= last:
        yield first
        first += DAY


def waited_long(rule: Rule, received: datetime, target: datetime, now: datetime) -> bool:
    """Whether a rung for tickets that nobody takes lies behind."""
    return any(_behind(step, received, target, now) for step in rule.steps if step.get("while_new"))


def _behind(step: Mapping[str, Any], received: datetime, target: datetime, now: datetime) -> bool:
    if hours := step.get("after_receipt_working_hours"):
        return worked_minutes(received, now) >= hours * 60
    if hours := step.get("after_receipt_hours"):
        return now - received >= timedelta(hours=hours)
    if share := step.get("share_of_working_time"):
        return worked_minutes(received, now) >= worked_minutes(received, target) * share
    return now - received >= (target - received) * step["share_of_time"]
