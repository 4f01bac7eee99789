"""`kill -9` of the whole product: in the middle of taking in, and from outside at any moment."""

import os
import signal
import time
from pathlib import Path

import pytest

from storage.records import InboundState
from storage.tickets import inbound, tickets
from tests.faults.process import House, furnish
from tests.waiting import LONG, wait_for

HEADINGS = "工单编号,平台名称,账号名称,存在问题,下发时间"
ROWS = "FJ-7,微信公众号,水清三明,错别字,2021-08-23 10:00\nFJ-8,微信公众号,水清三明,错链,2021-08-23 10:00"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> House:
    """One ticket with a step due now and messages waiting."""
    return furnish(database_url, tmp_path / "data")


def test_killed_in_the_middle_of_taking_in_nothing_is_half_there(house: House, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(f"{HEADINGS}\n{ROWS}\n", encoding="utf-8")
    house.killed("intake", str(file), failpoint="before_commit")
    with house.database() as database, database.read() as conn:
        assert [one.number for one in tickets.matching(conn)] == ["FJ-1"]
        assert len(inbound.in_state(conn, InboundState.SETTLED, "ticket")) == 1
    with house.running("intake", str(file)) as again:
        again.join(LONG)
        assert again.exitcode == 0, house.log.read_text()
    with house.database() as database, database.read() as conn:
        assert sorted(one.number for one in tickets.matching(conn)) == ["FJ-1", "FJ-7", "FJ-8"]
        assert len(inbound.in_state(conn, InboundState.SETTLED, "ticket")) == 3


def test_killed_from_outside_and_started_again_it_goes_on_by_itself(house: House) -> None:
    with house.running():
        wait_for(lambda: house.copies() != [])
    house.let_leases_run_out()
    with house.running() as second:
        wait_for(lambda: house.log.read_text().count('"action": "ready"') == 2)
        wait_for(lambda: {key.split(":")[1] for key in house.copies()} >= {"receipt", "take_over"})
        time.sleep(0.3)  # a tick more, in which nothing may be said again
        os.kill(second.pid or 0, signal.SIGTERM)
        second.join(LONG)
        assert second.exitcode == 0, house.log.read_text()
    house.assert_whole()
