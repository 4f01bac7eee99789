"""A person's short numbers, and the question that waits for a choice from them or for words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.actions.work import Work
from storage.messages import questions
from storage.records import Question
from storage.tickets import tickets

QUESTION_TTL = timedelta(minutes=10)
NUMBERS_TTL = timedelta(days=30)  # after the last list, even for tickets still open
MAX_NUMBERS = 99  # two digits, as people type them
NO_TICKET = 0  # what a question is about that concerns no ticket


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


def current(work: Work, person_id: int) -> Numbering:
    """Return a person's short numbers; none where no list was shown for long."""
    question = questions.pending(work.conn, person_id, work.now)
    if question is None:
        return Numbering()
    fresh = work.now < question.asked_at + QUESTION_TTL
    return Numbering(
        ticket_ids=question.ticket_ids,
        command=question.command,
        text=question.text,
        waiting=bool(question.command) and fresh,
        about=question.about if fresh else None,
    )


def remember(
    work: Work,
    person_id: int,
    ticket_ids: Sequence[int],
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
        asked_at=work.now,
        expires_at=work.now + NUMBERS_TTL,
        about=about,
    )
    questions.ask(work.conn, question)


def numbered(work: Work, known: Sequence[int], wanted: Sequence[int]) -> tuple[int, ...]:
    """Give tickets their short numbers and return all of the person's, by number.

    A ticket keeps its number while it is open, so that an answer to an older list never meets another ticket. When
    none of the numbered is open any more, or two digits do not suffice, counting starts anew.
    """
    found = tickets.by_ids(work.conn, set(known)) if known else {}
    standing = tuple(known) if any(one.state.open for one in found.values()) else ()
    fresh = [one for one in dict.fromkeys(wanted) if one not in standing]
    together = (*standing, *fresh)
    return together if len(together) <= MAX_NUMBERS else tuple(dict.fromkeys(wanted))[:MAX_NUMBERS]


def renumber(work: Work, person_id: int, ticket_ids: Sequence[int]) -> tuple[int, ...]:
    """Number the tickets of a list the person is sent unasked, and return all of theirs; a question goes on waiting."""
    waits = questions.pending(work.conn, person_id, work.now)
    numbers = numbered(work, waits.ticket_ids if waits else (), ticket_ids)
    if waits is not None and waits.command and work.now < waits.asked_at + QUESTION_TTL:
        questions.ask(work.conn, replace(waits, ticket_ids=numbers))
    else:
        remember(work, person_id, numbers)
    return numbers
