"""The ticket, its deadline and its journal."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class TicketState(StrEnum):
    """Where a ticket stands; overdue is computed, never a state."""

    NEW = "new"  # 待签收
    ACKNOWLEDGED = "acknowledged"  # 处理中
    RETURNED = "returned"  # 退回: a reviewer sent it back to work
    DISPUTED = "disputed"  # 误报申诉: waits for a supervisor, the clock runs on
    COMPLETED = "completed"  # 已办结: completion time logged
    CLOSED = "closed"  # 已归档: reviewed, or by itself after a set time
    VOID = "void"  # 无需整改: the false alarm was approved

    @property
    def open(self) -> bool:
        """Whether somebody still has to do something."""
        return self in OPEN_STATES


# Steps of messages that are no rungs of a ladder; no policy may call a rung of its own so.
DEADLINE_MOVED = "deadline_moved"  # a changed calendar moved the deadline
HANDED_OVER = "handed_over"  # it was given to the other role
REROUTED = "rerouted"  # it was given to other people
HOLDER_LOST = "holder_lost"  # whoever works on it cannot be reached any more
GIVEN_AGAIN = "given_again"  # to somebody who can be reached again
REASSIGNED = "reassigned"  # the register names somebody else for it

OPEN_STATES = frozenset({TicketState.NEW, TicketState.ACKNOWLEDGED, TicketState.RETURNED, TicketState.DISPUTED})


class DeadlineStatus(StrEnum):
    OK = "ok"
    UNPUBLISHED = "unpublished"  # the schedule of a needed year is not known yet: never counted late


class LimitAfterReturn(StrEnum):
    """What became of the limit of a ticket that was returned after it; a return before it changes nothing."""

    NEW = "new"
    KEPT = "kept"  # the policy says so
    LATE_BEFORE = "late_before"  # it had been finished too late already


@dataclass(frozen=True, kw_only=True, slots=True)
class Deadline:
    """The two lines of a ticket; None where the schedule is unpublished."""

    received_at: datetime
    policy: str
    status: DeadlineStatus
    due_day: date | None
    target_at: datetime | None  # close of business: reminders aim here
    due_at: datetime | None  # exclusive instant on which lateness is judged
    earliest_day: date | None  # display only, where unpublished
    calendar_revision: str
    entered_at: datetime | None = None  # when the ticket came in here; None: at receipt


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticket:
    id: int
    source: str
    number: str  # the source's own number: opaque text, never parsed
    policy: str
    policy_key: str  # which stored snapshot of the policy
    account_id: int | None  # None: on the desk's unmatched list
    unit_id: int | None
    platform: str
    account_name: str
    received_at: datetime
    deadline_status: DeadlineStatus
    calendar_revision: str
    created_at: datetime
    issued_at: datetime | None = None  # by the platform; None: the source does not say
    limit_from: datetime | None = None  # when the limit began to count anew, by a return; None: at receipt
    problem: str = ""
    problem_class: str = ""
    severity: str = ""
    suggestion: str = ""
    url: str = ""
    due_day: date | None = None
    target_at: datetime | None = None
    due_at: datetime | None = None
    earliest_day: date | None = None
    state: TicketState = TicketState.NEW
    version: int = 0
    holder_id: int | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: int | None = None
    completed_at: datetime | None = None
    completed_by: int | None = None
    completion_text: str = ""
    closed_at: datetime | None = None
    next_step_at: datetime | None = None  # when the tick must look again; None: never
    steps_taken: tuple[str, ...] = ()  # names of the policy's steps
    moves: int = 0  # how often the deadline was moved, by a changed calendar or an extension
    reroutes: int = 0  # how often it was given to other people; what was told before was told to others
    journal_seq: int = 0  # length of the ticket's journal
    journal_hash: str = ""  # hash of its last line

    @property
    def counts_from(self) -> datetime:
        """When the limit began to count."""
        return self.limit_from or self.received_at

    def overdue(self, now: datetime) -> bool:
        """Whether the judging line passed without an answer before it."""
        return self.due_at is not None and (self.completed_at or now) >= self.due_at and self.state != TicketState.VOID


class JournalKind(StrEnum):
    """What a line of a journal tells; the story has a sentence for each that a ticket's journal can hold."""

    RECEIVED = "received"
    EVIDENCE = "evidence"  # the same ticket came again
    MATCHED = "matched"  # its account was found in the register later
    STEP = "step"  # a rung of the ladder was climbed
    STEP_SKIPPED = "step_skipped"  # a rung that reached nobody
    TOLD = "told"
    NOT_TOLD = "not_told"
    ARRIVED = "arrived"  # the platform proved that a message arrived
    DEADLINE_MOVED = "deadline_moved"  # by a changed calendar
    POLICY_APPLIED = "policy_applied"  # a changed policy, by a named person
    SET_ASIDE = "set_aside"  # a decision failed; it is looked at again in an hour
    CLOSED = "closed"  # archived by itself
    ACKNOWLEDGE = "acknowledge"
    COMPLETE = "complete"
    RETURN = "return"
    DISPUTE = "dispute"
    APPROVE = "approve"
    REFUSE = "refuse"
    CLOSE = "close"
    ASK_EXTENSION = "ask_extension"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    ASK_TRANSFER = "ask_transfer"
    TRANSFER = "transfer"
    REFUSE_TRANSFER = "refuse_transfer"
    HAND_OVER = "hand_over"
    REASSIGNED = "reassigned"  # the register names somebody else as A角, B角 or leader
    UNDO = "undo"
    DENIED = "denied"  # somebody without the right to it tried
    FILE = "file"
    NOTE = "note"  # words added to the story, whatever the state
    # Of the system journal, which belongs to no ticket.
    LEAVE = "leave"
    BACK = "back"
    BOUND = "bound"
    BIND_CODE = "bind_code"
    BIND_ASKED = "bind_asked"
    LEAVER_ERASED = "leaver_erased"  # number and addresses of who left and handed over
    REKEYED = "rekeyed"  # everything sealed was sealed anew
    BIND_LOCKED = "bind_locked"  # five wrong codes in a row
    BIND_CODE_SHOWN = "bind_code_shown"  # said where others read it, so it is worthless
    UNREACHABLE = "unreachable"
    REACHABLE = "reachable"
    SIGNIN_LINK = "signin_link"
    REGISTER_IMPORTED = "register_imported"
    REGISTER_CHANGED = "register_changed"  # one unit, person or account: from what to what
    CALENDAR_PROPOSED = "calendar_proposed"
    CALENDAR_APPROVED = "calendar_approved"
    CALENDAR_REFUSED = "calendar_refused"
    CALENDAR_WITHDRAWN = "calendar_withdrawn"
    CLOSURE_DECIDED = "closure_decided"
    CLOSURE_WITHDRAWN = "closure_withdrawn"
    BREAK_ACCEPTED = "break_accepted"  # somebody answers for a break between root file and database
    UNKNOWN = "unknown"  # read from a row that a later version wrote; never written

    @classmethod
    def _missing_(cls, value: object) -> "JournalKind":
        return cls.UNKNOWN


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalDraft:
    """A line about to be written; `data` is JSON-able, without phone numbers."""

    kind: JournalKind
    at: datetime
    actor: str  # "bot", "person:12", "person:12 via person:3", "operator"
    data: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class JournalLine:
    ticket_id: int
    seq: int
    kind: JournalKind
    at: datetime
    actor: str
    data: Mapping[str, object]


def number_key(number: str) -> str:
    """The number as it is compared: without width, case and white space."""
    plain = number if number.isascii() else unicodedata.normalize("NFKC", number)
    return "".join(plain.split()).upper()
