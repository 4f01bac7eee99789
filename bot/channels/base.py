"""What every channel is: one verb, one receipt, one error, and a word on what it can do."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

# Of a button: not sent back, but asks the platform for the person's verified number; without a label it stops asking.
SHARE_PHONE = "share_phone"
COPY = "copy:"  # of a button: not sent back, but copies what stands behind it, where the platform can

CONFIG_RETRY_AFTER = timedelta(minutes=5)  # what an operator has to put right is tried again this often


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """Something to press: shown as `label`, sent back as `action` ("ack:12")."""

    label: str
    action: str

    @property
    def sent_back(self) -> bool:
        """Whether pressing it comes back to us, so that every platform with buttons can have it."""
        return self.action != SHARE_PHONE and not self.action.startswith(COPY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attachment:
    id: int  # in our own store of files
    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """A message as a channel gets it: the same `key` is the same message, however often it is tried."""

    key: str
    address: str
    text: str
    title: str = ""
    number: str = ""  # of the tickets it is about, for platforms that show it by itself
    buttons: tuple[Button, ...] = ()
    attachment: Attachment | None = None
    reply_to: str = ""  # the channel's own id of the message this answers
    edits: str = ""  # the channel's own id of the message to change to this text and these buttons, where it can
    callback: str = ""  # what the platform wants back for a tap (one use); answered first
    due: datetime | None = None  # until when the earliest of them is to be done
    edits_only: bool = False  # where the card cannot be changed, nothing goes out instead
    quiet: bool = False  # without a sound, where the platform can
    overview: bool = False  # many things to be read at leisure (a digest, the weekly summary), so layout helps


@dataclass(frozen=True, kw_only=True, slots=True)
class Receipt:
    """The channel took the message; `delivered` only where it proves that it arrived."""

    provider_id: str = ""
    delivered: bool = False
    card_code: str = ""  # what the platform wants back to change this card later (one use)


@dataclass(frozen=True, kw_only=True, slots=True)
class Abilities:
    two_way: bool  # people can answer here
    tells_doubles: bool  # a second send of the same key makes no second copy
    pull: bool = False  # what it takes lies there until its person looks
    buttons: bool = False
    attachments: bool = False
    edits: bool = False  # a card that was sent can be changed without a tap on it
    text_bytes: int = 20_000  # longer texts are cut by us, with a word, before the platform cuts them

    @property
    def tells(self) -> bool:
        """Whether what the channel takes counts as told."""
        return self.two_way and not self.pull


class SendFailed(Exception):
    """A message did not go out, or nobody knows: `uncertain` means it may have arrived."""

    def __init__(
        self,
        reason: str,
        *,
        permanent: bool = False,
        retry_after: timedelta | None = None,
        uncertain: bool = False,
        moved_to: str = "",
        unavailable: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent  # this address will never work again until it is bound anew
        self.retry_after = retry_after
        self.uncertain = uncertain
        self.moved_to = moved_to  # the platform gave the person a new address
        # Not this way now, so the next way at once, but the address stays good; with `retry_after` the message
        # comes back then if no other way took it, without it the message has failed.
        self.unavailable = unavailable


@runtime_checkable
class Fetching(Protocol):
    """A channel that can bring the files people sent."""

    async def fetch(self, reference: str) -> bytes:
        """Return a file's body, or raise SendFailed."""


@runtime_checkable
class MemberLookup(Protocol):
    """A channel whose platform knows its members by their mobile numbers."""

    async def userid_of(self, mobile: str) -> str | None:
        """Return the address of the member with this number (11 digits), None for nobody; SendFailed says why not."""


@runtime_checkable
class Particular(Protocol):
    """A channel that knows what its addresses look like."""

    def fault_of(self, address: str) -> str:
        """Return what is wrong with an address, as a Chinese sentence; empty for one that may be tried."""


class Channel(Protocol):
    """One way out."""

    name: str
    abilities: Abilities

    async def send(self, message: Outgoing) -> Receipt:
        """Send one message or raise SendFailed."""

    async def check(self) -> Sequence[str]:
        """Ask the platform once whether the settings work; returns Chinese sentences that name what is wrong."""

    async def close(self) -> None:
        """Give back connections."""
