"""同意 and 不同意: asked over everything that waits, and taken back within minutes."""

import pytest

from storage.records import TicketState
from tests.cast.office import Office


@pytest.fixture
def asked(office: Office) -> Office:
    """甲 took FJ-1 on Monday at 10:00 and asked for more time."""
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.says("jia", "延期 到8月26日 等待平台审核")
    office.forget()
    return office


def told(office: Office, label: str, says: str) -> None:
    for who in ("jia", "yi"):
        office.expect(who, label, says=says)


class TestWhich:
    def test_two_kinds_are_asked_over_both_by_number(self, asked: Office) -> None:
        asked.receives("FJ-2")
        asked.says("jia", "误报 FJ-2 原文为引用古籍")
        asked.forget()
        lines = asked.says("ding", "同意").text.splitlines()
        assert lines == [
            "有2项申请等待您答复，请问同意哪一项？10分钟内回复序号即可，不办请回复“取消”。",
            "1. FJ-1（水清三明）甲于8月23日10:00申请延期至8月26日24:00，等待答复。理由：等待平台审核",
            "2. FJ-2（水清三明）甲于8月23日10:00申诉误报，等待答复。理由：原文为引用古籍",
        ]
        assert "认定为误报" in asked.says("ding", "2").text
        told(asked, "notice:dispute_granted", "由丁认定为误报")
        assert asked.says("ding", "同意").text.startswith("已同意：FJ-1（水清三明）延期")
        told(asked, "notice:extension_granted", "新时限")
        asked.says("jia", "办结 FJ-1 已改")

    def test_the_number_may_come_with_the_word_and_on_one_ticket_too(self, asked: Office) -> None:
        asked.says("jia", "误报 原文为引用古籍")
        asked.forget()
        asked.says("ding", "不同意")
        assert asked.says("ding", "不同意 1").text.startswith("已答复不同意：FJ-1（水清三明）不延期")
        told(asked, "notice:extension_refused", "")
        assert "认定为误报" in asked.says("ding", "同意误报").text
        told(asked, "notice:dispute_granted", "")

    def test_a_number_out_of_the_list_decides_nothing(self, asked: Office) -> None:
        asked.says("jia", "误报 原文为引用古籍")
        asked.forget()
        asked.says("ding", "同意")
        asked.says("ding", "3")
        assert asked.ticket("FJ-1").state == TicketState.DISPUTED
        assert asked.ticket("FJ-1").due_day == asked.moment("08-24 12:00").date()
        asked.says("jia", "办结 FJ-1 已改")


class TestUndone:
    def test_a_granted_extension_waits_again_with_the_old_lines(self, asked: Office) -> None:
        asked.says("ding", "同意")
        told(asked, "notice:extension_granted", "8月26日18:00")
        asked.at("08-23 10:04")
        reply = asked.says("ding", "撤销")
        assert reply.text.splitlines()[0] == "已撤销同意延期：FJ-1（水清三明）现在是“处理中”。"
        assert [label for label, _ in reply.buttons] == ["同意", "不同意", "为什么"]
        told(asked, "notice:ruling_undone", "的延期申请，丁撤回了刚才的答复，请等待重新答复。时限：8月24日18:00前办结")
        ticket = asked.ticket("FJ-1")
        assert (ticket.due_day, ticket.moves) == (asked.moment("08-24 12:00").date(), 2)
        assert [line.data["verb"] for line in asked.story("FJ-1", "undo")] == ["grant_extension"]
        assert asked.says("ding", "不同意 FJ-1 时间充足").text.startswith("已答复不同意")
        asked.forget()
        asked.says("jia", "已改")

    def test_a_false_alarm_is_open_again(self, asked: Office) -> None:
        asked.says("jia", "误报 原文为引用古籍")
        asked.says("ding", "同意误报")
        asked.forget()
        assert asked.ticket("FJ-1").state == TicketState.VOID
        assert asked.says("ding", "撤销").text.startswith("已撤销同意误报：FJ-1（水清三明）现在是“误报申诉中”")
        told(asked, "notice:ruling_undone", "误报申诉")
        # What the ruling had overtaken waits again as well.
        assert asked.says("ding", "同意").text.startswith("有2项申请等待您答复")
        asked.says("jia", "已改")

    @pytest.mark.parametrize("words", ["不同意", "不同意 FJ-1 时间充足"])
    def test_a_refusal_too(self, asked: Office, words: str) -> None:
        asked.says("ding", words)
        told(asked, "notice:extension_refused", "")
        assert asked.says("ding", "撤销").text.startswith("已撤销不同意延期")
        told(asked, "notice:ruling_undone", "")
        asked.taps("ding", f"ok:{1}")
        told(asked, "notice:extension_granted", "")
        asked.says("jia", "已改")

    def test_by_night_what_nobody_heard_is_taken_back_unsaid(self, asked: Office) -> None:
        asked.at("08-23 21:00").forget()
        asked.says("ding", "同意")
        asked.says("ding", "撤销")
        asked.expect_silence()
        asked.at("08-24 08:00").forget()
        assert asked.ticket("FJ-1").due_day == asked.moment("08-24 12:00").date()
        asked.says("jia", "已改")

    def test_not_after_five_minutes_nor_once_somebody_went_on(self, asked: Office) -> None:
        asked.says("ding", "同意")
        asked.forget()
        asked.says("jia", "已改")
        assert "之后已由甲于8月23日（周一）10:00处理" in asked.says("ding", "撤销").text
        asked.at("08-23 10:06")
        assert asked.says("ding", "撤销").text == "已超过5分钟，不能撤销。"

    def test_a_ticket_given_to_others_is_given_back_by_another_transfer(self, asked: Office) -> None:
        asked.says("wu", "转派 FJ-1 给己")
        asked.forget()
        assert asked.says("wu", "撤销").text == "您上一步的操作不能撤销。"
        asked.says("ji", "办结 FJ-1 已改")
