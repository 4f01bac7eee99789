"""Row numbers handed out ahead, so that a batch of rows that name each other needs no answer in between."""

from functools import cache

from sqlalchemy import ColumnElement, Integer, Table, bindparam, func, literal_column, select, true

from storage.sql.database import Connection
from storage.sql.prepared import Lookup


def reserve(conn: Connection, table: Table, count: int) -> list[int]:
    """Return `count` unused ids of the table, ascending; call it inside the writing transaction that uses them.

    Whoever else wants ids of the table waits until that transaction ends.
    """
    [ids] = reserve_each(conn, (table,), count)
    return ids


def reserve_each(conn: Connection, tables: tuple[Table, ...], count: int) -> list[list[int]]:
    """Return `count` unused ids of each of several tables, all at once."""
    if count <= 0:
        return [[] for _ in tables]
    if conn.dialect.name == "sqlite":
        # BEGIN IMMEDIATE holds the only write lock, so nobody can take the next ids meanwhile.
        [highest] = _highest(tables).all(conn)
        return [list(range(last + 1, last + 1 + count)) for last in highest]
    return [list(ids) for ids in zip(*_next(tables).all(conn, count), strict=True)]


@cache
def _highest(tables: tuple[Table, ...]) -> Lookup:
    highest = (select(func.coalesce(func.max(table.c.id), literal_column("0"))).scalar_subquery() for table in tables)
    query = select(*highest)
    return Lookup(lambda _: query, ())


@cache
def _next(tables: tuple[Table, ...]) -> Lookup:
    """Locks first, then numbers: no row of the one is there before those of the other."""
    names: list[ColumnElement[str]] = [literal_column(f"'{table.name}_id_seq'") for table in tables]
    held = select(*(func.pg_advisory_xact_lock(func.hashtext(name)) for name in names)).cte("held")
    series = func.generate_series(literal_column("1"), bindparam("count", type_=Integer)).alias("series")
    query = select(*map(func.nextval, names)).select_from(held.prefix_with("MATERIALIZED").join(series, true()))
    return Lookup(lambda _: query, ("count",))
