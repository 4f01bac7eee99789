"""Uses are counted for all nodes together, and what is too much waits for the next window."""

from datetime import UTC, datetime, timedelta

from storage.nodes import quotas
from storage.nodes.quotas import Limit
from storage.sql.database import Database

NOON = datetime(2021, 8, 23, 4, 0, 20, tzinfo=UTC)
MINUTE, HOUR = Limit(count=3, per=timedelta(minutes=1)), Limit(count=5, per=timedelta(hours=1))


def _take(database: Database, now: datetime, count: int = 1, key: str = "wecom:甲") -> timedelta | None:
    with database.begin() as conn:
        return quotas.take(conn, key, count, (MINUTE, HOUR), now)


def test_what_is_too_much_waits_for_the_next_window_and_is_not_counted(database: Database) -> None:
    assert [_take(database, NOON) for _ in range(3)] == [None] * 3
    assert _take(database, NOON) == timedelta(seconds=40)
    assert _take(database, NOON, key="wecom:乙") is None
    assert [_take(database, NOON + timedelta(seconds=40)) for _ in range(2)] == [None] * 2
    # Five are the hour's share: the minute has room, the hour has not.
    assert _take(database, NOON + timedelta(seconds=45)) == timedelta(minutes=58, seconds=55)
    assert _take(database, NOON + timedelta(hours=1)) is None


def test_several_at_once_go_whole_or_not_at_all(database: Database) -> None:
    assert _take(database, NOON, 2) is None
    assert _take(database, NOON, 2) == timedelta(seconds=40)
    assert _take(database, NOON, 1) is None


def test_asking_counts_nothing(database: Database) -> None:
    for _ in range(10):
        with database.begin() as conn:
            assert quotas.wait(conn, "wecom:甲", 3, (MINUTE,), NOON) is None
            assert quotas.wait(conn, "wecom:甲", 4, (MINUTE,), NOON) == timedelta(seconds=40)
