"""Raw things that came in: committed as they came, unique by source and event, settled or set aside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter

from sqlalchemy import ColumnElement, Dialect, Insert, RowMapping, bindparam, func, literal_column, select, update

from storage.records import Inbound, InboundState
from storage.sql.database import Connection
from storage.sql.prepared import Bulk, Lookup, one_of
from storage.sql.upsert import insert_for
from storage.tables import inbound

NAMES = ("id", "kind", "source", "event_id", "received_at", "raw", "state", "reason", "ticket_id")
_row = attrgetter(*NAMES)
# Written out: SQLite plans a statement anew each time a value is given that one of its partial indexes turns on.
SET_ASIDE: ColumnElement[str] = literal_column(f"'{InboundState.SET_ASIDE}'")
WAITING: ColumnElement[str] = literal_column(f"'{InboundState.WAITING}'")
_KNOWN = Lookup(
    lambda dialect: select(inbound.c.event_id, inbound.c.ticket_id).where(
        inbound.c.kind == bindparam("kind"),
        inbound.c.source == bindparam("source"),
        one_of(dialect, inbound.c.event_id, "event_ids"),
        inbound.c.state != SET_ASIDE,
    ),
    ("kind", "source", "event_ids"),
)


def _keep(dialect: Dialect) -> Insert:
    statement = insert_for(dialect, inbound)
    ends = {name: statement.excluded[name] for name in ("state", "reason", "ticket_id")}
    return statement.on_conflict_do_update(index_elements=["kind", "source", "event_id"], set_=ends)


_KEEP = Bulk(_keep, NAMES)
_KEEP_ONCE = Lookup(
    lambda dialect: (
        insert_for(dialect, inbound)
        .on_conflict_do_nothing(index_elements=["kind", "source", "event_id"])
        .returning(inbound.c.id)
    ),
    ("kind", "source", "event_id", "received_at", "raw", "state", "reason"),
)
_HOLD = Lookup(
    lambda _: (
        select(inbound.c.id).where(inbound.c.id == bindparam("b_id"), inbound.c.state == WAITING).with_for_update()
    ),
    ("b_id",),
)
_SETTLE = Bulk(
    lambda _: (
        update(inbound)
        .where(inbound.c.id == bindparam("b_id"))
        .values(state=bindparam("state"), reason=bindparam("reason"))
        .values(ticket_id=func.coalesce(bindparam("ticket_id", type_=inbound.c.ticket_id.type), inbound.c.ticket_id))
    ),
    ("b_id", "state", "reason", "ticket_id"),
)


def known_events(conn: Connection, kind: str, source: str, event_ids: Iterable[str]) -> dict[str, int | None]:
    """Return event id → ticket id for those that came in and were dealt with; what was set aside may come again."""
    return dict(_KNOWN.all(conn, kind, source, list(event_ids)))


def keep_all(conn: Connection, rows: Sequence[Inbound]) -> None:
    """Insert raw things that carry reserved ids; one that was set aside before gets its new end."""
    _KEEP.run(conn, [*map(_row, rows)])


def keep_once(conn: Connection, kind: str, source: str, event_id: str, now: datetime, raw: str) -> int | None:
    """Insert one raw thing that waits, and return its id; None when it is there already."""
    row = _KEEP_ONCE.first(conn, kind, source, event_id, now, raw, InboundState.WAITING, "")
    return row[0] if row else None


def event(conn: Connection, kind: str, source: str, event_id: str) -> Inbound:
    """Return the raw thing of an event that was kept."""
    here = (inbound.c.kind == kind) & (inbound.c.source == source) & (inbound.c.event_id == event_id)
    return _record(conn.execute(select(inbound).where(here)).mappings().one())


def hold_waiting(conn: Connection, inbound_id: int) -> bool:
    """Lock a raw thing until the transaction ends; False when it no longer waits."""
    return _HOLD.first(conn, inbound_id) is not None


def settle(
    conn: Connection, inbound_id: int, state: InboundState, reason: str = "", ticket_id: int | None = None
) -> None:
    """Say what became of a raw thing; the ticket it was about stays where none is named."""
    _SETTLE.run(conn, [(inbound_id, state, reason, ticket_id)])


def in_state(conn: Connection, state: InboundState, kind: str, limit: int = 100) -> list[Inbound]:
    """Return the oldest raw things in a state, locked until the transaction ends; another node skips them."""
    query = (
        select(inbound)
        .where(inbound.c.state == state, inbound.c.kind == kind)
        .order_by(inbound.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_record(row) for row in conn.execute(query).mappings()]


def last_set_aside(conn: Connection, kind: str, limit: int) -> list[Inbound]:
    """Return what was set aside last, the newest first."""
    query = select(inbound).where(inbound.c.state == SET_ASIDE, inbound.c.kind == kind)
    return [_record(row) for row in conn.execute(query.order_by(inbound.c.id.desc()).limit(limit)).mappings()]


def forget_raw(conn: Connection, kinds: Sequence[str], before: datetime, after_id: int, limit: int) -> int | None:
    """Forget the raw words of the next rows that came before a moment; returns the last id, None when all are done.

    What still waits, and what is of no such kind, keeps them.
    """
    query = select(inbound.c.id, inbound.c.received_at).where(inbound.c.id > after_id)
    old = [row.id for row in conn.execute(query.order_by(inbound.c.id).limit(limit)) if row.received_at < before]
    if not old:
        return None
    done = (inbound.c.id.between(old[0], old[-1]), inbound.c.kind.in_(kinds), inbound.c.state != WAITING)
    conn.execute(update(inbound).where(*done, inbound.c.received_at < before).values(raw=""))
    return int(old[-1])


def erase_raw(conn: Connection, ids: Iterable[int]) -> None:
    """Forget at once what was brought raw."""
    conn.execute(update(inbound).where(inbound.c.id.in_(list(ids))).values(raw=""))


def _record(row: RowMapping) -> Inbound:
    return Inbound(**{**row, "state": InboundState(row["state"])})
