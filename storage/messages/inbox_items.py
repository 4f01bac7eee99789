"""The web inbox: messages as rows a person reads."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, update

from storage.sql.database import Connection
from storage.sql.prepared import Bulk
from storage.sql.upsert import insert_for
from storage.tables import inbox_items, people

_PERSON = select(people.c.id).where(people.c.id == bindparam("id"))
_PUT = Bulk(
    lambda dialect: insert_for(dialect, inbox_items).on_conflict_do_nothing(index_elements=["message_key"]),
    ("message_key", "person_id", "text", "buttons", "file_id", "sent_at"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class InboxItem:
    id: int
    person_id: int
    text: str
    buttons: Sequence[Mapping[str, str]]
    file_id: int | None
    sent_at: datetime
    read_at: datetime | None


def put(
    conn: Connection,
    key: str,
    person_id: int,
    text: str,
    buttons: Sequence[Mapping[str, str]],
    now: datetime,
    file_id: int | None = None,
) -> bool:
    """Show a person a message once, however often it is put under the same key; False when there is no such person."""
    if conn.execute(_PERSON, {"id": person_id}).first() is None:
        return False
    _PUT.run(conn, [(key, person_id, text, json.dumps(list(buttons), ensure_ascii=False), file_id, now)])
    return True


def of_person(conn: Connection, person_id: int, limit: int = 100) -> list[InboxItem]:
    """Return a person's messages, newest first."""
    query = select(inbox_items).where(inbox_items.c.person_id == person_id)
    rows = conn.execute(query.order_by(inbox_items.c.id.desc()).limit(limit)).mappings()
    return [_item(row) for row in rows]


def mark_read(conn: Connection, person_id: int, now: datetime) -> None:
    """Note that the person opened the inbox."""
    unread = (inbox_items.c.person_id == person_id, inbox_items.c.read_at.is_(None))
    conn.execute(update(inbox_items).where(*unread).values(read_at=now))


def count(conn: Connection, person_id: int) -> int:
    """Return how many messages a person has ever been shown."""
    query = select(func.count()).select_from(inbox_items).where(inbox_items.c.person_id == person_id)
    return conn.execute(query).scalar_one()


def _item(row: Mapping[Any, Any]) -> InboxItem:
    names = ("id", "person_id", "text", "file_id", "sent_at", "read_at")
    return InboxItem(buttons=json.loads(row["buttons"]), **{name: row[name] for name in names})
