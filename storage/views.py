"""Read-only answers for people: the facts of a week, the story of one ticket, the open tickets."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TypeVar

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from storage.messages import outbox
from storage.records import (
    Inbound,
    InboundState,
    JournalKind,
    JournalLine,
    Message,
    MessageKind,
    MessageState,
    Request,
    Role,
    StoryMessage,
    Telling,
    Ticket,
    TicketFacts,
    TicketState,
    TicketStory,
    Transfer,
)
from storage.sql.database import Connection
from storage.tables import duties, inbound, people, tickets, units
from storage.tables import outbox as messages
from storage.tickets import journal
from storage.tickets.requests import of_tickets as requests_of
from storage.tickets.tickets import by_ids, by_number, is_open, matching

CHUNK = 500  # ids asked for at once
T = TypeVar("T", Telling, Request)

SENT = (MessageState.ACCEPTED, MessageState.DELIVERED)
# These call on nobody: to have got one is not to have been told.
UNCOUNTED = (MessageKind.ANSWER, MessageKind.UPDATE, MessageKind.CARD)

_ACTOR = re.compile(r"person:(\d+)", re.ASCII)
_NOTE = re.compile(r"(?:on_leave|unreachable|no_chat):(\d+)", re.ASCII)


def weekly_facts(
    conn: Connection, since: datetime, until: datetime, unit_ids: frozenset[int] | None = None
) -> list[TicketFacts]:
    """Return the tickets open at some time in [since, until) or answered since, by receipt; of some units when named.

    For those past due it is told who was told what and when: what a channel took, alone or within a digest.
    """
    window = _window(since, until, unit_ids)
    found, names, duties_of = matching(conn, *window), _unit_names(conn), _duty_names(conn)
    late = [one.id for one in found if one.due_at is not None and one.due_at < until and one.overdue(until)]
    told = _by_ticket(_tellings(conn, some) for some in _chunks(late))
    moved = _transfers(conn, [one.id for one in found if one.reroutes])
    asked = _by_ticket(requests_of(conn, some) for some in _chunks([one.id for one in found]))
    return [
        TicketFacts(
            ticket=one,
            unit=names.get(one.unit_id or 0, ""),
            primary=duties_of.get((one.account_id or 0, Role.PRIMARY), ""),
            backup=duties_of.get((one.account_id or 0, Role.BACKUP), ""),
            requests=tuple(asked.get(one.id, ())),
            told=tuple(told.get(one.id, ())),
            transfers=tuple(moved.get(one.id, ())),
        )
        for one in found
    ]


def in_use_since(conn: Connection) -> datetime | None:
    """Return when the first ticket was taken in; None when there is none."""
    query = select(tickets.c.created_at).order_by(tickets.c.id).limit(1)
    return conn.execute(query).scalar_one_or_none()


def timeline(conn: Connection, ticket_id: int) -> TicketStory:
    """Return everything kept about a ticket; KeyError when there is none."""
    ticket = by_ids(conn, [ticket_id])[ticket_id]
    lines, told = journal.read(conn, ticket_id), outbox.of_ticket(conn, ticket_id)
    parents = {one.parent_id for one in told if one.parent_id is not None}
    digests = outbox.by_ids(conn, parents) if parents else {}
    names = _names(conn, _named(ticket, lines, told))
    return TicketStory(
        ticket=ticket,
        unit=_unit_names(conn).get(ticket.unit_id or 0, ""),
        lines=tuple(lines),
        messages=tuple(
            StoryMessage(message=one, person=names.get(one.person_id, ""), digest=digests.get(one.parent_id or 0))
            for one in told
        ),
        evidence=tuple(_evidence(conn, ticket_id)),
        names=names,
    )


def ticket_ids(conn: Connection, number: str, source: str = "") -> list[int]:
    """Return the ids of the tickets with that number, of one source when named."""
    found = by_number(conn, number)
    return [one.id for one in found if not source or one.source == source]


def overview(
    conn: Connection,
    *,
    overdue_at: datetime | None = None,
    unit_ids: frozenset[int] | None = None,
    limit: int = 200,
) -> list[Ticket]:
    """Return open tickets, the first due first and those without a due day last; only the overdue when asked."""
    conditions: list[ColumnElement[bool]] = [is_open(), *_of_units(unit_ids)]
    if overdue_at is not None:
        conditions.append(tickets.c.due_at <= overdue_at)
    order = (tickets.c.due_at.is_(None), tickets.c.due_at, tickets.c.received_at, tickets.c.id)
    ids = conn.execute(select(tickets.c.id).where(*conditions).order_by(*order).limit(limit)).scalars().all()
    found = by_ids(conn, ids)
    return [found[number] for number in ids]


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _by_ticket(found: Iterable[Iterable[T]]) -> dict[int, list[T]]:
    groups: dict[int, list[T]] = {}
    for one in chain.from_iterable(found):
        groups.setdefault(one.ticket_id, []).append(one)
    return groups


def _window(since: datetime, until: datetime, unit_ids: frozenset[int] | None) -> list[ColumnElement[bool]]:
    # Open tickets and false alarms have no completed_at, so both halves of the first condition use its index.
    return [
        or_(tickets.c.completed_at.is_(None), tickets.c.completed_at >= since),
        or_(tickets.c.state != TicketState.VOID, tickets.c.closed_at >= since),
        tickets.c.received_at < until,
        *_of_units(unit_ids),
    ]


def _of_units(unit_ids: frozenset[int] | None) -> list[ColumnElement[bool]]:
    return [] if unit_ids is None else [tickets.c.unit_id.in_(sorted(unit_ids))]


def _tellings(conn: Connection, ticket_ids: Sequence[int]) -> list[Telling]:
    """What was told about these tickets, in order."""
    digests = messages.alias("digests")
    alone = messages.c.state.in_(SENT)
    within = and_(messages.c.state == MessageState.BUNDLED, digests.c.state.in_(SENT))
    at = case((alone, messages.c.accepted_at), else_=digests.c.accepted_at)
    query = (
        select(
            messages.c.ticket_id,
            messages.c.person_id,
            func.coalesce(people.c.name, "").label("person"),
            messages.c.kind,
            messages.c.step,
            people.c.unit_id,
            at.label("at"),
        )
        .select_from(messages)
        .outerjoin(digests, digests.c.id == messages.c.parent_id)
        .outerjoin(people, people.c.id == messages.c.person_id)
        .where(messages.c.ticket_id.in_(ticket_ids), or_(alone, within), messages.c.kind.not_in(UNCOUNTED))
        .order_by(at, messages.c.id)
    )
    return [Telling(**{**row, "kind": MessageKind(row["kind"])}) for row in conn.execute(query).mappings()]


def _transfers(conn: Connection, ticket_ids: Sequence[int]) -> dict[int, list[Transfer]]:
    """How these tickets changed hands, oldest first."""
    lines = [line for some in _chunks(ticket_ids) for line in journal.of_kind(conn, some, JournalKind.TRANSFER)]
    names = _names(conn, [int(number) for line in lines for number in _ACTOR.findall(line.actor)])
    moved: dict[int, list[Transfer]] = {}
    for line in lines:
        found = _ACTOR.match(line.actor)
        by = names.get(int(found[1]), "") if found else ""
        moved.setdefault(line.ticket_id, []).append(Transfer.of(line, by))
    return moved


def _unit_names(conn: Connection) -> dict[int, str]:
    return {row.id: row.name for row in conn.execute(select(units.c.id, units.c.name))}


def _duty_names(conn: Connection) -> dict[tuple[int, Role], str]:
    query = select(duties.c.account_id, duties.c.role, people.c.name).join(people, people.c.id == duties.c.person_id)
    return {(row.account_id, Role(row.role)): row.name for row in conn.execute(query)}


def _names(conn: Connection, ids: Iterable[int]) -> dict[int, str]:
    wanted = sorted(set(ids))
    query = select(people.c.id, people.c.name).where(people.c.id.in_(wanted))
    return {row.id: row.name for row in conn.execute(query)} if wanted else {}


def _named(ticket: Ticket, lines: Sequence[JournalLine], told: Sequence[Message]) -> set[int]:
    found = {one.person_id for one in told}
    found.update(one for one in (ticket.holder_id, ticket.acknowledged_by, ticket.completed_by) if one is not None)
    for line in lines:
        found.update(map(int, _ACTOR.findall(line.actor)))
        for key in ("to", "instead"):
            found.update(one for one in _listed(line, key) if isinstance(one, int))
        found.update(int(number) for note in _listed(line, "notes") for number in _NOTE.findall(str(note)))
    return found


def _listed(line: JournalLine, key: str) -> list[object]:
    value = line.data.get(key)
    return value if isinstance(value, list) else [value]


def _evidence(conn: Connection, ticket_id: int) -> list[Inbound]:
    query = select(inbound).where(inbound.c.ticket_id == ticket_id).order_by(inbound.c.id)
    return [Inbound(**{**row, "state": InboundState(row["state"])}) for row in conn.execute(query).mappings()]
