"""Snapshots of policies: what a ticket was opened with never changes."""

from sqlalchemy import bindparam, insert, select

from storage.sql.database import Connection
from storage.sql.prepared import Lookup
from storage.tables import policies

_KNOWN = Lookup(lambda _: select(policies.c.key).where(policies.c.key == bindparam("key")), ("key",))


def known(conn: Connection, key: str) -> bool:
    """Whether the snapshot of this hash is stored."""
    return _KNOWN.first(conn, key) is not None


def keep(conn: Connection, key: str, name: str, body: str) -> None:
    """Store a snapshot under its hash unless it is there."""
    if not known(conn, key):
        conn.execute(insert(policies), {"key": key, "name": name, "body": body})


def body(conn: Connection, key: str) -> str:
    """Return a snapshot's text; KeyError when there is none."""
    found: str | None = conn.execute(select(policies.c.body).where(policies.c.key == key)).scalar_one_or_none()
    if found is None:
        raise KeyError(key)
    return found
