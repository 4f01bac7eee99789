"""The weekly summary is enqueued once for each reader of each week, on the first working day or later in the week."""

from collections.abc import Sequence
from datetime import date, datetime, time
from io import BytesIO

import pytest
from openpyxl import load_workbook
from sqlalchemy import func, insert, select, update

from bot.actions.context import Context
from bot.actions.reports import weekly
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.reports.weekly import chat_text as text
from bot.reports.weekly_workbook import workbook
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.zone import at
from bot.rules.reports.figures import WeeklyFigures
from storage.messages import files as file_store
from storage.messages import outbox
from storage.people import register
from storage.records import Message, MessageKind, MessageState
from storage.sql.database import Database
from storage.tables import files, people, supervisors, units
from storage.tables import outbox as messages
from tests.cast.rows import DESK, DING, FOREST, JI, JIA, WATER, WU, YI, office, put_message, put_ticket, sh

MONDAY = sh(8, 30, 8)  # the opening of office hours; the summary is about the week 2021-W34


@pytest.fixture
def context(database: Database) -> Context:
    """The small office with a late ticket of each bureau and one of nobody's, a minute before Monday's opening."""
    with database.begin() as conn:
        office(conn)
        water = put_ticket(conn, sh(8, 23), date(2021, 8, 24), number="WATER-1")
        forest = put_ticket(conn, sh(8, 23), date(2021, 8, 24), number="FOREST-1", account_id=2, unit_id=FOREST)
        put_ticket(conn, sh(8, 23), date(2021, 8, 24), number="NOBODY-1", account_id=None, unit_id=None)
        for one in (water, forest):
            put_message(conn, one, JIA, "receipt", sh(8, 23), kind=MessageKind.ASSIGNED)
    return Context(database, WoundClock(sh(8, 30, 7, 59)), load(), (time(8), time(20)))


def plan_at(context: Context, moment: datetime) -> int:
    """Wind the clock and plan."""
    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(moment)
    return weekly.plan(context, text, workbook)


def put(context: Context) -> dict[str, Message]:
    """Every summary ever put, by intent."""
    with context.database.read() as conn:
        summaries = select(messages.c.id).where(messages.c.kind == MessageKind.SUMMARY)
        ids: Sequence[int] = conn.execute(summaries.order_by(messages.c.intent)).scalars().all()
        return {one.intent: one for one in outbox.by_ids(conn, ids).values()}


def intents(label: str, *people: int) -> set[str]:
    return {f"weekly:{label}:p{person}" for person in people}


def test_each_reader_gets_one_summary_at_the_opening_of_the_first_working_day(context: Context) -> None:
    assert plan_at(context, sh(8, 30, 7, 59)) == 0
    assert plan_at(context, MONDAY) == 3
    told = put(context)
    assert set(told) == intents("2021-W34", DING, WU, JI)
    assert {one.kind for one in told.values()} == {MessageKind.SUMMARY}
    assert {one.not_before for one in told.values()} == {MONDAY}
    assert all(one.params.text.startswith("督办周报 2021年第34周") for one in told.values())


def test_planning_again_puts_nothing_more(context: Context) -> None:
    plan_at(context, MONDAY)
    before = put(context)
    for moment in (MONDAY, sh(8, 30, 8, 1), sh(8, 31), sh(9, 5, 23)):
        assert plan_at(context, moment) == 0
    assert put(context) == before
    assert plan_at(context, sh(9, 6, 8)) == 3
    assert set(put(context)) == set(before) | intents("2021-W35", DING, WU, JI)


def test_two_nodes_put_one_summary_each(context: Context) -> None:
    other = Context(context.database, WoundClock(MONDAY), load(), (time(8), time(20)))
    made = []

    def slow_text(figures: WeeklyFigures) -> str:
        # The other node plans while this one is still wording.
        made.append(weekly.plan(other, text, workbook))
        return text(figures)

    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(MONDAY)
    assert weekly.plan(context, slow_text, workbook) == 0
    assert made == [3, 0, 0]
    assert set(put(context)) == intents("2021-W34", DING, WU, JI)
    with context.database.read() as conn:
        summaries = select(func.count()).where(messages.c.kind == MessageKind.SUMMARY)
        assert conn.execute(summaries).scalar_one() == 3


def test_a_missed_monday_is_caught_up_later_in_the_week(context: Context) -> None:
    assert plan_at(context, sh(9, 2, 16, 30)) == 3
    assert set(put(context)) == intents("2021-W34", DING, WU, JI)
    assert {one.not_before for one in put(context).values()} == {sh(9, 2, 16, 30)}


def test_what_is_caught_up_on_a_weekend_waits_for_the_next_opening(context: Context) -> None:
    assert plan_at(context, sh(9, 4, 12)) == 3
    assert {one.not_before for one in put(context).values()} == {sh(9, 6, 8)}


def test_a_holiday_monday_waits_for_the_first_working_day(context: Context) -> None:
    for day in (4, 5, 6, 7):
        assert plan_at(context, sh(10, day, 12)) == 0
    assert plan_at(context, sh(10, 8, 7, 59)) == 0
    assert plan_at(context, sh(10, 8, 8)) == 3
    assert set(put(context)) == intents("2021-W39", DING, WU, JI)


def test_a_week_without_a_working_day_is_told_with_the_one_before(database: Database) -> None:
    # 27 January to 2 February 2020 were all off.
    context = in_use_since(database, at(date(2020, 1, 20), time(9)), date(2020, 1, 21))
    assert plan_at(context, at(date(2020, 1, 27), time(9))) == 0
    assert plan_at(context, at(date(2020, 2, 3), time(9))) == 4
    assert set(put(context)) == intents("2020-W04", DING, WU, JI) | intents("2020-W05", DING, WU, JI)


def test_a_supervisor_in_whose_area_nothing_happened_hears_nothing(database: Database) -> None:
    context = in_use_since(database, at(date(2020, 1, 20), time(9)), date(2020, 1, 21))
    assert plan_at(context, at(date(2020, 2, 3), time(9))) == 4
    ends = {intent: one.state for intent, one in put(context).items() if one.person_id == JI}
    assert ends == dict.fromkeys(intents("2020-W04", JI) | intents("2020-W05", JI), MessageState.SUPERSEDED)
    assert plan_at(context, at(date(2020, 2, 3), time(10))) == 0


def test_in_an_unpublished_year_it_comes_on_monday(database: Database) -> None:
    context = in_use_since(database, at(date(2027, 2, 24), time(9)), None)
    assert plan_at(context, at(date(2027, 2, 28), time(12))) == 0
    assert plan_at(context, at(date(2027, 3, 1), time(8))) == 2
    assert "2027年放假安排尚未公布" in put(context)[f"weekly:2027-W08:p{DING}"].params.text


def in_use_since(database: Database, moment: datetime, due: date | None) -> Context:
    """The small office, with its first ticket."""
    with database.begin() as conn:
        office(conn)
        put_ticket(conn, moment, due)
    return Context(database, WoundClock(moment), load(), (time(8), time(20)))


def test_a_supervisor_sees_only_their_own_area(context: Context) -> None:
    plan_at(context, MONDAY)
    told = put(context)

    def listed(person: int) -> tuple[set[str], set[str]]:
        """The numbers in the text and in the table."""
        message = told[f"weekly:2021-W34:p{person}"]
        assert message.file_id is not None
        with context.database.read() as conn:
            file = file_store.load(conn, message.file_id)
        assert (file.name, file.media_type) == ("督办周报-2021年第34周.xlsx", file_store.XLSX)
        book = load_workbook(BytesIO(file.body))
        numbers = {"WATER-1", "FOREST-1", "NOBODY-1"}
        cells = {str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row}
        return {one for one in numbers if one in message.params.text}, numbers & cells

    assert listed(WU) == ({"WATER-1"}, {"WATER-1"})
    assert listed(JI) == ({"FOREST-1"}, {"FOREST-1"})
    assert listed(DING) == ({"WATER-1", "FOREST-1", "NOBODY-1"}, {"WATER-1", "FOREST-1", "NOBODY-1"})
    assert "范围：市水利局" in told[f"weekly:2021-W34:p{WU}"].params.text
    assert "范围" not in told[f"weekly:2021-W34:p{DING}"].params.text


def test_a_supervisor_of_a_unit_sees_what_lies_below_it(context: Context) -> None:
    with context.database.begin() as conn:
        conn.execute(insert(units), {"id": 9, "name": "河务中心", "parent_id": WATER, "desk": False})
        conn.execute(insert(supervisors), {"unit_id": WATER, "person_id": YI})
        put_ticket(conn, sh(8, 23), date(2021, 8, 24), number="RIVER-1", unit_id=9)
        register.touch(conn)
    plan_at(context, MONDAY)
    words = put(context)[f"weekly:2021-W34:p{YI}"].params.text
    assert "RIVER-1" in words
    assert "WATER-1" in words
    assert "FOREST-1" not in words


def test_those_who_see_the_same_share_one_file(context: Context) -> None:
    with context.database.begin() as conn:
        conn.execute(insert(people), {"id": 9, "name": "庚", "unit_id": DESK})
        conn.execute(insert(supervisors), {"unit_id": WATER, "person_id": DING})
        register.touch(conn)
    assert plan_at(context, MONDAY) == 4
    told = put(context)
    assert told["weekly:2021-W34:p9"].file_id == told[f"weekly:2021-W34:p{DING}"].file_id
    with context.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(files)).scalar_one() == 3


def test_who_left_gets_none_and_who_came_gets_theirs(context: Context) -> None:
    with context.database.begin() as conn:
        conn.execute(update(people).where(people.c.id == JI).values(active=False))
        register.touch(conn)
    assert plan_at(context, MONDAY) == 2
    with context.database.begin() as conn:
        conn.execute(insert(supervisors), {"unit_id": FOREST, "person_id": JIA})
        register.touch(conn)
    assert plan_at(context, sh(9, 1)) == 1
    assert set(put(context)) == intents("2021-W34", DING, WU, JIA)


def test_nothing_is_told_of_weeks_before_the_first_ticket_was_taken_in(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
    context = Context(database, WoundClock(MONDAY), load(), (time(8), time(20)))
    assert plan_at(context, MONDAY) == 0
    with database.begin() as conn:
        put_ticket(conn, sh(8, 23), date(2021, 8, 24), created_at=MONDAY)
    assert plan_at(context, sh(8, 30, 9)) == 0
    assert plan_at(context, sh(9, 6, 8)) == 2


def test_one_area_that_cannot_be_worded_does_not_hold_up_the_others(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(figures: WeeklyFigures) -> str:
        if figures.scope == ("市水利局",):
            raise RuntimeError("broken")
        return text(figures)

    assert isinstance(context.clock, WoundClock)
    context.clock.wind_to(MONDAY)
    assert weekly.plan(context, broken, workbook) == 2
    assert set(put(context)) == intents("2021-W34", DING, JI)
    assert "summary not made" in caplog.text
    assert plan_at(context, sh(8, 30, 8, 1)) == 1


def test_the_figures_of_any_week_can_be_asked_for(context: Context) -> None:
    everything = weekly.figures(context, Week.parse("2021-W34"))
    assert everything.issuer == "市政府办公室"
    assert [one.facts.ticket.number for one in everything.overdue] == ["WATER-1", "FOREST-1"]
    assert [one.facts.ticket.number for one in everything.untold] == ["NOBODY-1"]
    water = weekly.figures(context, Week.parse("2021-W34"), frozenset({WATER}))
    assert [one.facts.ticket.number for one in water.overdue] == ["WATER-1"]
    with pytest.raises(ValueError, match="还没有开始"):
        weekly.figures(context, Week.parse("2021-W36"))
