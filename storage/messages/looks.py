"""Looks into the web inbox: what lies there is delivered once its person has opened it."""

from datetime import datetime

from sqlalchemy import func, literal, select, update

from storage.messages.outbox import COLUMNS, read
from storage.records import Message, MessageState
from storage.sql.database import Connection
from storage.tables import inbox_items, outbox

UNSEEN = (MessageState.ACCEPTED, MessageState.FAILED)


def look(conn: Connection, person_id: int, now: datetime) -> list[Message]:
    """Note that the person opened the inbox; returns the messages not seen there before, oldest first."""
    unread = (inbox_items.c.person_id == person_id, inbox_items.c.read_at.is_(None))
    opened = update(inbox_items).where(*unread).values(read_at=now).returning(inbox_items.c.message_key)
    keys = conn.execute(opened).scalars().all()
    here = (outbox.c.intent.in_(keys), outbox.c.state.in_(UNSEEN))
    ids = conn.execute(select(outbox.c.id).where(*here)).scalars().all()
    seen = {
        "state": MessageState.DELIVERED,
        "reason": "",
        "accepted_at": func.coalesce(outbox.c.accepted_at, literal(now, outbox.c.accepted_at.type)),
        "delivered_at": now,
    }
    conn.execute(update(outbox).where(outbox.c.id.in_(ids)).values(seen))
    told = (outbox.c.parent_id.in_(ids), outbox.c.state == MessageState.FAILED)
    conn.execute(update(outbox).where(*told).values(state=MessageState.BUNDLED, reason=""))
    return read(conn, select(*COLUMNS).where(outbox.c.id.in_(ids)).order_by(outbox.c.id))
