"""What people ask somebody above to decide: pending until it is decided, taken back or overtaken."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select, update

from storage import tables
from storage.records import Request, RequestKind, Ruling
from storage.sql.database import Connection
from storage.sql.numbering import reserve
from storage.tables import requests


def next_id(conn: Connection) -> int:
    """Return the id of the request about to be written in this transaction."""
    [number] = reserve(conn, tables.requests, 1)
    return number


def add(conn: Connection, new: Sequence[Request]) -> None:
    """Insert requests that carry reserved ids."""
    if new:
        conn.execute(insert(requests), [asdict(one) for one in new])


def settle(conn: Connection, rulings: Sequence[Ruling]) -> None:
    """Write what became of requests that were pending."""
    for ruling in rulings:
        pending = (requests.c.id == ruling.request_id, requests.c.decided_at.is_(None))
        values = {"granted": ruling.granted, "decided_by": ruling.by, "decided_at": ruling.at}
        conn.execute(update(requests).where(*pending).values(values))


def lapse(conn: Connection, ticket_ids: Iterable[int], at: datetime) -> None:
    """End what is pending on tickets that moved on."""
    wanted = list(ticket_ids)
    if wanted:
        pending = (requests.c.ticket_id.in_(wanted), requests.c.decided_at.is_(None))
        conn.execute(update(requests).where(*pending).values(decided_at=at))


def reopen(conn: Connection, ids: Iterable[int]) -> None:
    """Let requests wait again whose decision was taken back."""
    wanted = list(ids)
    if wanted:
        blank = {"granted": None, "decided_by": None, "decided_at": None}
        conn.execute(update(requests).where(requests.c.id.in_(wanted)).values(blank))


def by_ids(conn: Connection, ids: Iterable[int]) -> dict[int, Request]:
    """Return requests by id."""
    wanted = list(ids)
    return {one.id: one for one in _read(conn, requests.c.id.in_(wanted))} if wanted else {}


def of_ticket(conn: Connection, ticket_id: int) -> list[Request]:
    """Return every request about a ticket, oldest first."""
    return _read(conn, requests.c.ticket_id == ticket_id)


def of_tickets(conn: Connection, ticket_ids: Iterable[int]) -> list[Request]:
    """Return every request about these tickets, oldest first."""
    return _read(conn, requests.c.ticket_id.in_(list(ticket_ids)))


def pending(conn: Connection, ticket_ids: Iterable[int] | None = None) -> list[Request]:
    """Return what waits for a decision, oldest first; about these tickets when named."""
    open_ones = requests.c.decided_at.is_(None)
    if ticket_ids is None:
        return _read(conn, open_ones)
    wanted = list(ticket_ids)
    return _read(conn, open_ones, requests.c.ticket_id.in_(wanted)) if wanted else []


def _read(conn: Connection, *conditions: ColumnElement[bool]) -> list[Request]:
    rows = conn.execute(select(requests).where(*conditions).order_by(requests.c.id)).mappings()
    return [_record(row) for row in rows]


def _record(row: Any) -> Request:
    return Request(**{**row, "kind": RequestKind(row["kind"])})
