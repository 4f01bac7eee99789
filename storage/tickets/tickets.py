"""Tickets: one row each, with the moment the tick must look again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, insert, select, update

from storage.records import OPEN_STATES, DeadlineStatus, Ticket, TicketState, number_key
from storage.sql.database import Connection
from storage.sql.prepared import Bulk, Lookup, one_of
from storage.tables import tickets
from storage.tickets.chains import Head

FIELDS = tuple(field.name for field in fields(Ticket))
COLUMNS = tuple(tickets.c[name] for name in FIELDS)
FIXED = {"id", "source", "number", "received_at", "issued_at", "created_at", "version"}
MUTABLE = tuple(name for name in FIELDS if name not in FIXED)
LAST = ("steps_taken", "journal_seq", "journal_hash")  # not taken over as they stand on the ticket
INSERTED = tuple(name for name in FIELDS if name not in LAST)
UPDATED = tuple(name for name in MUTABLE if name not in LAST)
ENDED = [state.value for state in TicketState if state not in OPEN_STATES]

# The version in the WHERE is the lock: a row changed by somebody else since it was read is not matched.
_UPDATE = Bulk(
    lambda _: (
        update(tickets)
        .where(tickets.c.id == bindparam("b_id"), tickets.c.version == bindparam("b_version"))
        .values({name: bindparam(name) for name in (*MUTABLE, "version")})
    ),
    ("b_id", "b_version", *UPDATED, *LAST, "version"),
)
_INSERT = Bulk(lambda _: insert(tickets), (*INSERTED, *LAST, "number_key"))
_inserted = attrgetter(*INSERTED)
_head = attrgetter("journal_seq", "journal_hash")
_updated = attrgetter("id", "version", *UPDATED)
_KNOWN = Lookup(
    lambda dialect: select(tickets.c.number_key, tickets.c.id).where(
        tickets.c.source == bindparam("source"), one_of(dialect, tickets.c.number_key, "keys")
    ),
    ("source", "keys"),
)

_BY_IDS = select(*COLUMNS).where(tickets.c.id.in_(bindparam("ids", expanding=True))).order_by(tickets.c.id)
_BY_IDS_STEADILY = _BY_IDS.with_for_update()
_OF_PEOPLE = (
    select(*COLUMNS)
    .where(
        tickets.c.state.in_(bindparam("states", expanding=True)),
        tickets.c.account_id.in_(bindparam("accounts", expanding=True))
        | tickets.c.holder_id.in_(bindparam("holders", expanding=True)),
    )
    .order_by(tickets.c.received_at, tickets.c.id)
)
_DUE = (
    select(*COLUMNS)
    .where(tickets.c.next_step_at <= bindparam("now"))
    .order_by(tickets.c.next_step_at, tickets.c.id)
    .limit(bindparam("many"))
    .with_for_update(skip_locked=True)
)


class VersionConflict(Exception):
    """Somebody else changed a ticket since it was read; load it again and decide again."""


def insert_all(conn: Connection, new: Sequence[Ticket], heads: Sequence[Head] | None = None) -> None:
    """Insert tickets that carry reserved ids, with the new heads of their journals if those moved on."""
    rows = [
        (*_inserted(one), " ".join(one.steps_taken), *head, number_key(one.number))
        for one, head in zip(new, heads or map(_head, new), strict=True)
    ]
    _INSERT.run(conn, rows)


def save(conn: Connection, changed: Sequence[Ticket], heads: Sequence[Head] | None = None) -> None:
    """Write tickets that were read at `version`, and count the version up; VersionConflict when one moved on."""
    rows = [
        (*_updated(one), " ".join(one.steps_taken), *head, one.version + 1)
        for one, head in zip(changed, heads or map(_head, changed), strict=True)
    ]
    if _UPDATE.run(conn, rows) != len(rows):
        raise VersionConflict


def known_numbers(conn: Connection, source: str, keys: Iterable[str]) -> dict[str, int]:
    """Return number key → ticket id for those of the keys this source already brought."""
    return dict(_KNOWN.all(conn, source, list(keys)))


def due(conn: Connection, now: datetime, limit: int) -> list[Ticket]:
    """Return the tickets whose next look is due, locked until the transaction ends; another node skips them."""
    return _read(conn, _DUE, {"now": now, "many": limit})


def next_look(conn: Connection) -> datetime | None:
    """Return the earliest moment any ticket wants a look."""
    column = tickets.c.next_step_at
    return conn.execute(select(column).where(column.is_not(None)).order_by(column).limit(1)).scalar_one_or_none()


def by_ids(conn: Connection, ids: Iterable[int], *, lock: bool = False) -> dict[int, Ticket]:
    """Return the tickets by id; locked in id order until the transaction ends when asked."""
    wanted = sorted(set(ids))
    found = _read(conn, _BY_IDS_STEADILY if lock else _BY_IDS, {"ids": wanted}) if wanted else []
    return {one.id: one for one in found}


def by_number(conn: Connection, number: str) -> list[Ticket]:
    """Return the tickets of all sources that carry this number."""
    return _read(conn, select(*COLUMNS).where(tickets.c.number_key == number_key(number)).order_by(tickets.c.id))


def of_people(
    conn: Connection, account_ids: Iterable[int], holder_ids: Iterable[int], states: Iterable[TicketState]
) -> list[Ticket]:
    """Return the tickets in these states of these accounts, or held by these people, by receipt."""
    values = {"accounts": list(account_ids), "holders": list(holder_ids), "states": list(states)}
    return _read(conn, _OF_PEOPLE, values)


def matching(conn: Connection, *conditions: ColumnElement[bool], lock: bool = False) -> list[Ticket]:
    """Return the tickets that fulfil storage's own conditions, by receipt."""
    query = select(*COLUMNS).where(*conditions).order_by(tickets.c.received_at, tickets.c.id)
    return _read(conn, query.with_for_update() if lock else query)


def open_unmatched(conn: Connection) -> list[Ticket]:
    """Return the open tickets of accounts nobody knows, locked."""
    return matching(conn, is_open(), tickets.c.account_id.is_(None), lock=True)


def completed(conn: Connection, unit_ids: frozenset[int] | None, limit: int) -> list[Ticket]:
    """Return completed tickets not archived yet, of some units when named, the last completed first."""
    of_units = [] if unit_ids is None else [tickets.c.unit_id.in_(sorted(unit_ids))]
    query = select(*COLUMNS).where(tickets.c.state == TicketState.COMPLETED, *of_units)
    return _read(conn, query.order_by(tickets.c.completed_at.desc(), tickets.c.id.desc()).limit(limit))


def open_after(conn: Connection, ticket_id: int, limit: int, *, lock: bool) -> list[Ticket]:
    """Return the next open tickets by id after that one; locked until the transaction ends when asked."""
    query = select(*COLUMNS).where(is_open(), tickets.c.id > ticket_id).order_by(tickets.c.id).limit(limit)
    return _read(conn, query.with_for_update() if lock else query)


def count_waiting(conn: Connection) -> int:
    """Return how many open tickets wait for the schedule of an unpublished year."""
    waits = tickets.c.deadline_status == DeadlineStatus.UNPUBLISHED
    return conn.execute(select(func.count()).select_from(tickets).where(is_open(), waits)).scalar_one()


def count(conn: Connection) -> int:
    """Return how many tickets there are."""
    return conn.execute(select(func.count()).select_from(tickets)).scalar_one()


def is_open() -> ColumnElement[bool]:
    """The condition "somebody still has to do something"."""
    # Written out as ix_tickets_open writes it: SQLite takes a partial index only where it recognises its condition.
    return tickets.c.state.not_in(bindparam("ended_states", ENDED, expanding=True, literal_execute=True))


def _read(conn: Connection, query: Select[Any], values: Mapping[str, object] | None = None) -> list[Ticket]:
    found = []
    for row in conn.execute(query, values).all():
        one = dict(zip(FIELDS, row, strict=True))
        one["state"] = TicketState(one["state"])
        one["deadline_status"] = DeadlineStatus(one["deadline_status"])
        one["steps_taken"] = tuple(one["steps_taken"].split())
        found.append(Ticket(**one))
    return found
