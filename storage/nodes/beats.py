"""When each node last did its work, kept in the database: a write that says that writing is possible."""

from datetime import datetime

from sqlalchemy import delete, select

from storage.sql.database import Connection
from storage.sql.upsert import upsert
from storage.tables import meta

PREFIX = "beat:"
KEY_LENGTH = 64


def note(conn: Connection, node: str, at: datetime) -> None:
    """Write that the node has just done its work."""
    upsert(conn, meta, ("key",), [{"key": (PREFIX + node)[:KEY_LENGTH], "value": at.isoformat()}])


def forget(conn: Connection, node: str) -> None:
    """Take a node's line back."""
    conn.execute(delete(meta).where(meta.c.key == (PREFIX + node)[:KEY_LENGTH]))


def last(conn: Connection) -> datetime | None:
    """Return when any node last did its work; None where none ever did."""
    values = conn.execute(select(meta.c.value).where(meta.c.key.startswith(PREFIX, autoescape=True))).scalars()
    return max(map(datetime.fromisoformat, values), default=None)
