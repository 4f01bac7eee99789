"""What a message carries beside its ticket and person: one type a kind, written when put, read when worded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from storage.records.ticket import DeadlineStatus


class NotificationKind(StrEnum):
    """What is told about what somebody did, or about contacts and calendar; also the text's key and the step's name."""

    RETURNED = "returned"
    HANDED_OVER_COPY = "handed_over_copy"
    HANDED_BACK = "handed_back"
    MOVED_AWAY = "moved_away"
    EXTENSION_GRANTED = "extension_granted"
    EXTENSION_REFUSED = "extension_refused"
    DISPUTE_GRANTED = "dispute_granted"
    DISPUTE_REFUSED = "dispute_refused"
    TRANSFER_REFUSED = "transfer_refused"
    WITHDRAWN = "withdrawn"
    TAKEN = "taken"
    DONE = "done"
    ANSWER_UNDONE = "answer_undone"
    RULING_UNDONE = "ruling_undone"
    DEPUTY = "deputy"
    DEPUTY_EMPTY = "deputy_empty"
    BACK = "back"
    RELIEVED = "relieved"
    RELIEVED_VACANT = "relieved_vacant"
    DUTY_CHANGED = "duty_changed"
    CONTACT_LOST = "contact_lost"
    REBOUND = "rebound"
    BIND_LOCKED = "bind_locked"
    CALENDAR_PROPOSED = "calendar_proposed"
    CALENDAR_CHANGED = "calendar_changed"
    CALENDAR_MISSING = "calendar_missing"
    CALENDAR_MISSING_URGENT = "calendar_missing_urgent"


@dataclass(frozen=True, kw_only=True, slots=True)
class AnswerTo:
    """Where an answer goes: back to where the person spoke."""

    channel: str
    address: str
    reply_to: str = ""  # the platform's id of what is answered
    edits: str = ""  # the platform's id of the card to bring to its new state
    callback: str = ""  # what the platform wants back for a tap
    private: str = ""  # the person's own address, where `address` is a group: a refusal goes there


@dataclass(frozen=True, kw_only=True, slots=True)
class DeadlineLines:
    """A ticket's lines as they stood before they moved."""

    status: DeadlineStatus
    calendar_revision: str = ""
    due_day: date | None = None
    target_at: datetime | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class StepParams:
    """Of a step of the ladder, a ticket given to somebody, a moved deadline."""

    notes: tuple[str, ...] = ()  # why others are not told: "vacant:backup", "on_leave:7", "unreachable:7", "no_chat:7"
    round: int = 0  # the ticket's `reroutes` when it was put: meant for the people it was with then
    moves: int = 0  # of a moved deadline: the ticket's `moves`
    document: str = ""  # what a moved deadline rests on
    old: DeadlineLines | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class RequestParams:
    """Of a request that somebody above is to decide."""

    request: int
    who: int  # who asked
    text: str = ""
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketNotification:
    """What somebody did to a ticket."""

    notice: NotificationKind
    who: int
    text: str = ""
    round: int = 0
    while_open: bool = False  # told only as long as the ticket is open and with the same people
    receiver: int | None = None
    target: str = ""
    verb: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class LeaveNotification:
    """To a deputy: somebody's leave begins, with the tickets to look after, or is over."""

    notice: NotificationKind
    who: int
    since: datetime | None = None
    until: datetime | None = None
    tickets: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class DutyNotification:
    """To somebody the register names no longer, or names for another duty: who has the tickets now."""

    notice: NotificationKind
    tickets: tuple[int, ...]
    receiver: int | None = None
    role: str = ""  # that changed hands
    now: str = ""  # the role they have instead


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactNotification:
    """About an address of a person that is dead or was replaced."""

    notice: NotificationKind
    person: int
    channel: str = ""
    to: AnswerTo | None = None  # to the replaced address itself
    address: str = ""  # masked, of whoever brought wrong codes; `person` is 0 for a stranger


@dataclass(frozen=True, kw_only=True, slots=True)
class CalendarNotification:
    """To the desk: a notice waits, the calendar changed, a schedule is missing."""

    notice: NotificationKind
    what: str = ""
    by: str = ""
    number: int = 0
    year: int = 0
    moved: int = 0
    settled: int = 0
    late: int = 0
    kept: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class DigestParams:
    """Of a digest: the messages it tells."""

    messages: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CardParams:
    """Of a change to a card: the message that brought it."""

    message: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TextParams:
    """Of an answer, a summary or a brief: worded by whoever put it."""

    text: str = ""
    buttons: tuple[tuple[str, str], ...] = ()  # (label, action)
    to: AnswerTo | None = None
    sealed: str = ""  # text and buttons of what holds a code: neither is stored in clear


@dataclass(frozen=True, kw_only=True, slots=True)
class UnreadableParams:
    """Written by a later or a broken version; the message is set aside, the others go on."""

    raw: Mapping[str, object]


Params = (
    StepParams
    | RequestParams
    | TicketNotification
    | LeaveNotification
    | DutyNotification
    | ContactNotification
    | CalendarNotification
    | DigestParams
    | CardParams
    | TextParams
    | UnreadableParams
)
