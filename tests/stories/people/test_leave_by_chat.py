"""请假 and 返岗 by chat: the deputy gets the list once and the steps from then on."""

import pytest

from storage.people import addresses, register
from storage.records import PersonDraft, TicketState
from tests.cast.bureau import DESK, WATER
from tests.cast.office import Office


@pytest.fixture
def busy(office: Office) -> Office:
    """甲 took FJ-1 and left FJ-2 on Monday at 10:00."""
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")
    for _ in range(2):
        office.expect("jia", "receipt")
        office.expect("yi", "receipt")
    office.says("jia", "签收 FJ-1")
    return office


def finish(office: Office) -> None:
    """Nothing is left to be told."""
    office.says("wu", "办结 FJ-1 已改")
    office.says("wu", "办结 FJ-2 已改")


def test_the_deputy_gets_the_list_once_and_the_next_steps(busy: Office) -> None:
    reply = busy.says("jia", "请假 到8月25日 由己代")
    assert reply.text.splitlines()[:2] == [
        "已记录请假：8月23日10:00至8月25日24:00。",
        "期间由己代办，现有2件待办，已发去清单。",
    ]
    told = busy.expect("ji", "notice:deputy")
    assert told.text.splitlines() == [
        "甲请假（8月23日10:00至8月25日24:00），期间由您代办。现有2件待办：",
        "1. FJ-1（水清三明）处理中。请于8月24日（周二）18:00前办结。",
        "2. FJ-2（水清三明）待签收。请于8月24日（周二）18:00前办结。",
        "可回复“签收 序号”“办结 序号 说明”或“工单 序号”。",
    ]
    assert "已签收：FJ-2" in busy.says("ji", "签收 2").text
    busy.at("08-24 16:00")
    for who in ("ji", "yi"):
        busy.expect(who, "last_call")
        busy.expect(who, "last_call")
    finish(busy)


def test_without_a_deputy_the_other_role_gets_it(busy: Office) -> None:
    reply = busy.says("jia", "请假 3天")
    assert "至8月25日24:00。" in reply.text
    assert "期间由乙代办，现有2件待办" in reply.text
    busy.expect("yi", "notice:deputy")
    finish(busy)


def test_where_both_are_away_the_answer_names_what_nobody_does(busy: Office) -> None:
    busy.on_leave("yi", "08-23 08:00", "08-27 18:00")
    assert "以下工单暂时无人代办：FJ-1、FJ-2" in busy.says("jia", "请假 到周三").text
    finish(busy)


def test_a_deputy_who_is_away_too_is_asked_for_again(busy: Office) -> None:
    busy.on_leave("ji", "08-24 08:00", "08-27 18:00")
    reply = busy.says("jia", "请假 到8月25日 由己代")
    assert reply.text.splitlines() == [
        "己那时也请假（至8月27日18:00），不能代办。",
        "请直接回复另一位代办人的姓名，不请假请回复“取消”。",
    ]
    assert "期间由丙代办" in busy.says("jia", "丙").text
    busy.expect("bing", "notice:deputy")
    finish(busy)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("由甲代", "代办人不能是您本人。"),
        ("由某某代", "通讯录里没有找到“某某”。"),
        ("由丙代", "丙没有可用的联系方式，不能代办。"),
    ],
)
def test_a_deputy_that_cannot_be_is_asked_for_again(busy: Office, words: str, said: str) -> None:
    busy.unbind("bing")
    assert busy.says("jia", f"请假 到8月25日 {words}").text.startswith(said)
    assert "期间由己代办" in busy.says("jia", "由己代").text
    busy.expect("ji", "notice:deputy")
    finish(busy)


def test_until_when_is_asked_for(busy: Office) -> None:
    assert busy.says("jia", "请假").text.startswith("请问请假到何时，由谁代办？")
    busy.reopen()
    assert "至8月27日24:00" in busy.says("jia", "到周五 由己代").text
    busy.expect("ji", "notice:deputy")
    assert "没看懂" in busy.says("jia", "今天天气不错").text  # nothing is waited for any more
    finish(busy)


def test_said_whole_after_the_question_nothing_is_waited_for(busy: Office) -> None:
    busy.says("jia", "请假")
    busy.says("jia", "请假 到周五 由己代")
    busy.expect("ji", "notice:deputy")
    assert "没有等您回答的问题" in busy.says("jia", "取消").text
    busy.says("jia", "请假")
    busy.says("jia", "返岗")
    busy.expect("ji", "notice:back")
    assert "没有等您回答的问题" in busy.says("jia", "取消").text
    finish(busy)


def test_a_period_in_the_future(busy: Office) -> None:
    assert "8月24日00:00至8月27日24:00" in busy.says("jia", "请假 从明天到周五 由己代").text
    busy.expect("ji", "notice:deputy")
    busy.receives("FJ-3")
    busy.expect("jia", "receipt")
    busy.expect("yi", "receipt")
    busy.says("jia", "办结 FJ-3 已改")
    busy.at("08-24 09:00")
    busy.expect("yi", "take_over")  # FJ-2, before the leave
    busy.expect("bing", "nobody_took")
    busy.receives("FJ-4")
    busy.expect("ji", "receipt", says="说明：甲请假。")
    busy.expect("yi", "receipt")
    busy.says("ji", "办结 FJ-4 已改")
    finish(busy)


@pytest.mark.parametrize("words", ["到8月20日", "从8月25日到8月24日"])
def test_a_leave_that_is_over_is_none(busy: Office, words: str) -> None:
    assert "已过或早于开始时间" in busy.says("jia", f"请假 {words}").text
    finish(busy)


def test_back_at_work_the_deputy_is_told_and_the_steps_come_back(busy: Office) -> None:
    assert busy.says("jia", "返岗").text == "您现在没有请假，无需返岗。"
    busy.says("jia", "请假 到8月25日 由己代")
    busy.expect("ji", "notice:deputy")
    busy.at("08-23 11:00")
    assert busy.says("jia", "返岗").text == "已记录返岗，记录时间8月23日11:00。"
    busy.expect("ji", "notice:back", says="不用您代办了")
    assert busy.says("ji", "我的工单").text == "您现在没有待办工单。"
    busy.at("08-23 11:30").receives("FJ-3")
    busy.expect("jia", "receipt")
    busy.expect("yi", "receipt")
    busy.says("jia", "办结 FJ-3 已改")
    finish(busy)


def test_a_leave_is_undone_and_an_earlier_one_comes_back(busy: Office) -> None:
    busy.says("jia", "请假 到8月24日 由丙代")
    busy.expect("bing", "notice:deputy")
    busy.says("jia", "请假 到8月27日 由己代")
    busy.expect("ji", "notice:deputy")
    assert busy.says("jia", "撤销").text == "已撤销请假，已告知代办人员。"
    busy.expect("ji", "notice:back")
    busy.at("08-24 10:00")
    busy.expect("yi", "take_over")
    busy.expect("bing", "nobody_took")
    busy.receives("FJ-3")
    busy.expect("bing", "receipt", says="说明：甲请假。")
    busy.expect("yi", "receipt")
    busy.says("bing", "办结 FJ-3 已改")
    finish(busy)


def test_the_supervisors_deputy_decides(busy: Office) -> None:
    busy.says("ding", "请假 到8月25日 由己代")
    busy.expect("ji", "notice:deputy_empty", says="现在没有待办工单")
    busy.says("jia", "误报 FJ-1 原文为引用古籍")
    busy.expect("ji", "request_dispute")
    assert "FJ-1（三明市水利局，水清三明）等待答复" in busy.says("ji", "督办列表").text
    busy.says("ji", "同意 FJ-1")
    for who in ("jia", "yi"):
        busy.expect(who, "notice:dispute_granted", says="由己认定为误报")
    assert busy.ticket("FJ-1").state == TicketState.VOID
    busy.says("jia", "办结 FJ-2 已改")


def test_two_of_one_name_are_told_apart(busy: Office) -> None:
    with busy.database.begin() as conn:
        for unit in (WATER, DESK):
            person = register.save_person(conn, PersonDraft(name="张三", unit_id=unit))
            addresses.bind(conn, person, "chat", f"chat:{unit}", busy.clock.now())
            busy.people[f"zhang{unit}"] = person
    reply = busy.says("jia", "请假 到8月25日 由张三代")
    assert "期间由张三代办" in reply.text  # the one of the own unit
    busy.expect(f"zhang{WATER}", "notice:deputy")
    reply = busy.says("ding", "请假 到8月25日 由张三代")
    assert reply.text.startswith("有同名的人：张三（三明市水利局）、张三（三明市人民政府办公室）。")
    assert "期间由张三代办" in busy.says("ding", "张三（三明市人民政府办公室）").text
    busy.expect(f"zhang{DESK}", "notice:deputy_empty")
    finish(busy)
