"""Access tokens of platforms, shared by all nodes: of many that find one refused, one fetches the next."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from sqlalchemy import Row, delete, select, update

from storage.nodes import quotas
from storage.nodes.quotas import Limit
from storage.sql.database import Connection, Database
from storage.sql.upsert import insert_into, upsert
from storage.tables import platform_tokens

BUSY = timedelta(seconds=20)  # longer than one fetch can take; after this a fetcher that died is replaced
PATIENCE_SECONDS = 10  # so long one waits for another's fetch; a send that waits longer would pass for uncertain
QUIET = timedelta(seconds=60)  # after a refusal; platforms shut out who insists (about 1,000 bad calls an hour)
REFRESHES = (Limit(count=20, per=timedelta(hours=1)),)  # a sound token lives for two hours
TOO_MANY = 0  # the code of a refusal that is our own: refreshed too often
LOOK_AGAIN_SECONDS = 0.05


class TokenRefused(Exception):
    """The platform gives no token; `code` is its own, or TOO_MANY, and nobody asks before `retry_after`."""

    def __init__(self, code: int, retry_after: timedelta = QUIET) -> None:
        super().__init__(f"no token: code {code}")
        self.code = code
        self.retry_after = retry_after


class TokenBusy(Exception):
    """Another node has been fetching the token for too long."""


class Box(Protocol):
    """Seals what is stored; what another key sealed cannot be opened and counts as absent."""

    def seal(self, plain: str) -> str:
        """Encrypt."""

    def unseal(self, sealed: str) -> str | None:
        """Decrypt; None when it cannot be."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Token:
    value: str = field(repr=False)
    expires_at: datetime


def refresh(
    database: Database,
    key: str,
    stale: str | None,
    fetch: Callable[[], Token],
    *,
    box: Box,
    now: Callable[[], datetime],
    patience: float = PATIENCE_SECONDS,
) -> Token:
    """Return a token other than the stale one: the stored, or one fetched here while all others wait.

    TokenRefused, TokenBusy and whatever `fetch` raises reach the caller; no transaction is open while it fetches.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        with database.begin() as conn:
            row = _locked(conn, key)
            found = _opened(row, box, now())
            if found is not None and found.value != stale:
                return found
            mine = _claimed(conn, key, row, now())
        if mine:
            return _fetched(database, key, fetch, box, now)
        time.sleep(LOOK_AGAIN_SECONDS)
    raise TokenBusy(key)


def find(database: Database, key: str, *, box: Box, now: datetime) -> Token | None:
    """Return what is stored and still good."""
    with database.read() as conn:
        row = conn.execute(select(platform_tokens).where(platform_tokens.c.key == key)).one_or_none()
    return _opened(row, box, now)


def keep(database: Database, key: str, token: Token, *, box: Box, now: datetime) -> None:
    """Store a token nobody fights for, and drop those of the same kind that have expired."""
    kind = key.rpartition(":")[0]
    with database.begin() as conn:
        expired = (platform_tokens.c.key.startswith(f"{kind}:", autoescape=True), platform_tokens.c.expires_at <= now)
        conn.execute(delete(platform_tokens).where(*expired))
        _put(conn, key, token, box, now)


def _fetched(database: Database, key: str, fetch: Callable[[], Token], box: Box, now: Callable[[], datetime]) -> Token:
    try:
        token = fetch()
    except TokenRefused as refused:
        _release(database, key, busy_until=now() + QUIET, refused_code=refused.code)
        raise
    except BaseException:
        _release(database, key, busy_until=None, refused_code=None)
        raise
    with database.begin() as conn:
        _put(conn, key, token, box, now())
        quotas.take(conn, f"token:{key}", 1, REFRESHES, now())
    return token


def _claimed(conn: Connection, key: str, row: Row[Any], now: datetime) -> bool:
    """Take the right to fetch; False while somebody else has it."""
    if row.busy_until is not None and row.busy_until > now:
        if row.refused_code is not None:
            raise TokenRefused(row.refused_code, row.busy_until - now)
        return False
    if wait := quotas.wait(conn, f"token:{key}", 1, REFRESHES, now):
        raise TokenRefused(TOO_MANY, wait)
    values = {"busy_until": now + BUSY, "refused_code": None}
    conn.execute(update(platform_tokens).where(platform_tokens.c.key == key).values(values))
    return True


def _locked(conn: Connection, key: str) -> Row[Any]:
    # The row is made first, so that there is one to lock when two nodes meet at the very first token.
    statement = insert_into(conn, platform_tokens).on_conflict_do_nothing(index_elements=["key"])
    conn.execute(statement, {"key": key, "sealed": ""})
    return conn.execute(select(platform_tokens).where(platform_tokens.c.key == key).with_for_update()).one()


def _opened(row: Row[Any] | None, box: Box, now: datetime) -> Token | None:
    if row is None or row.expires_at is None or row.expires_at <= now:
        return None
    value = box.unseal(row.sealed)
    return Token(value=value, expires_at=row.expires_at) if value else None


def _put(conn: Connection, key: str, token: Token, box: Box, now: datetime) -> None:
    row = {
        "key": key,
        "sealed": box.seal(token.value),
        "expires_at": token.expires_at,
        "refreshed_at": now,
        "busy_until": None,
        "refused_code": None,
    }
    upsert(conn, platform_tokens, ("key",), [row])


def _release(database: Database, key: str, *, busy_until: datetime | None, refused_code: int | None) -> None:
    values = {"busy_until": busy_until, "refused_code": refused_code}
    with database.begin() as conn:
        conn.execute(update(platform_tokens).where(platform_tokens.c.key == key).values(values))
