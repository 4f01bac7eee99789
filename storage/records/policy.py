"""Policies, their ladders, office hours and yearly schedules."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from storage.records.message import MessageKind
from storage.records.params import NotificationKind
from storage.records.request import RequestKind
from storage.records.ticket import DEADLINE_MOVED, GIVEN_AGAIN, HANDED_OVER, HOLDER_LOST, REASSIGNED, REROUTED

# What messages that are no rung of a ladder are told apart by: a rung of that name would be taken for one of them.
RESERVED_STEPS = frozenset(
    {
        *(DEADLINE_MOVED, HANDED_OVER, REASSIGNED, REROUTED, HOLDER_LOST, GIVEN_AGAIN, "unreached"),
        *NotificationKind,
        *(f"request_{one}" for one in RequestKind),
    }
)


class Audience(StrEnum):
    """Whom a step of the ladder addresses; resolved to people by routing."""

    PRIMARY = "primary"
    BACKUP = "backup"
    LEADER = "leader"
    SUPERVISOR = "supervisor"
    DESK = "desk"
    HOLDER = "holder"  # whoever took it, else the A角
    OTHER = "other"  # of A角 and B角 the one who is not the holder


class TimeUnit(StrEnum):
    WORKING_DAYS = "working_days"  # the day of receipt is not counted
    WORKING_HOURS = "working_hours"
    CALENDAR_DAYS = "calendar_days"
    CALENDAR_HOURS = "calendar_hours"
    FIXED = "fixed"  # a moment as written in the notice


class JudgingLine(StrEnum):
    """On which line of the due day lateness is judged."""

    END_OF_DAY = "end_of_day"  # 24:00
    CLOSE_OF_BUSINESS = "close_of_business"
    SAME_TIME = "same_time"  # the time of day of the receipt
    EXACT = "exact"  # the moment itself (hours, fixed moments)


class AfterReturn(StrEnum):
    """By which limit a ticket is judged that was finished in time and is returned after its limit."""

    KEEPS_LIMIT = "keeps_limit"
    NEW_LIMIT = "new_limit"  # the whole time again, counted from the return


class MomentKind(StrEnum):
    """How the moment of a ladder step is found; `amount` is read accordingly."""

    AT_RECEIPT = "at_receipt"
    AFTER_RECEIPT_WORKING_HOURS = "after_receipt_working_hours"
    AFTER_RECEIPT_HOURS = "after_receipt_hours"
    AFTER_RECEIPT_DAYS = "after_receipt_days"  # opening of office hours on that calendar day
    SHARE_OF_WORKING_TIME = "share_of_working_time"  # of the working time from receipt to target, 0..1
    SHARE_OF_TIME = "share_of_time"  # of the plain time from receipt to target, 0..1
    BEFORE_TARGET_WORKING_HOURS = "before_target_working_hours"
    BEFORE_TARGET_HOURS = "before_target_hours"
    BEFORE_HOLIDAY = "before_holiday"  # opening of the last working day before the holiday that holds the due day
    AT_TARGET = "at_target"
    AT_DUE = "at_due"
    WORKING_MORNINGS_AFTER_OVERDUE = "working_mornings_after_overdue"  # counted from the morning `overdue` is told


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """One rung of a ladder."""

    name: str
    kind: MessageKind
    to: tuple[Audience, ...]
    moment: MomentKind
    amount: float = 0
    while_new: bool = False  # only while nobody has taken the ticket
    urgency: int = 5  # 0 goes first
    every: int = 0  # working days until it comes again; 0: it comes once
    until: int = 0  # of a step that repeats: it ends so many working days after the first


def step_of(rung: str) -> str:
    """The policy's step that a rung is one time of: `still_overdue.2` is the third `still_overdue`."""
    return rung.partition(".")[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Policy:
    """The rules a ticket is opened with; stamped on it and kept."""

    name: str
    title: str
    unit: TimeUnit
    amount: float
    judged: JudgingLine
    steps: tuple[Step, ...]
    any_hour: bool = False  # messages go out at night and on holidays too
    extendable: bool = True
    returned: AfterReturn = AfterReturn.KEEPS_LIMIT
    began: str = ""  # what the time of receipt stands for, where it is no receipt: “最近更新”
    close_after_days: int = 7  # a completed ticket archives itself after so many calendar days
    legal: str = ""  # the sentence to print, with its source


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyRow:
    """One row of the table that chooses a policy by what a ticket is about; an empty column asks for nothing."""

    policy: str
    problem_class: tuple[str, ...] = ()  # one of these words stands in 问题类型
    severity: tuple[str, ...] = ()  # one of these words stands in 问题级别


@dataclass(frozen=True, kw_only=True, slots=True)
class OfficeHours:
    """Sessions of a working day between two month-days, both inclusive; the span may wrap the new year."""

    first: tuple[int, int]  # (month, day)
    last: tuple[int, int]
    sessions: tuple[tuple[time, time], ...]  # ascending, half-open, Asia/Shanghai
    units: tuple[str, ...] = ()  # names of units, with everything below them; empty: all others


@dataclass(frozen=True, kw_only=True, slots=True)
class Schedule:
    """The State Council's arrangement for the days of one calendar year."""

    year: int
    off: Mapping[date, str]  # days off by arrangement, with the holiday's name
    work: Mapping[date, str]  # make-up working days (调休), with the holiday's name
    source: str  # the document it rests on
