"""Leave: who is away from when to when, and who stands in."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import delete, insert, update

from storage.people.register import touch
from storage.records import Leave
from storage.sql.database import Connection
from storage.tables import leaves


def take(conn: Connection, leave: Leave) -> int:
    """Note a leave in place of what the person had noted from its start on; returns its id."""
    end(conn, leave.person_id, leave.starts_at)
    number: int = conn.execute(insert(leaves).values(asdict(leave)).returning(leaves.c.id)).scalar_one()
    return number


def end(conn: Connection, person_id: int, at: datetime) -> None:
    """End the leave the person is on at the moment, and drop those that begin later."""
    mine = leaves.c.person_id == person_id
    conn.execute(delete(leaves).where(mine, leaves.c.starts_at >= at))
    conn.execute(update(leaves).where(mine, leaves.c.ends_at > at).values(ends_at=at))
    touch(conn)


def restore(conn: Connection, person_id: int, wanted: Sequence[Leave]) -> None:
    """Give a person exactly these leaves, as they were noted before."""
    conn.execute(delete(leaves).where(leaves.c.person_id == person_id))
    if wanted:
        conn.execute(insert(leaves), [asdict(one) for one in wanted])
    touch(conn)


def add(conn: Connection, person_id: int, starts_at: datetime, ends_at: datetime, deputy_id: int | None = None) -> None:
    """Note a leave, from inclusive to exclusive."""
    row = {"person_id": person_id, "starts_at": starts_at, "ends_at": ends_at, "deputy_id": deputy_id}
    conn.execute(insert(leaves), row)
    touch(conn)
