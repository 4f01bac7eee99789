"""Who sends what: due messages leased to one holder at a time."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select, update

from storage.messages.outbox import COLUMNS, in_state, put, read
from storage.records import Message, MessageDraft, MessageKind, MessageState
from storage.sql.database import Connection
from storage.tables import outbox

MAX_CLAIMED_MESSAGES = 1_000  # messages in one claim: after so many no further person is begun
MAX_MESSAGES_OF_A_PERSON = 20_000  # nor are more than so many of one person; SQLite takes 32,766 values
_ORDER = (outbox.c.urgency, outbox.c.not_before)


def claim(
    conn: Connection,
    now: datetime,
    lease: tuple[datetime, datetime],
    holder: str,
    limit: int = 100,
    alone: Collection[MessageKind] = (),
) -> list[Message]:
    """Lease the most urgent due messages to one holder, whole people at a time: what they get may be one digest.

    Of the kinds that go out `alone`, no more than `limit`. The fence counts up with every claim, so a holder that
    slept past its lease cannot write any more. The lease is from and until when, on the clock leases are counted by.
    """
    lease_now, lease_until = lease
    ids = [*_expired(conn, lease_now, limit), *_due(conn, now, limit, alone)]
    if not ids:
        return []
    statement = (
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(state=MessageState.LEASED, lease_until=lease_until, leased_by=holder, fence=outbox.c.fence + 1)
    )
    conn.execute(statement)
    return read(conn, select(*COLUMNS).where(outbox.c.id.in_(ids)).order_by(outbox.c.urgency, outbox.c.id))


def add_claimed(conn: Connection, draft: MessageDraft, now: datetime, lease_until: datetime, holder: str) -> Message:
    """Put a message that its maker sends itself: born leased (a digest over claimed messages)."""
    put(conn, [draft], now)
    values = {"state": MessageState.LEASED, "lease_until": lease_until, "leased_by": holder, "fence": 1}
    conn.execute(update(outbox).where(outbox.c.intent == draft.intent).values(values))
    return read(conn, select(*COLUMNS).where(outbox.c.intent == draft.intent))[0]


def _expired(conn: Connection, now: datetime, limit: int) -> list[int]:
    again = in_state(MessageState.LEASED, MessageState.UNCERTAIN)
    query = select(outbox.c.id).where(again, outbox.c.lease_until <= now).limit(limit)
    return list(conn.execute(query.with_for_update(skip_locked=True)).scalars())


def _due(conn: Connection, now: datetime, limit: int, alone: Collection[MessageKind]) -> list[int]:
    due = and_(in_state(MessageState.PENDING), outbox.c.not_before <= now)
    query = select(outbox.c.id, outbox.c.person_id, outbox.c.kind).where(due).order_by(*_ORDER).limit(limit)
    first = conn.execute(query).all()
    single = [one.id for one in first if one.kind in alone]
    people = list(dict.fromkeys(one.person_id for one in first if one.kind not in alone))
    together = and_(due, outbox.c.kind.not_in(alone))
    if len(first) == limit:
        people = _few(conn, together, people)
    taken = _locked(conn, and_(due, outbox.c.id.in_(single))) if single else []
    return taken + (_locked(conn, and_(together, outbox.c.person_id.in_(people))) if people else [])


def _few(conn: Connection, together: ColumnElement[bool], people: Sequence[int]) -> list[int]:
    """The first of the people, so many that a claim stays small: everybody else waits while it is written."""
    counted = select(outbox.c.person_id, func.count()).where(together, outbox.c.person_id.in_(people))
    waiting: dict[int, int] = dict(conn.execute(counted.group_by(outbox.c.person_id)).all())
    taken: list[int] = []
    total = 0
    for person in people:
        total += waiting.get(person, 0)
        if taken and total > MAX_CLAIMED_MESSAGES:
            break
        taken.append(person)
    return taken


def _locked(conn: Connection, wanted: ColumnElement[bool]) -> list[int]:
    query = select(outbox.c.id).where(wanted).order_by(*_ORDER).limit(MAX_MESSAGES_OF_A_PERSON)
    return list(conn.execute(query.with_for_update(skip_locked=True)).scalars())
