"""What cannot be done is refused with the reason and the way to go; in both languages."""

from pathlib import Path

import pytest

from bot.delivery.wording import Wording
from handlers.chat.reply import Conversation, Reply
from storage.people import register
from storage.records import TicketState
from tests.cast.bureau import WATER
from tests.cast.office import Office, pressable


@pytest.fixture
def told(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00."""
    office.at("08-23 10:00").receives("FJ-1")
    return office.forget()


def test_nothing_waits_to_be_decided(told: Office) -> None:
    assert told.says("ding", "不同意").text == "现在没有等待您答复的申请。"
    assert told.says("ding", "同意 FJ-1").text == "工单 FJ-1 没有等待答复的申请，未作任何记录。"
    assert "序号3" in told.says("ding", "同意 3").text
    told.says("jia", "已改")


def test_one_does_not_decide_ones_own(told: Office) -> None:
    with told.database.begin() as conn:
        register.add_supervisor(conn, WATER, told.people["jia"])
    told.says("jia", "误报 原文为引用古籍")
    asked = told.expect("ding", "request_dispute")
    reply = told.taps("jia", pressable(asked)["同意"])
    assert reply.text == "工单 FJ-1 的申请是您自己提出的，请由其他人答复。"
    assert told.ticket("FJ-1").state == TicketState.DISPUTED
    told.says("jia", "已改")


def test_it_is_there_already(told: Office) -> None:
    assert told.says("wu", "转派 FJ-1 水清三明").text == "工单 FJ-1 已在水清三明（微信公众号），无需转派。"
    told.says("jia", "已改")


def test_a_name_of_several_is_asked_back(told: Office) -> None:
    told.add_forest()
    with told.database.begin() as conn:
        unit = next(one.id for one in register.load(conn).units.values() if one.name == "三明市林业局")
        draft = register.AccountDraft(platform="抖音", name="三明林业", name_key="三明林业", unit_id=unit)
        register.save_account(conn, draft)
    reply = told.says("wu", "转派 FJ-1 三明林业")
    assert reply.text.splitlines() == [
        "“三明林业”可能是以下几个，请回复序号或全称，不办请回复“取消”。工单 FJ-1（水清三明）。",
        "1. 三明林业（微信公众号）",
        "2. 三明林业（抖音）",
    ]
    assert told.says("wu", "3").reason == "no_such_place"
    assert told.says("wu", "2").text.startswith("已转派：FJ-1（三明林业）转给三明林业（抖音）")
    told.says("wu", "转派 FJ-1 三明林业")
    assert told.says("wu", "三明林业（微信公众号）").text.startswith("已转派：FJ-1（三明林业）转给三明林业（微信")
    told.says("wu", "转派 FJ-1 三明林业")
    assert "可能是以下几个" in told.says("wu", "转派 FJ-1 三明林业").text
    assert told.says("wu", "第二个").text.startswith("已转派：FJ-1（三明林业）转给三明林业（抖音）")
    told.says("wu", "转派 FJ-1 水清三明")
    told.says("jia", "转派 给三明林业，不是我单位的账号")
    assert "1. 三明林业（微信公众号）" in told.says("wu", "同意 FJ-1").text
    assert told.says("wu", "1").text.startswith("已转派：FJ-1（三明林业）转给三明林业（微信公众号）")
    told.forget()
    told.says("wu", "办结 FJ-1 已改")


def test_the_desk_finds_any_number_it_sees_however_short(told: Office) -> None:
    told.add_forest()
    told.receives("X-1", "7", "督3")
    told.forget()
    for number in ("X-1", "7", "督3"):
        assert told.says("wu", f"工单 {number}").text.startswith(f"{number}（水清三明")
        assert told.says("wu", f"为什么 {number}").text.startswith(f"{number}（水清三明")
        assert told.says("wu", f"转派 {number} 给三明林业").text.startswith(f"已转派：{number}（三明林业）")
        # Whose it is no more sees nothing of it, nor does who oversees others.
        for who in ("jia", "ding"):
            assert "三明林业" not in told.says(who, f"工单 {number}").text
    told.says("wu", "办结 7 已改")
    assert told.ticket("7").state == TicketState.COMPLETED
    for number in ("X-1", "督3"):
        told.says("geng", f"办结 {number} 已改")
        assert told.ticket(number).state == TicketState.COMPLETED
    told.forget()
    told.says("jia", "已改")


@pytest.mark.parametrize("number", ["7\x00", "\ud800" + "7", "7" * 5_000, "\u0661\u0662", "%7_", "' or 7=7 --"])
def test_strange_numbers_find_nothing_and_break_nothing(told: Office, number: str) -> None:
    reply = told.says("wu", f"转派 {number} 给三明林业")
    assert reply.reason != "ValueError"
    assert not reply.text.startswith("这条消息已收到并留存")
    assert told.story("FJ-1", "transfer") == []
    told.forget()
    told.says("jia", "已改")


def test_a_number_that_is_a_place_as_well_is_asked_back(told: Office) -> None:
    told.receives("2", "FJ-3")
    told.at("08-23 12:00").forget()
    for listed in ("FJ-1", "FJ-3"):
        told.says("jia", f"签收 {listed}")
    told.at("08-24 18:00").forget()
    lines = told.says("wu", "督办列表").text.splitlines()
    placed = {line.split("（")[0] for line in lines}
    assert {"1. FJ-1", "2. 2", "3. FJ-3"} <= placed
    assert told.says("wu", "工单 2").text.startswith("2（水清三明")
    told.receives("1")
    told.forget()
    reply = told.says("wu", "工单 1")
    assert reply.reason == "asked_which"
    assert "FJ-1（水清三明）" in reply.text
    assert "1（水清三明）" in reply.text.replace("FJ-1", "")
    for number in ("1", "2"):
        told.taps("wu", f"done:{told.ticket(number).id}")
    for number in ("FJ-1", "FJ-3"):
        told.says("wu", f"办结 {number} 已改")


def test_a_transfer_to_nobody_in_particular_is_asked_back_when_granted(told: Office) -> None:
    told.add_forest()
    told.says("jia", "不归我管")
    asked = told.expect("wu", "request_transfer")
    assert "甲于8月23日10:00申请转派，等待答复：不归我管" in told.says("wu", "工单 FJ-1").text
    assert told.taps("wu", pressable(asked)["同意"]).text.startswith("请问转给谁？")
    assert told.says("wu", "三明林业").text.startswith("已转派：FJ-1")
    assert "已由戊于8月23日（周一）10:00同意" in told.taps("wu", pressable(asked)["不同意"]).text
    told.forget()
    told.says("geng", "已改")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("延期 到2022年12月1日 等待审核", "超过一年，请核对日期"),
        ("延期 500个工作日 等待审核", "超过一年，请核对日期"),
        ("延期 到8月24日 等待审核", "不晚于现在的时限"),
    ],
)
def test_days_that_cannot_be(told: Office, words: str, said: str) -> None:
    assert said in told.says("jia", words).text
    told.says("jia", "已改")


def test_where_the_schedule_is_unpublished(database_url: str, tmp_path: Path) -> None:
    office = Office(database_url, tmp_path, start="2026-12-30 10:00")
    office.receives("FJ-1")
    office.forget()
    assert "那一年放假安排尚未公布" in office.says("jia", "延期 5个工作日 等待审核").text
    assert "那一年放假安排尚未公布" in office.says("jia", "请假 5个工作日").text
    office.at("12-31 16:00").forget()
    office.receives("FJ-2")
    office.forget()
    assert office.says("jia", "延期 FJ-2 到1月20日 等待审核").text == "工单 FJ-2 的时限尚未确定，暂不需要延期。"
    office.says("jia", "办结 FJ-1 已改")
    office.says("jia", "办结 FJ-2 已改")
    office.close()


def test_a_leave_of_more_than_a_year(told: Office) -> None:
    assert told.says("jia", "请假 到2022年12月1日").text == "请假超过一年，请核对日期。"
    told.says("jia", "已改")


def test_a_file_or_a_denial_in_between_does_not_hinder_an_undo(told: Office) -> None:
    told.says("jia", "签收")
    told.taps("ji", f"done:{told.ticket('FJ-1').id}")
    assert told.says("jia", "撤销").text.startswith("已撤销签收")
    told.says("jia", "已改")


def test_by_telephone_it_is_recorded_as_such(told: Office) -> None:
    said = Conversation(told.engine.context, told.engine.wording).hear(
        person_id=told.people["jia"],
        text="误报 FJ-1 原文为引用古籍",
        at=told.clock.now(),
        via="say",
        event_id="s1",
        on_behalf_of="值班员",
    )
    assert said.text.endswith("由值班员代为记录。")
    assert told.story("FJ-1", "dispute")[0].data["via"] == "say:值班员"
    told.settle().expect("ding", "request_dispute")
    told.says("jia", "已改")


def test_the_whole_table_in_english(told: Office) -> None:
    conversation = Conversation(told.engine.context, Wording("en"))
    events = iter(range(1000))

    def say(who: str, text: str) -> Reply:
        event = f"en{next(events)}"
        at = told.clock.now()
        return conversation.hear(person_id=told.people[who], text=text, at=at, via="chat", event_id=event)

    assert say("jia", "extend FJ-1").text.startswith("Until when, and why?")
    assert "more time asked for, until 26 August 24:00. Reason: waiting" in say("jia", "2021-08-26 waiting").text
    assert say("ding", "stuck").text.startswith("1 tickets in your area want a look:")
    assert say("ding", "approve FJ-1").text.startswith("Granted: FJ-1 (水清三明) has more time")
    assert "granted an extension" in say("jia", "why FJ-1").text
    assert say("jia", "hand over").text.startswith("Recorded: FJ-1 (水清三明), 23 August 10:00: handed over to 乙")
    assert say("jia", "undo").text.startswith("Undone (hand over): FJ-1")
    assert "false alarm claimed. Reason: quoted from a classic" in say("jia", "dispute FJ-1 quoted from a classic").text
    assert say("ding", "refuse FJ-1 no quotation").text.startswith("Refused: FJ-1")
    assert "asked to re-route it" in say("jia", "transfer FJ-1 forestry bureau").text
    assert say("wu", "transfer FJ-1 己").text.startswith("Re-routed: FJ-1")
    assert say("ji", "done FJ-1 deleted").text.startswith("Recorded: FJ-1")
    assert say("wu", "send back FJ-1 still online").text.startswith("Recorded: FJ-1")
    assert "Leave noted: 23 August 10:00 to 27 August 24:00." in say("jia", "take leave until friday").text
    assert say("jia", "i am back").text.startswith("You are back at work")
    assert "send this in the chat you want to bind" in say("jia", "bind").text
    assert say("jia", "board").text.startswith("The board is not enabled yet.")
    assert "stuck · approve" in say("ding", "help").text
    assert say("ding", "help extend").text.startswith("extend [number] until when")
    assert say("ji", "done FJ-1 deleted").text.startswith("Recorded: FJ-1")
    told.settle().forget()
