"""What the tests of the way out over Telegram share: a message, and failures caught."""

from collections.abc import Callable
from typing import Any

import pytest

from bot.channels.base import Button, Outgoing, SendFailed
from bot.channels.telegram.channel import TelegramChannel
from tests import waiting
from tests.fakes.telegram_wire import TOKEN

BUTTONS = (Button(label="签收", action="ack:12"), Button(label="办结", action="done:12"))
HASTY = {"connect_seconds": waiting.HASTY, "read_seconds": waiting.HASTY}  # for somebody who knows that no answer comes

Opened = Callable[..., TelegramChannel]


def note(to: int = 1001, text: str = "工单 FJ-1 请处理", **more: Any) -> Outgoing:
    """A message to somebody."""
    return Outgoing(key=more.pop("key", "t1:receipt:0:p1"), address=str(to), text=text, **more)


async def failing(channel: TelegramChannel, message: Outgoing) -> SendFailed:
    """Why a send fails; it tells no token."""
    with pytest.raises(SendFailed) as failed:
        await channel.send(message)
    assert TOKEN not in str(failed.value)
    return failed.value
