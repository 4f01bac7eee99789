"""The append-only, chained story of each ticket: the evidence."""

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import insert, select

from storage.records import JournalDraft, JournalKey, JournalKind, JournalLine, Ticket
from storage.sql.database import Connection, journal_key
from storage.sql.prepared import Bulk
from storage.sql.types import canonical
from storage.sql.upsert import upsert
from storage.tables import journal, meta, unproved
from storage.tickets.chains import SYSTEM, SYSTEM_KEY, Head, hashed, system_head

__all__ = ["SYSTEM", "chain", "last_at", "of_kind", "read", "write", "write_system"]

KEPT_KEY = "journal_key"
NAMES = ("ticket_id", "seq", "at", "kind", "actor", "data", "previous_hash", "hash")
_INSERT = Bulk(lambda _: insert(journal), NAMES)
_WAITS = Bulk(lambda _: insert(unproved), ("ticket_id", "seq", "head", "lines"))
_row = itemgetter(*NAMES)
_LINE = [journal.c[field.name] for field in fields(JournalLine)]


def kept_key(conn: Connection) -> str:
    """Return the sealed key of the journals; empty where it was never changed with that of the house."""
    return conn.execute(select(meta.c.value).where(meta.c.key == KEPT_KEY)).scalar() or ""


def keep_key(conn: Connection, sealed: str) -> None:
    """Keep the sealed key of the journals, which go on with the one they began with."""
    upsert(conn, meta, ("key",), [{"key": KEPT_KEY, "value": sealed}])


def chain(ticket: Ticket, drafts: Sequence[JournalDraft], key: JournalKey) -> tuple[Head, list[dict[str, Any]]]:
    """Append drafts to the ticket's chain: its new head, and the rows to write."""
    seq, last, rows = _extend(ticket.id, ticket.journal_seq, ticket.journal_hash, drafts, key)
    return (seq, last), rows


def write_system(conn: Connection, drafts: Sequence[JournalDraft]) -> None:
    """Append to the journal of the house: what concerns no single ticket (register, calendar, operator's acts)."""
    seq, head = system_head(conn, lock=True)
    seq, head, rows = _extend(SYSTEM, seq, head, drafts, journal_key(conn))
    write(conn, rows)
    upsert(conn, meta, ("key",), [{"key": SYSTEM_KEY, "value": f"{seq} {head}"}])


def write(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert lines made by `chain`; they wait to enter the tree that proves them."""
    _INSERT.run(conn, [*map(_row, rows)])
    _WAITS.run(conn, _waiting(rows))


def read(conn: Connection, ticket_id: int) -> list[JournalLine]:
    """Return the ticket's lines, oldest first."""
    query = select(*_LINE).where(journal.c.ticket_id == ticket_id).order_by(journal.c.seq)
    return [_line(row) for row in conn.execute(query).mappings()]


def of_kind(conn: Connection, ticket_ids: Sequence[int], kind: JournalKind) -> list[JournalLine]:
    """Return the lines of one kind of these tickets, oldest first in each."""
    mine = (journal.c.ticket_id.in_(ticket_ids), journal.c.kind == kind)
    query = select(*_LINE).where(*mine).order_by(journal.c.ticket_id, journal.c.seq)
    return [_line(row) for row in conn.execute(query).mappings()]


def last_at(conn: Connection, ticket_id: int, *kinds: JournalKind) -> datetime | None:
    """Return when the ticket's last line of these kinds was written; None if there is none."""
    query = select(journal.c.at).where(journal.c.ticket_id == ticket_id, journal.c.kind.in_(kinds))
    found: datetime | None = conn.execute(query.order_by(journal.c.seq.desc()).limit(1)).scalar_one_or_none()
    return found


def _waiting(rows: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    """Where each chain stands after these lines, and how many of them are its own."""
    waiting: dict[int, tuple[object, ...]] = {}
    counts: dict[int, int] = {}
    for row in rows:
        number = row["ticket_id"]
        counts[number] = counts.get(number, 0) + 1
        waiting[number] = (number, row["seq"], row["hash"], counts[number])
    return [*waiting.values()]


def _extend(
    ticket_id: int, seq: int, previous: str, drafts: Sequence[JournalDraft], key: JournalKey
) -> tuple[int, str, list[dict[str, Any]]]:
    rows = []
    for draft in drafts:
        seq += 1
        row = {
            "ticket_id": ticket_id,
            "seq": seq,
            "at": draft.at,
            "kind": draft.kind,
            "actor": draft.actor,
            "data": canonical(draft.data),
            "previous_hash": previous,
        }
        previous = row["hash"] = key.mac(hashed(row))
        rows.append(row)
    return seq, previous, rows


def _line(row: Any) -> JournalLine:
    return JournalLine(**{**row, "kind": JournalKind(row["kind"]), "data": json.loads(row["data"])})
