"""What every action sees: the calendar in force now, on every node, and the one a deadline rests on."""

from datetime import UTC, date, datetime, time

import pytest

from bot.actions.context import Context
from bot.actions.tickets.intake import Arrival, preview, take_in
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.rules.tickets.arrivals import TicketInput
from storage.calendar import calendar
from storage.people import register
from storage.records import Act, Notice, NoticeKind, OverlayDraft, OverlayKind, RevisionStatus, UnitDraft
from storage.sql.database import Database
from storage.tickets import tickets
from tests.cast.proof import KEY

NOW = datetime(2026, 11, 24, 2, tzinfo=UTC)
WINDOW = (time(8), time(20))


def node(database: Database) -> Context:
    """A node with caches of its own."""
    return Context(database, WoundClock(NOW), load(), WINDOW)


def publish(database: Database, at: datetime = NOW) -> None:
    notice = Notice(
        year=2027, kind=NoticeKind.YEAR, document="试用的2027年安排", off={date(2027, 1, 1): "元旦"}, work={}
    )
    with database.begin() as conn:
        number = calendar.propose(conn, notice, "", Act(name="甲", at=at))
        calendar.touch(conn)
        calendar.settle(conn, number, RevisionStatus.APPROVED, Act(name="乙", at=at))


def test_two_nodes_see_a_change_on_their_next_action_without_a_restart(database_url: str):
    first, second = Database(database_url, journal_key=KEY), Database(database_url, journal_key=KEY)
    here, there = node(first), node(second)
    for one in (here, there):
        with one.database.read() as conn:
            assert not one.working(conn).calendar.published(2027)
    publish(first)
    for one in (here, there):
        with one.database.read() as conn:
            assert one.working(conn).calendar.next_working_day(date(2026, 12, 31)) == date(2027, 1, 4)
    first.close()
    second.close()


def test_the_same_calendar_is_kept_while_nothing_changes(database: Database):
    context = node(database)
    with database.begin() as conn:
        kept = context.calendars(conn)
        assert context.calendars(conn, steady=True) is kept
        register.save_unit(conn, UnitDraft(name="市水利局"))
        assert context.calendars(conn) is kept  # no decision concerns particular units: their tree does not matter


def test_a_unit_below_a_closed_one_is_closed_too_even_when_it_is_registered_later(database: Database):
    context = node(database)
    day = date(2026, 7, 10)
    with database.begin() as conn:
        county = register.save_unit(conn, UnitDraft(name="大田县"))
        draft = OverlayDraft(kind=OverlayKind.CLOSURE, first=day, last=day, units=frozenset({county}), why="台风停工")
        calendar.touch(conn)
        calendar.add_overlay(conn, draft, Act(name="丁", at=NOW))
        assert not context.working(conn, county).calendar.is_working_day(day)
        below = register.save_unit(conn, UnitDraft(name="大田县水利局", parent_id=county))
        assert not context.working(conn, below).calendar.is_working_day(day)
        assert context.working(conn).calendar.is_working_day(day)


def test_a_change_waits_for_deadlines_that_are_being_computed(postgres):
    with postgres.fresh() as url:
        database = Database(url, journal_key=KEY)
        context = node(database)
        with database.begin() as stamping:
            context.calendars(stamping, steady=True)
            with database.begin() as changing:
                changing.exec_driver_sql("SET lock_timeout = '200ms'")
                with pytest.raises(Exception, match="lock timeout"):
                    calendar.touch(changing)
                changing.rollback()
        with database.begin() as changing:
            calendar.touch(changing)
        database.close()


def test_a_policy_stored_in_what_was_rolled_back_is_stored_again(database: Database):
    context = node(database)
    ticket = TicketInput(number="A-1", account_name="水清三明", platform="微信公众号", received_at=NOW)
    batch = [Arrival(event_id="e1", raw={"no": "A-1"}, ticket=ticket)]
    assert preview(context, "省平台", batch)[0].outcome == "created"
    assert take_in(context, "省平台", batch)[0].outcome == "created"
    with database.read() as conn:
        [found] = tickets.by_number(conn, "A-1")
        assert node(database).policy(conn, found.policy_key) == context.policies.named("")
