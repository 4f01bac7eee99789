"""Insert-or-update by a natural key, in the words of the database at hand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import sqlite

from storage.sql.database import Connection

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql


def insert_into(conn: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that knows ON CONFLICT."""
    return insert_for(conn.dialect, table)


def insert_for(dialect: Dialect, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that knows ON CONFLICT, for statements made ahead."""
    if dialect.name == "sqlite":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql  # not loaded where it is not used

    return postgresql.insert(table)


def upsert(conn: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert rows, or update those that are there; all rows name the same columns, of one key the last row counts."""
    if rows:
        conn.execute(_statement(conn, table, keys, rows[0]), _distinct(keys, rows))


def upsert_ids(
    conn: Connection, table: Table, keys: Sequence[str], rows: Sequence[Mapping[str, Any]]
) -> dict[tuple[Any, ...], int]:
    """Upsert rows of a table with an id, and return key → id."""
    if not rows:
        return {}
    query = _statement(conn, table, keys, rows[0]).returning(*(table.c[name] for name in keys), table.c.id)
    found = conn.execute(query, _distinct(keys, rows))
    return {tuple(values[:-1]): values[-1] for values in found}


def _statement(
    conn: Connection, table: Table, keys: Sequence[str], row: Mapping[str, Any]
) -> "sqlite.Insert | postgresql.Insert":
    query = insert_into(conn, table)
    changed = {name: query.excluded[name] for name in row if name not in keys}
    return query.on_conflict_do_update(index_elements=list(keys), set_=changed)


def _distinct(keys: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    # PostgreSQL refuses to update one row twice in one statement.
    return list({tuple(row[name] for name in keys): row for row in rows}.values())
