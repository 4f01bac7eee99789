"""One turn of a conversation: who spoke, what is theirs, and what they get back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.actions.context import Context
from bot.actions.conversation import Kept, Numbering
from bot.delivery.wording import Wording
from bot.rules.hours import WorkingTime
from bot.rules.lifecycle import Answer, Verb
from storage.database import Connection
from storage.records import Directory, Ticket, number_key

COMPLETION_LENGTH = 2_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the person gets back."""

    text: str
    ticket_id: int | None = None
    buttons: tuple[tuple[str, str], ...] = ()  # (label, action): ("签收", "ack:12")
    reason: str = ""  # why nothing was done, for the record
    aside: bool = False  # what was said goes to the things set aside, with the reason
    kept: bool = True  # False: not even stored, so the platform should bring it again
    repeated: bool = False  # the same event was answered before; the text is empty and nothing is to be sent


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a command is asked to do: to which tickets, with which words."""

    command: str
    verb: Verb | None = None
    tickets: tuple[Ticket, ...] = ()
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Everything an answer is made from, inside one transaction."""

    context: Context
    conn: Connection
    wording: Wording
    kept: Kept
    now: datetime
    at: datetime  # the moment that counts: the chat server's, not after our receipt
    directory: Directory
    tickets: Sequence[Ticket]  # the person's own, open or just completed
    numbering: Numbering = field(default_factory=Numbering)

    @property
    def person_id(self) -> int:
        """Who spoke."""
        return self.kept.said.person_id

    @property
    def open(self) -> list[Ticket]:
        """The person's tickets on which something is still to be done."""
        return [one for one in self.tickets if one.state.open]

    @property
    def known(self) -> Mapping[str, str]:
        """The person's own numbers by number key."""
        return {number_key(one.number): one.number for one in self.tickets}

    def working(self, ticket: Ticket) -> WorkingTime:
        """Working time of the ticket's unit on the calendar in force."""
        return self.context.working(self.conn, ticket.unit_id)

    def name(self, person_id: int | None) -> str:
        """Return a person's name; a dash where nobody is known."""
        person = self.directory.people.get(person_id or 0)
        return person.name if person else "—"

    def answer(self, text: str) -> Answer:
        """Return what was said as the rules take it; the raw words are kept as they came."""
        said = self.kept.said
        return Answer(
            person_id=said.person_id,
            at=self.at,
            text=self._cut(text),
            via=f"{said.via}:{said.on_behalf_of}" if said.on_behalf_of else said.via,
            # Half of a surrogate pair cannot be hashed into the journal.
            raw=said.text.encode(errors="replace").decode(),
            message_id=said.event_id.encode(errors="replace").decode(),
        )

    def _cut(self, text: str) -> str:
        if len(text) <= COMPLETION_LENGTH:
            return text
        word = self.wording("chat.cut")
        return text[: COMPLETION_LENGTH - len(word)] + word
