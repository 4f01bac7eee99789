"""Looks into the web inbox: what lies there is delivered once its person has opened it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, func, literal, or_, select, update

from storage.messages.outbox import COLUMNS, read
from storage.records import DigestParams, Message, MessageKind, MessageState
from storage.sql.database import Connection
from storage.tables import inbox_items, outbox

# Not told so far; what is tried in rounds, or is just under way, is not tried any further.
UNTOLD = (MessageState.FAILED, MessageState.PENDING, MessageState.LEASED, MessageState.UNCERTAIN)
NO_REASON = {"reason": "", "lease_until": None}


def look(conn: Connection, person_id: int, now: datetime, channel: str) -> list[Message]:
    """Note that the person opened the inbox, which is that channel; returns what they had not seen, oldest first.

    What another way had told them by then is not among it.
    """
    unread = (inbox_items.c.person_id == person_id, inbox_items.c.read_at.is_(None))
    opened = update(inbox_items).where(*unread).values(read_at=now).returning(inbox_items.c.message_key)
    keys = conn.execute(opened).scalars().all()
    # Senders write results in this order too: nobody waits for the other in a circle.
    mine = select(*COLUMNS).where(outbox.c.intent.in_(keys)).order_by(outbox.c.id).with_for_update()
    found = read(conn, mine)
    told = {one.id for one in found if one.kind == MessageKind.DIGEST and _tell_children(conn, one)}
    told |= {one.id for one in found if one.state in UNTOLD}
    told |= {one.id for one in found if one.state == MessageState.ACCEPTED and one.channel == channel}
    seen = {
        **NO_REASON,
        "state": MessageState.DELIVERED,
        "channel": channel,
        "accepted_at": func.coalesce(outbox.c.accepted_at, literal(now, outbox.c.accepted_at.type)),
        "delivered_at": now,
    }
    conn.execute(update(outbox).where(outbox.c.id.in_(told)).values(seen))
    return read(conn, select(*COLUMNS).where(outbox.c.id.in_(told)).order_by(outbox.c.id))


def _tell_children(conn: Connection, digest: Message) -> Sequence[int]:
    """What the digest listed and nobody told since is told by it, be it that it was given up meanwhile."""
    listed = digest.params.messages if isinstance(digest.params, DigestParams) else ()
    other = outbox.alias("other")
    elsewhere = select(other.c.id).where(other.c.id == outbox.c.parent_id, other.c.state.in_(UNTOLD)).exists()
    mine = or_(outbox.c.id.in_(listed), outbox.c.parent_id == digest.id)
    untold = or_(outbox.c.state.in_(UNTOLD), and_(outbox.c.state == MessageState.BUNDLED, elsewhere))
    again = update(outbox).where(mine, untold).returning(outbox.c.id)
    values = {**NO_REASON, "state": MessageState.BUNDLED, "parent_id": digest.id}
    return conn.execute(again.values(values)).scalars().all()
