"""Raw things that came in: committed as they came, unique by source and event, settled or set aside."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Dialect, Insert, RowMapping, bindparam, literal_column, select, update

from storage.database import Connection
from storage.numbering import reserve
from storage.prepared import Bulk, Lookup, one_of
from storage.records import Inbound, InboundState
from storage.tables import inbound
from storage.upsert import insert_for, insert_into

NAMES = ("id", "kind", "source", "event_id", "received_at", "raw", "state", "reason", "ticket_id")
_row = attrgetter(*NAMES)
# Written out: SQLite plans a statement anew each time a value is given that one of its partial indexes turns on.
SET_ASIDE: ColumnElement[str] = literal_column(f"'{InboundState.SET_ASIDE}'")
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


def known_events(conn: Connection, kind: str, source: str, event_ids: Iterable[str]) -> dict[str, int | None]:
    """Return event id → ticket id for those that came in and were dealt with; what was set aside may come again."""
    return dict(_KNOWN.all(conn, kind, source, list(event_ids)))


def keep_all(conn: Connection, rows: Sequence[Inbound]) -> None:
    """Insert raw things that carry reserved ids; one that was set aside before gets its new end."""
    _KEEP.run(conn, [*map(_row, rows)])


def keep_once(conn: Connection, kind: str, source: str, event_id: str, now: datetime, raw: str) -> bool:
    """Insert one raw thing; False when it is there already."""
    [number] = reserve(conn, inbound, 1)
    row = {"id": number, "kind": kind, "source": source, "event_id": event_id, "received_at": now, "raw": raw}
    statement = insert_into(conn, inbound).on_conflict_do_nothing(index_elements=["kind", "source", "event_id"])
    values = {**row, "state": InboundState.WAITING, "reason": ""}
    return conn.execute(statement.returning(inbound.c.id), values).first() is not None


def event(conn: Connection, kind: str, source: str, event_id: str) -> Inbound:
    """Return the raw thing of an event that was kept."""
    here = (inbound.c.kind == kind) & (inbound.c.source == source) & (inbound.c.event_id == event_id)
    return _record(conn.execute(select(inbound).where(here)).mappings().one())


def hold_waiting(conn: Connection, inbound_id: int) -> bool:
    """Lock a raw thing until the transaction ends; False when it no longer waits."""
    here = (inbound.c.id == inbound_id) & (inbound.c.state == InboundState.WAITING)
    return conn.execute(select(inbound.c.id).where(here).with_for_update()).first() is not None


def settle(
    conn: Connection, inbound_id: int, state: InboundState, reason: str = "", ticket_id: int | None = None
) -> None:
    """Say what became of a raw thing."""
    values: dict[str, Any] = {"state": state, "reason": reason}
    if ticket_id is not None:
        values["ticket_id"] = ticket_id
    conn.execute(update(inbound).where(inbound.c.id == inbound_id).values(values))


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


def _record(row: RowMapping) -> Inbound:
    return Inbound(**{**row, "state": InboundState(row["state"])})
