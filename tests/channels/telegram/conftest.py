"""The channel, and Telegram as a real HTTP server."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from bot.channels.telegram.channel import RateLimits, TelegramChannel
from bot.clock import Clock, SystemClock
from settings import Settings
from tests.channels.telegram.sending import Opened
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import TOKEN


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
def jia(fake: FakeTelegram) -> Person:
    return fake.person(1001, "甲")


@pytest.fixture
async def opened(fake: FakeTelegram) -> AsyncIterator[Opened]:
    """Makes channels and closes them, however a test ends."""
    made: list[TelegramChannel] = []

    def open_channel(limits: RateLimits | None = None, *, clock: Clock | None = None, **more: Any) -> TelegramChannel:
        settings = Settings(telegram={"token": TOKEN, "base_url": fake.url, **more})  # type: ignore[arg-type]
        made.append(TelegramChannel(settings, clock or SystemClock(), limits))
        return made[-1]

    yield open_channel
    for one in made:
        await one.close()


@pytest.fixture
def channel(opened: Opened) -> TelegramChannel:
    return opened()
