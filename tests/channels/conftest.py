"""A wound clock, and the platforms as real HTTP servers."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from bot.clock import WoundClock
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import serving
from tests.fakes.qyapi import QyApi


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock(datetime(2021, 8, 23, 2, tzinfo=UTC))


@pytest.fixture(scope="session")
def qyapi_server() -> Iterator[QyApi]:
    fake = QyApi()
    with serving(fake) as url:
        fake.url = url
        yield fake


@pytest.fixture
def qyapi(qyapi_server: QyApi, clock: WoundClock) -> QyApi:
    qyapi_server.reset()
    qyapi_server.clock = clock
    return qyapi_server


@pytest.fixture(scope="session")
def mpapi_server() -> Iterator[MpApi]:
    fake = MpApi()
    with serving(fake) as url:
        fake.url = url
        yield fake


@pytest.fixture
def mpapi(mpapi_server: MpApi, clock: WoundClock) -> MpApi:
    mpapi_server.reset()
    mpapi_server.clock = clock
    return mpapi_server
