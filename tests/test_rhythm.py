"""The rhythm asks again at once where there is more to do, lets others in between, and survives a clock that is set."""

import asyncio
import logging
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from bot.engine import open_engine
from bot.scheduler import Beat, BeatScheduler, Drift
from settings import Rhythm, Settings
from storage.messages import outbox
from storage.records import MessageDraft, MessageKind, TextParams
from storage.sql.database import Database
from tests.waiting import LONG


async def test_a_long_piece_of_work_is_done_in_parts(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    asked: list[str] = []

    def long() -> bool:
        asked.append("long")
        if len(asked) == 1:
            asyncio.run_coroutine_threadsafe(between(), loop)
        if asked.count("long") == 3:
            loop.call_soon_threadsafe(rhythm.stop)
        return asked.count("long") < 3

    async def between() -> None:
        await engine.database.run(asked.append, "between")

    loop = asyncio.get_running_loop()
    rhythm = BeatScheduler(engine, beats=(Beat(name="long", every_seconds=3600, work=long),))
    async with asyncio.timeout(LONG):
        await rhythm.run()
    await engine.close()
    assert asked.count("long") == 3
    assert asked.index("between") < len(asked) - 1


class SetClock:
    """A clock that somebody sets."""

    def __init__(self) -> None:
        self.ahead = timedelta(0)

    def now(self) -> datetime:
        return datetime(2021, 8, 23, 2, tzinfo=UTC) + timedelta(seconds=time.monotonic()) + self.ahead

    def monotonic(self) -> float:
        return time.monotonic()


@pytest.mark.parametrize("ahead", [timedelta(days=-3), timedelta(seconds=-20), timedelta(days=20_000)])
async def test_beats_go_on_when_the_clock_is_set(tmp_path: Path, ahead: timedelta) -> None:
    engine = open_engine(Settings(data_dir=tmp_path, rhythm=Rhythm(tick_seconds=0.05)))
    asked: list[datetime] = []

    def beat() -> None:
        asked.append(engine.clock.now())
        if len(asked) == 2:
            # The machine's own clock: the scheduler's library reads it by itself.
            loop.call_soon_threadsafe(traveller.move_to, engine.clock.now() + ahead)
        if len(asked) == 6:
            loop.call_soon_threadsafe(rhythm.stop)

    loop = asyncio.get_running_loop()
    rhythm = BeatScheduler(engine, beats=(Beat(name="short", every_seconds=0.05, work=beat),))
    with time_machine.travel(engine.clock.now()) as traveller:
        async with asyncio.timeout(LONG):
            await rhythm.run()
    await engine.close()
    # Nobody waited until the clock had come again to where it was.
    assert abs(asked[-1] - asked[0] - ahead) < timedelta(seconds=18)


async def test_a_beat_under_way_is_finished_before_the_rhythm_ends(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    done: list[str] = []

    def slow() -> None:
        loop.call_soon_threadsafe(rhythm.stop)
        time.sleep(0.3)
        done.append("slow")

    loop = asyncio.get_running_loop()
    rhythm = BeatScheduler(engine, beats=(Beat(name="slow", every_seconds=3600, work=slow),))
    async with asyncio.timeout(LONG):
        await rhythm.run()
    await engine.close()
    assert done == ["slow"]


async def test_a_slow_beat_is_not_asked_for_twice_at_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    engine = open_engine(Settings(data_dir=tmp_path, rhythm=Rhythm(tick_seconds=0.05)))
    asked = 0

    def slow() -> None:
        nonlocal asked
        asked += 1
        time.sleep(0.2)
        if asked == 3:
            loop.call_soon_threadsafe(rhythm.stop)

    loop = asyncio.get_running_loop()
    rhythm = BeatScheduler(engine, beats=(Beat(name="slow", every_seconds=0.05, work=slow),))
    with caplog.at_level(logging.ERROR):
        async with asyncio.timeout(LONG):
            await rhythm.run()
    await engine.close()
    # Asked again while at work, a dozen would have been waiting; one may begin before the stop is heard.
    assert asked in (3, 4)
    assert not caplog.records


def test_a_clock_that_was_set_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    clock = SetClock()
    drift = Drift(clock)
    with caplog.at_level(logging.WARNING):
        drift.note()
        assert not caplog.records
        clock.ahead = timedelta(hours=-1)
        drift.note()
        drift.note()
    [line] = caplog.records
    assert (line.getMessage(), getattr(line, "seconds", None)) == ("clock was set", -3600)


async def test_a_clock_set_back_leaves_no_message_waiting_for_a_time_that_was_wrong(tmp_path: Path) -> None:
    engine = open_engine(Settings(data_dir=tmp_path))
    looked: list[datetime] = []
    tomorrow = engine.clock.now() + timedelta(days=1)
    draft = MessageDraft(intent="x", person_id=1, kind=MessageKind.ANSWER, params=TextParams(text="x"))

    def beat() -> None:
        looked.append(engine.clock.now())
        if len(looked) == 1:  # put by a clock that is a day ahead, which is then set right
            with engine.database.begin() as conn:
                outbox.put(conn, [draft], tomorrow)
            loop.call_soon_threadsafe(traveller.move_to, looked[0] - timedelta(minutes=1))
        elif _not_before(engine.database) < tomorrow:
            loop.call_soon_threadsafe(rhythm.stop)

    loop = asyncio.get_running_loop()
    rhythm = BeatScheduler(engine, beats=(Beat(name="short", every_seconds=0.05, work=beat),))
    with time_machine.travel(engine.clock.now()) as traveller:
        async with asyncio.timeout(LONG):
            await rhythm.run()
    await engine.close()


def _not_before(database: Database) -> datetime:
    with database.read() as conn:
        return outbox.by_intent(conn, "x").not_before
