"""One-time secrets by which a person proves who they are: bind codes and sign-in tokens; only hashes are kept."""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from storage.sql.database import Connection
from storage.sql.upsert import upsert
from storage.tables import bind_codes, signin_tokens


def keep_bind_code(conn: Connection, code_hash: str, person_id: int, expires_at: datetime) -> None:
    """Store the keyed hash of a fresh code by which a person binds an address; it takes the place of an older one."""
    row = {"code": code_hash, "person_id": person_id, "expires_at": expires_at, "used_at": None}
    upsert(conn, bind_codes, ("person_id",), [row])


def redeem_bind_code(conn: Connection, code_hashes: Iterable[str], now: datetime) -> int | None:
    """Use up the code that has one of these hashes and return whose it is; None for an unknown, used or expired one."""
    c = bind_codes.c
    # The condition is the lock: of two who bring the same secret at once, one finds it unused.
    unused = (c.code.in_(list(code_hashes)), c.used_at.is_(None), c.expires_at > now)
    person_id: int | None = conn.execute(
        update(bind_codes).where(*unused).values(used_at=now).returning(c.person_id)
    ).scalar_one_or_none()
    return person_id


def forget_bind_codes(conn: Connection) -> int:
    """Let no code given out so far be good any more; returns how many there were."""
    return conn.execute(delete(bind_codes)).rowcount


def owner_of_bind_code(conn: Connection, code_hashes: Iterable[str]) -> int | None:
    """Return whose last code has one of these hashes, used up or not."""
    query = select(bind_codes.c.person_id).where(bind_codes.c.code.in_(list(code_hashes)))
    found: int | None = conn.execute(query).scalar_one_or_none()
    return found


def keep_signin_token(conn: Connection, token: str, person_id: int, now: datetime, expires_at: datetime) -> None:
    """Store a fresh token by which a person opens the board; the person's expired ones go."""
    mine = (signin_tokens.c.person_id == person_id, signin_tokens.c.expires_at <= now)
    conn.execute(delete(signin_tokens).where(*mine))
    conn.execute(insert(signin_tokens), {"token": _hash(token), "person_id": person_id, "expires_at": expires_at})


def redeem_signin_token(conn: Connection, token: str, now: datetime) -> int | None:
    """Use a sign-in token up and return whose it is; None for an unknown, used or expired one."""
    c = signin_tokens.c
    unused = (c.token == _hash(token), c.used_at.is_(None), c.expires_at > now)
    used = update(signin_tokens).where(*unused).values(used_at=now).returning(c.person_id)
    person_id: int | None = conn.execute(used).scalar_one_or_none()
    return person_id


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
