"""A node for the tests of several nodes on one database, as a process of its own.

Every send is one line in the file OUT, so a copy too many is seen there.
"""

import asyncio
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from bot.actions.tickets.intake import take_in
from bot.actions.tickets.tickets import answer
from bot.actions.work import Work
from bot.channels.base import Abilities, Outgoing, Receipt, SendFailed
from bot.delivery.sender import Sender
from bot.engine import Engine, open_engine
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Answer, Verb
from settings import Settings
from storage.people import register
from storage.sql.database import Connection
from storage.tickets import tickets
from tests.faults.process import KEY, arrival

START = datetime(2021, 8, 23, 2, tzinfo=UTC)
CLOCK = ".clock"
ROUNDS = 12
TICKETS = 4  # a round
TURN = timedelta(minutes=20)  # so that the steps of two hours come while the nodes work


class SharedClock:
    """A clock all nodes of a test share: it stands at what is written in its file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        """Aware UTC moment."""
        return datetime.fromisoformat(self._file.read_text())

    def monotonic(self) -> float:
        """Seconds, only for differences."""
        return self.now().timestamp()

    def wind_to(self, moment: datetime) -> None:
        """Whoever looks sees the moment before or this one."""
        fresh = self._file.with_suffix(f".{os.getpid()}")
        fresh.write_text(moment.isoformat())
        fresh.replace(self._file)


class FileChannel:
    """Writes one line for each send; what it cannot tell are doubles."""

    abilities = Abilities(two_way=True, tells_doubles=False)

    def __init__(self, name: str, out: Path, node: str) -> None:
        self.name, self._out, self._node = name, out, node

    async def send(self, message: Outgoing) -> Receipt:
        """Append the message, or refuse for good."""
        await asyncio.sleep(0)
        if message.address.endswith(":gone"):
            raise SendFailed("已停用", permanent=True)
        self._note(message)
        return Receipt(provider_id=self._node)

    async def check(self) -> Sequence[str]:
        """Nothing to check."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""

    def _note(self, message: Outgoing) -> None:
        # One write of a short line with O_APPEND is not torn by the other process.
        handle = os.open(self._out, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, f"{self.name} {message.key} {self._node}\n".encode())
        os.close(handle)


class SleepyChannel(FileChannel):
    """Waits in the middle of a send until the file OUT.go is there, then finds the address dead."""

    async def send(self, message: Outgoing) -> Receipt:
        """Wait as a stopped process does: the whole loop stands."""
        self._out.with_suffix(".waiting").touch()
        while not self._out.with_suffix(".go").exists():
            time.sleep(0.01)
        raise SendFailed("已停用", permanent=True)


def node(url: str, name: str, out: Path, *channels: FileChannel) -> Engine:
    """The engine with the node's own channels, on the clock all share."""
    settings = Settings(data_dir=out.parent / name, database_url=SecretStr(url), secret_key=SecretStr(KEY))
    return open_engine(
        settings, clock=SharedClock(out.with_suffix(CLOCK)), channels={one.name: one for one in channels}
    )


def drain(url: str, name: str, out: Path) -> None:
    """Send everything there is to send, beside another node."""
    engine = node(url, name, out, FileChannel("chat", out, name))
    sender = Sender(engine.context, engine.channels, engine.wording, holder=name)
    with asyncio.Runner() as loop:
        while loop.run(sender.drain()):
            pass
    engine.database.close()


def sleepy(url: str, name: str, out: Path) -> None:
    """Fall asleep in the middle of a send, and wake after the lease is over."""
    engine = node(url, name, out, SleepyChannel("slow", out, name), FileChannel("chat", out, name))
    asyncio.run(Sender(engine.context, engine.channels, engine.wording, holder=name).drain())
    engine.database.close()


def work(url: str, name: str, out: Path) -> None:
    """Do everything at once that nodes do: take in, tick, answer, send, find addresses dead."""
    engine = node(url, name, out, FileChannel("chat", out, name), FileChannel("mail", out, name))
    sender = Sender(engine.context, engine.channels, engine.wording, holder=name)
    with engine.database.read() as conn:
        [jia] = [one.id for one in register.load(conn).people.values() if one.name == "甲"]
    with asyncio.Runner() as loop:  # one for the whole life, as a node has
        for turn in range(ROUNDS):
            numbers = [f"FJ-{turn}-{place}" for place in range(TICKETS)]
            _meet(out, turn, name)
            SharedClock(out.with_suffix(CLOCK)).wind_to(START + turn * TURN)
            # Both nodes bring the same tickets by rows of their own, in opposite order.
            batch = [arrival(number, START) for number in (numbers if name == "a" else numbers[::-1])]
            take_in(engine.context, "省平台", [replace(one, event_id=one.event_id + name) for one in batch])
            engine.tick()
            loop.run(sender.drain())
            with engine.database.begin() as conn:
                [done] = tickets.by_number(conn, numbers[0])
                _complete(engine, conn, done.id, jia)
        loop.run(sender.drain())
    engine.database.close()


def _meet(out: Path, turn: int, name: str) -> None:
    """Wait for the other node, so that both do the next thing at the same moment."""
    here, there = (out.with_suffix(f".{turn}{one}") for one in (name, "ab".replace(name, "")))
    here.touch()
    while not there.exists():
        time.sleep(0.0005)


def _complete(engine: Engine, conn: Connection, ticket_id: int, person_id: int) -> None:
    try:
        answer(Work(engine.context, conn), ticket_id, Verb.COMPLETE, Answer(person_id=person_id, at=engine.clock.now()))
    except MoveRefused as refused:
        if refused.key != "already_complete":
            raise
