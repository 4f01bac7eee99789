"""What a conversation keeps: a person's raw words, the last numbered list, the question that waits; their tickets."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bot.rules.access import Right, may, workers
from bot.rules.lifecycle import Verb
from storage import inbound, journal, outbox, questions, tickets
from storage.database import Connection
from storage.records import (
    OPEN_STATES,
    AnswerTo,
    Directory,
    InboundState,
    MessageDraft,
    MessageKind,
    Question,
    Ticket,
    TicketState,
)
from storage.types import canonical

KIND = "chat"
QUESTION_STANDS = timedelta(minutes=10)
NUMBERS_STAND = timedelta(days=30)  # after the last list, even for tickets still open
MOST_NUMBERS = 99  # two digits, as people type them
NO_TICKET = 0  # what a question is about that concerns no ticket
EVENT_ID_LENGTH = 128
OF_A_PERSON = OPEN_STATES | {TicketState.COMPLETED}  # archived ones are named in full


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A person's words as they came; `at` is the chat server's time."""

    person_id: int
    text: str
    at: datetime
    via: str
    event_id: str
    reply_to_ticket: int | None = None
    on_behalf_of: str = ""
    answer_to: AnswerTo | None = None  # None: the asker is on the line and reads the reply at once
    action: str = ""  # of a button that was pressed: "ack:12"; the text then is its label, or nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """Words that are safe in the database and wait to be answered."""

    id: int
    received_at: datetime
    said: Said


@dataclass(frozen=True, kw_only=True, slots=True)
class Moved:
    """Who gave a ticket to other people, when, and to whom."""

    number: str
    by: int
    at: datetime
    target: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Numbering:
    """A person's short numbers, and the command that waits for a choice from them or for missing words."""

    ticket_ids: tuple[int, ...] = ()  # by their numbers, counted from 1
    command: str = ""
    text: str = ""
    waiting: bool = False  # the command still waits; False once its ten minutes are over
    about: int | None = None  # the ticket whose missing words the command waits for, or that was spoken of just now

    @property
    def words(self) -> bool:
        """Whether the command waits for words, rather than for a choice."""
        return self.waiting and self.about is not None

    def ticket(self, place: int) -> int | None:
        """Return the ticket at a place, counted from 1."""
        return self.ticket_ids[place - 1] if 0 < place <= len(self.ticket_ids) else None


def keep(conn: Connection, said: Said, now: datetime) -> Kept | None:
    """Keep a person's words in this transaction; None when they were answered already."""
    event_id = _event_id(said.event_id)
    number = inbound.keep_once(conn, KIND, said.via, event_id, now, _raw(said))
    if number is not None:
        return Kept(id=number, received_at=now, said=said)
    kept = inbound.event(conn, KIND, said.via, event_id)
    return Kept(id=kept.id, received_at=kept.received_at, said=said) if kept.state == InboundState.WAITING else None


def hold(conn: Connection, kept: Kept) -> bool:
    """Take the words for this transaction; False when another node answered them meanwhile."""
    return inbound.hold_waiting(conn, kept.id)


def waiting(conn: Connection, limit: int = 100) -> list[Kept]:
    """Return the words that were kept and never answered, the oldest first."""
    rows = inbound.in_state(conn, InboundState.WAITING, KIND, limit)
    read = ((row, _said(row.raw, row.source, row.event_id)) for row in rows)
    return [Kept(id=row.id, received_at=row.received_at, said=said) for row, said in read if said is not None]


def settle(conn: Connection, kept: Kept, reason: str = "", ticket_id: int | None = None) -> None:
    """Say that the words were answered."""
    inbound.settle(conn, kept.id, InboundState.SETTLED, reason, ticket_id)


def set_aside(conn: Connection, kept: Kept, reason: str) -> None:
    """Put words aside that nothing could be done with."""
    inbound.settle(conn, kept.id, InboundState.SET_ASIDE, reason)


def tickets_of(conn: Connection, directory: Directory, person_id: int, now: datetime) -> list[Ticket]:
    """Return a person's open and just completed tickets, by receipt: as A角, B角, leader, deputy or holder."""
    people = {person_id} | {
        absent
        for absent, leaves in directory.leaves.items()
        if any(one.deputy_id == person_id and one.starts_at <= now < one.ends_at for one in leaves)
    }
    accounts = {account_id for (account_id, _role), who in directory.duties.items() if who in people}
    found = tickets.of_people(conn, sorted(accounts), sorted(people), sorted(OF_A_PERSON))
    return [one for one in found if person_id in workers(one, directory, now)]


def find(conn: Connection, directory: Directory, person_id: int, number: str, now: datetime) -> list[Ticket]:
    """Return the tickets of that number the person may see, whatever their state."""
    found = tickets.by_number(conn, number)
    return [one for one in found if may(person_id, Right.SEE, one, directory, now)]


def seen(conn: Connection, directory: Directory, person_id: int, ticket_id: int, now: datetime) -> Ticket | None:
    """Return the ticket if the person may see it."""
    found = tickets.by_ids(conn, [ticket_id]).get(ticket_id)
    return found if found is not None and may(person_id, Right.SEE, found, directory, now) else None


def visible(conn: Connection, directory: Directory, person_id: int, ids: Sequence[int], now: datetime) -> list[Ticket]:
    """Return those of the tickets the person may see, in the order asked."""
    found = tickets.by_ids(conn, ids)
    return [found[one] for one in ids if one in found and may(person_id, Right.SEE, found[one], directory, now)]


def moved_away(conn: Connection, person_id: int, ticket_id: int) -> Moved | None:
    """Return where a ticket went that a person was told about and has no part in any more; None for all others."""
    if not any(one.person_id == person_id for one in outbox.of_ticket(conn, ticket_id)):
        return None
    given = [one for one in journal.read(conn, ticket_id) if one.kind == Verb.TRANSFER]
    if not given:
        return None
    [ticket] = tickets.by_ids(conn, [ticket_id]).values()
    last = given[-1]
    by = int(last.actor.removeprefix("person:"))
    return Moved(number=ticket.number, by=by, at=last.at, target=str(last.data.get("target", "")))


def numbering(conn: Connection, person_id: int, now: datetime) -> Numbering:
    """Return a person's short numbers; none where no list was shown for long."""
    question = questions.pending(conn, person_id, now)
    if question is None:
        return Numbering()
    fresh = now < question.asked_at + QUESTION_STANDS
    return Numbering(
        ticket_ids=question.ticket_ids,
        command=question.command,
        text=question.text,
        waiting=bool(question.command) and fresh,
        about=question.about if fresh else None,
    )


def remember(
    conn: Connection,
    person_id: int,
    ticket_ids: Sequence[int],
    now: datetime,
    command: str = "",
    text: str = "",
    about: int | None = None,
) -> None:
    """Remember a person's short numbers, with the command that waits for a choice, if any.

    With `about` the command waits for words about that ticket instead.
    """
    question = Question(
        person_id=person_id,
        command=command,
        text=text,
        ticket_ids=tuple(ticket_ids),
        asked_at=now,
        expires_at=now + NUMBERS_STAND,
        about=about,
    )
    questions.ask(conn, question)


def numbered(conn: Connection, known: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Give tickets their short numbers and return all of the person's, by number.

    A ticket keeps its number while it is open, so that an answer to an older list never meets another ticket. When
    none of the numbered is open any more, or two digits do not suffice, counting starts anew.
    """
    found = tickets.by_ids(conn, set(known)) if known else {}
    standing = tuple(known) if any(one.state.open for one in found.values()) else ()
    fresh = [one for one in dict.fromkeys(wanted) if one not in standing]
    together = (*standing, *fresh)
    return together if len(together) <= MOST_NUMBERS else tuple(dict.fromkeys(wanted))[:MOST_NUMBERS]


def renumber(conn: Connection, person_id: int, ticket_ids: Sequence[int], now: datetime) -> tuple[int, ...]:
    """Number the tickets of a list the person is sent unasked, and return all of theirs; a question goes on waiting."""
    waits = questions.pending(conn, person_id, now)
    numbers = numbered(conn, waits.ticket_ids if waits else (), ticket_ids)
    if waits is not None and waits.command and now < waits.asked_at + QUESTION_STANDS:
        questions.ask(conn, replace(waits, ticket_ids=numbers))
    else:
        remember(conn, person_id, numbers, now)
    return numbers


def put_answer(
    conn: Connection,
    kept: Kept,
    text: str,
    buttons: Sequence[tuple[str, str]],
    now: datetime,
    *,
    ticket_id: int | None = None,
    private: bool = False,
    keeps_card: bool = False,
) -> None:
    """Enqueue an answer, to go back where the person spoke; a private one to the person alone.

    The card pressed is brought to its new state, unless it stays as it is. A reply to the answer means its ticket.
    """
    to = kept.said.answer_to
    params: dict[str, object] = {"text": text, "buttons": [list(one) for one in buttons]}
    if to is not None and (private or keeps_card):
        to = replace(to, edits="")
    if to is not None and private and to.private:
        to = replace(to, address=to.private, reply_to="")
    if to is not None:
        params["to"] = asdict(to)
    draft = MessageDraft(
        intent=f"answer:{kept.id}:p{kept.said.person_id}",
        person_id=kept.said.person_id,
        kind=MessageKind.ANSWER,
        ticket_id=ticket_id,
        urgency=0,
        params=params,
    )
    outbox.put(conn, [draft], now)


def _event_id(given: str) -> str:
    """The event's id as it fits its column; a long or unprintable one by its hash."""
    if len(given) <= EVENT_ID_LENGTH and given.isprintable():
        return given
    return "sha256:" + hashlib.sha256(given.encode(errors="backslashreplace")).hexdigest()


def _raw(said: Said) -> str:
    body = {
        "person": said.person_id,
        "text": said.text,
        "at": said.at.isoformat(),
        "reply_to": said.reply_to_ticket,
        "on_behalf_of": said.on_behalf_of,
        "answer_to": asdict(said.answer_to) if said.answer_to else None,
        "action": said.action,
    }
    # Half of a surrogate pair has no UTF-8 form; its escape is what JSON writes for it.
    return canonical(body).encode(errors="backslashreplace").decode()


def _said(raw: str, via: str, event_id: str) -> Said | None:
    try:
        body: Mapping[str, Any] = json.loads(raw)
        return Said(
            person_id=int(body["person"]),
            text=str(body["text"]),
            at=datetime.fromisoformat(body["at"]),
            via=via,
            event_id=event_id,
            reply_to_ticket=body["reply_to"],
            on_behalf_of=str(body["on_behalf_of"]),
            answer_to=AnswerTo(**body["answer_to"]) if body["answer_to"] else None,
            action=str(body.get("action", "")),
        )
    except (ValueError, KeyError, TypeError):
        return None  # kept by a chat handler in its platform's own form
