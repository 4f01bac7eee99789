"""One turn of a conversation: who spoke, what is theirs, and what they get back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.actions.messages import numbering
from bot.actions.messages.answering import Reply
from bot.actions.messages.conversation import Kept
from bot.actions.messages.numbering import Numbering
from bot.actions.tickets import visible
from bot.actions.tickets.tickets import deny, last_move
from bot.actions.work import Work
from bot.delivery.wording import Wording
from bot.rules.calendar.hours import WorkingTime
from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right, may
from bot.rules.tickets.lifecycle import Answer, Verb
from storage.records import Directory, Ticket, number_key

__all__ = ["Reply", "Turn", "Wish"]

COMPLETION_LENGTH = 2_000
MINUTE = timedelta(minutes=1)
WITHOUT_A_NAME = frozenset({"wrong_state", "request_over"})  # refusals that do not say who did what before


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What a command is asked to do: to which tickets, with which words."""

    command: str
    verb: Verb | None = None
    tickets: tuple[Ticket, ...] = ()
    text: str = ""
    request_id: int | None = None  # of a button that answers one request


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Everything an answer is made from, inside one transaction."""

    work: Work
    wording: Wording
    kept: Kept
    at: datetime  # the moment that counts: the chat server's, not after our receipt
    directory: Directory
    tickets: Sequence[Ticket]  # the person's own, open or just completed
    numbering: Numbering = field(default_factory=Numbering)
    replied: int | None = None  # the ticket whose message was answered, or whose button was pressed
    others: Sequence[Ticket] = ()  # not the person's own, but on their last list or waiting for their decision
    oversees: bool = False  # supervisor or desk, be it as a deputy
    board_url: str = ""  # where the board signs people in; empty: there is none

    @property
    def person_id(self) -> int:
        """Who spoke."""
        return self.kept.said.person_id

    @property
    def now(self) -> datetime:
        """The moment of the transaction."""
        return self.work.now

    @property
    def open(self) -> list[Ticket]:
        """The person's tickets on which something is still to be done."""
        return [ticket for ticket in self.tickets if ticket.state.open]

    @property
    def known(self) -> Mapping[str, str]:
        """Numbers the person may well name, by number key."""
        return {number_key(one.number): one.number for one in (*self.others, *self.tickets)}

    def working(self, ticket: Ticket) -> WorkingTime:
        """Working time of the ticket's unit on the calendar in force."""
        return self.work.working(ticket.unit_id)

    def may(self, right: Right, ticket: Ticket) -> bool:
        """Whether the person has the right on the ticket."""
        return may(self.person_id, right, ticket, self.directory, self.now)

    def seen(self, ticket_id: int) -> Ticket | None:
        """Return the ticket as it stands now, if the person may see it."""
        return visible.by_id(self.work, self.person_id, ticket_id)

    def remember(
        self, ids: Sequence[int] | None = None, *, command: str = "", text: str = "", about: int | None = None
    ) -> None:
        """Keep the short numbers, or others, with the command that waits for a choice or for words, if any."""
        listed = self.numbering.ticket_ids if ids is None else ids
        numbering.remember(self.work, self.person_id, listed, command, text, about)

    def ask(self, command: str, ticket: Ticket, text: str, question: str, **facts: object) -> Reply:
        """Ask for the words that are missing; what the person says next is taken for them, for ten minutes."""
        self.remember(command=command, text=text, about=ticket.id)
        asked = self.wording(f"ask.{question}", number=ticket.number, account=ticket.account_name, **facts)
        return Reply(text=asked, ticket_id=ticket.id, reason="asked_words", keeps_card=True)

    def refuse(self, refused: MoveRefused, ticket: Ticket | None = None, verb: str = "") -> Reply:
        """Say why something was not done; a button of somebody else's goes into the ticket's story."""
        text, number = self.wording.refusal(refused), ticket.id if ticket else None
        if ticket is not None and refused.key in WITHOUT_A_NAME:
            text += self._last_move(ticket)
        if refused.key != "not_yours" or ticket is None or self.replied is None:
            return Reply(text=text, ticket_id=number, reason=refused.key)
        deny(self.work, ticket.id, verb, self.answer(""))
        return Reply(text=text, ticket_id=number, reason=refused.key, private=True)

    def _last_move(self, ticket: Ticket) -> str:
        last = last_move(self.work, ticket.id)
        if last is None or not self.wording.has(f"verb.{last.kind}"):
            return ""
        who = self.name(int(last.actor.removeprefix("person:")))
        verb = self.wording(f"verb.{last.kind}")
        return self.wording("chat.last_move", who=who, at=self.wording.moment(last.at), verb=verb)

    def name(self, person_id: int | None) -> str:
        """Return a person's name; a dash where nobody is known."""
        person = self.directory.people.get(person_id or 0)
        return person.name if person else "—"

    def answer(self, text: str) -> Answer:
        """Return what was said as the rules take it; the raw words are kept as they came."""
        said, received = self.kept.said, self.kept.received_at
        late = bool(said.on_behalf_of) and received - self.at >= MINUTE
        return Answer(
            person_id=said.person_id,
            at=self.at,
            text=self._cut(text),
            via=f"{said.via}:{said.on_behalf_of}" if said.on_behalf_of else said.via,
            # Half of a surrogate pair cannot be hashed into the journal.
            raw=said.text.encode(errors="replace").decode(),
            message_id=said.event_id.encode(errors="replace").decode(),
            recorded_at=received if late else None,
        )

    def _cut(self, text: str) -> str:
        if len(text) <= COMPLETION_LENGTH:
            return text
        word = self.wording("chat.cut")
        return text[: COMPLETION_LENGTH - len(word)] + word
