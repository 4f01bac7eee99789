"""What journals are held against, a range of tickets at a time: their rows, results of messages, bytes of evidence."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from storage.records import IN_THE_STORY, MessageState
from storage.sql.database import Connection
from storage.tables import evidence, files, outbox, tickets
from storage.tickets.chains import UNREADABLE

BODIES = 8  # files read at once: each may have megabytes


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketRow:
    """What of a ticket its journal tells as well; None in `read` where a value makes no sense."""

    id: int
    number: str
    state: str = ""
    completed_at: datetime | None = None
    due_at: datetime | None = None
    readable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MessageRow:
    """What became of a message about a ticket, and of the digest that told it."""

    id: int
    ticket_id: int
    kind: str
    state: str
    accepted_at: datetime | None
    digest_state: str | None

    @property
    def sent(self) -> bool:
        """Whether the row says that a channel took it, alone or in a digest."""
        within = self.state == MessageState.BUNDLED and self.digest_state in SENT
        return self.state in SENT or within


TICKET = ("id", "number", "state", "completed_at", "due_at")
MESSAGE = ("id", "ticket_id", "kind", "state", "accepted_at", "digest_state")
SENT = (MessageState.ACCEPTED, MessageState.DELIVERED)


def ticket_rows(conn: Connection, first: int, last: int) -> dict[int, TicketRow]:
    """Return the tickets of a range of ids."""
    c = tickets.c
    query = select(c.id, c.number, c.state, c.completed_at, c.due_at).where(c.id.between(first, last))
    try:
        return {row[0]: TicketRow(**dict(zip(TICKET, row, strict=True))) for row in conn.execute(query).all()}
    except UNREADABLE:
        return {row.id: row for row in _one_by_one(conn, query)}


def message_rows(conn: Connection, first: int, last: int) -> dict[int, list[MessageRow]]:
    """Return what was told about the tickets of a range, by ticket."""
    digest = outbox.alias("digest")
    c = outbox.c
    query = (
        select(c.id, c.ticket_id, c.kind, c.state, c.accepted_at, digest.c.state.label("digest_state"))
        .select_from(outbox.outerjoin(digest, digest.c.id == c.parent_id))
        .where(c.ticket_id.between(first, last), c.kind.in_(sorted(IN_THE_STORY)))
        .order_by(c.ticket_id, c.id)
    )
    found: dict[int, list[MessageRow]] = {}
    for row in conn.execute(query).all():
        found.setdefault(row[1], []).append(MessageRow(**dict(zip(MESSAGE, row, strict=True))))
    return found


def file_ids(conn: Connection, first: int, last: int) -> dict[int, set[int]]:
    """Return the files that are attached to the tickets of a range."""
    c = evidence.c
    found: dict[int, set[int]] = {}
    for ticket_id, file_id in conn.execute(select(c.ticket_id, c.file_id).where(c.ticket_id.between(first, last))):
        found.setdefault(ticket_id, set()).add(file_id)
    return found


def digests(conn: Connection, ids: list[int]) -> dict[int, tuple[str, bool]]:
    """Return of each file the SHA-256 of its bytes as they are now, and whether the row says the same."""
    found: dict[int, tuple[str, bool]] = {}
    for start in range(0, len(ids), BODIES):
        query = select(files.c.id, files.c.sha256, files.c.body).where(files.c.id.in_(ids[start : start + BODIES]))
        for number, told, body in conn.execute(query):
            digest = hashlib.sha256(body).hexdigest()
            found[number] = (digest, digest == told)
    return found


def _one_by_one(conn: Connection, query: Select[Any]) -> Iterator[TicketRow]:
    plain = query.with_only_columns(tickets.c.id, tickets.c.number)
    for number in conn.execute(plain).mappings().all():
        try:
            yield TicketRow(**conn.execute(query.where(tickets.c.id == number["id"])).mappings().one())
        except UNREADABLE:
            yield TicketRow(**number, readable=False)
