"""The morning brief is enqueued once for each reader of each working day, in the morning or not at all."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select

from bot.actions.context import Context
from bot.actions.messages import dispatch
from bot.actions.reports import morning
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.reports.morning import text as brief_text
from bot.rules.reports.morning import Brief
from storage.messages import outbox
from storage.people import addresses, register
from storage.records import Message, MessageKind, MessageState, Role
from storage.sql.database import Database
from storage.tables import outbox as messages
from tests.cast.rows import DING, FOREST, JI, JIA, WU, YI, office, put_ticket, sh, stamp

TUESDAY = sh(8, 24, 8)  # the opening of office hours


@pytest.fixture
def context(database: Database) -> Context:
    """The small office: one ticket of the water bureau is due on Tuesday; 乙 leads its account."""
    with database.begin() as conn:
        office(conn)
        stamp(conn)
        put_ticket(conn, sh(8, 23), date(2021, 8, 24), number="WATER-1", target_at=sh(8, 24, 18))
        register.set_duty(conn, 1, Role.PRIMARY, JIA)
        register.set_duty(conn, 1, Role.LEADER, YI)
        register.touch(conn)
    return Context(database, WoundClock(sh(8, 24, 7, 59)), load(), (time(8), time(20)))


def plan_at(context: Context, moment: datetime) -> int:
    """Wind the clock and plan."""
    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(moment)
    return morning.plan(context, brief_text)


def put(context: Context) -> dict[str, Message]:
    """Every brief ever put, by intent."""
    with context.database.read() as conn:
        ids: Sequence[int] = conn.execute(select(messages.c.id)).scalars().all()
        return {one.intent: one for one in outbox.by_ids(conn, ids).values()}


def intents(day: str, *people: int) -> set[str]:
    return {f"brief:{day}:p{person}" for person in people}


def told(context: Context) -> set[str]:
    return {intent for intent, one in put(context).items() if one.state == MessageState.PENDING}


def test_those_above_get_one_brief_at_the_opening(context: Context) -> None:
    assert plan_at(context, sh(8, 24, 7, 59)) == 0
    assert plan_at(context, TUESDAY) == 3
    assert told(context) == intents("2021-08-24", YI, WU, DING)
    one = put(context)[f"brief:2021-08-24:p{WU}"]
    assert (one.kind, one.not_before) == (MessageKind.BRIEF, TUESDAY)
    assert "今日到期1件" in one.params.text
    assert "WATER-1" in one.params.text


def test_whoever_has_nothing_to_hear_hears_nothing_all_morning(context: Context) -> None:
    plan_at(context, TUESDAY)
    spared = put(context)[f"brief:2021-08-24:p{JI}"]
    assert (spared.state, spared.params.text) == (MessageState.SUPERSEDED, "")
    with context.database.begin() as conn:
        put_ticket(conn, sh(8, 20), date(2021, 8, 23), account_id=2, unit_id=FOREST, target_at=sh(8, 23, 18))
    assert plan_at(context, sh(8, 24, 10)) == 0
    assert plan_at(context, sh(8, 25, 8)) == 4


def test_planning_again_puts_nothing_more(context: Context) -> None:
    plan_at(context, TUESDAY)
    before = put(context)
    for moment in (TUESDAY, sh(8, 24, 8, 1), sh(8, 24, 11, 59), sh(8, 24, 23)):
        assert plan_at(context, moment) == 0
    assert put(context) == before


def test_two_nodes_put_one_brief_each(context: Context) -> None:
    other = Context(context.database, WoundClock(TUESDAY), load(), (time(8), time(20)))
    made = []

    def slow_text(brief: Brief) -> str:
        # The other node plans while this one is still wording.
        made.append(morning.plan(other, brief_text))
        return brief_text(brief)

    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(TUESDAY)
    assert morning.plan(context, slow_text) == 0
    assert made == [3, 0, 0]
    with context.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(messages)).scalar_one() == 4


def test_down_until_late_in_the_morning_it_comes_then(context: Context) -> None:
    assert plan_at(context, sh(8, 24, 11, 59)) == 3
    assert {one.not_before for one in put(context).values() if one.params.text} == {sh(8, 24, 11, 59)}


def test_down_all_morning_none_is_made_up_for(context: Context) -> None:
    assert plan_at(context, sh(8, 24, 12)) == 0
    assert plan_at(context, sh(8, 24, 15)) == 0
    assert put(context) == {}
    assert plan_at(context, sh(8, 25, 8)) == 3  # overdue by now


def test_what_was_put_in_the_morning_is_not_sent_in_the_afternoon(context: Context) -> None:
    with context.database.begin() as conn:
        for person in (YI, WU, DING):
            addresses.bind(conn, person, "chat", f"chat:{person}", sh(8, 23))
    plan_at(context, sh(8, 24, 11, 58))
    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(sh(8, 24, 12))
    batch = dispatch.claim(context, "node", timedelta(minutes=1), 3)
    assert batch.messages == ()
    ends = {(one.state, one.reason) for one in put(context).values() if one.params.text}
    assert ends == {(MessageState.SUPERSEDED, "已过上午，简报不再补发")}


def test_where_messages_go_out_in_the_afternoon_only_there_is_none(database: Database, context: Context) -> None:
    late = Context(database, WoundClock(TUESDAY), load(), (time(13), time(20)))
    assert plan_at(late, TUESDAY) == 0
    assert put(late) == {}


def test_one_brief_that_cannot_be_worded_does_not_hold_up_the_others(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(brief: Brief) -> str:
        if not brief.oversees:
            raise RuntimeError("broken")
        return brief_text(brief)

    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(TUESDAY)
    assert morning.plan(context, broken) == 2
    assert told(context) == intents("2021-08-24", WU, DING)
    assert "brief not made" in caplog.text
    assert plan_at(context, sh(8, 24, 8, 1)) == 1
