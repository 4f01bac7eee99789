"""What supervisors and the desk say, and what everybody says about themselves: 督办列表, 帮助, 绑定, 看板."""

import re
from pathlib import Path

import pytest

from bot.actions.messages.numbering import renumber
from bot.actions.people import signin
from bot.actions.people.binding import by_code
from bot.actions.work import begin
from handlers.chat.reply import Conversation
from storage.people import register
from storage.records import Role, TicketState
from storage.tickets import journal
from storage.tickets.journal import SYSTEM
from tests.cast.office import Office


@pytest.fixture
def told(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00."""
    office.at("08-23 10:00").receives("FJ-1")
    office.forget()
    return office


def test_help_fits_a_screen_and_names_what_the_caller_may_do(told: Office) -> None:
    for who, named, not_named in (
        ("jia", ("签收", "延期", "请假", "日历"), ("同意", "督办列表", "周报", "看板")),
        ("ding", ("督办列表", "不同意 理由", "周报"), ("签收", "误报", "看板", "转派")),
        ("wu", ("督办列表", "转派 编号 给谁", "周报"), ("签收", "看板")),
        ("ji", ("请假", "日历"), ("签收", "同意", "周报")),
    ):
        lines = told.says(who, "帮助").text.splitlines()
        assert len(lines) <= 12
        assert max(len(line) for line in lines) <= 32
        text = "\n".join(lines[1:-2] if who in ("ding", "wu") else lines[1:])
        assert [word for word in named if word not in text] == []
        assert [word for word in not_named if word in text] == []
    told.says("jia", "已改")


def test_help_names_the_board_where_there_is_one(told: Office) -> None:
    conversation = Conversation(told.engine.context, told.engine.wording, board_url="https://duban.example/signin")
    reply = conversation.hear(person_id=told.people["jia"], text="帮助", at=told.clock.now(), via="chat", event_id="h1")
    assert "日历、看板" in reply.text
    told.says("jia", "已改")


@pytest.mark.parametrize("words", ["帮助 延期", "怎么延期", "怎么申请延期"])
def test_how_one_of_them_is_used_can_be_asked(told: Office, words: str) -> None:
    assert told.says("jia", words).text.startswith("延期 [编号或序号] 到何时 理由")
    told.says("jia", "已改")


def test_what_is_not_theirs_is_refused_with_the_way_to_go(told: Office) -> None:
    assert told.says("jia", "督办列表").text == "督办列表供监督人员使用。发送“我的工单”查看您的工单。"
    for words in ("同意", "不同意 FJ-1 理由不足"):
        assert told.says("jia", words).reason == "not_above"
    told.says("jia", "已改")


class TestOversight:
    def test_every_line_says_whom_to_ring_and_its_number_works(self, told: Office) -> None:
        told.add_forest()
        told.receives("LY-1", account="三明林业")
        told.receives("FJ-2")
        told.says("jia", "误报 FJ-2 原文为引用古籍")
        told.at("08-23 12:00").forget()
        heard = "（8月23日10:00已告知，未签收）"
        assert told.says("wu", "督办列表").text.splitlines() == [
            "您负责范围内有3件工单需要关注：",
            "1. FJ-1（三明市水利局，水清三明）无人签收，待签收，8月24日18:00前办结，最迟24:00",
            f"　　A角甲{heard}、B角乙{heard}",
            "2. LY-1（三明市林业局，三明林业）无人签收，待签收，8月24日18:00前办结，最迟24:00",
            f"　　A角庚{heard}、B角辛{heard}",
            "3. FJ-2（三明市水利局，水清三明）等待答复，误报申诉中，8月24日18:00前办结，最迟24:00",
            "　　A角甲（8月23日10:00已告知，8月23日10:00签收）、B角乙（8月23日10:00已告知）",
            "　　甲于8月23日10:00申诉误报，等待答复。理由：原文为引用古籍",
            "可回复“工单 序号”“同意 序号”“不同意 序号 理由”。",
        ]
        assert "LY-1" not in told.says("ding", "督办列表").text
        assert "认定为误报" in told.says("wu", "同意 3").text
        told.forget()
        told.at("08-25 09:00").forget()
        lines = told.says("wu", "督办列表").text.splitlines()
        assert lines[1].startswith("1. FJ-1（三明市水利局，水清三明）已逾期1个工作日（1个自然日），待签收")
        told.says("wu", "办结 LY-1 已改")
        told.says("wu", "办结 FJ-1 已改")

    def test_the_veto_class_comes_first_then_the_longest_overdue_then_the_soonest_due(self, told: Office) -> None:
        told.says("jia", "签收")
        told.at("08-26 09:00").receives("LATER", at="08-24 10:00")
        told.receives("SOON", at="08-25 10:00")
        told.receives("VETO", policy="veto_now")
        told.at("08-26 18:00").forget()
        lines = told.says("wu", "督办列表").text.splitlines()
        placed = [line.split("（")[0] for line in lines if line[0].isdigit()]
        assert placed == ["1. VETO", "2. FJ-1", "3. LATER", "4. SOON"]
        days = "2个工作日（2个自然日）"
        assert next(line for line in lines if line.startswith("2. ")).startswith(
            f"2. FJ-1（三明市水利局，水清三明）已逾期{days}"
        )
        for number in ("FJ-1", "LATER", "SOON", "VETO"):
            told.says("wu", f"办结 {number} 已改")
        told.forget()

    def test_what_goes_well_is_not_on_it(self, told: Office) -> None:
        told.says("jia", "签收")
        assert told.says("ding", "督办列表").text == "您负责范围内没有逾期或停滞的工单。"
        told.at("08-24 18:00").forget()
        assert "1. FJ-1（三明市水利局，水清三明）下班前未办结" in told.says("ding", "督办列表").text
        told.says("jia", "已改")

    def test_a_ticket_of_nobody_is_the_desks(self, told: Office) -> None:
        told.receives("X-1", account="没有登记的账号")
        told.at("08-25 09:00").forget()
        assert "X-1（未匹配单位，没有登记的账号）" in told.says("wu", "督办列表").text
        assert "X-1" not in told.says("ding", "督办列表").text
        told.says("wu", "办结 X-1 已改")
        told.says("wu", "办结 FJ-1 已改")

    def test_a_long_list_is_cut_with_a_word(self, told: Office) -> None:
        told.receives(*(f"L-{n:02}" for n in range(20)))
        told.at("08-25 09:00").forget()
        lines = told.says("wu", "督办列表").text.splitlines()
        assert lines[0].startswith("您负责范围内有21件")
        assert lines[-2] == "另有15件未列出，请回复“督办列表 2”。"
        pages = [told.says("wu", f"督办列表 {page}").text for page in range(1, 9)]
        assert max(len(page.encode()) for page in pages) <= 2_000
        named = {line.split(" ")[1].split("（")[0] for page in pages for line in page.splitlines() if line[0].isdigit()}
        assert len(named) == 21
        assert pages[-1] == pages[-2]
        assert told.says("wu", "工单 21").text.startswith("L-")


def test_numbers_of_a_digest_work_and_leave_a_question_alone(told: Office) -> None:
    told.receives("FJ-2", "FJ-3")
    told.expect("jia", "receipt")
    told.forget()
    told.says("jia", "误报 FJ-1")
    ids = [told.ticket(number).id for number in ("FJ-3", "FJ-2")]
    with begin(told.engine.context) as work:
        renumber(work, told.people["jia"], ids)
    assert "申诉误报。理由：原文为引用古籍" in told.says("jia", "原文为引用古籍").text
    told.forget()
    assert told.says("jia", "签收 1").text.startswith("已签收：FJ-3")
    told.says("wu", "办结 FJ-2 已改")
    told.says("wu", "办结 FJ-3 已改")
    told.says("wu", "办结 FJ-1 已改")


class TestBinding:
    def test_a_bound_person_gets_a_code_for_another_channel(self, told: Office) -> None:
        reply = told.says("jia", "绑定")
        code = re.search(r"绑定 ([A-Z2-9]{8})$", reply.text)
        assert code is not None
        assert reply.private
        bound = by_code(told.engine.context, code[1], "wecom", "JiaOfWater")
        assert bound is not None
        assert bound.person.id == told.people["jia"]
        assert by_code(told.engine.context, code[1], "wecom", "Another") is None
        told.says("jia", "已改")

    def test_it_holds_for_ten_minutes(self, told: Office) -> None:
        code = told.says("jia", "绑定").text.rsplit(" ", 1)[1]
        told.at("08-23 10:10")
        assert by_code(told.engine.context, code, "wecom", "JiaOfWater") is None
        told.says("jia", "已改")

    def test_the_code_is_not_on_record(self, told: Office) -> None:
        code = told.says("jia", "绑定").text.rsplit(" ", 1)[1]
        with told.database.read() as conn:
            house = journal.read(conn, SYSTEM)
        assert [(one.kind, one.actor) for one in house][-1] == ("bind_code", f"person:{told.people['jia']}")
        assert not any(code in str(one.data) for one in house)
        told.says("jia", "已改")

    def test_a_code_belongs_into_the_chat_to_be_bound(self, told: Office) -> None:
        assert "请到要绑定的聊天窗口里发送" in told.says("jia", "绑定 ABCD2345").text
        told.says("jia", "已改")


class TestBoard:
    def test_without_a_board_it_says_so(self, told: Office) -> None:
        assert told.says("jia", "看板").text.startswith("看板尚未启用。")
        told.says("jia", "已改")

    def test_with_one_it_gives_a_link_that_works_once(self, told: Office) -> None:
        conversation = Conversation(told.engine.context, told.engine.wording, board_url="https://duban.example/signin")
        reply = conversation.hear(
            person_id=told.people["jia"], text="看板", at=told.clock.now(), via="chat", event_id="b1"
        )
        link = re.search(r"https://duban\.example/signin\?token=(\S+)", reply.text)
        assert link is not None
        assert reply.private
        person = signin.redeem(told.engine.context, link[1])
        assert person is not None
        assert person.id == told.people["jia"]
        assert signin.redeem(told.engine.context, link[1]) is None
        assert signin.redeem(told.engine.context, "forged") is None
        with told.database.read() as conn:
            assert not any(link[1] in str(one.data) for one in journal.read(conn, SYSTEM))
        told.says("jia", "已改")

    def test_the_link_is_good_for_ten_minutes(self, told: Office) -> None:
        with begin(told.engine.context) as work:
            token = signin.new_token(work, told.people["jia"])
        told.at("08-23 10:10")
        assert signin.redeem(told.engine.context, token) is None
        told.says("jia", "已改")


def test_the_deputy_of_an_absent_b_may_send_nothing_back(told: Office, tmp_path: Path) -> None:
    told.on_leave("yi", "08-23 08:00", "08-25 18:00", deputy="ji")
    told.says("jia", "已改")
    assert told.says("ji", "退回 FJ-1 链接仍可打开").reason == "not_above"
    assert told.ticket("FJ-1").state == TicketState.COMPLETED


def test_a_vacant_duty_leaves_a_request_to_the_desk(told: Office) -> None:
    told.unsupervised()
    told.vacate(Role.BACKUP)
    with told.database.begin() as conn:
        register.touch(conn)
    told.says("jia", "误报 FJ-1 原文为引用古籍")
    told.expect("wu", "request_dispute")
    told.says("wu", "同意 FJ-1")
    told.expect("jia", "notice:dispute_granted")
