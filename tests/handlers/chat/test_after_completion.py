"""After a bare 办结 nothing is asked, 撤销 is at hand; what is typed next explains it unless it says other things."""

import pytest

from bot.channels.base import COPY
from handlers.chat.reply import Reply
from storage.records import TicketState
from tests.cast.office import Office, pressable


@pytest.fixture
def done(office: Office) -> Office:
    """甲 pressed 办结 under FJ-1 at 10:00."""
    office.at("08-23 10:00").receives(
        "FJ-1", problem="“水力部门”", suggestion="水利部门", url="https://example.gov.cn/1"
    )
    office.forget()
    reply = office.taps("jia", f"done:{office.ticket('FJ-1').id}")
    assert labels(reply) == ["撤销", "复制说明"]
    assert "请" not in reply.text.replace("请将以下内容粘贴到省平台", "")
    return office


def labels(reply: Reply) -> list[str]:
    return [label for label, _ in reply.buttons]


def test_the_card_keeps_problem_suggestion_and_link(done: Office) -> None:
    for action in ("undo", "ack", "done"):
        text = done.taps("jia", f"{action}:{done.ticket('FJ-1').id}").text
        assert text.split("\n")[1:4] == ["问题：“水力部门”", "建议：水利部门", "链接：https://example.gov.cn/1"]


@pytest.mark.parametrize("words", ["错字已改成水利，页面已更新", "见附件", "已删除", "由宣传科统一更换"])
def test_what_is_typed_next_is_the_explanation(done: Office, words: str) -> None:
    reply = done.at("08-23 10:08").says("jia", words)
    assert reply.text.startswith("已补充为工单 FJ-1（水清三明）的办结说明。")
    assert reply.text.endswith(f"请将以下内容粘贴到省平台：\n{words}")
    assert reply.buttons[1] == ("复制说明", f"{COPY}{words}")
    assert done.ticket("FJ-1").completion_text == words
    assert [one.data["text"] for one in done.story("FJ-1", "note")] == [words]
    assert done.ticket("FJ-1").completed_at == done.moment("08-23 10:00")


def test_several_lines_come_together_and_are_taken_back_together(done: Office) -> None:
    done.says("jia", "错字已改")
    done.says("jia", "图片也换了")
    assert done.ticket("FJ-1").completion_text == "错字已改\n图片也换了"
    assert done.taps("jia", f"undo:{done.ticket('FJ-1').id}").text.startswith("已撤销办结")
    assert done.ticket("FJ-1").completion_text == ""
    done.says("jia", "办结")
    assert done.ticket("FJ-1").completion_text == ""


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("我的工单", "您现在没有待办工单"),
        ("谢谢", "不客气"),
        ("取消", "要撤销刚才的办结吗"),
        ("错了", "要撤销刚才的办结吗"),
        ("已修改，待审核发布", "工单 FJ-1（水清三明）已记为办结。还没全部办完的请点“撤销”"),
        ("还没改完", "工单 FJ-1（水清三明）已记为办结。还没全部办完的请点“撤销”"),
        ("工单 FJ-1", "FJ-1（水清三明"),
    ],
)
def test_what_says_another_thing_is_no_explanation(done: Office, words: str, begins: str) -> None:
    assert done.says("jia", words).text.startswith(begins)
    assert (done.ticket("FJ-1").completion_text, done.story("FJ-1", "note")) == ("", [])


def test_after_ten_minutes_it_is_read_as_anything_else(done: Office) -> None:
    done.at("08-23 10:11").says("jia", "见附件")
    assert (done.ticket("FJ-1").completion_text, done.story("FJ-1", "note")) == ("", [])


def test_with_another_ticket_open_words_never_complete_it(done: Office) -> None:
    done.receives("FJ-2")
    done.forget()
    reply = done.says("jia", "已删除")
    assert "已补充为工单 FJ-1" in reply.text
    assert "说的如是另一件，请写明序号" in reply.text
    assert done.ticket("FJ-2").state == TicketState.NEW
    assert done.says("jia", "办结 FJ-2 已删除").text.startswith("已记录：FJ-2")


def test_a_note_to_an_archived_ticket_and_a_slip_of_the_number(done: Office) -> None:
    done.receives("FJ-2")
    done.forget()
    done.says("jia", "办结 FJ-2 已删除")
    wrong = done.says("jia", "错了，是FJ-1")
    assert labels(wrong) == ["撤销"]
    assert done.taps("jia", dict(wrong.buttons)["撤销"]).text.startswith("已撤销办结：FJ-2（水清三明）现在是“待签收”。")
    done.says("jia", "办结 FJ-2 已删除")
    done.at("09-01 10:00").forget()
    assert done.ticket("FJ-1").state == TicketState.CLOSED
    assert done.says("jia", "补充 FJ-1 已报送截图").text.startswith("已补充到工单 FJ-1（水清三明）的办理记录")


class TestAll:
    """One tap takes all of a list, and nothing that came since."""

    @pytest.fixture
    def three(self, office: Office) -> Office:
        office.at("08-23 10:00").receives("FJ-1", "FJ-2", "FJ-3")
        return office

    def test_from_the_digest(self, three: Office) -> None:
        digest = three.expect("jia", "digest")
        three.expect("yi", "digest")
        assert digest.buttons == ("全部签收", "1", "2", "3")
        three.receives("FJ-4")
        three.forget()
        action = pressable(digest)["全部签收"]
        reply = three.taps("jia", action)
        assert [line.partition("（")[0] for line in reply.text.split("\n\n")] == [
            "已签收：FJ-1", "已签收：FJ-2", "已签收：FJ-3"
        ]  # fmt: skip
        assert three.ticket("FJ-4").state == TicketState.NEW
        assert "FJ-1 已由甲" in three.taps("jia", action).text
        assert three.taps("ji", action).private
        three.at("08-23 10:05")
        [merged] = three.updates("yi")
        assert merged.startswith("以下3件工单已有人办理，您无需处理：\n· 工单 FJ-1（水清三明）已由甲于8月23日10:00签收")
        for number in range(1, 5):
            three.says("jia", f"办结 FJ-{number} 已改")

    def test_from_the_list(self, three: Office) -> None:
        three.forget()
        listed = three.says("jia", "我的工单")
        assert labels(listed) == ["全部签收", "1", "2", "3"]
        three.taps("jia", dict(listed.buttons)["全部签收"])
        assert labels(three.says("jia", "我的工单")) == ["1", "2", "3"]
        for number in range(1, 4):
            three.says("jia", f"办结 FJ-{number} 已改")

    @pytest.mark.parametrize("action", ["all:", "all:zzzzzzz", "all:1.2.3.4.5.6.7.8.9", "all:-1", "all:1..2", "all:１"])
    def test_a_forged_one_does_nothing(self, three: Office, action: str) -> None:
        three.forget()
        assert three.taps("jia", action).reason == "按钮不认识"
        for number in range(1, 4):
            three.says("jia", f"办结 FJ-{number} 已改")
