"""An item that lies unopened in the web inbox has told nobody: chat goes on in rounds, and the next in line hears."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.messages.inbox import look
from bot.actions.people.binding import bind
from bot.reports.story import story_lines
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.zone import shanghai_day
from bot.rules.reports.counting import first_moment, weekly
from bot.rules.reports.figures import WeeklyFigures
from storage import views
from tests.cast.bureau import NUMBER
from tests.cast.served import ServedOffice
from tests.fakes.inbox import items_of
from tests.fakes.peer import page
from tests.fakes.qyapi import SEND
from tests.stories.platforms.rigs import WeComRig, wecom_rig, words

FOR_HOURS = 2_000
ABOVE = {"bing": "WangWu", "ding": "ZhaoLiu", "wu": "QianQi"}


@pytest.fixture
def rig(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    """甲 and 乙 in the chat of 企业微信; everybody has the web inbox behind."""
    with wecom_rig(database_url, tmp_path) as opened:
        for who in opened.office.people:
            opened.office.bind(who, "inbox")
        yield opened


def in_the_chat(rig: WeComRig, *who: str) -> None:
    """These are in 企业微信 too, and before the web inbox."""
    for one in who:
        rig.joins(ABOVE[one])
        bind(rig.office.engine.context, rig.office.people[one], "wecom", ABOVE[one])
    rig.addresses = rig.addresses | {one: ABOVE[one] for one in who}  # type: ignore[misc]


def inbox(office: ServedOffice, who: str) -> list[str]:
    with office.database.read() as conn:
        return [one.text for one in items_of(conn, office.people[who])]


def opens(office: ServedOffice, who: str) -> int:
    return look(office.engine.context, office.people[who])


def story(office: ServedOffice) -> str:
    engine = office.engine
    with office.database.read() as conn:
        calendar = engine.context.working(conn).calendar
        told = views.timeline(conn, office.ticket(NUMBER).id)
    return "\n".join(story_lines(told, calendar, engine.wording, office.clock.now()))


def figures(office: ServedOffice) -> WeeklyFigures:
    now = office.clock.now()
    week = Week.of(shanghai_day(now))
    with office.database.read() as conn:
        facts = views.weekly_facts(conn, first_moment(week), now)
        return weekly(facts, week, now, office.engine.context.working(conn))


def test_a_and_b_blocked_and_the_leader_hears_at_once(rig: WeComRig) -> None:
    in_the_chat(rig, "bing", "wu")
    office = rig.office
    for who in ("jia", "yi"):
        rig.loses(who)
    office.at("08-23 10:00").receives(NUMBER)
    [to_leader] = rig.takes("bing")
    assert NUMBER in to_leader.text
    assert "甲" in to_leader.text
    assert [len(inbox(office, who)) for who in ("jia", "yi")] == [1, 1]
    told = story(office)
    assert "未能通知甲：新工单（企业微信：" in told
    assert "已放入网页收件箱，尚未打开" in told
    assert "经网页收件箱" not in told
    assert ["联系方式已失效" in one.text for one in rig.takes("wu")] == [True, True]
    # Nobody of the two is tried again, and the leader hears no second time that they cannot be reached.
    office.at("08-23 12:30")
    assert rig.takes("bing") == []


def test_a_platform_down_for_seven_minutes(rig: WeComRig) -> None:
    in_the_chat(rig, "bing", "ding", "wu")
    office = rig.office
    rig.fake.fail(SEND, *[page(502)] * FOR_HOURS)
    office.at("08-23 10:00").receives(NUMBER)
    office.at("08-23 10:06")
    assert rig.fake.sent == []
    assert [len(inbox(office, who)) for who in ("jia", "yi")] == [1, 1]
    assert "改为通知丙" in story(office)
    assert "已放入网页收件箱，尚未打开" in story(office)
    office.at("08-23 10:07")
    rig.fake.forgive(SEND)
    office.at("08-23 11:55")
    # The chat brought it after all, once to each, however long it lay in the inbox.
    assert [NUMBER in words(rig.takes(who)) for who in ("jia", "yi")] == [True, True]
    assert len(rig.takes("jia") + rig.takes("yi")) == 0
    assert len(rig.takes("bing")) <= 1
    assert rig.takes("ding") + rig.takes("wu") == []
    told = story(office)
    assert "通知甲：新工单（经企业微信，已发出）" in told
    assert "通知甲：新工单（经企业微信，不确定是否送达：企业微信服务器出错（HTTP 502）" in told
    assert "还没通知到甲：新工单（企业微信：企业微信服务器出错（HTTP 502）" in told
    assert [len(inbox(office, who)) for who in ("jia", "yi")] == [1, 1]
    # What is opened after the chat told it tells nothing new.
    assert opens(office, "jia") == 0


def test_a_platform_down_for_an_hour_brings_nobody_above_what_is_over_by_then(rig: WeComRig) -> None:
    in_the_chat(rig, "bing", "ding", "wu")
    office = rig.office
    rig.fake.fail(SEND, *[page(502)] * FOR_HOURS)
    office.at("08-23 10:00").receives(NUMBER)
    office.at("08-23 11:02")
    assert {one.person_id for one in office.messages(NUMBER)} == set(office.people.values()) - {office.people["ji"]}
    rig.fake.forgive(SEND)
    office.at("08-23 11:55")
    assert [NUMBER in words(rig.takes(who)) for who in ("jia", "yi")] == [True, True]
    assert [rig.takes(who) for who in ("bing", "ding", "wu")] == [[], [], []]


def test_chat_is_tried_no_more_once_the_inbox_was_opened(rig: WeComRig) -> None:
    office = rig.office
    rig.fake.fail(SEND, *[page(502)] * FOR_HOURS)
    office.at("08-23 10:00").receives(NUMBER)
    office.at("08-23 10:06")
    assert opens(office, "jia") == 1
    rig.fake.forgive(SEND)
    office.at("08-23 11:00")
    assert rig.takes("jia") == []
    assert len(rig.takes("yi")) == 1
    told = story(office)
    assert "甲打开网页收件箱，看到：新工单" in told
    assert "10:06  甲打开" in told


def test_a_digest_that_was_opened_is_told_and_not_sent_again(rig: WeComRig) -> None:
    office = rig.office
    rig.fake.fail(SEND, *[page(502)] * FOR_HOURS)
    office.at("08-23 10:00").receives(*(f"FJ-{place}" for place in range(1, 5)))
    office.at("08-23 10:06")
    assert len(inbox(office, "jia")) == 1
    assert opens(office, "jia") == 1
    rig.fake.forgive(SEND)
    office.at("08-23 11:00")
    assert rig.takes("jia") == []
    [to_yi] = [one for one in rig.takes("yi") if one.kind == "text"]  # its buttons come as a card
    assert all(f"FJ-{place}" in to_yi.text for place in range(1, 5))
    for place in range(1, 5):
        told = [one for one in office.story(f"FJ-{place}", "told") if one.data["state"] == "delivered"]
        assert [(one.data["to"], one.at) for one in told] == [(office.people["jia"], office.moment("08-23 10:06"))]


def test_nobody_of_the_unit_ever_bound(rig: WeComRig) -> None:
    in_the_chat(rig, "ding", "wu")
    office = rig.office
    for who in ("jia", "yi"):
        office.unbind_chat(who)
    office.at("08-23 10:00").receives(NUMBER)
    # The supervisor is the first in line with a chat, and is told at once; everybody else finds it in the inbox.
    [to_supervisor] = rig.takes("ding")
    assert "甲没有绑定聊天、乙没有绑定聊天" in to_supervisor.text
    assert [NUMBER in one for who in ("jia", "yi") for one in inbox(office, who)] == [True, True]
    told = story(office)
    assert "未能通知甲：新工单（没有绑定聊天；已放入网页收件箱，尚未打开）" in told
    assert "改为通知丁" in told
    # The ladder goes on, and the week counts the ticket as told to nobody of the unit.
    office.at("08-25 09:00")
    assert "未按时办结" in words(rig.takes("ding"))
    assert "已逾期" in words(rig.takes("wu"))
    counted = figures(office)
    assert [one.facts.ticket.number for one in counted.untold] == [NUMBER]
    assert counted.overdue == ()


def test_b_with_a_chat_is_asked_to_act_where_a_never_bound(rig: WeComRig) -> None:
    office = rig.office
    office.unbind_chat("jia")
    office.at("08-23 10:00").receives(NUMBER)
    [to_b] = rig.takes("yi")
    assert "请您代为处理" in to_b.text
    assert "说明：甲没有绑定聊天。" in to_b.text
    assert "没有绑定聊天" not in inbox(office, "jia")[0]


def test_nobody_at_all_has_a_chat(rig: WeComRig) -> None:
    office = rig.office
    for who in ("jia", "yi"):
        office.unbind_chat(who)
    office.at("08-23 10:00").receives(NUMBER)
    assert rig.fake.sent == []
    # It lies with everybody in line, the desk last, and stands in the story as told to nobody.
    assert [len(inbox(office, who)) for who in ("jia", "yi", "bing", "ding", "wu")] == [1] * 5
    assert office.story(NUMBER, "told") == []
    assert {one.data["to"] for one in office.story(NUMBER, "not_told")} == {
        office.people[who] for who in ("jia", "yi", "bing", "ding", "wu")
    }
    office.at("08-25 09:00")
    assert [one.facts.ticket.number for one in figures(office).untold] == [NUMBER]
    # Whoever of the unit opens it is told from then on.
    office.at("08-25 10:00")
    assert opens(office, "jia") > 0
    [late] = figures(office).untold
    assert late.told_at == office.moment("08-25 10:00")


def test_a_weekly_summary_waits_for_the_chat_too(rig: WeComRig) -> None:
    in_the_chat(rig, "ding", "wu")
    office = rig.office
    office.at("08-23 10:00").receives(NUMBER)
    office.at("08-29 20:00")
    rig.fake.sent.clear()
    rig.fake.fail(SEND, *[page(502)] * FOR_HOURS)
    office.at("08-30 08:00")
    assert office.engine.weekly() > 0
    office.at("08-30 08:10")
    assert any("周报" in one for one in inbox(office, "wu"))
    rig.fake.forgive(SEND)
    office.at("08-30 08:20")
    assert sum("周报" in one.text for one in rig.takes("wu")) == 1
