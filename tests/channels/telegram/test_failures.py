"""Telegram: what its refusals and silences mean."""

import asyncio
import logging
import socket
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import Outgoing
from bot.channels.telegram.channel import TelegramChannel
from tests.channels.telegram.sending import HASTY, Opened, failing, note
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import TOKEN
from tests.waiting import HELD


@pytest.mark.parametrize("why", ["blocked", "never started", "unknown"])
async def test_a_person_who_cannot_be_written_to_is_unreachable_at_once(
    fake: FakeTelegram, channel: TelegramChannel, why: str
) -> None:
    if why != "unknown":
        person = fake.person(started=why != "never started")
        person.blocked = why == "blocked"
    failed = await failing(channel, note())
    assert (failed.permanent, failed.uncertain, failed.retry_after) == (True, False, None)


@pytest.mark.parametrize("address", ["", "甲", "@duban", "١٢٣", "12a", "-"])
async def test_an_address_that_is_no_number_is_refused_unasked(
    fake: FakeTelegram, channel: TelegramChannel, address: str
) -> None:
    failed = await failing(channel, Outgoing(key="k", address=address, text="x"))
    assert (failed.permanent, fake.calls) == (True, [])


async def test_content_at_fault_does_not_cost_a_person_their_address(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    fake.refuse("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID")
    failed = await failing(channel, note())
    assert (failed.permanent, failed.uncertain, failed.unavailable) == (False, False, True)
    assert "不接受这条消息的内容" in caplog.text


async def test_a_group_that_moved_is_named_and_then_followed(fake: FakeTelegram, channel: TelegramChannel) -> None:
    old = fake.group(-500)
    new = old.becomes_supergroup(-1_000_000_500)
    failed = await failing(channel, note(-500))
    assert (failed.moved_to, failed.permanent, failed.uncertain) == ("-1000000500", False, False)
    # An answer keeps the address it was asked from.
    await channel.send(note(-500))
    assert [one.text for one in new.sees] == ["工单 FJ-1 请处理"]


async def test_a_card_in_a_group_that_moved_is_told_anew(fake: FakeTelegram, channel: TelegramChannel) -> None:
    new = fake.group(-500).becomes_supergroup(-1_000_000_500)
    await channel.send(note(-500, text="已签收", edits="-500:3"))
    assert [one.text for one in new.sees] == ["已签收"]


def unsure(fake: FakeTelegram) -> dict[str, Any]:
    """Silences and noises after which nobody knows whether the message is there."""
    return {
        "late": lambda: fake.late("sendMessage", HELD),
        "slow drip": lambda: fake.drip("sendMessage", HELD),
        "cut after": lambda: fake.cut("sendMessage", executed=True),
        "cut before": lambda: fake.cut("sendMessage", executed=False),
        "500": lambda: fake.refuse("sendMessage", 500, "Internal Server Error"),
        "502 page": lambda: fake.junk("sendMessage", 502),
        "502 page after": lambda: fake.junk("sendMessage", 502, executed=True),
        "504 nothing": lambda: fake.junk("sendMessage", 504, b""),
        "200 page": lambda: fake.junk("sendMessage", 200),
        "200 list": lambda: fake.junk("sendMessage", 200, b"[]"),
        "200 no result": lambda: fake.junk("sendMessage", 200, b'{"ok":true}'),
        "200 odd result": lambda: fake.junk("sendMessage", 200, b'{"ok":true,"result":{"message_id":"x"}}'),
        "500 list": lambda: fake.junk("sendMessage", 500, b"[1]"),
    }


@pytest.mark.parametrize("how", list(unsure(None)))  # type: ignore[arg-type]
async def test_what_may_have_arrived_is_called_uncertain(
    fake: FakeTelegram, jia: Person, how: str, opened: Opened
) -> None:
    channel = opened(**HASTY)
    unsure(fake)[how]()
    async with asyncio.timeout(HELD / 2):
        failed = await failing(channel, note())
    assert (failed.uncertain, failed.permanent, failed.retry_after, failed.moved_to) == (True, False, None, "")


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_box_on_the_way_is_not_taken_for_telegram(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, status: int
) -> None:
    fake.junk("sendMessage", status, b"<html>blocked by policy</html>", times=1)
    failed = await failing(channel, note())
    assert (failed.permanent, failed.uncertain, failed.retry_after) == (False, False, None)
    await channel.send(note())
    assert len(jia.sees) == 1


async def test_where_nobody_listens_nothing_was_sent(fake: FakeTelegram, opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    channel = opened(base_url=f"http://127.0.0.1:{port}")
    failed = await failing(channel, note())
    assert (failed.uncertain, failed.permanent, failed.reason) == (False, False, "连不上 Telegram")


async def test_a_silently_dropped_message_counts_as_accepted_and_no_more(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    fake.drop("sendMessage")
    receipt = await channel.send(note())
    assert jia.sees == []
    assert not receipt.delivered


async def test_a_refused_token_stops_the_channel_loudly_but_costs_nobody_their_address(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    fake.token = "987654321:AARevokedMeanwhile"
    for _ in range(3):
        failed = await failing(channel, note())
        assert (failed.permanent, failed.uncertain, failed.unavailable) == (False, False, True)
        assert failed.retry_after == timedelta(minutes=5)
    [line] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert "DUBAN_TELEGRAM__TOKEN" in line.getMessage()
    fake.token = TOKEN
    await channel.send(note())
    assert len(jia.sees) == 1
