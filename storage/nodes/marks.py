"""How far work came that goes through the rows by their ids, a piece at a time."""

from sqlalchemy import select

from storage.sql.database import Connection
from storage.sql.upsert import upsert
from storage.tables import meta


def mark(conn: Connection, key: str) -> int:
    """Return the last id that was dealt with, locked until the transaction ends; 0 at first."""
    found = conn.execute(select(meta.c.value).where(meta.c.key == key).with_for_update()).scalar_one_or_none()
    return int(found or 0)


def set_mark(conn: Connection, key: str, last: int) -> None:
    """Say up to which id everything is dealt with."""
    upsert(conn, meta, ("key",), [{"key": key, "value": str(last)}])
