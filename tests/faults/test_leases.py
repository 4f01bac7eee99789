"""Leases beside other clocks, and beside a process that is dead."""

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.actions import holding
from bot.actions.messages import dispatch
from bot.clock import SystemClock
from bot.engine import Engine
from bot.node import is_dead, own_name
from tests.faults.process import House, furnish
from tests.postgres import Postgres
from tests.processes import World, forked
from tests.waiting import LONG

LEASE = timedelta(seconds=60)


class FastClock(SystemClock):
    """A machine's clock that is two minutes ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=120)


@pytest.fixture
def house(postgres: Postgres, tmp_path: Path) -> Iterator[House]:
    """Two messages of one ticket wait, on PostgreSQL."""
    with postgres.fresh() as url:
        yield furnish(url, tmp_path / "data")


def claimed(engine: Engine, holder: str) -> set[int]:
    return {one.id for one in dispatch.claim(engine.context, holder, LEASE, digest_from=9).messages}


def test_a_node_whose_clock_is_ahead_takes_nothing_that_another_holds(house: House) -> None:
    with ExitStack() as stack:
        right, fast = (stack.enter_context(house.engine(one)) for one in (SystemClock(), FastClock()))
        first = claimed(right, "right")
        assert len(first) == 2
        assert claimed(fast, "fast") == set()
        assert holding.hold(right.context, "poll", "elsewhere:1", LEASE)
        assert not holding.hold(fast.context, "poll", "elsewhere:2", LEASE)


def test_what_a_fast_node_took_is_free_again_when_its_time_is_over_for_all(house: House) -> None:
    with ExitStack() as stack:
        right, fast = (stack.enter_context(house.engine(one)) for one in (SystemClock(), FastClock()))
        first = claimed(fast, "fast")
        house.let_leases_run_out()
        assert claimed(right, "right") == first


def test_a_dead_process_gives_its_lease_back_at_once(database_url: str, tmp_path: Path) -> None:
    house = furnish(database_url, tmp_path / "data", numbers=())
    said = tmp_path / "name"
    world = World(environment={}, err=tmp_path / "err", out=said)
    with forked(world, _say_name) as process:
        process.join(LONG)
    dead = said.read_text().strip()
    with house.engine(SystemClock()) as engine:
        assert holding.hold(engine.context, "poll", dead, LEASE)
        assert holding.hold(engine.context, "poll", own_name(), LEASE)
        assert not holding.hold(engine.context, "poll", dead, LEASE)  # the living keep it


def test_only_a_process_of_this_very_machine_is_known_to_be_dead() -> None:
    own = own_name()
    head = own.rpartition(":")[0]
    assert len(own) <= 64
    assert not is_dead(own)
    assert not is_dead(f"{head}:1")  # lives, be it another's
    for strange in ("", "elsewhere/0123abcd:99999999", f"{head}:", f"{head}:x", f"{head}:{'9' * 40}", "poll"):
        assert not is_dead(strange)


def _say_name() -> None:
    print(own_name(), flush=True)
