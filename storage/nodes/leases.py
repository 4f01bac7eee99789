"""Work that one node at a time may do: a row says who, until when, and how often it changed hands."""

from datetime import datetime

from sqlalchemy import case, func, or_, select, update

from storage.sql.database import Connection
from storage.sql.types import check_aware
from storage.sql.upsert import insert_into
from storage.tables import leases


def shared_now(conn: Connection) -> datetime:
    """Return the moment on PostgreSQL's own clock: the one thing that may not come from a node's."""
    moment: datetime = conn.execute(select(func.clock_timestamp())).scalar_one()
    return check_aware(moment)


def take(conn: Connection, name: str, holder: str, now: datetime, until: datetime) -> int | None:
    """Take or renew a lease and return its fence; None while somebody else holds it.

    The fence grows with every change of hands, so what a stale holder still does can be told.
    """
    query = insert_into(conn, leases)
    changed = {
        "holder": query.excluded.holder,
        "until": query.excluded.until,
        "fence": case((leases.c.holder == query.excluded.holder, leases.c.fence), else_=leases.c.fence + 1),
    }
    free = or_(leases.c.holder == query.excluded.holder, leases.c.until <= now)
    statement = query.on_conflict_do_update(index_elements=["name"], set_=changed, where=free).returning(leases.c.fence)
    return conn.execute(statement, {"name": name, "holder": holder, "until": until, "fence": 1}).scalar_one_or_none()


def holder_of(conn: Connection, name: str) -> str:
    """Return who last had a lease; empty where nobody ever did."""
    return conn.execute(select(leases.c.holder).where(leases.c.name == name)).scalar() or ""


def give_back(conn: Connection, name: str, holder: str, now: datetime) -> None:
    """Let the next one have it at once; somebody else's lease stays as it is."""
    held = (leases.c.name == name) & (leases.c.holder == holder)
    conn.execute(update(leases).where(held).values(until=now))
