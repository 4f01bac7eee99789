"""Messages out, raw things in, and questions that wait for an answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from storage.records.params import Params, StepParams

NO_PARAMS = StepParams()


class MessageState(StrEnum):
    PENDING = "pending"  # waits for its moment
    LEASED = "leased"  # a sender holds it until lease_until
    ACCEPTED = "accepted"  # the provider took it; not a proof of delivery
    DELIVERED = "delivered"  # the channel proved that it arrived, or the person opened it
    FAILED = "failed"  # refused for good on every channel of the person
    UNCERTAIN = "uncertain"  # timed out: may or may not have arrived
    SUPERSEDED = "superseded"  # no longer true when its turn came; not sent
    BUNDLED = "bundled"  # told inside the digest named by parent_id


class MessageKind(StrEnum):
    ASSIGNED = "assigned"  # the ticket itself, at receipt
    REMINDER = "reminder"  # to whoever works on it
    ESCALATION = "escalation"  # to somebody above
    SLIP = "slip"  # a drafted 督查单, sent by a person
    UNREACHED = "unreached"  # a step reached nobody; the next in line is told why
    DIGEST = "digest"  # several tickets in one message
    SUMMARY = "summary"  # the weekly summary
    BRIEF = "brief"  # the morning brief
    REQUEST = "request"  # asks somebody above for a decision
    NOTIFICATION = "notice"  # about contacts, calendar, health; or what somebody did to a ticket
    ANSWER = "answer"  # the bot's answer to what a person typed
    UPDATE = "update"  # a colleague took or completed what the person was told of; short, quiet, merged
    CARD = "card"  # changes a card that was sent to the ticket's present state; says nothing new


# These tell a person about a ticket and belong in its story; answers are in it as what the person did.
OF_NO_TICKET = {MessageKind.DIGEST, MessageKind.SUMMARY, MessageKind.BRIEF}
IN_THE_STORY = frozenset(MessageKind) - OF_NO_TICKET - {MessageKind.ANSWER, MessageKind.CARD}


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageDraft:
    """One reason to tell one person once; the intent is unique for ever."""

    intent: str  # "t12:overdue:0:p7"
    person_id: int
    kind: MessageKind
    ticket_id: int | None = None
    step: str = ""
    urgency: int = 5
    not_before: datetime | None = None  # None: now
    params: Params = NO_PARAMS
    file_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    id: int
    intent: str
    person_id: int
    kind: MessageKind
    ticket_id: int | None
    step: str
    urgency: int
    params: Params
    created_at: datetime
    not_before: datetime
    state: MessageState
    channel: str = ""
    address: str = ""
    payload: str = ""  # the exact bytes of the last try, so that a retry is identical
    lease_until: datetime | None = None
    leased_by: str = ""
    fence: int = 0  # grows with every claim; a stale holder's writes find it changed
    attempts: int = 0
    provider_id: str = ""
    reason: str = ""
    parent_id: int | None = None
    file_id: int | None = None
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    card_code: str = ""  # what the platform wants back to change the card later (one use)


class InboundState(StrEnum):
    WAITING = "waiting"
    SETTLED = "settled"
    SET_ASIDE = "set_aside"  # not understood; kept for replay, with its reason


@dataclass(frozen=True, kw_only=True, slots=True)
class Inbound:
    """A raw thing that came in, kept as it came."""

    id: int
    kind: str  # "ticket" | "chat"
    source: str
    event_id: str
    received_at: datetime
    raw: str
    state: InboundState
    reason: str = ""
    ticket_id: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What the bot waits for: which of the numbered tickets was meant, or the words missing about one."""

    person_id: int
    command: str
    text: str
    ticket_ids: tuple[int, ...]
    asked_at: datetime
    expires_at: datetime
    about: int | None = None  # the ticket whose missing words are waited for, or that was spoken of last
