"""The menu of commands: shown in Chinese to everybody, told once for each change, and every entry is understood."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import time as day_time

import pytest
from pydantic import SecretStr

from bot.actions.context import Context
from bot.channels.telegram.client import TelegramClient
from bot.clock import SystemClock
from bot.delivery.wording import Wording
from bot.policies.loading import load
from handlers.chat.commands import BY_NAME
from handlers.chat.parse import parse
from handlers.chat.platforms.telegram_menu import ENTRIES, CommandMenu, entries
from handlers.chat.platforms.telegram_poll import Poller
from settings import Telegram
from storage.sql.database import Database
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_wire import TOKEN
from tests.waiting import happens


def context_on(database: Database) -> Context:
    return Context(database, SystemClock(), load(), (day_time(8), day_time(20)))


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
async def client(fake: FakeTelegram) -> AsyncIterator[TelegramClient]:
    opened = TelegramClient(Telegram(token=SecretStr(TOKEN), base_url=fake.url, mode="polling"))
    yield opened
    await opened.close()


def told(fake: FakeTelegram) -> int:
    return sum(call.method == "setMyCommands" for call in fake.calls)


async def test_it_is_told_once_a_change_in_chinese_and_to_everybody(fake: FakeTelegram, client: TelegramClient) -> None:
    for _ in range(3):
        await CommandMenu(client, Wording()).show()
    assert told(fake) == 2
    assert fake.commands["zh"] == fake.commands[""]
    assert fake.commands["zh"][0] == {"command": "my", "description": "我的工单：查看待办"}
    await CommandMenu(client, Wording("en")).show()
    assert told(fake) == 4


async def test_what_fails_is_tried_again(fake: FakeTelegram, client: TelegramClient) -> None:
    menu = CommandMenu(client, Wording())
    fake.refuse("setMyCommands", 500, "Internal Server Error")
    await menu.show()
    await menu.show()
    assert sorted(fake.commands) == ["", "zh"]


def test_every_entry_is_understood_and_moves_no_ticket() -> None:
    for (command, _), name in zip(entries(Wording()), ENTRIES, strict=True):
        assert parse(command).command == name
        assert BY_NAME[name].verb is None


async def test_polling_shows_it_at_the_start(fake: FakeTelegram, client: TelegramClient, database: Database) -> None:
    stop = asyncio.Event()
    poller = Poller(context_on(database), client, holder="a", menu=CommandMenu(client, Wording()))
    task = asyncio.create_task(poller.run(stop))
    try:
        await happens(lambda: "" in fake.commands)
    finally:
        stop.set()
        await task
