"""The moments at which the rungs of a ladder are due."""

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from bot.rules.calendar.hours import DAY, WorkingTime
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import shanghai_day
from storage.records import Deadline, MomentKind, Policy, Step

SHARES = (MomentKind.SHARE_OF_WORKING_TIME, MomentKind.SHARE_OF_TIME)
# Rungs about how long people took: that runs from the moment at which they could know.
WAITED = (MomentKind.AFTER_RECEIPT_WORKING_HOURS, MomentKind.AFTER_RECEIPT_HOURS, *SHARES)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlannedStep:
    """A rung and the moment it is due; whether messages may go out then is asked of `next_sending`."""

    step: Step
    at: datetime
    time: int = 0  # of a rung that repeats: 0 for the first time, 1 for the second

    @property
    def name(self) -> str:
        """The rung's own name among the steps taken: each time of one that repeats counts for itself."""
        return f"{self.step.name}.{self.time}" if self.time else self.step.name


def plan(
    policy: Policy, deadline: Deadline, working: WorkingTime, taken: Container[str] = ()
) -> tuple[PlannedStep, ...]:
    """Return the rungs not yet taken in time order; those whose moment cannot be known yet are left out.

    What came in late is held against nobody: how long people take, and the mornings after the limit, count from then.
    """
    planned = []
    known_at = max(deadline.received_at, deadline.entered_at or deadline.received_at)
    for step in policy.steps:
        for time, days in enumerate(_offsets(step)):
            name = f"{step.name}.{time}" if time else step.name
            moment = None if name in taken else moment_of(step, policy, deadline, working, days)
            if moment is not None:
                planned.append(PlannedStep(step=step, at=max(moment, known_at), time=time))
    return tuple(sorted(planned, key=attrgetter("at")))


def moment_of(step: Step, policy: Policy, deadline: Deadline, working: WorkingTime, days: int = 0) -> datetime | None:
    """Return the step's own moment, be it before the receipt; None where there is none, or it is not known yet.

    Of a step that repeats `days` tells which time.
    """
    known_at = deadline.entered_at or deadline.received_at
    if step.moment in WAITED and known_at > deadline.received_at:
        deadline = replace(deadline, received_at=known_at)
        if step.moment in SHARES and deadline.target_at is not None and deadline.target_at <= known_at:
            return None
    try:
        return _FINDERS[step.moment](step.amount + days, policy, deadline, working)
    except CalendarNotPublished:
        return None


def _offsets(step: Step) -> Sequence[int]:
    """The working days after its own moment at which a step comes, the first time included."""
    return range(0, step.until + 1, step.every) if step.every else (0,)


Finder = Callable[[float, Policy, Deadline, WorkingTime], datetime | None]


def _at_receipt(_amount: float, _policy: Policy, deadline: Deadline, _working: WorkingTime) -> datetime:
    return deadline.received_at


def _after_receipt_working_hours(amount: float, _policy: Policy, deadline: Deadline, working: WorkingTime) -> datetime:
    return working.add(deadline.received_at, amount)


def _after_receipt_hours(amount: float, _policy: Policy, deadline: Deadline, _working: WorkingTime) -> datetime:
    return deadline.received_at + timedelta(hours=amount)


def _after_receipt_days(amount: float, _policy: Policy, deadline: Deadline, working: WorkingTime) -> datetime:
    return working.opening(shanghai_day(deadline.received_at) + DAY * int(amount))


def _share_of_working_time(amount: float, _policy: Policy, deadline: Deadline, working: WorkingTime) -> datetime | None:
    if deadline.target_at is None:
        return None
    return working.share(deadline.received_at, deadline.target_at, amount)


def _share_of_time(amount: float, _policy: Policy, deadline: Deadline, _working: WorkingTime) -> datetime | None:
    if deadline.target_at is None:
        return None
    return deadline.received_at + (deadline.target_at - deadline.received_at) * amount


def _before_target_working_hours(
    amount: float, _policy: Policy, deadline: Deadline, working: WorkingTime
) -> datetime | None:
    return None if deadline.target_at is None else working.subtract(deadline.target_at, amount)


def _before_target_hours(amount: float, _policy: Policy, deadline: Deadline, _working: WorkingTime) -> datetime | None:
    return None if deadline.target_at is None else deadline.target_at - timedelta(hours=amount)


def _before_holiday(_amount: float, _policy: Policy, deadline: Deadline, working: WorkingTime) -> datetime | None:
    if deadline.due_day is None or working.calendar.is_working_day(deadline.due_day):
        return None
    return working.opening(working.calendar.add_working_days(deadline.due_day, -1))


def _at_target(_amount: float, _policy: Policy, deadline: Deadline, _working: WorkingTime) -> datetime | None:
    return deadline.target_at


def _at_due(_amount: float, _policy: Policy, deadline: Deadline, _working: WorkingTime) -> datetime | None:
    return deadline.due_at


def _working_mornings_after_overdue(
    amount: float, policy: Policy, deadline: Deadline, working: WorkingTime
) -> datetime | None:
    if deadline.due_at is None:
        return None
    known_at = deadline.entered_at or deadline.received_at
    return working.morning_after(max(deadline.due_at, known_at), int(amount), policy.any_hour)


_FINDERS: Mapping[MomentKind, Finder] = {
    MomentKind.AT_RECEIPT: _at_receipt,
    MomentKind.AFTER_RECEIPT_WORKING_HOURS: _after_receipt_working_hours,
    MomentKind.AFTER_RECEIPT_HOURS: _after_receipt_hours,
    MomentKind.AFTER_RECEIPT_DAYS: _after_receipt_days,
    MomentKind.SHARE_OF_WORKING_TIME: _share_of_working_time,
    MomentKind.SHARE_OF_TIME: _share_of_time,
    MomentKind.BEFORE_TARGET_WORKING_HOURS: _before_target_working_hours,
    MomentKind.BEFORE_TARGET_HOURS: _before_target_hours,
    MomentKind.BEFORE_HOLIDAY: _before_holiday,
    MomentKind.AT_TARGET: _at_target,
    MomentKind.AT_DUE: _at_due,
    MomentKind.WORKING_MORNINGS_AFTER_OVERDUE: _working_mornings_after_overdue,
}
