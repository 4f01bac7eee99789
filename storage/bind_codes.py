"""One-time codes by which a person proves who they are on a new channel; only hashes are kept."""

import hashlib
from datetime import datetime

from sqlalchemy import insert, update

from storage.database import Connection
from storage.tables import bind_codes


def keep(conn: Connection, code: str, person_id: int, expires_at: datetime) -> None:
    """Store a fresh code for a person."""
    conn.execute(insert(bind_codes), {"code": _hash(code), "person_id": person_id, "expires_at": expires_at})


def redeem(conn: Connection, code: str, now: datetime) -> int | None:
    """Use a code up and return whose it is; None for an unknown, used or expired one."""
    # The condition is the lock: of two who type the same code at once, one finds it unused.
    good = (bind_codes.c.code == _hash(code), bind_codes.c.used_at.is_(None), bind_codes.c.expires_at > now)
    used = update(bind_codes).where(*good).values(used_at=now).returning(bind_codes.c.person_id)
    return conn.execute(used).scalar_one_or_none()


def _hash(code: str) -> str:
    return hashlib.sha256(code.strip().upper().encode()).hexdigest()
