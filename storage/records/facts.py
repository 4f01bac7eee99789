"""What views answer: tickets with what was said about them, ready to be counted or told."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from storage.records.message import Inbound, Message, MessageKind
from storage.records.request import Request
from storage.records.ticket import JournalLine, Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Telling:
    """One person told once: the channel took the message, or the digest that held it, at this moment."""

    ticket_id: int
    person_id: int
    person: str
    kind: MessageKind
    step: str
    at: datetime
    unit_id: int | None = None  # the person's


@dataclass(frozen=True, kw_only=True, slots=True)
class Transfer:
    """A ticket given to other people: whose account it was, to whom it went, and who decided that, by name."""

    left: str
    target: str
    by: str

    @classmethod
    def of(cls, line: JournalLine, by: str) -> "Transfer":
        """Read a transfer from the line that a journal keeps of it; `by` is the name of its actor."""
        left = line.data.get("left")
        kept: Mapping[str, object] = left if isinstance(left, Mapping) else {}
        account, platform = (str(kept.get(name, "")) for name in ("account", "platform"))
        # Before the platform was kept, the name stands alone.
        shown = f"{account}（{platform}）" if platform else account
        return cls(left=shown, target=str(line.data.get("target", "")), by=by)


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketFacts:
    """A ticket as figures need it; `told` is filled where the due moment has passed, oldest first."""

    ticket: Ticket
    unit: str = ""  # empty: on the desk's unmatched list
    primary: str = ""  # A角; empty: nobody registered
    backup: str = ""  # B角
    requests: tuple[Request, ...] = ()  # oldest first
    told: tuple[Telling, ...] = ()
    transfers: tuple[Transfer, ...] = ()  # oldest first


@dataclass(frozen=True, kw_only=True, slots=True)
class StoryMessage:
    """A message about a ticket, the person it is for, and the digest it was told in, if any."""

    message: Message
    person: str
    digest: Message | None = None

    @property
    def carrier(self) -> Message:
        """The message whose channel and result count: the digest, where there is one."""
        return self.digest or self.message


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketStory:
    """Everything kept about one ticket."""

    ticket: Ticket
    unit: str
    lines: tuple[JournalLine, ...]  # in their order
    messages: tuple[StoryMessage, ...]  # in the order they were put
    evidence: tuple[Inbound, ...]  # what came in about it, as it came
    names: Mapping[int, str] = field(default_factory=dict)  # every person named above, by id
