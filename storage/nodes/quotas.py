"""Counts what all nodes together do to a platform, so that they stay below its limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import case, select

from storage.sql.database import Connection
from storage.sql.types import check_aware
from storage.sql.upsert import insert_into
from storage.tables import quotas


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """So many in one window of this length; two windows side by side may hold twice as many."""

    count: int
    per: timedelta


def take(conn: Connection, key: str, count: int, limits: Sequence[Limit], now: datetime) -> timedelta | None:
    """Count `count` more uses of a key; where a limit forbids it, count nothing and return how long to wait."""
    if delay := wait(conn, key, count, limits, now):
        return delay
    for limit in limits:
        _count(conn, _name(key, limit), _start(now, limit.per), count)
    return None


def wait(conn: Connection, key: str, count: int, limits: Sequence[Limit], now: datetime) -> timedelta | None:
    """Return how long `count` more uses have to wait; None when they are free now."""
    windows = {_name(key, one): (one, _start(now, one.per)) for one in limits}
    query = select(quotas).where(quotas.c.key.in_(windows)).with_for_update()
    used = {row.key: row.used for row in conn.execute(query) if row.window_at == windows[row.key][1]}
    full = [both for name, both in windows.items() if used.get(name, 0) + count > both[0].count]
    return max((start + limit.per - now for limit, start in full), default=None)


def _count(conn: Connection, name: str, start: datetime, count: int) -> None:
    statement = insert_into(conn, quotas).values(key=name, window_at=start, used=count)
    same = quotas.c.window_at == statement.excluded.window_at
    used = case((same, quotas.c.used + statement.excluded.used), else_=statement.excluded.used)
    changed = {"window_at": statement.excluded.window_at, "used": used}
    conn.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changed))


def _name(key: str, limit: Limit) -> str:
    return f"{key}/{int(limit.per.total_seconds())}"


def _start(now: datetime, per: timedelta) -> datetime:
    moment = check_aware(now)
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (moment - midnight) // per * per
