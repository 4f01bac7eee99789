"""Two nodes on one PostgreSQL: every piece of work is done by one of them."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path

import pytest

from storage.messages import outbox
from storage.people import addresses, register
from storage.records import MessageDraft, MessageKind, MessageState, TextParams, TicketState
from storage.sql.database import Database
from storage.tickets import journal, tickets
from tests.cast.proof import checked
from tests.faults.process import House, furnish
from tests.faults.worker import CLOCK, ROUNDS, START, TICKETS, SharedClock, drain, sleepy, work
from tests.postgres import Postgres
from tests.processes import Process, World, forked
from tests.waiting import LONG, wait_for

MESSAGES = 300
Running = AbstractContextManager[Process]


@pytest.fixture
def url(postgres: Postgres) -> Iterator[str]:
    """A PostgreSQL database; an SQLite file serves one node only."""
    with postgres.fresh() as found:
        yield found


def worker(function: Callable[..., None], url: str, name: str, out: Path) -> Running:
    """A node as a process of its own."""
    world = World(environment=dict(os.environ), err=out.with_suffix(f".{name}.log"))
    return forked(world, function, url, name, out)


def side_by_side(function: Callable[..., None], url: str, out: Path) -> list[list[str]]:
    """Run two nodes at once and return the words of every line they wrote."""
    out.touch()
    clock(out)
    with worker(function, url, "a", out) as a, worker(function, url, "b", out) as b:
        for process in (a, b):
            process.join(LONG)
        assert (a.exitcode, b.exitcode) == (0, 0), [out.with_suffix(f".{one}.log").read_text() for one in "ab"]
    return [line.split() for line in out.read_text().splitlines()]


def clock(out: Path) -> SharedClock:
    """The clock of the nodes that write to this file, at its start."""
    shared = SharedClock(out.with_suffix(CLOCK))
    shared.wind_to(START)
    return shared


def bind(database: Database, who: int, *ways: tuple[str, str]) -> None:
    with database.begin() as conn:
        for preference, (channel, address) in enumerate(ways):
            addresses.bind(conn, who, channel, address, START, preference)


def test_three_hundred_messages_are_sent_once_each(url: str, tmp_path: Path) -> None:
    house = furnish(url, tmp_path / "data", numbers=())
    keys = [f"answer:{number}" for number in range(MESSAGES)]
    with house.database() as database:
        people = list(house.people.values())
        for who in people:
            bind(database, who, ("chat", f"chat:{who}"))
        drafts = [
            MessageDraft(intent=key, person_id=people[place % 4], kind=MessageKind.ANSWER, params=TextParams(text=key))
            for place, key in enumerate(keys)
        ]
        with database.begin() as conn:
            outbox.put(conn, drafts, START)
    lines = side_by_side(drain, url, tmp_path / "sent")
    assert sorted(key for _, key, _ in lines) == sorted(keys)
    with house.database() as database, database.read() as conn:
        found = [outbox.by_intent(conn, key) for key in keys]
    assert {(one.state, one.fence, one.attempts) for one in found} == {(MessageState.ACCEPTED, 1, 1)}
    assert Counter(one.provider_id for one in found) == Counter(node for _, _, node in lines)


def test_at_everything_at_once_nothing_is_done_twice_and_nobody_waits_in_a_circle(url: str, tmp_path: Path) -> None:
    house = furnish(url, tmp_path / "data", numbers=())
    with house.database() as database:
        for name, who in house.people.items():
            first = "chat:gone" if name == "yi" else f"chat:{who}"
            bind(database, who, ("chat", first), ("mail", f"mail:{who}"))
    lines = side_by_side(work, url, tmp_path / "sent")
    copies = Counter(key for _, key, _ in lines)
    assert {key: count for key, count in copies.items() if count > 1} == {}
    with house.database() as database, database.read() as conn:
        found = tickets.matching(conn)
        broken = [one for _, one in checked(conn) if one is not None]
        kinds = {one.id: Counter(line.kind for line in journal.read(conn, one.id)) for one in found}
        steps = {
            one.id: [line.data["step"] for line in journal.read(conn, one.id) if line.kind == "step"] for one in found
        }
        lost = register.load(conn)
    assert broken == []
    assert len(found) == ROUNDS * TICKETS
    assert sum(one.state == TicketState.COMPLETED for one in found) == ROUNDS
    assert all(count["received"] == 1 and count["evidence"] == 1 and count["complete"] <= 1 for count in kinds.values())
    assert all(len(taken) == len(set(taken)) for taken in steps.values())
    assert [way.usable for way in lost.addresses[house.people["yi"]] if way.channel == "chat"] == [False]


def test_a_node_stopped_past_its_lease_writes_nothing_and_sends_nothing_more(url: str, tmp_path: Path) -> None:
    house, out = furnish(url, tmp_path / "data", numbers=()), tmp_path / "sent"
    who = house.people["jia"]
    with house.database() as database:
        bind(database, who, ("slow", "slow:jia"), ("chat", "chat:jia"))
        draft = MessageDraft(intent="x", person_id=who, kind=MessageKind.ANSWER, params=TextParams(text="x"))
        with database.begin() as conn:
            outbox.put(conn, [draft], START)
    shared = clock(out)
    with worker(sleepy, url, "sleepy", out) as process:
        wait_for(out.with_suffix(".waiting").exists)
        os.kill(process.pid or 0, signal.SIGSTOP)
        shared.wind_to(START + timedelta(minutes=2))  # its lease was one minute
        taken_over(house, shared)
        out.with_suffix(".go").touch()
        os.kill(process.pid or 0, signal.SIGCONT)
        process.join(LONG)
        assert process.exitcode == 0, out.with_suffix(".sleepy.log").read_text()
    assert not out.exists(), "the sleeper sent by its next way"
    with house.database() as database, database.read() as conn:
        one = outbox.by_intent(conn, "x")
        ways = register.load(conn).addresses[who]
    assert (one.state, one.fence, one.leased_by != "sleepy") == (MessageState.ACCEPTED, 2, True)
    assert all(way.usable for way in ways), "the sleeper's bad news came too late to count"


def taken_over(house: House, shared: SharedClock) -> None:
    """Another node sends the message: to the web inbox, the only way it has."""
    with house.engine(shared) as engine:
        asyncio.run(engine.sender.drain())
    assert house.copies() == ["x"]
