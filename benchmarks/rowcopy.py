"""The very rows the product wrote, taken out again, so that bare Core can insert the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Table, delete, insert, select

from storage.database import Connection, Database
from storage.tables import inbound, journal, outbox, tickets

Rows = Mapping[Table, list[dict[str, Any]]]
WRITTEN = (tickets, inbound, journal, outbox)  # in the order in which they can be inserted


def taken_out(database: Database) -> Rows:
    """Return every row intake wrote, and leave the tables empty but for the policies."""
    with database.begin() as conn:
        rows = {table: [dict(row) for row in conn.execute(select(table)).mappings()] for table in WRITTEN}
        for table in reversed(WRITTEN):
            conn.execute(delete(table))
    return rows


def put_back(conn: Connection, rows: Rows) -> None:
    """Bare Core multi-row inserts of these rows."""
    for table, some in rows.items():
        if some:
            conn.execute(insert(table), some)


def slices(rows: Rows, many: int) -> Iterator[Rows]:
    """Cut the rows of every table into so many parts, in order."""
    for part in range(many):
        yield {table: some[part * len(some) // many : (part + 1) * len(some) // many] for table, some in rows.items()}


def count(rows: Rows) -> int:
    """All rows of all tables together."""
    return sum(map(len, rows.values()))
