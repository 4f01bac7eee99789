"""The channel on one of our nodes, and the platform as a real HTTP server."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.wecom.channel import WeComChannel
from bot.clock import WoundClock
from storage.sql.database import Database
from tests.channels.wecom.sending import settings
from tests.fakes.qyapi import QyApi
from tests.waiting import HASTY


@pytest.fixture
async def wecom(qyapi: QyApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeComChannel]:
    channel = WeComChannel(settings(qyapi.url), file_database, clock)
    yield channel
    await channel.close()


@pytest.fixture
async def hasty(qyapi: QyApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeComChannel]:
    """One that does not wait long for an answer."""
    channel = WeComChannel(settings(qyapi.url, read_seconds=HASTY), file_database, clock)
    yield channel
    await channel.close()
