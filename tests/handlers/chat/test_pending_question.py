"""A question that waits: replaced by a whole new command, kept and named by whatever only looks."""

import pytest

from storage.records import TicketState
from tests.cast.office import Office


@pytest.fixture
def two(office: Office) -> Office:
    """FJ-1 and FJ-2 came on Monday at 10:00."""
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")
    return office.forget()


def end(office: Office) -> None:
    for number in ("FJ-1", "FJ-2"):
        if office.ticket(number).state.open:
            office.says("wu", f"办结 {number} 已改")
    office.forget()


def test_the_same_command_said_whole_takes_the_place_of_its_question(two: Office) -> None:
    assert two.says("jia", "延期 FJ-2").reason == "asked_words"
    reply = two.says("jia", "延期 FJ-2 到8月27日 再等")
    assert reply.text.startswith("已记录：FJ-2（水清三明）于8月23日10:00申请延期至8月27日24:00。理由：再等")
    assert two.says("jia", "取消").text == "没有等您回答的问题，无需取消。"
    end(two)


@pytest.mark.parametrize("first", ["延期 FJ-1", "误报 FJ-1", "请假", "办结"])
def test_another_command_said_whole_takes_its_place_too(two: Office, first: str) -> None:
    assert two.says("jia", first).reason.startswith("asked_")
    reply = two.says("jia", "误报 FJ-2 原文为引用古籍")
    assert "申诉误报。理由：原文为引用古籍" in reply.text
    assert two.ticket("FJ-1").state == TicketState.NEW
    assert two.says("jia", "取消").text == "没有等您回答的问题，无需取消。"
    end(two)


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("延期 FJ-1", "刚才问您的（工单 FJ-1，延期）还在等您回答；不办请回复“取消”。"),
        ("办结", "刚才问您要办结哪一件，还在等您回答；不办请回复“取消”。"),
        ("请假", "刚才问您的（请假）还在等您回答；不办请回复“取消”。"),
    ],
)
@pytest.mark.parametrize("look", ["我的工单", "待办"])
def test_a_look_at_the_own_tickets_keeps_it_and_says_so(two: Office, first: str, told: str, look: str) -> None:
    two.says("jia", first)
    assert two.says("jia", look).text.splitlines()[-1] == told
    assert two.says("jia", "取消").text == "已取消，未作任何记录。"
    end(two)


def test_after_the_look_the_words_that_were_asked_for_still_count(two: Office) -> None:
    two.says("jia", "延期 FJ-1")
    two.says("jia", "我的工单")
    assert "申请延期至8月27日24:00。理由：等待平台审核" in two.says("jia", "到8月27日 等待平台审核").text
    end(two)


def test_what_the_desk_looks_at_keeps_its_question_too(two: Office) -> None:
    two.at("08-24 18:00").forget()
    two.says("wu", "转派 FJ-1")
    assert two.says("wu", "督办列表").text.splitlines()[-1].startswith("刚才问您的（工单 FJ-1，转派）还在等您回答")
    two.add_forest()
    assert two.says("wu", "三明林业").text.startswith("已转派：FJ-1（三明林业）")
    end(two)
