"""The rhythm: it only asks again and again; what is due stands in the database."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.engine import Engine

log = logging.getLogger(__name__)

OWED_SECONDS = 60  # what is owed is asked of the database; a missed beat is made good by the next
JUMP = timedelta(seconds=30)  # more than time servers correct by and by

Job = Callable[[], object]  # True: there is more to do, ask again at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """A piece of work that is asked for again and again; it must find out by itself whether there is anything to do."""

    name: str
    every_seconds: float
    work: Job


class Rhythm:
    """Ticks the engine and drains the outbox until stopped, on time that never jumps."""

    def __init__(self, engine: Engine, beats: tuple[Beat, ...] = ()) -> None:
        self._engine = engine
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._beats = (
            Beat(name="tick", every_seconds=engine.settings.rhythm.tick_seconds, work=engine.tick_once),
            Beat(name="weekly", every_seconds=OWED_SECONDS, work=engine.weekly),
            Beat(name="warn", every_seconds=OWED_SECONDS, work=engine.warn),
            *beats,
        )

    async def run(self) -> None:
        """Beat until `stop`; what is being done or sent is finished first."""
        drift = Drift(self._engine.clock)
        async with asyncio.TaskGroup() as group:
            for beat in self._beats:
                group.create_task(self._again_and_again(beat))
            while not self._stop.is_set():
                await self._drain()
                await self._rest()
                drift.note()

    def wake(self) -> None:
        """Look at the outbox now instead of at the next beat."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the loop to end after what it is doing."""
        self._stop.set()
        self._wake.set()

    async def _again_and_again(self, beat: Beat) -> None:
        while not self._stop.is_set():
            await self._beat(beat)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), beat.every_seconds)

    async def _beat(self, beat: Beat) -> None:
        try:
            # A batch at a time, so that the sender comes in between: others wait for the one writer of SQLite.
            while await self._engine.database.run(beat.work) is True and not self._stop.is_set():
                self.wake()
        except Exception:
            log.exception("beat failed; it is tried again at the next", extra={"action": "beat", "beat": beat.name})
        self.wake()

    async def _drain(self) -> None:
        try:
            await self._engine.sender.drain()
        except Exception:
            log.exception("sending failed; it is tried again", extra={"action": "drain"})

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), self._engine.settings.rhythm.tick_seconds)
        self._wake.clear()


class Drift:
    """Notices when somebody sets the clock: what is due follows it at the next beat, nothing is told twice."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = (clock.now(), clock.monotonic())

    def note(self) -> timedelta:
        """Return by how much the clock was set since the last call, and log it where that is more than a correction."""
        before, passed = self._last
        self._last = now, monotonic = self._clock.now(), self._clock.monotonic()
        jumped = now - before - timedelta(seconds=monotonic - passed)
        if abs(jumped) > JUMP:
            log.warning("clock was set", extra={"action": "clock", "seconds": round(jumped.total_seconds())})
        return jumped
