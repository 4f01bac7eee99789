"""Notices as revisions, and local decisions: handed in, settled, withdrawn; and the layers they make together.

Every change counts the version up in its own transaction, so every node sees it on its next action.
"""

import secrets
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, Text, bindparam, cast, insert, inspect, select, update
from sqlalchemy.engine import RowMapping

from storage.calendar.schedules import base_schedules, layered, revision_of
from storage.records import (
    Act,
    Notice,
    NoticeKind,
    Overlay,
    OverlayDraft,
    OverlayKind,
    Revision,
    RevisionStatus,
    Schedule,
)
from storage.sql.database import Connection
from storage.sql.prepared import Lookup
from storage.tables import calendar_overlays, calendar_revisions, meta

__all__ = [
    "Layers",
    "add_overlay",
    "base_schedules",
    "in_force",
    "layers",
    "overlays",
    "propose",
    "revision",
    "revision_of",
    "revisions",
    "settle",
    "stored",
    "touch",
    "version",
    "withdraw_overlay",
]

VERSION_KEY = "calendar_revision"
# The low bits are random: a version that was rolled back is never handed out again for other contents.
VERSION_SALT = 1 << 20

_SELECT = select(meta.c.value).where(meta.c.key == bindparam("key"))
_VERSION = Lookup(lambda _: _SELECT, ("key",))
_STEADY_VERSION = Lookup(lambda _: _SELECT.with_for_update(read=True), ("key",))


@dataclass(frozen=True, kw_only=True, slots=True)
class Layers:
    """Everything a calendar is made of, and the name it goes by."""

    schedules: tuple[Schedule, ...]
    overlays: tuple[Overlay, ...]
    name: str  # of the schedules: "base-2026-1a2b3c4d", "r3-2027-5e6f7a8b"


def version(conn: Connection, *, steady: bool = False) -> int:
    """Return the version all nodes compare; `steady` keeps it from moving until this transaction ends."""
    # Whoever computes a deadline shares the row with others like it, and a change waits for them all: so none
    # is computed on the old calendar and committed after the change looked for what it moves.
    found = (_STEADY_VERSION if steady else _VERSION).first(conn, VERSION_KEY)
    return int(found[0]) if found else 0


def touch(conn: Connection) -> None:
    """Count the version up; waits for deadlines being computed. Called before anything else of a change."""
    salt = secrets.randbelow(VERSION_SALT)
    counted = (cast(meta.c.value, BigInteger) // VERSION_SALT + 1) * VERSION_SALT + salt
    found = conn.execute(update(meta).where(meta.c.key == VERSION_KEY).values(value=cast(counted, Text)))
    if found.rowcount == 0:
        conn.execute(insert(meta), {"key": VERSION_KEY, "value": str(VERSION_SALT + salt)})


def layers(conn: Connection, at: datetime | None = None) -> Layers:
    """Return what is in force, or was in force at that moment."""
    used = in_force(conn, at)
    name = f"r{max(one.number for one in used)}" if used else "base"
    schedules = layered(used)
    return Layers(
        schedules=schedules,
        overlays=tuple(one for one in overlays(conn) if _in_force(one.decided, one.withdrawn, at)),
        name=revision_of(schedules, name),
    )


def stored(conn: Connection) -> Layers | None:
    """Return what is in force; None where the database has no such tables yet."""
    return layers(conn) if inspect(conn).has_table(calendar_revisions.name) else None


def in_force(conn: Connection, at: datetime | None = None) -> list[Revision]:
    """Return the revisions in force, or in force at that moment, by number."""
    return [one for one in revisions(conn) if _in_force(one.settled, one.withdrawn, at) and _approved(one)]


def revisions(conn: Connection) -> list[Revision]:
    """Return every revision ever handed in, by number."""
    query = select(calendar_revisions).order_by(calendar_revisions.c.number)
    return [_revision(row) for row in conn.execute(query).mappings()]


def revision(conn: Connection, number: int, *, lock: bool = False) -> Revision | None:
    """Return one revision."""
    query = select(calendar_revisions).where(calendar_revisions.c.number == number)
    row = conn.execute(query.with_for_update() if lock else query).mappings().first()
    return _revision(row) if row else None


def propose(conn: Connection, notice: Notice, raw: str, by: Act) -> int:
    """Keep a notice as handed in and return its number."""
    body = {"off": _texts(notice.off), "work": _texts(notice.work)}
    row = {
        "status": RevisionStatus.PROPOSED,
        "year": notice.year,
        "kind": notice.kind,
        "document": notice.document,
        "notice_number": notice.number,
        "issued": notice.issued,
        "body": body,
        "raw": raw,
        "proposed_by": by.person_id,
        "proposed_name": by.name,
        "proposed_at": by.at,
    }
    number: int = conn.execute(insert(calendar_revisions).returning(calendar_revisions.c.number), row).scalar_one()
    return number


def settle(conn: Connection, number: int, status: RevisionStatus, by: Act) -> None:
    """Approve, refuse or withdraw a revision; `touch` first where that changes what is in force."""
    prefix = "withdrawn" if status is RevisionStatus.WITHDRAWN else "settled"
    values = {"status": status, **_act(prefix, by)}
    conn.execute(update(calendar_revisions).where(calendar_revisions.c.number == number).values(values))


def overlays(conn: Connection) -> list[Overlay]:
    """Return every local decision ever taken, by number."""
    query = select(calendar_overlays).order_by(calendar_overlays.c.id)
    return [_overlay(row) for row in conn.execute(query).mappings()]


def add_overlay(conn: Connection, draft: OverlayDraft, by: Act) -> int:
    """Keep a local decision and return its number; one for no unit at all raises ValueError."""
    if draft.units is not None and not draft.units:
        raise ValueError("a decision for no unit")
    row = {
        "kind": draft.kind,
        "first_day": draft.first,
        "last_day": draft.last,
        "units": " ".join(map(str, sorted(draft.units))) if draft.units is not None else "",
        "why": draft.why,
        "document": draft.document,
        **_act("decided", by),
    }
    number: int = conn.execute(insert(calendar_overlays).returning(calendar_overlays.c.id), row).scalar_one()
    return number


def withdraw_overlay(conn: Connection, number: int, by: Act) -> None:
    """Take a local decision back; the row stays."""
    conn.execute(update(calendar_overlays).where(calendar_overlays.c.id == number).values(_act("withdrawn", by)))


def _approved(one: Revision) -> bool:
    return one.status in (RevisionStatus.APPROVED, RevisionStatus.WITHDRAWN)


def _in_force(since: Act | None, until: Act | None, at: datetime | None) -> bool:
    if at is None:
        return since is not None and until is None
    return since is not None and since.at <= at and (until is None or at < until.at)


def _act(prefix: str, by: Act) -> dict[str, Any]:
    return {f"{prefix}_by": by.person_id, f"{prefix}_name": by.name, f"{prefix}_at": by.at}


def _done(row: RowMapping, prefix: str) -> Act | None:
    at: datetime | None = row[f"{prefix}_at"]
    return Act(name=row[f"{prefix}_name"], at=at, person_id=row[f"{prefix}_by"]) if at else None


def _surely(act: Act | None) -> Act:
    if act is None:
        raise ValueError("a stored decision without its author")
    return act


def _revision(row: RowMapping) -> Revision:
    return Revision(
        number=row["number"],
        status=RevisionStatus(row["status"]),
        notice=Notice(
            year=row["year"],
            kind=NoticeKind(row["kind"]),
            document=row["document"],
            number=row["notice_number"],
            issued=row["issued"],
            off=_days(row["body"]["off"]),
            work=_days(row["body"]["work"]),
        ),
        raw=row["raw"],
        proposed=_surely(_done(row, "proposed")),
        settled=_done(row, "settled"),
        withdrawn=_done(row, "withdrawn"),
    )


def _overlay(row: RowMapping) -> Overlay:
    return Overlay(
        id=row["id"],
        kind=OverlayKind(row["kind"]),
        first=row["first_day"],
        last=row["last_day"],
        units=frozenset(map(int, row["units"].split())) or None,
        why=row["why"],
        document=row["document"],
        decided=_surely(_done(row, "decided")),
        withdrawn=_done(row, "withdrawn"),
    )


def _texts(days: Any) -> dict[str, str]:
    return {day.isoformat(): name for day, name in days.items()}


def _days(texts: dict[str, str]) -> dict[date, str]:
    return {date.fromisoformat(day): name for day, name in texts.items()}
