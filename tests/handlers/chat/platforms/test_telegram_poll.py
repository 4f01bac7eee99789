"""Polling Telegram: kept before it is confirmed, by one node at a time, and nothing ever lost."""

import asyncio
import json
import logging
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import time as day_time
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.actions import holding
from bot.actions.context import Context
from bot.channels.telegram.client import TelegramClient
from bot.clock import SystemClock
from bot.policies.loading import load
from handlers.chat.platforms import telegram_poll
from handlers.chat.platforms.telegram_poll import Poller
from settings import Settings
from storage.records import InboundState
from storage.sql.database import Database
from storage.tables import inbound
from tests.cast.proof import KEY
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import HTML, TOKEN
from tests.processes import World, command, environment
from tests.waiting import LONG, happens, wait_for


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
def jia(fake: FakeTelegram) -> Person:
    return fake.person(1001, "甲")


def context_on(database: Database) -> Context:
    return Context(database, SystemClock(), load(), (day_time(8), day_time(20)))


@asynccontextmanager
async def polling(fake: FakeTelegram, database: Database, holder: str = "a") -> AsyncIterator[asyncio.Event]:
    """A node that polls; ends with the block, quickly."""
    settings = Settings(telegram={"token": TOKEN, "base_url": fake.url})  # type: ignore[arg-type]
    client, stop = TelegramClient(settings.telegram), asyncio.Event()
    task = asyncio.create_task(Poller(context_on(database), client, holder=holder).run(stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(task, telegram_poll.WAIT_SECONDS - 1)  # it does not wait until a poll comes back
        await client.close()


def kept(database: Database) -> list[int]:
    with database.read() as conn:
        return [int(one) for one in conn.execute(select(inbound.c.event_id).order_by(inbound.c.id)).scalars()]


def offsets(fake: FakeTelegram) -> list[int]:
    return [call.number("offset") or 0 for call in fake.calls if call.method == "getUpdates"]


async def test_updates_are_kept_as_they_came_and_then_confirmed(
    fake: FakeTelegram, jia: Person, database: Database
) -> None:
    made = [jia.says(text) for text in ("签收 1", "签收\x00 \ud800 2", "我的工单")]
    async with polling(fake, database):
        await happens(lambda: fake.updates == [])
        later = jia.says("帮助")
        await happens(lambda: fake.updates == [])
    assert kept(database) == [one["update_id"] for one in (*made, later)]
    with database.read() as conn:
        rows = conn.execute(select(inbound.c.raw, inbound.c.state, inbound.c.kind, inbound.c.source)).all()
    assert [json.loads(row.raw) for row in rows] == [*made, later]
    assert {(row.state, row.kind, row.source) for row in rows} == {(InboundState.WAITING, "update", "telegram")}
    first = fake.calls[[call.method for call in fake.calls].index("getUpdates")]
    assert first.object("allowed_updates") == ["message", "callback_query", "my_chat_member"]


async def test_nothing_is_confirmed_that_is_not_kept(fake: FakeTelegram, jia: Person, database: Database) -> None:
    jia.says("签收 1")
    async with polling(fake, database):
        await happens(lambda: len(offsets(fake)) >= 2)
        [row] = kept(database)
    assert offsets(fake)[0] == 0
    assert set(offsets(fake)[1:]) == {row + 1}


async def test_a_redelivered_and_disordered_queue_changes_nothing(
    fake: FakeTelegram, jia: Person, database: Database
) -> None:
    made = [jia.says(text) for text in "一二三"]
    async with polling(fake, database):
        await happens(lambda: fake.updates == [])
    fake.redeliver(*made)
    async with polling(fake, database, "b"):
        await happens(lambda: fake.updates == [])
    assert kept(database) == [one["update_id"] for one in made]


async def test_two_nodes_never_poll_at_the_same_time(
    fake: FakeTelegram, jia: Person, database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    one, other = Database(database_url, journal_key=KEY), Database(database_url, journal_key=KEY)
    async with polling(fake, one, "a"):
        await happens(lambda: offsets(fake))
        async with polling(fake, other, "b"):
            for number in range(5):
                jia.says(f"签收 {number}")
                await asyncio.sleep(0.05)
            await happens(lambda: fake.updates == [])
    assert len(kept(one)) == 5
    assert [call.method for call in fake.calls].count("getMe") == 1  # the other has not even begun
    assert caplog.text == ""
    one.close()
    other.close()


async def test_when_one_node_stops_another_goes_on_at_once(fake: FakeTelegram, jia: Person, database_url: str) -> None:
    one, other = Database(database_url, journal_key=KEY), Database(database_url, journal_key=KEY)
    async with polling(fake, one, "a"):
        await happens(lambda: offsets(fake))
    assert holding.hold(context_on(other), telegram_poll.LEASE, "b", telegram_poll.LEASE_FOR)
    async with polling(fake, other, "b"):
        made = jia.says("签收")
        await happens(lambda: fake.updates == [])
    assert kept(one) == [made["update_id"]]
    one.close()
    other.close()


async def test_a_node_without_the_lease_asks_telegram_nothing(
    fake: FakeTelegram, jia: Person, database: Database
) -> None:
    assert holding.hold(context_on(database), telegram_poll.LEASE, "somebody", telegram_poll.LEASE_FOR)
    async with polling(fake, database):
        await asyncio.sleep(0.3)
    assert fake.calls == []


async def test_another_program_with_the_same_token_is_told_of_in_chinese(
    fake: FakeTelegram, jia: Person, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    fake.refuse("getUpdates", 409, "Conflict: terminated by other getUpdates request")
    async with polling(fake, database):
        await happens(lambda: "另有程序在用同一令牌轮询" in caplog.text)
        await asyncio.sleep(0.2)
        assert len(offsets(fake)) == 1
    assert "deleteWebhook" not in [call.method for call in fake.calls]


async def test_a_webhook_that_is_set_is_named_and_left_alone(
    fake: FakeTelegram, jia: Person, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    fake.webhook["url"] = "http://127.0.0.1:9/hooks"
    async with polling(fake, database):
        await happens(lambda: "设有 webhook" in caplog.text)
    assert fake.webhook["url"] == "http://127.0.0.1:9/hooks"
    assert "deleteWebhook" not in [call.method for call in fake.calls]


async def test_an_update_no_library_can_read_holds_nothing_back(
    fake: FakeTelegram, jia: Person, database: Database
) -> None:
    odd = fake.update("message", {"from": 5})
    good = jia.says("签收")
    with fake.lock:
        fake.updates.insert(1, {"update_id": good["update_id"], "callback_query": "?"})
    async with polling(fake, database):
        await happens(lambda: fake.updates == [])
    assert kept(database) == [odd["update_id"], good["update_id"]]


@pytest.mark.parametrize("how", ["cut", "502", "200 page", "500", "drip", "flood"])
async def test_a_telegram_in_trouble_is_waited_for(
    fake: FakeTelegram, jia: Person, file_database: Database, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    faults = {
        "cut": lambda: fake.cut("getUpdates", executed=False),
        "502": lambda: fake.junk("getUpdates", 502),
        "200 page": lambda: fake.junk("getUpdates", 200, HTML),
        "500": lambda: fake.refuse("getUpdates", 500, "Internal Server Error"),
        "drip": lambda: fake.drip("getUpdates", 0.5),
        "flood": lambda: fake.flood("getUpdates", 1),
    }
    faults[how]()
    made = jia.says("签收")
    async with polling(fake, file_database):
        await happens(lambda: fake.updates == [])
    assert kept(file_database) == [made["update_id"]]
    mine = [one for one in caplog.records if one.name == "handlers.chat.platforms.telegram_poll"]
    assert [one.levelno for one in mine] == ([] if how == "drip" else [logging.ERROR, logging.WARNING])
    assert TOKEN not in "".join(one.getMessage() for one in mine)


async def test_a_refused_token_is_said_once_and_asked_again_later(
    fake: FakeTelegram, jia: Person, file_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    fake.token = "987654321:AARevoked"
    made = jia.says("签收")
    async with polling(fake, file_database):
        await happens(lambda: "令牌被 Telegram 拒绝" in caplog.text)
        fake.token = TOKEN
        await happens(lambda: fake.updates == [])
    assert kept(file_database) == [made["update_id"]]
    assert TOKEN not in caplog.text


async def test_a_database_that_takes_nothing_confirms_nothing(fake: FakeTelegram, jia: Person) -> None:
    jia.says("签收")
    down = Database("postgresql://nobody@127.0.0.1:9/none")
    async with polling(fake, down):
        await asyncio.sleep(0.5)
    assert len(fake.updates) == 1
    down.close()


async def test_stopping_does_not_wait_for_a_long_poll(fake: FakeTelegram, jia: Person, database: Database) -> None:
    async with polling(fake, database):
        await happens(lambda: offsets(fake))
    assert len(offsets(fake)) == 1


def test_killed_in_the_middle_of_a_batch_nothing_is_lost(fake: FakeTelegram, jia: Person, tmp_path: Path) -> None:
    made = [jia.says(f"签收 {number}")["update_id"] for number in range(3)]
    settings = {"TELEGRAM__TOKEN": TOKEN, "TELEGRAM__BASE_URL": fake.url, "LOG_LEVEL": "DEBUG"}
    world = World(environment=environment(tmp_path / "data", settings), err=tmp_path / "log")
    dying = replace(world, environment={**world.environment, "DUBAN_FAILPOINT": "after_keep"})
    with command(dying, "run") as killed:
        killed.join(LONG)
        assert killed.exitcode == -signal.SIGKILL
    database = Database(f"sqlite:///{tmp_path / 'data' / 'duban.sqlite3'}", journal_key=KEY)
    assert kept(database) == made[:1]
    assert [one["update_id"] for one in fake.updates] == made
    # The dead node's lease has to run out first; a clock an hour on has seen that.
    with database.begin() as conn:
        conn.exec_driver_sql("UPDATE leases SET until = '2021-01-01T00:00:00.000000Z'")
    with command(world, "run") as again:
        wait_for(lambda: not fake.updates)
        os.kill(again.pid or 0, signal.SIGTERM)
        again.join(LONG)
        assert again.exitcode == 0
    assert kept(database) == made
    assert TOKEN not in (tmp_path / "log").read_text()
    database.close()
