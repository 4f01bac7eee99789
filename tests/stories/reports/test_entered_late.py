"""A ticket that was late before its unit could know of it is told apart from what the unit is late with."""

from datetime import timedelta

from bot.actions.reports import weekly
from bot.reports.weekly import text
from bot.rules.calendar.weeks import Week
from tests.cast.office import Office

WEEK = Week.parse("2021-W34")


def test_entered_two_days_after_its_issue_it_is_not_held_against_the_unit(office: Office) -> None:
    office.at("08-25 09:00").receives("FJ-1", at="08-23 10:00")
    office.at("08-25 11:00")
    office.says("jia", "办结 FJ-1 已删除")
    office.forget()
    office.at("08-30 08:00")
    figures = weekly.figures(office.engine.context, WEEK)
    assert (figures.counts.untold, figures.counts.late, figures.counts.missed, figures.counts.judged) == (1, 0, 0, 0)
    assert (figures.stages.to_entry, figures.stages.to_answer) == (timedelta(hours=13), timedelta(hours=2))
    words = text(figures)
    assert "另有1件在告知单位之前已逾期，不计入。" in words
    assert "平台下发至录入13个工作小时，录入至答复2个工作小时" in words
    assert "8月25日09:00才告知本单位" in words


def test_told_in_time_and_forgotten_it_is_held_against_the_unit(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.at("08-30 08:00")
    office.forget()
    figures = weekly.figures(office.engine.context, WEEK)
    assert (figures.counts.untold, figures.counts.overdue, figures.counts.missed) == (0, 1, 1)
    assert "三明市水利局 水清三明（微信公众号）FJ-1，A角甲、B角乙：" in text(figures)
    office.says("jia", "办结 FJ-1")
    office.forget()
