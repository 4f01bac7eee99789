"""What people ask somebody above, and what becomes of it: 延期, 误报, 转派."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.actions.tickets.requests import move_to
from bot.actions.work import Work
from bot.rules.messages.pacing import still_true
from bot.rules.tickets.lifecycle import Answer
from bot.rules.tickets.targets import find_target
from bot.simulator.play import Sent
from handlers.chat.reply import Conversation, Reply
from storage.messages import outbox
from storage.people import register
from storage.records import MessageState, TicketState
from tests.cast.bureau import WATER
from tests.cast.office import Office, pressable


@pytest.fixture
def taken(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00 and 甲 took it."""
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.says("jia", "签收")
    return office


def hear(office: Office, who: str, text: str) -> Reply:
    """Let a person say something while others do."""
    conversation = Conversation(office.engine.context, office.engine.wording)
    person_id = office.people[who]
    return conversation.hear(person_id=person_id, text=text, at=office.clock.now(), via="chat", event_id=f"{who}{text}")


PAST_THE_TARGET = [
    ("jia", "last_call"),
    ("yi", "last_call"),
    ("ding", "target_passed"),
    ("bing", "leader_at_target"),
]


def ask_extension(office: Office) -> Sent:
    """甲 asks until Thursday; what 丁 is asked."""
    reply = office.says("jia", "延期 FJ-1 到8月26日 等待平台审核")
    assert "申请延期至8月26日24:00。理由：等待平台审核" in reply.text
    assert "已请丁答复；答复之前时限照常计算。" in reply.text
    return office.expect("ding", "request_extension", at="08-23 10:00")


class TestExtension:
    def test_granted_the_lines_move_and_the_ladder_starts_from_them(self, taken: Office) -> None:
        asked = ask_extension(taken)
        assert asked.text.splitlines()[:2] == [
            "【延期申请】甲申请将工单 FJ-1（水清三明，微信公众号）延期至8月26日24:00。",
            "说明：等待平台审核",
        ]
        assert "请于8月24日（周二）18:00前办结。" in asked.text
        reply = taken.taps("ding", pressable(asked)["同意"])
        assert reply.text.startswith("已同意：FJ-1（水清三明）延期，记录时间8月23日10:00")
        assert "时限：8月26日18:00前办结，最迟24:00。" in reply.text
        for who in ("jia", "yi"):
            taken.expect(who, "notice:extension_granted", says="新时限：8月26日18:00前办结，最迟24:00。")
        taken.at("08-25 23:00").expect_silence()
        assert "戊" not in taken.says("jia", "工单").text
        assert "丁于8月23日10:00同意延期至8月26日24:00。" in taken.says("jia", "为什么").text
        for who in ("jia", "yi"):
            taken.at("08-26 16:00").expect(who, "last_call", at="08-26 16:00")
        taken.at("08-26 18:00").expect("ding", "target_passed", at="08-26 18:00")
        taken.expect("bing", "leader_at_target", at="08-26 18:00")
        assert "未逾期" in taken.says("jia", "办结 已改").text
        line = taken.story("FJ-1", "grant_extension")[0]
        assert (line.actor, line.data["was"][:10]) == (f"person:{taken.people['ding']}", "2021-08-24")

    def test_granted_after_the_old_limit_it_is_no_longer_late(self, taken: Office) -> None:
        asked = ask_extension(taken)
        taken.at("08-25 09:00")
        for who, label in PAST_THE_TARGET:
            taken.expect(who, label)
        for who in ("jia", "yi", "bing", "ding", "wu"):
            taken.expect(who, "overdue", at="08-25 08:00")
        assert "1. FJ-1（三明市水利局，水清三明）已逾期1个工作日（1个自然日）" in taken.says("ding", "督办列表").text
        taken.taps("ding", pressable(asked)["同意"])
        for who in ("jia", "yi"):
            taken.expect(who, "notice:extension_granted")
            taken.at("08-26 16:00").expect(who, "last_call", at="08-26 16:00")
        assert not taken.ticket("FJ-1").overdue(taken.clock.now())
        taken.says("jia", "办结 已改")

    def test_refused_nothing_moves_and_the_reason_is_told(self, taken: Office) -> None:
        ask_extension(taken)
        assert "不延期" in taken.says("ding", "不同意 FJ-1 时间充足").text
        for who in ("jia", "yi"):
            taken.expect(who, "notice:extension_refused", says="时间充足")
        assert taken.ticket("FJ-1").due_day == taken.moment("08-24 12:00").date()
        taken.says("jia", "办结 已改")

    def test_by_words_without_a_number_where_only_one_waits(self, taken: Office) -> None:
        ask_extension(taken)
        assert taken.says("ding", "同意").text.startswith("已同意：FJ-1")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:extension_granted")
        assert taken.says("ding", "同意").text == "现在没有等待您答复的申请。"
        again = taken.says("ding", "同意 FJ-1").text
        assert again == "工单 FJ-1 的延期申请已由丁于8月23日（周一）10:00同意。"
        taken.says("jia", "办结 已改")

    def test_what_is_missing_is_asked_for_and_survives_a_restart(self, taken: Office) -> None:
        assert "请问延到何时，为什么？" in taken.says("jia", "延期").text
        taken.reopen()
        assert "请写明理由" in taken.says("jia", "周四").text
        assert "请直接回复内容" in taken.says("jia", "好的").text
        assert "申请延期至8月26日24:00。理由：等待平台审核" in taken.says("jia", "等待平台审核").text
        taken.expect("ding", "request_extension")
        taken.says("jia", "办结 已改")

    @pytest.mark.parametrize(
        ("words", "until"),
        [
            ("2个工作日 等审核", "8月26日24:00"),
            ("到周六 等审核", "8月30日24:00"),  # a Saturday is no due day
            ("明天18:00 等审核", None),  # not later than the present limit
            ("到8月25日18:00 等审核", "8月25日18:00"),
            ("三天 等审核", "8月27日24:00"),
            ("到8月20日 等审核", None),
        ],
    )
    def test_days_as_people_say_them(self, taken: Office, words: str, until: str | None) -> None:
        reply = taken.says("jia", f"延期 {words}")
        if until is None:
            assert "不晚于现在的时限（8月24日18:00前办结，最迟24:00）" in reply.text
        else:
            assert f"申请延期至{until}。" in reply.text
            taken.expect("ding", "request_extension")
        taken.says("jia", "办结 已改")

    def test_only_before_the_limit(self, taken: Office) -> None:
        taken.at("08-24 23:59")
        for who, label in PAST_THE_TARGET:
            taken.expect(who, label)
        taken.at("08-25 00:00")
        assert "延期须在到期前提出" in taken.says("jia", "延期 到8月26日 等审核").text
        said_before = taken.says("jia", "延期 到8月26日 等审核", at="08-24 23:58").text
        assert "申请延期至8月26日24:00" in said_before
        taken.says("jia", "办结 已改", at="08-24 23:59")

    def test_what_must_go_at_once_cannot_be_extended(self, office: Office) -> None:
        office.at("08-23 10:00").receives("V-1", policy="veto_now")
        office.expect("jia", "receipt")
        office.expect("yi", "receipt")
        assert office.says("jia", "延期").text == "工单 V-1（严重问题立即处置）不能延期，请尽快处置。"
        office.says("jia", "已删除")

    def test_one_at_a_time(self, taken: Office) -> None:
        ask_extension(taken)
        again = taken.says("yi", "延期 FJ-1 到8月27日 再等等").text
        assert again == "工单 FJ-1 的延期申请已由甲于8月23日（周一）10:00提出，正在等待答复，无需再提。"
        taken.says("jia", "办结 已改")

    def test_completed_meanwhile_the_request_is_over_and_its_button_says_so(self, taken: Office) -> None:
        asked = ask_extension(taken)
        taken.says("jia", "办结 已改")
        reply = taken.taps("ding", pressable(asked)["同意"])
        assert reply.text == (
            "工单 FJ-1 的延期申请已失效，工单现在是“已办结”。最近一次操作：甲于8月23日（周一）10:00办结。"
        )
        assert taken.ticket("FJ-1").state == TicketState.COMPLETED

    def test_who_holds_no_right_to_decide_is_refused_and_it_is_on_record(self, taken: Office) -> None:
        asked = ask_extension(taken)
        for who in ("jia", "yi", "ji"):
            reply = taken.taps(who, pressable(asked)["同意"])
            assert reply.private
            assert taken.ticket("FJ-1").due_day == taken.moment("08-24 12:00").date()
        taken.taps("ji", pressable(asked)["同意"])
        assert [one.actor for one in taken.story("FJ-1", "denied")] == [
            f"person:{taken.people[who]}" for who in ("jia", "yi", "ji")
        ]
        taken.says("jia", "办结 已改")

    def test_nobody_decides_what_they_asked_themselves(self, office: Office) -> None:
        with office.database.begin() as conn:
            register.add_supervisor(conn, WATER, office.people["jia"])
        office.at("08-23 10:00").receives("FJ-1")
        office.expect("jia", "receipt")
        office.expect("yi", "receipt")
        office.says("jia", "延期 到8月26日 等待平台审核")
        office.expect("ding", "request_extension")
        assert office.says("jia", "同意 FJ-1").reason == "not_yours"
        office.says("jia", "办结 已改")

    def test_where_nobody_above_can_be_reached_the_answer_says_so(self, taken: Office) -> None:
        taken.unbind("ding", "wu")
        assert "暂时都联系不上，请电话联系" in taken.says("jia", "延期 到8月26日 等审核").text
        taken.says("jia", "办结 已改")

    def test_a_supervisor_who_turns_out_unreachable_is_replaced_by_the_desk(self, taken: Office) -> None:
        taken.breaks("ding")
        taken.says("jia", "延期 到8月26日 等审核")
        taken.expect("wu", "notice:contact_lost")
        taken.taps("wu", pressable(taken.expect("wu", "request_extension"))["同意"])
        for who in ("jia", "yi"):
            taken.expect(who, "notice:extension_granted")
        taken.says("jia", "办结 已改")


class TestFalseAlarm:
    def test_agreed_there_is_nothing_to_rectify(self, taken: Office) -> None:
        reply = taken.says("jia", "误报 原文为引用古籍")
        assert "于8月23日10:00申诉误报。理由：原文为引用古籍" in reply.text
        asked = taken.expect("ding", "request_dispute", says="说明：原文为引用古籍")
        assert taken.ticket("FJ-1").state == TicketState.DISPUTED
        taken.at("08-23 11:00").taps("ding", pressable(asked)["同意"])
        for who in ("jia", "yi"):
            taken.expect(who, "notice:dispute_granted", says="由丁认定为误报，无需整改")
        taken.at("09-30 10:00").expect_silence()
        assert taken.ticket("FJ-1").state == TicketState.VOID

    def test_the_clock_runs_on_and_a_refusal_sends_it_back_to_work(self, taken: Office) -> None:
        taken.says("jia", "误报 原文为引用古籍")
        asked = taken.expect("ding", "request_dispute")
        for who in ("jia", "yi"):
            taken.at("08-24 16:00").expect(who, "last_call")
        taken.taps("ding", pressable(asked)["不同意"])
        for who in ("jia", "yi"):
            told = taken.expect(who, "notice:dispute_refused", says="请继续办理")
            assert list(pressable(told)) == ["办结", "为什么"]
        assert taken.ticket("FJ-1").state == TicketState.ACKNOWLEDGED
        assert "未逾期" in taken.taps("jia", pressable(told)["办结"]).text

    @pytest.mark.parametrize("words", ["误报", "误报 。。", "误报 FJ-1 是", "误报 ——"])
    def test_a_reason_is_asked_for(self, taken: Office, words: str) -> None:
        assert taken.says("jia", words).text.startswith("请写明理由")
        assert taken.ticket("FJ-1").state == TicketState.ACKNOWLEDGED
        taken.says("jia", "取消")
        assert "未作任何记录" in taken.says("jia", "原文为引用古籍").text
        taken.says("jia", "办结 已改")

    def test_the_reason_may_come_within_ten_minutes(self, taken: Office) -> None:
        taken.says("jia", "误报")
        taken.at("08-23 10:09")
        assert "理由：原文为引用古籍" in taken.says("jia", "原文为引用古籍").text
        taken.expect("ding", "request_dispute", says="说明：原文为引用古籍")
        taken.says("jia", "办结 已改")

    def test_later_it_is_taken_for_nothing(self, taken: Office) -> None:
        taken.says("jia", "误报")
        taken.at("08-23 10:10")
        assert "未作任何记录" in taken.says("jia", "原文为引用古籍").text
        assert taken.ticket("FJ-1").state == TicketState.ACKNOWLEDGED
        taken.says("jia", "办结 已改")

    def test_what_may_be_the_reason_or_the_end_of_the_work_is_never_guessed(self, taken: Office) -> None:
        taken.says("jia", "误报")
        reply = taken.says("jia", "已答复网民，内容无误")
        assert reply.text == (
            "刚才在等您说明申诉误报。如果这是理由，请回复“理由：已答复网民，内容无误”；"
            "如果是要办结，请先回复“取消”，再发“办结 FJ-1”。"
        )
        assert taken.ticket("FJ-1").state == TicketState.ACKNOWLEDGED
        assert "申诉误报。理由：已答复网民，内容无误" in taken.says("jia", "理由：已答复网民，内容无误").text
        taken.expect("ding", "request_dispute")
        taken.says("jia", "办结 已改")


class TestAtOnce:
    def test_two_who_ask_ask_once(self, taken: Office) -> None:
        with ThreadPoolExecutor(2) as pool:
            replies = list(pool.map(lambda who: hear(taken, who, "延期 FJ-1 到8月26日 等待审核"), ("jia", "yi")))
        assert sorted(one.reason for one in replies) == ["", "already_asked"]
        taken.settle().expect("ding", "request_extension")
        taken.says("jia", "办结 已改")

    def test_two_who_decide_decide_once(self, taken: Office) -> None:
        ask_extension(taken)
        with ThreadPoolExecutor(2) as pool:
            replies = list(
                pool.map(lambda one: hear(taken, *one), (("ding", "同意 FJ-1"), ("wu", "不同意 FJ-1 时间充足")))
            )
        assert sum(not one.reason for one in replies) == 1
        assert len(taken.story("FJ-1", "grant_extension", "refuse_extension")) == 1
        taken.settle().forget()
        taken.says("jia", "办结 已改")

    def test_completed_and_granted_at_once_the_first_counts(self, taken: Office) -> None:
        ask_extension(taken)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda one: hear(taken, *one), (("ding", "同意 FJ-1"), ("jia", "办结 FJ-1 已改"))))
        taken.settle().forget()
        assert taken.ticket("FJ-1").state == TicketState.COMPLETED

    def test_a_message_on_its_way_to_the_wrong_people_is_stopped(self, office: Office) -> None:
        office.add_forest()
        office.at("08-23 21:00").receives("FJ-1")
        with office.database.begin() as conn:
            directory = office.engine.context.directory(conn)
            ticket = office.ticket("FJ-1")
            [target] = find_target("三明林业", ticket, directory).targets
            given = Answer(person_id=office.people["wu"], at=office.clock.now())
            move_to(Work(office.engine.context, conn), ticket.id, target, given)
            told = [one for one in outbox.of_ticket(conn, ticket.id) if one.step == "receipt"]
            policy = office.engine.context.policy(conn, ticket.policy_key)
        assert {one.state for one in told} == {MessageState.SUPERSEDED}
        assert {still_true(one, office.ticket("FJ-1"), policy) for one in told} == {"工单已转派"}
        office.at("08-24 08:00").forget()
        office.says("geng", "已删除")


class TestTransfer:
    def test_the_holder_asks_and_the_desk_gives_it_to_whom_it_belongs(self, taken: Office) -> None:
        taken.add_forest()
        reply = taken.says("jia", "转派 给市林业局，不是我单位的账号")
        assert "申请转派：给市林业局，不是我单位的账号" in reply.text
        asked = taken.expect("wu", "request_transfer", says="不归其办理")
        assert taken.ticket("FJ-1").holder_id == taken.people["jia"]
        taken.at("08-23 11:00")
        done = taken.taps("wu", pressable(asked)["同意"])
        assert done.text.startswith("已转派：FJ-1（三明林业）转给三明林业（微信公众号）")
        taken.expect("geng", "rerouted", at="08-23 11:00", says="已转派给您，请处理")
        taken.expect("xin", "rerouted", says="【抄送】")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away", says="由戊转派给三明林业（微信公众号）")
        ticket = taken.ticket("FJ-1")
        assert (ticket.state, ticket.holder_id, ticket.account_name) == (TicketState.NEW, None, "三明林业")
        assert ticket.due_day == taken.moment("08-24 12:00").date()
        taken.at("08-24 16:00").expect("xin", "take_over", at="08-23 12:00")
        taken.expect("ji", "unreached:nobody_took", says="未登记分管领导")
        for who in ("geng", "xin"):
            taken.expect(who, "last_call", at="08-24 16:00")
        taken.at("08-24 18:00").expect("ji", "target_passed")
        assert "已记录" in taken.says("geng", "已删除").text
        [line] = taken.story("FJ-1", "transfer")
        assert (line.data["target"], line.data["left"]["account"]) == ("三明林业（微信公众号）", "水清三明")

    def test_old_buttons_are_refused_with_what_happened(self, taken: Office) -> None:
        taken.add_forest()
        number = taken.ticket("FJ-1").id
        taken.says("wu", "转派 FJ-1 三明林业")
        for who in ("geng", "xin"):
            taken.expect(who, "rerouted")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away")
        for action in ("ack", "done", "why"):
            reply = taken.taps("jia", f"{action}:{number}")
            assert "由戊于8月23日（周一）10:00转派给三明林业（微信公众号），不再由您办理" in reply.text
        assert taken.ticket("FJ-1").state == TicketState.NEW
        assert len(taken.story("FJ-1", "denied")) == 2
        taken.says("geng", "已删除")

    def test_what_still_waited_to_be_said_to_the_others_is_taken_back(self, office: Office) -> None:
        office.add_forest()
        office.at("08-23 20:30").receives("FJ-1")
        office.says("wu", "转派 FJ-1 给三明林业")
        office.at("08-24 08:00")
        for who in ("geng", "xin"):
            office.expect(who, "rerouted", at="08-24 08:00")
        for who in ("jia", "yi"):
            office.expect(who, "notice:moved_away")
        office.says("geng", "已删除")

    def test_when_it_is_late_already_the_new_supervisor_hears_it(self, taken: Office) -> None:
        taken.add_forest()
        taken.at("08-25 10:00").forget()
        taken.says("wu", "转派 FJ-1 三明林业")
        for who in ("geng", "xin"):
            taken.expect(who, "rerouted")
        taken.expect("ji", "overdue", says="已逾期1个工作日")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away")
        taken.says("geng", "已删除")

    def test_to_one_person(self, taken: Office) -> None:
        assert "转给己（三明市人民政府督查室）" in taken.says("wu", "转派 FJ-1 给己办理").text
        taken.expect("ji", "rerouted", says="已转派给您，请处理")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away")
        assert "已签收" in taken.says("ji", "签收").text
        taken.at("08-24 16:00").expect("ji", "last_call")
        taken.says("ji", "已删除")

    def test_back_and_forth_everybody_hears_every_time(self, taken: Office) -> None:
        taken.add_forest()
        taken.says("wu", "转派 FJ-1 三明林业")
        taken.says("wu", "转派 FJ-1 水清三明")
        taken.says("wu", "转派 FJ-1 三明林业")
        for who in ("geng", "xin"):
            taken.expect(who, "rerouted")
            taken.expect(who, "notice:moved_away")
            taken.expect(who, "rerouted")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away")
            taken.expect(who, "rerouted")
            taken.expect(who, "notice:moved_away")
        taken.says("geng", "已删除")

    def test_an_unknown_name_is_asked_back_and_answered_by_the_name_alone(self, taken: Office) -> None:
        taken.add_forest()
        assert "请问转给谁？" in taken.says("wu", "转派 FJ-1").text
        assert "没有找到“教育局”" in taken.says("wu", "教育局").text
        assert taken.says("wu", "林业局").text.startswith("已转派")
        for who in ("geng", "xin"):
            taken.expect(who, "rerouted")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away")
        taken.says("geng", "已删除")

    def test_where_nobody_of_the_new_ones_is_reached_those_above_are_told(self, taken: Office) -> None:
        taken.add_forest()
        taken.breaks("geng", "xin")
        taken.says("wu", "转派 FJ-1 三明林业")
        taken.expect("ji", "unreached:rerouted", says="庚联系不上")
        for _ in range(2):
            taken.expect("wu", "notice:contact_lost")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:moved_away")
        taken.says("wu", "办结 FJ-1 已删除")

    def test_refused_it_stays(self, taken: Office) -> None:
        taken.add_forest()
        taken.says("jia", "不属于我单位，请转市林业局")
        asked = taken.expect("wu", "request_transfer")
        assert "丁" not in taken.taps("ding", pressable(asked)["同意"]).text
        taken.says("wu", "不同意 FJ-1 账号主体就是水利局")
        for who in ("jia", "yi"):
            taken.expect(who, "notice:transfer_refused", says="账号主体就是水利局")
        taken.says("jia", "办结 已改")

    def test_only_the_desk_moves_it(self, taken: Office) -> None:
        taken.add_forest()
        taken.says("ding", "转派 FJ-1 三明林业")
        assert taken.ticket("FJ-1").account_name == "水清三明"
        taken.says("jia", "办结 已改")
