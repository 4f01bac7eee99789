"""What is remembered about each source of tickets."""

from collections.abc import Mapping

from sqlalchemy import select

from storage.sql.database import Connection
from storage.sql.upsert import upsert
from storage.tables import sources


def columns(conn: Connection, name: str) -> dict[str, str]:
    """Return the source's remembered mapping, heading → field; empty for a new source."""
    found = conn.execute(select(sources.c.columns).where(sources.c.name == name)).scalar_one_or_none()
    return dict(found or {})


def remember(conn: Connection, name: str, mapping: Mapping[str, str]) -> None:
    """Remember the mapping of a source in place of the last one."""
    upsert(conn, sources, ("name",), [{"name": name, "columns": dict(mapping)}])
