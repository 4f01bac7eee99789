"""A grave problem is put under the rule for grave problems, whoever brought it, and everybody can read why."""

from bot.actions.tickets.intake import ArrivalOutcome
from bot.reports.story import story_lines
from storage.views import timeline
from tests.cast.office import Office
from tests.rules.calendar.oracle import CALENDAR

GRAVE = "按问题类型“页面被篡改”适用“严重问题立即处置”"


def told(office: Office, number: str) -> str:
    """The story of a ticket, as people read it."""
    with office.database.read() as conn:
        story = timeline(conn, office.ticket(number).id)
    return "\n".join(story_lines(story, CALENDAR, office.engine.wording, office.clock.now()))


def test_a_defaced_page_is_for_at_once_and_says_why(office: Office) -> None:
    office.at("08-23 19:00").receives("FJ-1", problem_class="页面被篡改")
    for who in ("jia", "yi"):
        office.expect(who, "receipt", at="08-23 19:00", says="21:00")
    assert office.ticket("FJ-1").policy == "veto_now"
    assert GRAVE in office.says("jia", "为什么 FJ-1").text
    assert GRAVE in told(office, "FJ-1")
    office.says("jia", "办结 FJ-1 已恢复")


def test_the_rule_that_a_sheet_names_itself_is_kept(office: Office) -> None:
    office.at("08-23 09:00").receives("FJ-1", problem_class="页面被篡改", policy="网站留言(简单咨询)")
    office.forget()
    assert office.ticket("FJ-1").policy == "enquiry"
    why = office.says("jia", "为什么 FJ-1").text
    assert "按来源写明的时限规则“网站留言(简单咨询)”适用“网站留言（简单咨询）”" in why
    office.says("jia", "办结 FJ-1 已恢复")
    office.forget()


def test_an_unknown_rule_sets_the_row_aside_with_near_names(office: Office) -> None:
    [taken] = office.at("08-23 09:00").receives("FJ-1", policy="严重问题立刻处置")
    assert taken.outcome == ArrivalOutcome.SET_ASIDE
    assert taken.reason == (
        "没有名为“严重问题立刻处置”的时限规则，是不是“严重问题立即处置”（veto_now）？请改用其中的名称"
    )
    office.expect_silence()
