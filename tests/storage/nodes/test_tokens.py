"""One token for all nodes: of many that find it refused, one fetches the next."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from bot.delivery.sender import SAFE_SHARE
from settings import Rhythm
from storage.nodes import tokens
from storage.nodes.tokens import Token, TokenBusy, TokenRefused
from storage.sql.database import Database
from tests.cast.proof import KEY as JOURNAL_KEY

NOW = datetime(2021, 8, 23, 4, tzinfo=UTC)
KEY = "wecom:corp:1"


class PlainBox:
    """Turns texts around, so that a test sees that they were sealed."""

    def seal(self, plain: str) -> str:
        return plain[::-1]

    def unseal(self, sealed: str) -> str | None:
        return sealed[::-1]


class ForeignBox(PlainBox):
    def unseal(self, sealed: str) -> str | None:
        return None


class Platform:
    """Gives tokens, slowly where others are to meet meanwhile, and counts."""

    def __init__(self) -> None:
        self.fetched = 0
        self.seconds = 0.0
        self.refuses: int | None = None
        self._lock = threading.Lock()

    def fetch(self) -> Token:
        with self._lock:
            self.fetched += 1
            number = self.fetched
        time.sleep(self.seconds)
        if self.refuses is not None:
            raise TokenRefused(self.refuses)
        return Token(value=f"token-{number}", expires_at=NOW + timedelta(hours=2))


@pytest.fixture
def platform() -> Platform:
    return Platform()


def _refresh(database: Database, platform: Platform, stale: str | None, now: datetime = NOW) -> str:
    return tokens.refresh(database, KEY, stale, platform.fetch, box=PlainBox(), now=lambda: now).value


def test_of_32_cold_askers_on_two_nodes_one_fetches(database: Database, database_url: str, platform: Platform) -> None:
    other, platform.seconds = Database(database_url, journal_key=JOURNAL_KEY), 0.1
    with ThreadPoolExecutor(32) as pool:
        nodes = [database, other] * 16
        got = set(pool.map(lambda node: _refresh(node, platform, None), nodes))
        again = set(pool.map(lambda node: _refresh(node, platform, "token-1"), nodes))
    other.close()
    assert (got, again, platform.fetched) == ({"token-1"}, {"token-2"}, 2)


def test_who_names_an_older_token_gets_the_stored_one(database: Database, platform: Platform) -> None:
    _refresh(database, platform, None)
    assert _refresh(database, platform, "token-0") == "token-1"
    assert platform.fetched == 1


def test_an_expired_token_is_not_given_out(database: Database, platform: Platform) -> None:
    _refresh(database, platform, None)
    late = NOW + timedelta(hours=2)
    assert tokens.find(database, KEY, box=PlainBox(), now=late) is None
    with database.begin() as conn:
        sealed = conn.exec_driver_sql("SELECT sealed FROM platform_tokens").scalar_one()
    assert sealed == "1-nekot"


def test_after_a_refusal_nobody_asks_for_a_minute(database: Database, platform: Platform) -> None:
    platform.refuses = 40001
    for _ in range(5):
        with pytest.raises(TokenRefused) as refused:
            _refresh(database, platform, None)
        assert refused.value.code == 40001
    assert platform.fetched == 1
    platform.refuses = None
    assert _refresh(database, platform, None, NOW + timedelta(seconds=61)) == "token-2"


def test_a_broken_connection_leaves_the_way_free_at_once(database: Database, platform: Platform) -> None:
    def broken() -> Token:
        raise ConnectionResetError

    for _ in range(30):
        with pytest.raises(ConnectionResetError):
            tokens.refresh(database, KEY, None, broken, box=PlainBox(), now=lambda: NOW)
    assert _refresh(database, platform, None) == "token-1"


def test_a_token_refused_over_and_over_is_refreshed_twenty_times_an_hour(
    database: Database, platform: Platform
) -> None:
    stale = None
    for _ in range(20):
        stale = _refresh(database, platform, stale)
    with pytest.raises(TokenRefused) as refused:
        _refresh(database, platform, stale)
    assert (platform.fetched, refused.value.code) == (20, tokens.TOO_MANY)
    assert refused.value.retry_after == timedelta(hours=1)


def test_a_fetcher_that_died_is_replaced(database: Database, platform: Platform) -> None:
    with database.begin() as conn:
        row = {"key": KEY, "sealed": "", "busy_until": NOW + tokens.BUSY}
        conn.execute(tokens.platform_tokens.insert(), row)
    assert _refresh(database, platform, None, NOW + tokens.BUSY) == "token-1"


def test_nobody_waits_for_a_fetcher_that_died_as_long_as_a_send_may_take(
    database: Database, platform: Platform
) -> None:
    with database.begin() as conn:
        row = {"key": KEY, "sealed": "", "busy_until": NOW + tokens.BUSY}
        conn.execute(tokens.platform_tokens.insert(), row)
    with pytest.raises(TokenBusy):
        tokens.refresh(database, KEY, None, platform.fetch, box=PlainBox(), now=lambda: NOW, patience=0.2)
    assert platform.fetched == 0
    assert Rhythm().lease_seconds * (1 - SAFE_SHARE) > tokens.PATIENCE_SECONDS


def test_what_another_key_sealed_is_fetched_anew(database: Database, platform: Platform) -> None:
    _refresh(database, platform, None)
    assert tokens.refresh(database, KEY, None, platform.fetch, box=ForeignBox(), now=lambda: NOW).value == "token-2"


def test_keeping_drops_what_expired(database: Database) -> None:
    box = PlainBox()
    for number, expires in enumerate((NOW, NOW + timedelta(days=1))):
        token = Token(value=f"media-{number}", expires_at=expires)
        tokens.keep(database, f"wecom:media:{number}", token, box=box, now=NOW)
    tokens.keep(database, "wecom:media:2", Token(value="m", expires_at=NOW + timedelta(days=3)), box=box, now=NOW)
    with database.read() as conn:
        keys = conn.exec_driver_sql("SELECT key FROM platform_tokens ORDER BY key").scalars().all()
    assert keys == ["wecom:media:1", "wecom:media:2"]
    assert "media-0" not in repr(Token(value="media-0", expires_at=NOW))
