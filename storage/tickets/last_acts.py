"""What each person did last, so that it can be undone."""

from dataclasses import asdict

from sqlalchemy import delete, select

from storage.records import LastAct
from storage.sql.database import Connection
from storage.sql.upsert import upsert
from storage.tables import last_acts


def keep(conn: Connection, act: LastAct) -> None:
    """Keep an act in place of the person's last one."""
    upsert(conn, last_acts, ("person_id",), [asdict(act)])


def of(conn: Connection, person_id: int) -> LastAct | None:
    """Return what the person did last; None when that is undone or nothing."""
    row = conn.execute(select(last_acts).where(last_acts.c.person_id == person_id)).mappings().first()
    return LastAct(**row) if row else None


def forget(conn: Connection, person_id: int) -> None:
    """Forget it: it is undone, or cannot be."""
    conn.execute(delete(last_acts).where(last_acts.c.person_id == person_id))
