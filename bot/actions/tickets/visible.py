"""Which tickets a person has, may see, or saw go."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.actions.work import Work
from bot.rules.people.routing import stood_in_for
from bot.rules.tickets.access import Right, may, workers
from storage.messages import outbox
from storage.records import OPEN_STATES, JournalKind, Ticket, TicketState
from storage.tickets import journal, tickets

GIVEN = frozenset({JournalKind.TRANSFER, JournalKind.REASSIGNED})
OF_A_PERSON = OPEN_STATES | {TicketState.COMPLETED}  # archived ones are named in full


@dataclass(frozen=True, kw_only=True, slots=True)
class MovedAway:
    """Who gave a ticket to other people, when, and to whom."""

    number: str
    by: int | None  # None: the register names somebody else
    at: datetime
    target: str


def tickets_of(work: Work, person_id: int) -> list[Ticket]:
    """Return a person's open and just completed tickets, by receipt: as A角, B角, leader, deputy or holder."""
    directory, now = work.directory, work.now
    people = {person_id} | stood_in_for(person_id, directory, now)
    accounts = {account_id for (account_id, _role), who in directory.duties.items() if who in people}
    found = tickets.of_people(work.conn, sorted(accounts), sorted(people), sorted(OF_A_PERSON))
    return [one for one in found if person_id in workers(one, directory, now)]


def by_number(work: Work, person_id: int, number: str) -> list[Ticket]:
    """Return the tickets of that number the person may see, whatever their state."""
    found = tickets.by_number(work.conn, number)
    return [one for one in found if may(person_id, Right.SEE, one, work.directory, work.now)]


def by_id(work: Work, person_id: int, ticket_id: int) -> Ticket | None:
    """Return the ticket if the person may see it."""
    found = tickets.by_ids(work.conn, [ticket_id]).get(ticket_id)
    return found if found is not None and may(person_id, Right.SEE, found, work.directory, work.now) else None


def by_ids(work: Work, person_id: int, ids: Sequence[int]) -> list[Ticket]:
    """Return those of the tickets the person may see, in the order asked."""
    found = tickets.by_ids(work.conn, ids)
    return [
        found[one] for one in ids if one in found and may(person_id, Right.SEE, found[one], work.directory, work.now)
    ]


def moved_away(work: Work, person_id: int, ticket_id: int) -> MovedAway | None:
    """Return where a ticket went that a person was told about and has no part in any more; None for all others."""
    if not any(one.person_id == person_id for one in outbox.of_ticket(work.conn, ticket_id)):
        return None
    given = [one for one in journal.read(work.conn, ticket_id) if one.kind in GIVEN]
    if not given:
        return None
    [ticket] = tickets.by_ids(work.conn, [ticket_id]).values()
    last = given[-1]
    by = int(last.actor.removeprefix("person:")) if last.kind == JournalKind.TRANSFER else None
    target = last.data.get("target", last.data.get("name", ""))
    return MovedAway(number=ticket.number, by=by, at=last.at, target=str(target))
