"""One-time tokens by which a person known in chat opens the board; only hashes are kept."""

import hashlib
from datetime import datetime

from sqlalchemy import delete, insert, update

from storage.database import Connection
from storage.tables import signin_tokens


def keep(conn: Connection, token: str, person_id: int, now: datetime, expires_at: datetime) -> None:
    """Store a fresh token of a person; the person's expired ones go."""
    mine = (signin_tokens.c.person_id == person_id, signin_tokens.c.expires_at <= now)
    conn.execute(delete(signin_tokens).where(*mine))
    conn.execute(insert(signin_tokens), {"token": _hash(token), "person_id": person_id, "expires_at": expires_at})


def redeem(conn: Connection, token: str, now: datetime) -> int | None:
    """Use a token up and return whose it is; None for an unknown, used or expired one."""
    # The condition is the lock: of two who open the link at once, one finds it unused.
    good = (
        signin_tokens.c.token == _hash(token),
        signin_tokens.c.used_at.is_(None),
        signin_tokens.c.expires_at > now,
    )
    used = update(signin_tokens).where(*good).values(used_at=now).returning(signin_tokens.c.person_id)
    return conn.execute(used).scalar_one_or_none()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
