"""A database file, a wound clock, and the platforms as real HTTP servers."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.clock import WoundClock
from storage.sql.database import Database
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import serving
from tests.fakes.qyapi import QyApi


@pytest.fixture
def clock() -> WoundClock:
    return WoundClock(datetime(2021, 8, 23, 2, tzinfo=UTC))


@pytest.fixture
def file_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    path = tmp_path / "duban.sqlite3"
    shutil.copy(sqlite_template, path)
    opened = Database(f"sqlite:///{path}")
    yield opened
    opened.close()


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
