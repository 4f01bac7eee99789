"""The rhythm: APScheduler only ticks; what is due stands in the database."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.engine import Engine

log = logging.getLogger(__name__)

OWED_SECONDS = 60  # what is owed is asked of the database; a missed beat is made good by the next

Job = Callable[[], object]  # True: there is more to do, ask again at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """A piece of work that is asked for again and again; it must find out by itself whether there is anything to do."""

    name: str
    every_seconds: float
    work: Job


class Rhythm:
    """Ticks the engine and drains the outbox until stopped."""

    def __init__(self, engine: Engine, beats: tuple[Beat, ...] = ()) -> None:
        self._engine = engine
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        # Late or missed beats are run once, never dropped: the default of one second's grace loses them silently.
        self._scheduler = AsyncIOScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1}
        )
        own = (
            Beat(name="tick", every_seconds=engine.settings.rhythm.tick_seconds, work=engine.tick_once),
            Beat(name="weekly", every_seconds=OWED_SECONDS, work=engine.weekly),
            Beat(name="warn", every_seconds=OWED_SECONDS, work=engine.warn),
        )
        for beat in (*own, *beats):
            first = engine.clock.now()
            self._scheduler.add_job(
                self._beat, "interval", args=[beat], seconds=beat.every_seconds, id=beat.name, next_run_time=first
            )

    async def run(self) -> None:
        """Beat until `stop`; what is being sent is finished first."""
        self._scheduler.start()
        try:
            while not self._stop.is_set():
                await self._drain()
                await self._rest()
        finally:
            self._scheduler.shutdown(wait=False)

    def wake(self) -> None:
        """Look at the outbox now instead of at the next beat."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the loop to end after what it is doing."""
        self._stop.set()
        self._wake.set()

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
