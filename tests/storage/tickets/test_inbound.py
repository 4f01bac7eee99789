"""Raw things: kept once, and nobody waits for somebody else's."""

from sqlalchemy import text

from storage.records import InboundState
from storage.sql.database import Database
from storage.tickets import inbound
from tests.cast.proof import KEY
from tests.cast.rows import sh
from tests.postgres import Postgres

NOW = sh(8, 23)


def test_the_same_event_is_kept_once_and_told_by_its_id(database: Database) -> None:
    with database.begin() as conn:
        number = inbound.keep_once(conn, "chat", "telegram", "e1", NOW, "办结")
        assert number is not None
        assert inbound.keep_once(conn, "chat", "telegram", "e1", NOW, "别的话") is None
        assert inbound.keep_once(conn, "chat", "wecom", "e1", NOW, "办结") not in (None, number)
    with database.read() as conn:
        kept = inbound.event(conn, "chat", "telegram", "e1")
    assert (kept.id, kept.raw, kept.state, kept.received_at) == (number, "办结", InboundState.WAITING, NOW)


def test_what_it_was_about_stays_when_only_its_end_is_told(database: Database) -> None:
    with database.begin() as conn:
        number = inbound.keep_once(conn, "chat", "telegram", "e1", NOW, "办结")
        assert number is not None
        inbound.settle(conn, number, InboundState.SETTLED, ticket_id=7)
        assert not inbound.hold_waiting(conn, number)
        inbound.settle(conn, number, InboundState.SET_ASIDE, "没看懂")
        kept = inbound.event(conn, "chat", "telegram", "e1")
    assert (kept.state, kept.reason, kept.ticket_id) == (InboundState.SET_ASIDE, "没看懂", 7)


def test_two_nodes_keep_different_words_at_the_same_time(postgres: Postgres) -> None:
    with postgres.fresh() as url:
        here, there = Database(url, journal_key=KEY), Database(url, journal_key=KEY)
        with here.begin() as one, there.begin() as other:
            other.execute(text("SET LOCAL lock_timeout = '2s'"))
            first = inbound.keep_once(one, "chat", "telegram", "e1", NOW, "办结")
            second = inbound.keep_once(other, "chat", "telegram", "e2", NOW, "签收")
            assert None not in (first, second)
            assert first != second
        here.close()
        there.close()
