"""Telegram: no faster than it allows, and pauses as it asks for them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from telegram.error import RetryAfter

from bot.channels.telegram.channel import RateLimits, TelegramChannel
from bot.channels.telegram.client import pause_of
from bot.clock import WoundClock
from tests.channels.telegram.sending import Opened, failing, note
from tests.fakes.telegram import FakeTelegram, Person


@pytest.mark.parametrize("opted", ["true", "false"])
@pytest.mark.filterwarnings("ignore:.*retry_after.*")
async def test_a_pause_comes_in_seconds_or_as_a_span_of_time(
    monkeypatch: pytest.MonkeyPatch, fake: FakeTelegram, jia: Person, channel: TelegramChannel, opted: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", opted)
    assert isinstance(RetryAfter(7).retry_after, timedelta if opted == "true" else int)
    assert pause_of(RetryAfter(7)) == timedelta(seconds=7)
    fake.flood("sendMessage", 7)
    assert (await failing(channel, note())).retry_after == timedelta(seconds=7)


async def test_a_pause_holds_back_one_chat_and_asks_telegram_no_more(
    fake: FakeTelegram, jia: Person, opened: Opened
) -> None:
    fake.person(1002, "乙")
    channel = opened(RateLimits())
    fake.flood("sendMessage", 40, chat=1001)
    assert (await failing(channel, note())).retry_after == timedelta(seconds=40)
    again = await failing(channel, note(key="other"))
    assert again.retry_after is not None
    assert timedelta(seconds=30) < again.retry_after <= timedelta(seconds=40)
    await channel.send(note(1002))
    assert [call.number("chat_id") for call in fake.calls] == [1001, 1002]


class StandingClock(WoundClock):
    """Stands still, and remembers how long somebody wanted to sleep."""

    def __init__(self) -> None:
        super().__init__(datetime(2021, 8, 23, 2, tzinfo=UTC))
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


async def test_the_pace_is_kept_over_all_and_to_each_chat(fake: FakeTelegram, opened: Opened) -> None:
    for number in range(1001, 1013):
        fake.person(number)
    clock = StandingClock()
    channel = opened(RateLimits(second=5), clock=clock)
    await asyncio.gather(*(channel.send(note(number)) for number in range(1001, 1013)))
    assert clock.slept == [1.0] * 5 + [2.0] * 2
    clock.slept.clear()
    clock.wind(timedelta(seconds=10))
    for _ in range(3):
        await channel.send(note(1001))
    assert clock.slept == [1.0, 2.0]
    assert len(fake.sent) == 15


async def test_more_than_a_chat_may_get_goes_back_to_the_outbox(fake: FakeTelegram, opened: Opened) -> None:
    group = fake.group(-500)
    channel = opened(RateLimits(chat_second=100))
    for _ in range(20):
        await channel.send(note(-500))
    failed = await failing(channel, note(-500))
    assert failed.retry_after is not None
    assert timedelta(seconds=50) < failed.retry_after <= timedelta(seconds=60)
    assert len(group.sees) == 20


async def test_who_waited_for_a_place_keeps_to_the_pause_another_was_told(
    fake: FakeTelegram, jia: Person, opened: Opened
) -> None:
    channel = opened(RateLimits())
    fake.flood("sendMessage", 40, chat=1001)
    failed = await asyncio.gather(*(failing(channel, note(key=f"n{number}")) for number in range(3)))
    assert [call.number("chat_id") for call in fake.calls] == [1001]
    assert all(one.retry_after and one.retry_after > timedelta(seconds=30) for one in failed)
