"""转派 told afterwards: whose account it was, to whom it went, who decided; and what cannot be given away."""

from datetime import timedelta

import pytest

from bot.actions.messages import dispatch
from bot.reports.ledger import whom_to_ring
from bot.reports.story import story_lines
from storage import views
from storage.records import TicketFacts
from tests.cast.office import Office

WATER, FOREST = "水清三明（微信公众号）", "三明林业（微信公众号）"


@pytest.fixture
def told(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00; there is a second bureau."""
    office.add_forest()
    office.at("08-23 10:00").receives("FJ-1")
    return office.forget()


def story(office: Office) -> list[str]:
    with office.database.read() as conn:
        found = views.timeline(conn, office.ticket("FJ-1").id)
        calendar = office.engine.context.working(conn).calendar
    lines = story_lines(found, calendar, office.engine.wording, office.clock.now())
    return [line.split("  ", 1)[1] for line in lines if "原账号" in line]


def facts(office: Office) -> TicketFacts:
    with office.database.read() as conn:
        [found] = views.weekly_facts(conn, office.moment("08-23 00:00"), office.moment("08-30 00:00"))
    return found


def test_the_ledger_names_the_original_account_and_who_decided(told: Office) -> None:
    told.says("wu", "转派 FJ-1 给三明林业")
    moved = f"原账号{WATER}，转派至{FOREST}，由戊决定"
    assert story(told) == [f"{moved}（经chat）"]
    assert whom_to_ring(facts(told), told.engine.wording).endswith(f"A角庚、B角辛，{moved}")
    told.forget().says("geng", "已删除")


def test_two_in_a_row_are_told_one_by_one_and_the_ledger_keeps_the_first_account(told: Office) -> None:
    told.says("wu", "转派 FJ-1 给三明林业")
    told.says("wu", "转派 FJ-1 给己")
    person = "己（三明市人民政府督查室）"
    assert story(told) == [
        f"原账号{WATER}，转派至{FOREST}，由戊决定（经chat）",
        f"原账号{FOREST}，转派至{person}，由戊决定（经chat）",
    ]
    assert f"原账号{WATER}，转派至{person}，由戊决定" in whom_to_ring(facts(told), told.engine.wording)
    told.forget().says("ji", "已删除")


def test_given_back_the_ledger_says_nothing_and_the_story_both(told: Office) -> None:
    told.says("wu", "转派 FJ-1 给三明林业")
    told.says("wu", "转派 FJ-1 给水清三明")
    assert len(story(told)) == 2
    assert "原账号" not in whom_to_ring(facts(told), told.engine.wording)
    told.forget().says("jia", "已删除")


def test_what_is_completed_or_void_is_not_given_away(told: Office) -> None:
    told.says("jia", "办结 FJ-1 已改")
    assert "现在是“已办结”，不能转派" in told.says("wu", "转派 FJ-1 给三明林业").text
    told.receives("FJ-2")
    told.says("jia", "误报 FJ-2 原文为引用古籍")
    told.says("ding", "同意 FJ-2")
    assert "现在是“无需整改”，不能转派" in told.says("wu", "转派 FJ-2 给三明林业").text
    assert told.ticket("FJ-1").account_name == told.ticket("FJ-2").account_name == "水清三明"
    told.forget()


def test_an_escalation_that_is_being_sent_meanwhile_is_stopped_and_the_new_supervisor_hears(told: Office) -> None:
    told.clock.wind_to(told.moment("08-24 18:00"))
    told.engine.tick()
    batch = dispatch.claim(told.engine.context, "another", timedelta(minutes=1), 3)
    mine = next(one for one in batch.messages if one.person_id == told.people["ding"])
    told.says("wu", "转派 FJ-1 给三明林业")
    assert dispatch.why_obsolete(told.engine.context, [(mine, ())]) == ["工单已转派"]
    told.at("08-24 18:05")
    told.expect("ji", mine.step)
    for who in ("geng", "xin"):
        told.expect(who, "rerouted")
    assert [line for line in told.heard if " ding " in line] == []
    told.forget().says("geng", "已删除")


def test_a_register_changed_after_a_transfer_follows_the_new_account(told: Office) -> None:
    told.says("wu", "转派 FJ-1 给三明林业")
    told.forget()
    told.imports(left=["jia"])
    told.expect_silence()
    told.imports(left=["geng"])
    told.expect("xin", "reassigned")
    told.expect_silence()
    told.says("xin", "已删除")
