"""The append-only, hash-chained story of each ticket: the evidence."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Select, exists, func, insert, select

from storage.records import JournalDraft, JournalKind, JournalLine, Ticket
from storage.sql.database import Connection
from storage.sql.prepared import Bulk
from storage.sql.types import canonical
from storage.sql.upsert import upsert
from storage.tables import journal, meta, tickets

PAGE_SIZE = 2000
NAMES = ("ticket_id", "seq", "at", "kind", "actor", "data", "previous_hash", "hash")
_INSERT = Bulk(lambda _: insert(journal), NAMES)
_row = itemgetter(*NAMES)
_LINE = [journal.c[field.name] for field in fields(JournalLine)]
Head = tuple[int, str]  # length of a chain, and the hash of its last line
UNREADABLE = (ValueError, TypeError)  # of a time on SQLite, which keeps it as text
SYSTEM, SYSTEM_KEY = 0, "house_journal"  # the chain that belongs to no ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """The first line of a ticket's journal that does not follow from the one before."""

    ticket_id: int
    seq: int
    reason: str


def chain(ticket: Ticket, drafts: Sequence[JournalDraft]) -> tuple[Head, list[dict[str, Any]]]:
    """Append drafts to the ticket's chain: its new head, and the rows to write."""
    seq, last, rows = _extend(ticket.id, ticket.journal_seq, ticket.journal_hash, drafts)
    return (seq, last), rows


def write_system(conn: Connection, drafts: Sequence[JournalDraft]) -> None:
    """Append to the journal of the house: what concerns no single ticket (register, calendar, operator's acts)."""
    seq, head = _system_head(conn, lock=True)
    seq, head, rows = _extend(SYSTEM, seq, head, drafts)
    write(conn, rows)
    upsert(conn, meta, ("key",), [{"key": SYSTEM_KEY, "value": f"{seq} {head}"}])


def write(conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Insert lines made by `chain`."""
    _INSERT.run(conn, [*map(_row, rows)])


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


def verify(conn: Connection, ticket_ids: Iterable[int] | None = None) -> Iterator[tuple[int, Broken | None]]:
    """Check every chain against its lines and its ticket's head; yields (ticket id, first broken line or None)."""
    heads = select(tickets.c.id, tickets.c.journal_seq, tickets.c.journal_hash).order_by(tickets.c.id)
    if ticket_ids is not None:
        heads = heads.where(tickets.c.id.in_(list(ticket_ids)))
    if ticket_ids is None:
        seq, head = _system_head(conn)
        yield SYSTEM, _first_broken(SYSTEM, _rows_by_ticket(conn, SYSTEM, SYSTEM).get(SYSTEM, []), seq, head)
    last = 0
    while page := conn.execute(heads.where(tickets.c.id > last).limit(PAGE_SIZE)).all():
        last = page[-1].id
        lines = _rows_by_ticket(conn, page[0].id, last)
        for row in page:
            yield row.id, _first_broken(row.id, lines.get(row.id, []), row.journal_seq, row.journal_hash)
    if ticket_ids is None:
        yield from _left_behind(conn)


def _left_behind(conn: Connection) -> Iterator[tuple[int, Broken]]:
    """Name the lines whose ticket is gone: no action takes a ticket away without them."""
    gone = ~exists().where(tickets.c.id == journal.c.ticket_id) & (journal.c.ticket_id != SYSTEM)
    query = select(journal.c.ticket_id, func.min(journal.c.seq)).where(gone).group_by(journal.c.ticket_id)
    for ticket_id, seq in conn.execute(query.order_by(journal.c.ticket_id)):
        yield ticket_id, Broken(ticket_id=ticket_id, seq=seq, reason="流水还在，工单已不见")


def _extend(
    ticket_id: int, seq: int, previous: str, drafts: Sequence[JournalDraft]
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
        previous = row["hash"] = _hash(row)
        rows.append(row)
    return seq, previous, rows


def _system_head(conn: Connection, *, lock: bool = False) -> tuple[int, str]:
    query = select(meta.c.value).where(meta.c.key == SYSTEM_KEY)
    value = conn.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    seq, head = str(value).split() if value else ("0", "")
    return int(seq), head


def _rows_by_ticket(conn: Connection, first: int, last: int) -> dict[int, list[dict[str, Any]]]:
    query = select(journal).where(journal.c.ticket_id.between(first, last)).order_by(journal.c.ticket_id, journal.c.seq)
    found: dict[int, list[dict[str, Any]]] = {}
    try:
        rows = [dict(row) for row in conn.execute(query).mappings()]
    except UNREADABLE:
        rows = _one_by_one(conn, query)
    for row in rows:
        found.setdefault(row["ticket_id"], []).append(row)
    return found


def _one_by_one(conn: Connection, query: Select[Any]) -> list[dict[str, Any]]:
    """Read lines one of which cannot be read: of that one only the place is left, and no hash fits it."""
    rows: list[dict[str, Any]] = []
    for place in conn.execute(query.with_only_columns(journal.c.ticket_id, journal.c.seq)).mappings().all():
        here = journal.c.ticket_id == place["ticket_id"], journal.c.seq == place["seq"]
        try:
            rows.append(dict(conn.execute(select(journal).where(*here)).mappings().one()))
        except UNREADABLE:
            rows.append({**place, "previous_hash": "", "hash": ""})
    return rows


def _first_broken(ticket_id: int, rows: list[dict[str, Any]], seq: int, head: str) -> Broken | None:
    previous = ""
    for expected, row in enumerate(rows, 1):
        if row["seq"] != expected:
            return Broken(ticket_id=ticket_id, seq=expected, reason="缺少这一行")
        if row["previous_hash"] != previous or not _fits(row):
            return Broken(ticket_id=ticket_id, seq=expected, reason="内容与校验值不符")
        previous = row["hash"]
    if len(rows) == seq and previous == head:
        return None
    place = max(seq, 1) if len(rows) == seq else min(len(rows), seq) + 1
    return Broken(ticket_id=ticket_id, seq=place, reason="末尾缺行，或工单与流水的末行不符")


def _fits(row: dict[str, Any]) -> bool:
    """Whether the line is as it was hashed; SQLite holds anything in any column."""
    words = ("kind", "actor", "data")
    return all(isinstance(row.get(word), str) for word in words) and bool(row["hash"] == _hash(row))


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
    return JournalLine(**{**row, "kind": JournalKind(row["kind"]), "data": json.loads(row["data"])})
