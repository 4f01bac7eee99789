"""What a running process knows of its own work: `/readyz` and the dead-man's switch ask it."""

import logging
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from bot.clock import Clock
from storage.messages import outbox
from storage.nodes import beats
from storage.sql.database import Connection, Database

log = logging.getLogger(__name__)

BEAT_TICKS = 6  # between two lines a node writes of itself
TICK_OLD_SECONDS = 120  # at least; and never less than some ticks
TICKS_MISSED = 6
WRITE_OLD_SECONDS = 180
STUCK_AFTER = timedelta(minutes=20)  # a message that may go out and that nobody took up
DEAD_AFTER = timedelta(seconds=WRITE_OLD_SECONDS)
MB = 2**20


class Trouble(StrEnum):
    """Why a node is not fit to work, as `/readyz` says it."""

    DATABASE = "database"
    OUTDATED = "outdated"
    TICK = "tick"
    WRITE = "write"
    OUTBOX = "outbox"
    DISK = "disk"


class Pulse:
    """When this process last did each part of its work, by the clock that never jumps."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last: dict[str, float] = {}
        self._start = clock.monotonic()
        self._outdated = False

    def note(self, part: str) -> None:
        """Say that a part of the work was just done."""
        self._last[part] = self._clock.monotonic()

    def age(self, part: str) -> float:
        """Seconds since a part of the work was last done, or since the start."""
        return self._clock.monotonic() - self._last.get(part, self._start)

    def done(self, part: str) -> float | None:
        """When a part was last done, on the clock that never jumps; None where it never was."""
        return self._last.get(part)

    def idle(self) -> None:
        """Say that a newer version took the database over; the log is told once."""
        if not self._outdated:
            log.error("a newer version has taken the database over; this node idles", extra={"action": "outdated"})
        self._outdated = True

    def trouble(self, tick_seconds: float) -> Trouble | None:
        """What is wrong with the work of this process, as far as it knows without asking anybody."""
        if self._outdated:
            return Trouble.OUTDATED
        if self.age("tick") > max(TICK_OLD_SECONDS, TICKS_MISSED * tick_seconds):
            return Trouble.TICK
        return Trouble.WRITE if self.age("written") > WRITE_OLD_SECONDS else None


def beat(database: Database, node: str, now: datetime) -> None:
    """Write that this node has done its work; any error means that nothing can be written."""
    with database.begin() as conn:
        beats.note(conn, node, now)


def shared_trouble(conn: Connection, now: datetime, folder: Path, least_mb: int) -> Iterator[Trouble]:
    """What is wrong with what all nodes share, and with the disk under this one."""
    waiting_since = outbox.next_due(conn)
    if waiting_since is not None and now - waiting_since > STUCK_AFTER:
        yield Trouble.OUTBOX
    if disk_left(folder) < least_mb:
        yield Trouble.DISK


def disk_left(folder: Path) -> int:
    """MB left for us on the disk of a folder, or of the nearest folder above it that is there."""
    there = next(place for place in (folder, *folder.resolve().parents) if place.exists())
    return shutil.disk_usage(there).free // MB
