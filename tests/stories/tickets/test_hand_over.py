"""Tickets that change hands or come back: 转B角, 退回, 撤销."""

import pytest

from bot.reports.story import story_lines
from storage import views
from storage.records import Role, TicketState
from tests.cast.office import Office, pressable


@pytest.fixture
def told(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00; 甲 and 乙 heard."""
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    return office


class TestHandingOver:
    def test_b_is_told_and_a_stays_in_copy(self, told: Office) -> None:
        told.says("jia", "签收")
        reply = told.says("jia", "转B角")
        assert reply.text.startswith("已记录：FJ-1（水清三明）于8月23日10:00转给乙办理，您仍会收到后续提醒。")
        given = told.expect("yi", "handed_over", says="已转给您办理，请接手")
        assert list(pressable(given)) == ["签收", "办结", "为什么"]
        assert (told.ticket("FJ-1").state, told.ticket("FJ-1").holder_id) == (TicketState.NEW, told.people["yi"])
        assert told.taps("yi", pressable(given)["签收"]).text.startswith("已签收")
        for who in ("jia", "yi"):
            told.at("08-24 16:00").expect(who, "last_call")
        told.says("yi", "已删除")

    def test_b_hands_it_back_to_a(self, told: Office) -> None:
        told.says("yi", "签收")
        told.says("yi", "转A角 FJ-1")
        told.expect("jia", "handed_over")
        told.says("jia", "转B角")
        told.expect("yi", "handed_over")
        told.says("yi", "已删除")

    def test_the_leader_hands_it_over_and_a_hears_of_it(self, told: Office) -> None:
        told.says("bing", "转B角 FJ-1")
        told.expect("yi", "handed_over")
        told.expect("jia", "notice:handed_over_copy", says="由丙转给乙办理")
        told.says("yi", "已删除")

    def test_nobody_takes_it_over_and_the_leader_hears(self, told: Office) -> None:
        told.says("jia", "签收")
        told.says("jia", "转B角")
        told.expect("yi", "handed_over")
        told.at("08-24 09:30").expect("yi", "take_over")
        told.expect("bing", "nobody_took")
        told.says("yi", "已删除")

    def test_without_another_role_it_stays(self, told: Office) -> None:
        told.vacate(Role.BACKUP)
        assert "没有登记另一角" in told.says("jia", "转B角").text
        told.says("jia", "已删除")

    def test_with_the_other_role_away_the_deputy_gets_it(self, told: Office) -> None:
        told.on_leave("yi", "08-23 08:00", "08-25 18:00", deputy="ji")
        told.says("jia", "转B角")
        told.expect("ji", "handed_over", says="说明：乙请假")
        told.says("ji", "已删除")

    def test_with_the_other_role_out_of_reach_it_stays(self, told: Office) -> None:
        told.unbind("yi")
        assert "请假或联系不上，不能转办" in told.says("jia", "转B角").text
        told.says("jia", "已删除")

    def test_where_the_other_role_turns_out_unreachable_those_above_hear_why(self, told: Office) -> None:
        told.breaks("yi")
        told.says("jia", "转B角")
        told.expect("bing", "unreached:handed_over", says="乙联系不上")
        told.expect("jia", "unreached:holder_lost")
        told.expect("wu", "notice:contact_lost")
        told.says("jia", "已删除")

    def test_b_takes_it_by_taking_it(self, told: Office) -> None:
        assert "请直接回复“签收 FJ-1”" in told.says("yi", "转B角").text
        told.says("yi", "签收")
        told.says("yi", "已删除")


class TestSendingBack:
    def test_who_worked_on_it_is_told_and_can_answer_at_once(self, told: Office) -> None:
        told.says("jia", "办结 FJ-1 已整改")
        told.at("08-23 15:00")
        reply = told.says("ding", "退回 FJ-1 链接仍可打开")
        assert reply.text.startswith("已记录：FJ-1（水清三明）于8月23日15:00退回重办，已通知经办人员。")
        for who in ("jia", "yi"):
            back = told.expect(who, "notice:returned", says="由丁退回，请继续办理。理由：链接仍可打开")
        ticket = told.ticket("FJ-1")
        assert (ticket.state, ticket.completed_at, ticket.completion_text) == (TicketState.RETURNED, None, "")
        kinds = [one.kind for one in told.story("FJ-1") if one.kind in ("complete", "return")]
        assert kinds == ["complete", "return"]
        assert told.story("FJ-1", "return")[0].data["completed_at"] == told.moment("08-23 10:00").isoformat()
        for who in ("jia", "yi"):
            told.at("08-24 16:00").expect(who, "last_call", at="08-24 16:00")
        assert "未逾期" in told.taps("yi", pressable(back)["办结"]).text

    def test_a_reason_is_asked_for(self, told: Office) -> None:
        told.says("jia", "已整改")
        assert told.says("wu", "退回 FJ-1").text.startswith("请写明理由")
        assert told.ticket("FJ-1").state == TicketState.COMPLETED
        told.says("wu", "链接仍可打开")
        for who in ("jia", "yi"):
            told.expect(who, "notice:returned", says="链接仍可打开")
        told.says("jia", "已整改")

    def test_without_a_number_what_can_be_sent_back_is_listed(self, told: Office) -> None:
        assert "没有可以退回的已办结工单" in told.says("ding", "退回 链接仍可打开").text
        told.receives("FJ-2")
        for who in ("jia", "yi"):
            told.expect(who, "receipt")
        told.says("jia", "办结 FJ-1 已改")
        told.says("jia", "办结 FJ-2 已改")
        assert "请问要退回哪一件" in told.says("ding", "退回 链接仍可打开").text
        told.says("ding", "2")
        assert {number: told.ticket(number).state for number in ("FJ-1", "FJ-2")} == {
            "FJ-1": TicketState.RETURNED,
            "FJ-2": TicketState.COMPLETED,
        }
        for who in ("jia", "yi"):
            told.expect(who, "notice:returned")
        told.says("jia", "办结 FJ-1 已改")

    def test_who_works_on_it_is_told_what_to_say_instead(self, told: Office) -> None:
        reply = told.says("jia", "退回 不是我们的账号")
        assert "请回复“转派 编号 给谁”" in reply.text
        assert told.ticket("FJ-1").state == TicketState.NEW
        told.says("jia", "已改")

    def test_what_is_not_completed_cannot_be_sent_back(self, told: Office) -> None:
        told.says("jia", "签收")
        reply = told.says("ding", "退回 FJ-1 链接仍可打开")
        assert reply.text == ("工单 FJ-1 现在是“处理中”，不能退回。最近一次操作：甲于8月23日（周一）10:00签收。")
        told.says("jia", "已改")


class TestUndoing:
    def test_taking_is_undone_and_b_is_asked_to_take_over_in_time(self, told: Office) -> None:
        told.at("08-23 11:58").says("jia", "签收")
        told.at("08-23 12:00")
        assert told.says("jia", "撤销").text.startswith("已撤销签收：FJ-1（水清三明）现在是“待签收”。")
        ticket = told.ticket("FJ-1")
        assert (ticket.holder_id, ticket.acknowledged_at, ticket.acknowledged_by) == (None, None, None)
        told.expect("yi", "take_over", at="08-23 12:00")
        told.expect("yi", "notice:answer_undone", says="的签收由甲撤销，仍需办理")
        assert [one.data["verb"] for one in told.story("FJ-1", "undo")] == ["acknowledge"]
        told.says("yi", "已删除")

    def test_completing_is_undone_and_the_ladder_goes_on(self, told: Office) -> None:
        told.says("jia", "签收")
        told.says("jia", "已删除")
        told.at("08-23 10:05").says("jia", "撤销")
        ticket = told.ticket("FJ-1")
        assert (ticket.state, ticket.completed_at, ticket.completed_by) == (TicketState.ACKNOWLEDGED, None, None)
        assert ticket.acknowledged_by == told.people["jia"]
        assert told.updates("yi") == ["工单 FJ-1（水清三明）已由甲于8月23日10:00办结，您无需处理。"]
        told.expect("yi", "notice:answer_undone", says="的办结由甲撤销，仍需办理")
        for who in ("jia", "yi"):
            told.at("08-24 16:00").expect(who, "last_call")
        told.says("jia", "已删除")

    def test_after_five_minutes_it_stands(self, told: Office) -> None:
        told.says("jia", "已删除")
        told.at("08-23 10:06")
        assert told.says("jia", "撤销").text == "已超过5分钟，不能撤销。"
        assert told.ticket("FJ-1").state == TicketState.COMPLETED

    def test_what_somebody_built_on_stands(self, told: Office) -> None:
        told.says("jia", "签收")
        told.at("08-23 10:01").says("yi", "已删除")
        assert told.says("jia", "撤销").text == (
            "工单 FJ-1 之后已由乙于8月23日（周一）10:01处理，现在是“已办结”，不能撤销。"
        )
        assert told.ticket("FJ-1").state == TicketState.COMPLETED

    def test_a_hand_over_comes_back_and_b_is_told(self, told: Office) -> None:
        told.says("jia", "签收")
        told.says("jia", "转B角")
        told.expect("yi", "handed_over")
        told.says("jia", "撤销")
        told.expect("yi", "notice:handed_back", says="不用您办理了")
        assert (told.ticket("FJ-1").state, told.ticket("FJ-1").holder_id) == (
            TicketState.ACKNOWLEDGED,
            told.people["jia"],
        )
        told.says("jia", "转B角")
        told.expect("yi", "handed_over")
        told.says("yi", "已删除")

    def test_taking_what_was_handed_over_this_very_second_is_undone_and_nobody_is_told(self, told: Office) -> None:
        told.says("jia", "转B角")
        told.expect("yi", "handed_over")
        told.says("bing", "签收")
        assert told.says("bing", "撤销").text.startswith("已撤销签收：FJ-1（水清三明）现在是“待签收”。")
        assert told.ticket("FJ-1").holder_id == told.people["yi"]
        told.expect_silence()
        told.says("yi", "已删除")

    def test_what_was_not_sent_yet_is_taken_back_unsaid(self, office: Office) -> None:
        office.at("08-23 10:00").receives("FJ-1")
        office.expect("jia", "receipt")
        office.expect("yi", "receipt")
        office.says("jia", "签收")
        office.at("08-23 21:00").says("jia", "转B角")
        office.says("jia", "撤销")
        for who in ("jia", "yi"):
            office.at("08-24 16:00").expect(who, "last_call")
        office.says("jia", "已删除")

    def test_a_dispute_is_withdrawn_and_who_was_asked_hears(self, told: Office) -> None:
        told.says("jia", "误报 原文为引用古籍")
        asked = told.expect("ding", "request_dispute")
        told.says("jia", "撤销")
        told.expect("ding", "notice:withdrawn", says="误报申诉由甲撤回，不用答复了")
        assert told.ticket("FJ-1").state == TicketState.NEW
        assert "已失效" in told.taps("ding", pressable(asked)["同意"]).text
        assert told.ticket("FJ-1").state == TicketState.NEW
        told.says("jia", "误报 原文为引用古籍")
        told.expect("ding", "request_dispute")
        told.says("jia", "已删除")

    def test_a_decided_dispute_is_not_withdrawn(self, told: Office) -> None:
        told.says("jia", "误报 原文为引用古籍")
        told.taps("ding", pressable(told.expect("ding", "request_dispute"))["不同意"])
        for who in ("jia", "yi"):
            told.expect(who, "notice:dispute_refused")
        assert "不能撤销" in told.says("jia", "撤销").text
        told.says("jia", "已删除")

    def test_only_the_very_last_act_and_only_once(self, told: Office) -> None:
        assert told.says("jia", "撤销").text == "没有可以撤销的操作。"
        told.says("jia", "签收")
        told.says("jia", "撤销")
        assert told.says("jia", "撤销").text == "没有可以撤销的操作。"
        told.says("jia", "签收")
        told.says("yi", "已删除")
        told.says("ding", "退回 FJ-1 链接仍可打开")
        for who in ("jia", "yi"):
            told.expect(who, "notice:returned")
        assert told.says("ding", "撤销").text == "您上一步的操作不能撤销。"
        told.says("jia", "已删除")

    def test_naming_another_ticket_undoes_nothing(self, told: Office) -> None:
        told.receives("FJ-2")
        for who in ("jia", "yi"):
            told.expect(who, "receipt")
        told.says("jia", "签收 FJ-1")
        told.says("jia", "我的工单")
        for words in ("撤销 FJ-2", "撤销 2", "撤销 FJ-9"):
            assert told.says("jia", words).text.startswith("您上一步操作的不是这件工单")
        assert told.says("jia", "撤销 1").text.startswith("已撤销签收：FJ-1")
        told.says("jia", "签收 FJ-1")
        assert told.says("jia", "撤销刚才的签收").reason in ("", "没看懂")
        told.says("jia", "办结 FJ-1 已改")
        told.says("jia", "办结 FJ-2 已改")


def test_an_act_survives_a_restart(told: Office) -> None:
    told.says("jia", "已删除")
    told.reopen()
    assert told.says("jia", "撤销").text.startswith("已撤销办结")
    told.says("jia", "已删除")


def test_the_story_tells_it_all(told: Office) -> None:
    told.says("jia", "延期 到8月26日 等待平台审核")
    told.taps("ding", pressable(told.expect("ding", "request_extension"))["同意"])
    for who in ("jia", "yi"):
        told.expect(who, "notice:extension_granted")
    told.says("jia", "转B角")
    told.expect("yi", "handed_over")
    told.says("jia", "撤销")
    told.expect("yi", "notice:handed_back")
    told.taps("ji", f"done:{told.ticket('FJ-1').id}")
    told.says("wu", "转派 FJ-1 给己")
    told.expect("ji", "rerouted")
    for who in ("jia", "yi"):
        told.expect(who, "notice:moved_away")
    told.says("ji", "已删除")
    with told.database.read() as conn:
        story = views.timeline(conn, told.ticket("FJ-1").id)
        calendar = told.engine.context.working(conn).calendar
    lines = story_lines(story, calendar, told.engine.wording, told.clock.now())
    happened = [line.split("  ", 1)[1] for line in lines if line[:4] == "2021" and "通知" not in line]
    assert happened == [
        "收到，来源：省平台",
        "甲申请延期至8月26日24:00：等待平台审核（经chat）",
        "丁同意延期至8月26日24:00（原时限8月24日24:00）（经chat）",
        "甲转给乙办理（经chat）",
        "甲撤销上一步操作（转另一角）（经chat）",
        "己无权操作（办结），已拒绝（经chat）",
        "原账号水清三明（微信公众号），转派至己（三明市人民政府督查室），由戊决定（经chat）",
        "己办结：已删除（经chat）",
    ]
    assert "通知丁：延期申请" in "\n".join(lines)
