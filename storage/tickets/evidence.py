"""Files people sent about a ticket."""

from datetime import datetime

from storage.sql.database import Connection
from storage.sql.upsert import insert_into
from storage.tables import evidence


def attach(conn: Connection, ticket_id: int, file_id: int, person_id: int, at: datetime) -> bool:
    """Attach a file to a ticket; False when it is attached already."""
    row = {"ticket_id": ticket_id, "file_id": file_id, "person_id": person_id, "at": at}
    statement = insert_into(conn, evidence).on_conflict_do_nothing(index_elements=["ticket_id", "file_id"])
    # What came back tells: a count of rows is not kept for inserts.
    return conn.execute(statement.returning(evidence.c.file_id), row).first() is not None
