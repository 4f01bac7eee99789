"""Files the bot made and sends: kept as they were sent, the same bytes once."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import insert, select

from storage.sql.database import Connection
from storage.sql.numbering import reserve
from storage.tables import files

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    id: int
    name: str
    media_type: str
    sha256: str
    body: bytes = field(repr=False)
    created_at: datetime


def keep(conn: Connection, name: str, media_type: str, body: bytes, now: datetime) -> int:
    """Store a file and return its id; bytes that are there already under any name are not stored again."""
    digest = hashlib.sha256(body).hexdigest()
    known = conn.execute(select(files.c.id).where(files.c.sha256 == digest).order_by(files.c.id).limit(1)).scalar()
    if known is not None:
        return int(known)
    number = reserve(conn, files, 1)[0]
    row = {"id": number, "name": name, "media_type": media_type, "sha256": digest, "body": body, "created_at": now}
    conn.execute(insert(files), row)
    return number


def load(conn: Connection, file_id: int) -> File:
    """Return a file; KeyError when there is none."""
    row = conn.execute(select(files).where(files.c.id == file_id)).mappings().first()
    if row is None:
        raise KeyError(file_id)
    return File(**{**row, "body": bytes(row["body"])})
