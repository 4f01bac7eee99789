"""What a platform's own file makes of an update: who said what where, in one form for all platforms."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Protocol

# For what a platform brings without a time: later than any receipt, so the receipt counts.
UNTIMED = datetime.max.replace(tzinfo=UTC)


class HeardKind(StrEnum):
    TEXT = "text"  # words, with or without files
    TAP = "tap"  # a button; `action` says which
    START = "start"  # the person opened the conversation; `text` holds a binding code or nothing
    PHONE = "phone"  # the person shared their own verified number in `text`
    BLOCKED = "blocked"  # the person shut the door: unreachable at once
    OUTCOME = "outcome"  # the platform tells what became of the message `message_id`; `text` is its word for it
    WORDLESS = "wordless"  # something nobody here can read: a voice, a sticker, a place on the map
    OTHER = "other"  # understood, but nothing to do about it


@dataclass(frozen=True, kw_only=True, slots=True)
class HeardFile:
    """A picture or document, still at the platform; `reference` is what the channel fetches it by."""

    reference: str
    name: str
    media_type: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """One thing a person did on a platform."""

    kind: HeardKind
    event_id: str  # the same update, redelivered, has the same
    address: str  # the person's own address on this channel, as `register.addresses` keeps it
    at: datetime  # the platform's time; our receipt bounds it
    text: str = ""
    action: str = ""  # of a button: "ack:12"
    chat: str = ""  # where to answer, if not to `address`: a group
    message_id: str = ""  # the platform's id of what was said
    reply_to: str = ""  # the platform's id of the message this answers; our outbox knows it
    card: str = ""  # the platform's id of the message whose button was pressed
    callback: str = ""  # what the platform wants back for a tap (one use)
    files: tuple[HeardFile, ...] = ()
    in_group: bool = False
    details: Mapping[str, str] = field(default_factory=dict)


class Reader(Protocol):
    """Turns a stored raw update into what was heard."""

    def read(self, raw: str) -> Heard | None:
        """Return what was heard; None for an update that is none of ours; ValueError for one not understood.

        Of a group only what is meant for the bot is ours: a reply to it, its name, a command.
        """
