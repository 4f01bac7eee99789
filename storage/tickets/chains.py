"""The chains of the journals: how a line is hashed, and which line of a chain is the first that does not hold."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, exists, func, select

from storage.records import JournalKey
from storage.sql.database import Connection
from storage.tables import journal, meta, plain_chains, tickets

PAGE_SIZE = 2000
UNREADABLE = (ValueError, TypeError)  # of a time on SQLite, which keeps it as text
SYSTEM, SYSTEM_KEY = 0, "house_journal"  # the chain that belongs to no ticket
NAMES = tuple(column.name for column in journal.columns)
Head = tuple[int, str]  # length of a chain, and the hash of its last line
Line = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Broken:
    """The first line of a ticket's journal that does not follow from the one before."""

    ticket_id: int
    seq: int
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Chain:
    """A journal as it stands, and where its ticket says that it ends."""

    ticket_id: int
    seq: int
    head: str
    lines: list[Line]
    plain: int  # so many of its first lines were chained before there was a key
    gone: bool = False  # its ticket is not there any more

    def broken(self, key: JournalKey) -> Broken | None:
        """Return the first line that does not hold; None where all do."""
        if self.gone:
            first = self.lines[0]["seq"]
            return Broken(ticket_id=self.ticket_id, seq=first, reason="流水还在，工单已不见")
        previous = ""
        for expected, line in enumerate(self.lines, 1):
            if line["seq"] != expected:
                return Broken(ticket_id=self.ticket_id, seq=expected, reason="缺少这一行")
            if line["previous_hash"] != previous or not _fits(line, None if expected <= self.plain else key):
                return Broken(ticket_id=self.ticket_id, seq=expected, reason="内容与校验值不符")
            previous = line["hash"]
        if len(self.lines) == self.seq and previous == self.head:
            return None
        place = max(self.seq, 1) if len(self.lines) == self.seq else min(len(self.lines), self.seq) + 1
        return Broken(ticket_id=self.ticket_id, seq=place, reason="末尾缺行，或工单与流水的末行不符")


def chains(conn: Connection) -> Iterator[Chain]:
    """Return the system journal, every ticket's, and what is left of those whose ticket is gone."""
    plain = dict(conn.execute(select(plain_chains.c.ticket_id, plain_chains.c.seq)).all())
    seq, head = system_head(conn)
    lines = _by_ticket(conn, SYSTEM, SYSTEM).get(SYSTEM, [])
    yield Chain(ticket_id=SYSTEM, seq=seq, head=head, lines=lines, plain=plain.get(SYSTEM, 0))
    heads = select(tickets.c.id, tickets.c.journal_seq, tickets.c.journal_hash).order_by(tickets.c.id)
    last = 0
    while page := conn.execute(heads.where(tickets.c.id > last).limit(PAGE_SIZE)).all():
        last = page[-1].id
        found = _by_ticket(conn, page[0].id, last)
        for number, seq, head in page:
            lines = found.get(number, [])
            yield Chain(ticket_id=number, seq=seq, head=head, lines=lines, plain=plain.get(number, 0))
    yield from _left_behind(conn)


def system_head(conn: Connection, *, lock: bool = False) -> Head:
    """Return where the system journal ends."""
    query = select(meta.c.value).where(meta.c.key == SYSTEM_KEY)
    value = conn.execute(query.with_for_update() if lock else query).scalar_one_or_none()
    seq, head = str(value).split() if value else ("0", "")
    return int(seq), head


def hashed(line: Mapping[str, Any]) -> bytes:
    """Return what is hashed of a line: the hash before it, its place and all that it says."""
    moment: datetime = line["at"]
    told = moment.astimezone(UTC).isoformat(timespec="microseconds")
    place = f"{line['previous_hash']}\n{line['ticket_id']}\n{line['seq']}"
    return f"{place}\n{told}\n{line['kind']}\n{line['actor']}\n{line['data']}".encode()


def _left_behind(conn: Connection) -> Iterator[Chain]:
    """The lines whose ticket is gone: no action takes a ticket away without them."""
    gone = ~exists().where(tickets.c.id == journal.c.ticket_id) & (journal.c.ticket_id != SYSTEM)
    query = select(journal.c.ticket_id, func.min(journal.c.seq)).where(gone).group_by(journal.c.ticket_id)
    for ticket_id, seq in conn.execute(query.order_by(journal.c.ticket_id)):
        yield Chain(ticket_id=ticket_id, seq=0, head="", lines=[{"seq": seq}], plain=0, gone=True)


def _by_ticket(conn: Connection, first: int, last: int) -> dict[int, list[Line]]:
    query = select(journal).where(journal.c.ticket_id.between(first, last)).order_by(journal.c.ticket_id, journal.c.seq)
    found: dict[int, list[Line]] = {}
    try:
        # By place, not by name: the library's account of names takes longer than all the hashing.
        rows = [dict(zip(NAMES, row, strict=True)) for row in conn.execute(query).all()]
    except UNREADABLE:
        rows = _one_by_one(conn, query)
    for row in rows:
        found.setdefault(row["ticket_id"], []).append(row)
    return found


def _one_by_one(conn: Connection, query: Select[Any]) -> list[Line]:
    """Read lines one of which cannot be read: of that one only the place is left, and no hash fits it."""
    rows: list[Line] = []
    for place in conn.execute(query.with_only_columns(journal.c.ticket_id, journal.c.seq)).mappings().all():
        here = journal.c.ticket_id == place["ticket_id"], journal.c.seq == place["seq"]
        try:
            rows.append(dict(conn.execute(select(journal).where(*here)).mappings().one()))
        except UNREADABLE:
            rows.append({**place, "previous_hash": "", "hash": ""})
    return rows


def _fits(line: Line, key: JournalKey | None) -> bool:
    """Whether the line is as it was hashed; SQLite holds anything in any column."""
    said = line.get("kind"), line.get("actor"), line.get("data")
    if not (isinstance(said[0], str) and isinstance(said[1], str) and isinstance(said[2], str)):
        return False
    if key is None:
        return bool(line["hash"] == hashlib.sha256(hashed(line)).hexdigest())
    return key.fits(hashed(line), line["hash"])
