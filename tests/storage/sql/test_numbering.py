"""Row numbers handed out ahead, and tickets that two hands change at once."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import StatementError

from storage.records import TicketState
from storage.sql.database import Database
from storage.sql.numbering import reserve
from storage.tables import units
from storage.tickets import tickets
from storage.tickets.tickets import VersionConflict
from tests.cast.rows import office, put_ticket, sh


def test_numbers_are_unused_and_in_a_row(database: Database) -> None:
    with database.begin() as conn:
        first = reserve(conn, units, 3)
        conn.execute(insert(units), [{"id": number, "name": f"u{number}"} for number in first])
        second = reserve(conn, units, 2)
        assert len(first) == 3
        assert second[0] > first[-1]
        assert len(reserve(conn, units, 0)) == 0
        assert len(reserve(conn, units, -1)) == 0


def test_two_threads_never_get_the_same_number(database: Database) -> None:
    together = threading.Barrier(2)

    def work(name: str) -> None:
        together.wait()
        for turn in range(20):
            with database.begin() as conn:
                ids = reserve(conn, units, 5)
                conn.execute(insert(units), [{"id": number, "name": f"{name}{turn}-{number}"} for number in ids])

    threads = [threading.Thread(target=work, args=(name,)) for name in ("a", "b")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with database.read() as conn:
        assert len(set(conn.execute(select(units.c.id)).scalars())) == 200


def test_who_read_an_older_version_is_refused_and_changes_nothing(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        one, other = put_ticket(conn, sh(8, 23), None), put_ticket(conn, sh(8, 23), None)
    with database.begin() as conn:
        tickets.save(conn, [replace(one, state=TicketState.ACKNOWLEDGED)])
    with pytest.raises(VersionConflict), database.begin() as conn:
        tickets.save(conn, [replace(other, problem="x"), replace(one, state=TicketState.COMPLETED)])
    with database.read() as conn:
        found = tickets.by_ids(conn, [one.id, other.id])
    assert (found[one.id].state, found[one.id].version) == (TicketState.ACKNOWLEDGED, 1)
    assert found[other.id] == other


def test_two_at_once_and_the_first_commit_wins(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        one = put_ticket(conn, sh(8, 23), None)
    together, outcomes = threading.Barrier(2), []

    def change(state: TicketState) -> None:
        together.wait()
        try:
            with database.begin() as conn:
                tickets.save(conn, [replace(one, state=state)])
            outcomes.append(state)
        except VersionConflict:
            outcomes.append(None)

    threads = [threading.Thread(target=change, args=(s,)) for s in (TicketState.COMPLETED, TicketState.DISPUTED)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    [won] = [state for state in outcomes if state is not None]
    assert len(outcomes) == 2
    with database.read() as conn:
        assert tickets.by_ids(conn, [one.id])[one.id].state == won


def test_moments_come_back_as_they_went_in_and_in_order(database: Database) -> None:
    east = timezone(timedelta(hours=8))
    given = [
        datetime(2021, 8, 23, 10, 0, 0, 1, tzinfo=east),
        datetime(2021, 8, 23, 2, 0, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ]
    with database.begin() as conn:
        office(conn)
        put = [put_ticket(conn, moment, None) for moment in given]
    with database.read() as conn:
        found = tickets.by_ids(conn, [one.id for one in put])
        in_order = tickets.matching(conn)
    assert [found[one.id].received_at for one in put] == given
    assert all(one.received_at.utcoffset() == timedelta(0) for one in found.values())
    assert [one.received_at for one in in_order] == sorted(given)


def test_a_naive_moment_is_refused(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
    with pytest.raises((StatementError, ValueError), match="naive datetime refused"), database.begin() as conn:
        put_ticket(conn, datetime(2021, 8, 23, 10), None)
    with pytest.raises((StatementError, ValueError), match="naive datetime refused"), database.read() as conn:
        tickets.due(conn, datetime(2021, 8, 23, 10), 1)
