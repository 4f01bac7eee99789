"""Wrong binding codes, counted by who sent them."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, delete, select, update

from storage.people.addresses import CASELESS
from storage.sql.database import Connection
from storage.sql.upsert import insert_into
from storage.tables import bind_tries

FORGET_AFTER = timedelta(days=1)


def locked_until(conn: Connection, channel: str, address: str, now: datetime) -> datetime | None:
    """Return until when a sender may try no code; None when they may."""
    query = select(bind_tries.c.locked_until).where(*_here(channel, address), bind_tries.c.locked_until > now)
    found: datetime | None = conn.execute(query).scalar_one_or_none()
    return found


def count_wrong(conn: Connection, channel: str, address: str, now: datetime, within: timedelta) -> int:
    """Count one more wrong code and return how many there were in a row, none of them older than `within`."""
    conn.execute(delete(bind_tries).where(bind_tries.c.last_at < now - FORGET_AFTER))
    row = {"channel": channel, "address": _key(channel, address), "wrong": 1, "last_at": now, "locked_until": None}
    query = insert_into(conn, bind_tries).values(row)
    again = case((bind_tries.c.last_at >= now - within, bind_tries.c.wrong + 1), else_=1)
    changed = {"wrong": again, "last_at": now}
    counted = query.on_conflict_do_update(index_elements=["channel", "address"], set_=changed)
    return int(conn.execute(counted.returning(bind_tries.c.wrong)).scalar_one())


def lock(conn: Connection, channel: str, address: str, until: datetime) -> None:
    """Let a sender try no code until then; counting begins anew."""
    conn.execute(update(bind_tries).where(*_here(channel, address)).values(wrong=0, locked_until=until))


def forget(conn: Connection, channel: str, address: str) -> None:
    """A right code makes the wrong ones before it mistakes."""
    conn.execute(delete(bind_tries).where(*_here(channel, address)))


def _here(channel: str, address: str) -> tuple[ColumnElement[bool], ...]:
    return bind_tries.c.channel == channel, bind_tries.c.address == _key(channel, address)


def _key(channel: str, address: str) -> str:
    # Whoever writes their own name in other letters is the same sender.
    return (address.casefold() if channel in CASELESS else address)[:200]
