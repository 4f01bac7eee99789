"""The bot at work as a process of its own, in August 2021: `python -m benchmarks.worker FOLDER SHIFT WORK`.

SHIFT is added to the machine's time, in seconds; every message sent takes WORK seconds more.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.chat import Chat
from bot.channels.base import Outgoing, Receipt
from bot.clock import Clock
from bot.engine import Engine, open_engine
from handlers.shell.run import serve
from settings import Settings
from storage.sql.database import Database
from tests.cast.proof import KEY


class ShiftedClock:
    """The machine's clock, so much earlier."""

    def __init__(self, shift: float) -> None:
        self._shift = timedelta(seconds=shift)

    def now(self) -> datetime:
        """Aware UTC moment."""
        return datetime.now(UTC) + self._shift

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()


class SlowChat(Chat):
    """It takes its time, as chat servers do."""

    def __init__(self, database: Database, clock: Clock, work: float) -> None:
        super().__init__(database, clock)
        self._work = work

    async def send(self, message: Outgoing) -> Receipt:
        """Wait, then show."""
        await asyncio.sleep(self._work)
        return await super().send(message)


def engine(folder: Path, clock: Clock, work: float) -> Engine:
    """The engine on the SQLite file of this directory."""
    settings = Settings(data_dir=folder)
    database = Database(settings.database, journal_key=KEY)
    return open_engine(settings, clock=clock, channels={Chat.name: SlowChat(database, clock, work)})


if __name__ == "__main__":
    asyncio.run(serve(engine(Path(sys.argv[1]), ShiftedClock(float(sys.argv[2])), float(sys.argv[3]))))
