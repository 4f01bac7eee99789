"""Row numbers handed out ahead, so that a batch of rows that name each other needs no answer in between."""

from sqlalchemy import Table, func, select, text

from storage.database import Connection


def reserve(conn: Connection, table: Table, count: int) -> range:
    """Return `count` unused ids of the table; call it inside the writing transaction that uses them."""
    if count <= 0:
        return range(0)
    if conn.dialect.name == "sqlite":
        # BEGIN IMMEDIATE holds the only write lock, so nobody can take the next ids meanwhile.
        first = conn.execute(select(func.coalesce(func.max(table.c.id), 0) + 1)).scalar_one()
        return range(first, first + count)
    # Under a short advisory lock the sequence moves by the whole block, so the block is contiguous.
    sequence = f"{table.name}_id_seq"
    conn.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": sequence})
    last = conn.execute(
        text("SELECT setval(CAST(:name AS regclass), nextval(CAST(:name AS regclass)) + :more)"),
        {"name": sequence, "more": count - 1},
    ).scalar_one()
    return range(last - count + 1, last + 1)
