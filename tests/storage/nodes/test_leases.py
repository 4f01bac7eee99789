"""One holder at a time, whoever asks when."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from storage.nodes import leases
from storage.sql.database import Database

NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def take(database: Database, holder: str, now: datetime = NOW, name: str = "poll") -> int | None:
    with database.begin() as conn:
        return leases.take(conn, name, holder, now, now + MINUTE)


def test_the_first_has_it_and_keeps_it_by_renewing(database: Database) -> None:
    assert take(database, "a") == 1
    assert take(database, "b") is None
    assert take(database, "a", NOW + MINUTE / 2) == 1
    assert take(database, "b", NOW + MINUTE) is None


def test_when_its_time_is_over_another_takes_it_with_a_higher_fence(database: Database) -> None:
    assert take(database, "a") == 1
    assert take(database, "b", NOW + MINUTE - timedelta(microseconds=1)) is None
    assert take(database, "b", NOW + MINUTE) == 2
    assert take(database, "a", NOW + MINUTE) is None
    assert take(database, "a", NOW + 2 * MINUTE) == 3


def test_given_back_it_is_free_at_once_and_never_by_somebody_else(database: Database) -> None:
    take(database, "a")
    with database.begin() as conn:
        leases.give_back(conn, "poll", "b", NOW)
    assert take(database, "b") is None
    with database.begin() as conn:
        leases.give_back(conn, "poll", "a", NOW)
    assert take(database, "b") == 2


def test_leases_of_different_names_have_nothing_to_do_with_each_other(database: Database) -> None:
    assert take(database, "a", name="poll") == 1
    assert take(database, "b", name="register") == 1


def test_of_many_at_the_same_moment_one_gets_it(database: Database) -> None:
    with ThreadPoolExecutor(8) as threads:
        got = list(threads.map(lambda number: take(database, f"n{number}"), range(16)))
    assert sorted(one for one in got if one is not None) == [1]
