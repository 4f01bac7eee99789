"""The web inbox: messages as rows a person reads."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import bindparam, select

from storage.sql.database import Connection
from storage.sql.prepared import Bulk
from storage.sql.upsert import insert_for
from storage.tables import inbox_items, people

_PERSON = select(people.c.id).where(people.c.id == bindparam("id"))
_PUT = Bulk(
    lambda dialect: insert_for(dialect, inbox_items).on_conflict_do_nothing(index_elements=["message_key"]),
    ("message_key", "person_id", "text", "buttons", "file_id", "sent_at"),
)


def put(
    conn: Connection,
    key: str,
    person_id: int,
    text: str,
    buttons: Sequence[Mapping[str, str]],
    now: datetime,
    file_id: int | None = None,
) -> bool:
    """Show a person a message once, however often it is put under the same key; False when there is no such person."""
    if conn.execute(_PERSON, {"id": person_id}).first() is None:
        return False
    _PUT.run(conn, [(key, person_id, text, json.dumps(list(buttons), ensure_ascii=False), file_id, now)])
    return True
