"""One-time secrets by which a person proves who they are: bind codes and sign-in tokens; only hashes are kept."""

import hashlib
from datetime import datetime

from sqlalchemy import Table, delete, insert, update

from storage.sql.database import Connection
from storage.tables import bind_codes, signin_tokens


def keep_bind_code(conn: Connection, code: str, person_id: int, expires_at: datetime) -> None:
    """Store a fresh code by which a person binds an address."""
    row = {"code": _hash(_typed(code)), "person_id": person_id, "expires_at": expires_at}
    conn.execute(insert(bind_codes), row)


def redeem_bind_code(conn: Connection, code: str, now: datetime) -> int | None:
    """Use a bind code up and return whose it is; None for an unknown, used or expired one."""
    return _redeem(conn, bind_codes, "code", _typed(code), now)


def keep_signin_token(conn: Connection, token: str, person_id: int, now: datetime, expires_at: datetime) -> None:
    """Store a fresh token by which a person opens the board; the person's expired ones go."""
    mine = (signin_tokens.c.person_id == person_id, signin_tokens.c.expires_at <= now)
    conn.execute(delete(signin_tokens).where(*mine))
    conn.execute(insert(signin_tokens), {"token": _hash(token), "person_id": person_id, "expires_at": expires_at})


def redeem_signin_token(conn: Connection, token: str, now: datetime) -> int | None:
    """Use a sign-in token up and return whose it is; None for an unknown, used or expired one."""
    return _redeem(conn, signin_tokens, "token", token, now)


def _redeem(conn: Connection, table: Table, column: str, secret: str, now: datetime) -> int | None:
    # The condition is the lock: of two who bring the same secret at once, one finds it unused.
    unused = (table.c[column] == _hash(secret), table.c.used_at.is_(None), table.c.expires_at > now)
    used = update(table).where(*unused).values(used_at=now).returning(table.c.person_id)
    person_id: int | None = conn.execute(used).scalar_one_or_none()
    return person_id


def _typed(code: str) -> str:
    return code.strip().upper()


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
