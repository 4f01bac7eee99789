"""Telegram: what `check` says, and what is loaded and told where it is set up."""

import subprocess
import sys
import time
from typing import Any

import pytest

from bot.channels import catalog
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.client import hook_url
from bot.clock import SystemClock
from bot.logs import scrub
from settings import Settings
from storage.sql.database import Database
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_wire import HTML, TOKEN

WEBHOOK = {"mode": "webhook", "webhook_secret": "s" * 20}


async def checked(fake: FakeTelegram, **more: Any) -> list[str]:
    web = {"public_url": "https://duban.example.test"}
    settings = Settings(telegram={"token": TOKEN, "base_url": fake.url, **more}, web=web)  # type: ignore[arg-type]
    channel = TelegramChannel(settings, SystemClock())
    try:
        return list(await channel.check())
    finally:
        await channel.close()


async def test_check_asks_once_and_is_content(fake: FakeTelegram) -> None:
    assert await checked(fake) == []
    assert [call.method for call in fake.calls] == ["getMe", "getWebhookInfo"]


async def test_check_names_a_webhook_that_starves_the_polling_without_its_path(fake: FakeTelegram) -> None:
    fake.webhook["url"] = "https://elsewhere.example.test/secret-path"
    [sentence] = await checked(fake)
    assert "elsewhere.example.test" in sentence
    assert "轮询收不到消息" in sentence
    assert "secret-path" not in sentence
    assert fake.webhook["url"]


async def test_check_names_a_webhook_that_is_missing_elsewhere_or_failing(fake: FakeTelegram) -> None:
    [missing] = await checked(fake, **WEBHOOK)
    assert "还没有登记 webhook" in missing
    fake.webhook["url"] = "https://other.example.test/x"
    [elsewhere] = await checked(fake, **WEBHOOK)
    assert "other.example.test" in elsewhere
    settings = Settings(
        telegram={"token": TOKEN, "base_url": fake.url, **WEBHOOK},  # type: ignore[arg-type]
        web={"public_url": "https://duban.example.test"},  # type: ignore[arg-type]
    )
    fake.webhook["url"] = hook_url(settings)
    assert await checked(fake, **WEBHOOK) == []
    fake.webhook["last_error_date"], fake.updates = int(time.time()), [{"update_id": 1}]
    [failing_pushes] = await checked(fake, **WEBHOOK)
    assert "积压1条" in failing_pushes


async def test_check_names_a_wrong_token_and_a_dead_line(fake: FakeTelegram) -> None:
    [wrong] = await checked(fake, token="111111:AAWrong")
    assert "DUBAN_TELEGRAM__TOKEN" in wrong
    assert "AAWrong" not in wrong
    [dead] = await checked(fake, base_url="http://127.0.0.1:9")
    assert "连不上 Telegram" in dead
    fake.junk("getMe", 403, HTML)
    [boxed] = await checked(fake)
    assert "中间的网络设备" in boxed


def test_without_a_token_there_is_no_channel(database: Database) -> None:
    assert "telegram" not in catalog.build(Settings(), database, SystemClock())


def test_an_unreachable_telegram_stops_no_start(database: Database) -> None:
    settings = Settings(telegram={"token": TOKEN, "base_url": "http://127.0.0.1:9"})  # type: ignore[arg-type]
    assert "telegram" in catalog.build(settings, database, SystemClock())


@pytest.mark.parametrize(
    ("rooms", "loaded"),
    [
        (
            "bot.channels.telegram.channel, "
            "handlers.chat.platforms.telegram_hook, handlers.chat.platforms.telegram_poll",
            ["telegram"],
        ),
        ("bot.channels.catalog, handlers.chat.catalog", []),
    ],
    ids=["with Telegram set up", "without"],
)
def test_the_librarys_own_application_and_scheduler_are_never_loaded(rooms: str, loaded: list[str]) -> None:
    probe = f"import sys, {rooms}; print(sorted({{'telegram', 'telegram.ext', 'apscheduler'}} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(loaded)


@pytest.mark.parametrize(
    "line", [f"HTTP Request: POST https://api.telegram.org/bot{TOKEN}/sendMessage", f"token {TOKEN}", TOKEN[:-1] + "-"]
)
def test_a_token_is_scrubbed_from_any_line(line: str) -> None:
    assert TOKEN[:40] not in scrub(line)
