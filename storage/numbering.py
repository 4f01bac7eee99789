"""Row numbers handed out ahead, so that a batch of rows that name each other needs no answer in between."""

from functools import cache

from sqlalchemy import Select, Table, bindparam, func, literal_column, select

from storage.database import Connection
from storage.prepared import Lookup


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
    conn.execute(_lock(tables))
    rows = conn.execute(_next(tables), {"count": count})
    return [list(ids) for ids in zip(*rows, strict=True)]


@cache
def _highest(tables: tuple[Table, ...]) -> Lookup:
    highest = (select(func.coalesce(func.max(table.c.id), literal_column("0"))).scalar_subquery() for table in tables)
    query = select(*highest)
    return Lookup(lambda _: query, ())


@cache
def _lock(tables: tuple[Table, ...]) -> Select[tuple[object, ...]]:
    return select(*(func.pg_advisory_xact_lock(func.hashtext(_sequence(table))) for table in tables))


@cache
def _next(tables: tuple[Table, ...]) -> Select[tuple[int, ...]]:
    series = func.generate_series(1, bindparam("count")).alias("series")
    return select(*(func.nextval(_sequence(table)) for table in tables)).select_from(series)


def _sequence(table: Table) -> str:
    return f"{table.name}_id_seq"
