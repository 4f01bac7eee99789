"""The rhythm: APScheduler only asks again and again; what is due stands in the database."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.base import BaseTrigger

from bot.clock import Clock
from bot.engine import Engine
from bot.pulse import BEAT_TICKS
from storage.sql.schema import SchemaMovedOn

log = logging.getLogger(__name__)

FORGET_SECONDS = 3_600
OWED_SECONDS = 60  # what is owed is asked of the database; a missed beat is made good by the next
CORRECTION = timedelta(seconds=1)  # what time servers correct by and by is no jump
JUMP = timedelta(seconds=30)  # more than they ever set a clock by while it runs

Job = Callable[[], object]  # True: there is more to do, ask again at once


@dataclass(frozen=True, kw_only=True, slots=True)
class Beat:
    """A piece of work that is asked for again and again; it must find out by itself whether there is anything to do."""

    name: str
    every_seconds: float
    work: Job


class Every(BaseTrigger):
    """At once, then so long after the last look at the clock.

    The library's own interval lists every beat that was missed, even to merge them all into one: a clock set
    forward by years keeps it busy for hours. Here nothing is missed, for the database knows what is due.
    """

    def __init__(self, seconds: float) -> None:
        self._pause = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """Return the moment of the next beat."""
        return now if previous_fire_time is None else now + self._pause


class BeatScheduler:
    """Ticks the engine and drains the outbox until stopped, whatever happens to the clock meanwhile."""

    def __init__(self, engine: Engine, beats: tuple[Beat, ...] = ()) -> None:
        self._engine = engine
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Future[None]] = set()
        self._beats = (
            Beat(name="tick", every_seconds=engine.settings.rhythm.tick_seconds, work=engine.tick_once),
            Beat(name="beat", every_seconds=BEAT_TICKS * engine.settings.rhythm.tick_seconds, work=engine.beat),
            Beat(name="prove", every_seconds=engine.settings.rhythm.tick_seconds, work=engine.prove),
            Beat(name="brief", every_seconds=OWED_SECONDS, work=engine.brief),
            Beat(name="weekly", every_seconds=OWED_SECONDS, work=engine.weekly),
            Beat(name="warn", every_seconds=OWED_SECONDS, work=engine.warn),
            Beat(name="forget", every_seconds=FORGET_SECONDS, work=engine.forget),
            *beats,
        )

    async def run(self) -> None:
        """Beat until `stop`; what is being done or sent is finished first."""
        scheduler, drift = self._scheduled(), Drift(self._engine.clock)
        await self._look_first()
        scheduler.start()
        while not self._stop.is_set():
            await self._drain()
            await self._rest()
            if abs(drift.note()) > CORRECTION:
                self._beat_now(scheduler)
                await self._look_first()
        scheduler.pause()
        while self._under_way:
            await asyncio.wait(self._under_way)
        scheduler.shutdown()

    def wake(self) -> None:
        """Look at the outbox now instead of at the next beat."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the loop to end after what it is doing."""
        self._stop.set()
        self._wake.set()

    def _scheduled(self) -> AsyncIOScheduler:
        # One at a time, merged when late, and never given up for being late.
        scheduler = AsyncIOScheduler(timezone=UTC)
        for beat in self._beats:
            options = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
            scheduler.add_job(self._beat, Every(beat.every_seconds), [beat], id=beat.name, **options)
        return scheduler

    async def _look_first(self) -> None:
        """See what became due meanwhile before anything goes out: so it is one message a person, not two."""
        await self._beat(Beat(name="look_again", every_seconds=0, work=self._engine.look_again))
        await self._beat(self._beats[0])

    def _beat_now(self, scheduler: AsyncIOScheduler) -> None:
        """Plan anew: the next beats stand at moments of the clock as it was before it was set."""
        for beat in self._beats:
            scheduler.reschedule_job(beat.name, trigger=Every(beat.every_seconds))

    async def _beat(self, beat: Beat) -> None:
        done = asyncio.get_running_loop().create_future()
        self._under_way.add(done)
        try:
            # A batch at a time, so that the sender comes in between: others wait for the one writer of SQLite.
            while await self._engine.database.run(beat.work) is True and not self._stop.is_set():
                self.wake()
            self._engine.pulse.note(beat.name)
        except SchemaMovedOn:
            self._engine.pulse.idle()
        except Exception:
            log.exception("beat failed; it is tried again at the next", extra={"action": "beat", "beat": beat.name})
        finally:
            self._under_way.discard(done)
            done.set_result(None)
        self.wake()

    async def _drain(self) -> None:
        try:
            await self._engine.sender.drain()
        except SchemaMovedOn:
            self._engine.pulse.idle()
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
