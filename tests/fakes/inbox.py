"""The web inbox as its reader sees it."""

import json
from dataclasses import dataclass

from sqlalchemy import select

from storage.sql.database import Connection
from storage.tables import inbox_items


@dataclass(frozen=True, kw_only=True)
class InboxItem:
    text: str
    labels: tuple[str, ...]  # of its buttons


def items_of(conn: Connection, person_id: int) -> list[InboxItem]:
    """Return what a person finds there, oldest first."""
    query = select(inbox_items.c.text, inbox_items.c.buttons).where(inbox_items.c.person_id == person_id)
    return [
        InboxItem(text=row.text, labels=tuple(button["label"] for button in json.loads(row.buttons)))
        for row in conn.execute(query.order_by(inbox_items.c.id))
    ]
