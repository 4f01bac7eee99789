"""The rhythm asks again at once where a beat says that there is more to do, and lets others in between."""

import asyncio
from pathlib import Path

from bot.engine import open_engine
from bot.scheduler import Beat, Rhythm
from settings import Settings


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
    rhythm = Rhythm(engine, beats=(Beat(name="long", every_seconds=3600, work=long),))
    async with asyncio.timeout(20):
        await rhythm.run()
    await engine.close()
    assert asked.count("long") == 3
    assert asked.index("between") < len(asked) - 1
