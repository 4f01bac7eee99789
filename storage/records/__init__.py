"""The product's glossary: frozen values and enums that every room speaks in; standard library only.

Moments are aware datetimes in UTC; days are dates in Asia/Shanghai.
"""

from storage.records.facts import StoryMessage, Telling, TicketFacts, TicketStory
from storage.records.message import (
    Inbound,
    InboundState,
    Message,
    MessageDraft,
    MessageKind,
    MessageState,
    Question,
)
from storage.records.policy import (
    Audience,
    JudgingLine,
    MomentKind,
    OfficeHours,
    Policy,
    Schedule,
    Step,
    TimeUnit,
)
from storage.records.register import Account, Address, Directory, Leave, Person, Role, Unit
from storage.records.ticket import (
    OPEN_STATES,
    Deadline,
    DeadlineStatus,
    JournalDraft,
    JournalLine,
    Ticket,
    TicketState,
    number_key,
)

__all__ = [
    "OPEN_STATES",
    "Account",
    "Address",
    "Audience",
    "Deadline",
    "DeadlineStatus",
    "Directory",
    "Inbound",
    "InboundState",
    "JournalDraft",
    "JournalLine",
    "JudgingLine",
    "Leave",
    "Message",
    "MessageDraft",
    "MessageKind",
    "MessageState",
    "MomentKind",
    "OfficeHours",
    "Person",
    "Policy",
    "Question",
    "Role",
    "Schedule",
    "Step",
    "StoryMessage",
    "Telling",
    "Ticket",
    "TicketFacts",
    "TicketState",
    "TicketStory",
    "TimeUnit",
    "Unit",
    "number_key",
]
