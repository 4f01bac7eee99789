"""The append-only, hash-chained story of each ticket: the evidence."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select

from storage.database import Connection
from storage.records import JournalDraft, JournalLine, Ticket
from storage.tables import journal, tickets
from storage.types import canonical

PAGE = 2000


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """The first line of a ticket's journal that does not follow from the one before."""

    ticket_id: int
    seq: int
    reason: str


def chain(ticket: Ticket, drafts: Sequence[JournalDraft]) -> tuple[Ticket, list[dict[str, Any]]]:
    """Append drafts to the ticket's chain: the ticket with its new head, and the rows to write."""
    seq, previous, rows = ticket.journal_seq, ticket.journal_hash, []
    for draft in drafts:
        seq += 1
        row = {
            "ticket_id": ticket.id,
            "seq": seq,
            "at": draft.at,
            "kind": draft.kind,
            "actor": draft.actor,
            "data": canonical(draft.data),
            "previous_hash": previous,
        }
        previous = row["hash"] = _hash(row)
        rows.append(row)
    return replace(ticket, journal_seq=seq, journal_hash=previous), rows


def write(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert lines made by `chain`."""
    if rows:
        conn.execute(insert(journal), rows)


def read(conn: Connection, ticket_id: int) -> list[JournalLine]:
    """Return the ticket's lines, oldest first."""
    query = select(journal).where(journal.c.ticket_id == ticket_id).order_by(journal.c.seq)
    return [_line(row) for row in conn.execute(query).mappings()]


def verify(conn: Connection, ticket_ids: Iterable[int] | None = None) -> Iterator[tuple[int, Broken | None]]:
    """Check every chain against its lines and its ticket's head; yields (ticket id, first broken line or None)."""
    heads = select(tickets.c.id, tickets.c.journal_seq, tickets.c.journal_hash).order_by(tickets.c.id)
    if ticket_ids is not None:
        heads = heads.where(tickets.c.id.in_(list(ticket_ids)))
    last = 0
    while page := conn.execute(heads.where(tickets.c.id > last).limit(PAGE)).all():
        last = page[-1].id
        lines = _rows_by_ticket(conn, page[0].id, last)
        for head in page:
            yield head.id, _first_broken(head.id, lines.get(head.id, []), head.journal_seq, head.journal_hash)


def _rows_by_ticket(conn: Connection, first: int, last: int) -> dict[int, list[dict[str, Any]]]:
    query = select(journal).where(journal.c.ticket_id.between(first, last)).order_by(journal.c.ticket_id, journal.c.seq)
    found: dict[int, list[dict[str, Any]]] = {}
    for row in conn.execute(query).mappings():
        found.setdefault(row["ticket_id"], []).append(dict(row))
    return found


def _first_broken(ticket_id: int, rows: list[dict[str, Any]], seq: int, head: str) -> Broken | None:
    previous = ""
    for expected, row in enumerate(rows, 1):
        if row["seq"] != expected:
            return Broken(ticket_id=ticket_id, seq=expected, reason="缺少这一行")
        if row["previous_hash"] != previous or row["hash"] != _hash(row):
            return Broken(ticket_id=ticket_id, seq=expected, reason="内容与校验值不符")
        previous = row["hash"]
    if len(rows) != seq or previous != head:
        return Broken(ticket_id=ticket_id, seq=len(rows) + 1, reason="末尾缺行,或工单与流水的末行不符")
    return None


def _hash(row: dict[str, Any]) -> str:
    moment: datetime = row["at"]
    text = "\n".join(
        (
            row["previous_hash"],
            str(row["ticket_id"]),
            str(row["seq"]),
            moment.astimezone(UTC).isoformat(timespec="microseconds"),
            row["kind"],
            row["actor"],
            row["data"],
        )
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _line(row: Any) -> JournalLine:
    return JournalLine(**{**row, "data": json.loads(row["data"])})
