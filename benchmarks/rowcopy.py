"""The very rows the product wrote, taken out again, so that bare Core can insert the same."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Table, delete, insert, select, text

from storage.sql.database import Connection, Database
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


def multiply(conn: Connection, table: Table, size: int, changed: Mapping[str, str]) -> None:
    """Make so many rows of the one with id 1, inside the database; `changed` gives columns as SQL over the number n."""
    names = [column.name for column in table.c]
    chosen = ", ".join(changed.get(name, "n" if name == "id" else name) for name in names)
    series = "WITH RECURSIVE series(n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM series WHERE n < :size)"
    copy = (
        f"INSERT INTO {table.name} ({', '.join(names)}) {series} SELECT {chosen} FROM {table.name}, series WHERE id = 1"
    )
    conn.execute(text(copy), {"size": size})


def slices(rows: Rows, many: int) -> Iterator[Rows]:
    """Cut the rows of every table into so many parts, in order."""
    for part in range(many):
        yield {table: some[part * len(some) // many : (part + 1) * len(some) // many] for table, some in rows.items()}


def count(rows: Rows) -> int:
    """All rows of all tables together."""
    return sum(map(len, rows.values()))
