"""A changed register: whoever is A角, B角 or leader now gets the open tickets, whoever was hears that they are gone."""

from datetime import timedelta

import pytest

from bot.actions.messages import dispatch
from bot.reports.story import story_lines
from storage import views
from storage.people import register
from storage.records import MessageState, Role, TicketState
from tests.cast import bureau
from tests.cast.office import Office, pressable

A, B, LEADER = Role.PRIMARY, Role.BACKUP, Role.LEADER
REN = {"ren": "壬"}


@pytest.fixture
def told(office: Office) -> Office:
    """FJ-1 came on Monday at 10:00; 甲 and 乙 heard."""
    office.at("08-23 10:00").receives("FJ-1", problem="错别字", url="https://sm.example/1")
    return office.forget()


def happened(office: Office, number: str) -> str:
    with office.database.read() as conn:
        story = views.timeline(conn, office.ticket(number).id)
        calendar = office.engine.context.working(conn).calendar
    return "\n".join(story_lines(story, calendar, office.engine.wording, office.clock.now()))


class TestTheNewOne:
    def test_the_new_a_gets_the_whole_ticket_at_once_and_the_old_one_a_line(self, told: Office) -> None:
        told.says("jia", "签收")
        assert told.at("08-23 10:30").imports(joined=REN, duties={A: "壬"}).reassigned == 1
        given = told.expect("ren", "reassigned", at="08-23 10:30", says="现由您接手，请处理")
        for words in ("问题：错别字", "https://sm.example/1", "8月23日（周一）收到，当日不计", "签收 FJ-1"):
            assert words in given.text
        assert list(pressable(given)) == ["签收", "办结", "为什么"]
        gone = told.expect("jia", "notice:relieved")
        assert gone.text == "【已转走】工单 FJ-1 已由壬接手，无需您处理。"
        told.expect_silence()
        ticket = told.ticket("FJ-1")
        assert (ticket.state, ticket.holder_id, ticket.acknowledged_by) == (TicketState.NEW, None, None)
        assert "登记簿变更：A角由甲改为壬" in happened(told, "FJ-1")
        assert told.taps("ren", pressable(given)["办结"]).text.startswith("已记录：FJ-1")

    def test_the_ladder_goes_on_for_them(self, told: Office) -> None:
        told.at("08-23 10:30").imports(joined=REN, duties={A: "壬"})
        told.forget()
        told.at("08-24 16:00").expect("yi", "take_over", at="08-23 12:00")
        told.expect("bing", "nobody_took")
        for who in ("ren", "yi"):
            told.expect(who, "last_call", at="08-24 16:00")
        told.expect_silence()
        told.says("ren", "已删除")

    def test_importing_twice_doubles_nothing(self, told: Office) -> None:
        for reassigned in (1, 0, 0):
            assert told.imports(joined=REN, duties={A: "壬"}).reassigned == reassigned
        told.expect("ren", "reassigned")
        told.expect("jia", "notice:relieved")
        told.expect_silence()
        told.says("ren", "已删除")

    def test_several_tickets_are_one_digest_and_one_line(self, told: Office) -> None:
        told.receives("FJ-2", "FJ-3")
        told.forget()
        assert told.imports(joined=REN, duties={A: "壬"}).reassigned == 3
        digest = told.expect("ren", "digest", says="您有3件工单需要关注")
        for number in ("FJ-1", "FJ-2", "FJ-3"):
            assert f"{number} 水清三明：请您接手" in digest.text
        assert told.expect("jia", "notice:relieved").text == "【已转走】工单 FJ-1、FJ-2、FJ-3 已由壬接手，无需您处理。"
        told.expect_silence()
        assert told.says("ren", "办结 1 已删除").text.startswith("已记录：FJ-1")
        told.says("ren", "办结 2 已删除")
        told.says("ren", "办结 3 已删除")

    def test_two_tickets_are_a_digest_too(self, told: Office) -> None:
        told.receives("FJ-2")
        told.forget()
        told.imports(joined=REN, duties={A: "壬"})
        told.expect("ren", "digest", says="您有2件工单需要关注")
        told.expect("jia", "notice:relieved", says="FJ-1、FJ-2")
        told.says("ren", "办结 1 已删除")
        told.says("ren", "办结 2 已删除")

    def test_what_was_entered_late_says_so(self, office: Office) -> None:
        office.at("08-25 09:00").receives("FJ-1", at="08-23 10:00")
        office.forget()
        office.at("08-25 09:30").imports(joined=REN, duties={A: "壬"})
        given = office.expect("ren", "reassigned", says="8月23日10:00下发，8月25日09:00录入。")
        assert "已逾期" in given.text
        office.expect("jia", "notice:relieved")
        office.says("ren", "已删除")

    def test_a_new_b_hears_in_copy(self, told: Office) -> None:
        told.imports(joined=REN, duties={B: "壬"})
        assert "由A角处理，请您知悉" in told.expect("ren", "reassigned").text
        told.expect("yi", "notice:relieved", says="已由壬接手")
        told.at("08-23 12:00").expect("ren", "take_over")
        told.says("ren", "已删除")

    def test_a_new_b_gets_what_the_old_one_had_taken(self, told: Office) -> None:
        told.says("yi", "签收")
        told.imports(joined=REN, duties={B: "壬"})
        told.expect("ren", "reassigned", says="现由您接手，请处理")
        told.expect("yi", "notice:relieved")
        ticket = told.ticket("FJ-1")
        assert (ticket.state, ticket.holder_id) == (TicketState.NEW, told.people["ren"])
        told.says("ren", "已删除")

    def test_a_new_leader_hears_of_what_is_stuck_alone(self, told: Office) -> None:
        assert told.imports(joined=REN, duties={LEADER: "壬"}).reassigned == 1
        told.expect_silence()
        told.at("08-24 09:30").expect("yi", "take_over")
        told.expect("ren", "nobody_took", says="A角甲：8月23日10:00已告知，未签收")
        told.imports(joined={"gui": "癸"}, duties={LEADER: "癸"})
        whole = told.expect("gui", "nobody_took", says="【无人签收】")
        assert "问题：错别字" in whole.text
        assert "单位：三明市水利局" in whole.text
        told.expect("ren", "notice:relieved", says="已由癸接手")
        told.expect_silence()
        told.says("yi", "已删除")


class TestTheOldOne:
    def test_what_still_waited_to_be_said_to_them_is_taken_back(self, office: Office) -> None:
        office.at("08-23 20:30").receives("FJ-1")
        office.imports(joined=REN, duties={A: "壬"})
        office.at("08-24 08:00").expect("ren", "reassigned", at="08-24 08:00")
        office.expect("yi", "receipt")
        office.expect_silence()
        told = {one.person_id: one.state for one in office.messages("FJ-1") if one.step == "receipt"}
        assert told[office.people["jia"]] == MessageState.SUPERSEDED
        office.says("ren", "已删除")

    def test_their_buttons_and_words_are_refused_with_what_happened(self, told: Office) -> None:
        told.says("jia", "签收")
        number = told.ticket("FJ-1").id
        told.at("08-23 10:02").imports(joined=REN, duties={A: "壬"})
        told.forget()
        reply = told.taps("jia", f"done:{number}")
        assert reply.text == "工单 FJ-1 已于8月23日（周一）10:02由他人接手，不再由您办理，未作任何记录。"
        assert told.says("jia", "撤销").text == "工单 FJ-1 之后已换人办理，不能撤销。"
        assert told.says("jia", "办结 FJ-1 已改").reason == "unknown_ticket"
        assert told.ticket("FJ-1").state == TicketState.NEW
        told.says("ren", "已删除")

    def test_a_request_of_theirs_still_waits_and_they_hear_no_more_of_it(self, told: Office) -> None:
        told.says("jia", "延期 到8月26日 等待平台审核")
        asked = told.expect("ding", "request_extension")
        told.imports(joined=REN, duties={A: "壬"})
        told.forget()
        told.taps("ding", pressable(asked)["同意"])
        for who in ("ren", "yi"):
            told.expect(who, "notice:extension_granted")
        told.expect_silence()
        told.says("ren", "已删除")

    def test_a_leaver_hears_nothing_and_b_is_asked(self, told: Office) -> None:
        told.says("jia", "签收")
        assert told.imports(left=["jia"]).reassigned == 1
        given = told.expect("yi", "reassigned", says="现由您接手，请处理")
        assert "说明：未登记A角" in given.text or "联系不上" in given.text
        told.expect_silence()
        assert told.ticket("FJ-1").state == TicketState.NEW
        told.says("yi", "已删除")

    def test_with_nobody_left_those_above_are_told(self, told: Office) -> None:
        told.imports(left=["jia", "yi"])
        told.expect("bing", "unreached:reassigned", says="甲联系不上")
        told.expect_silence()
        told.says("bing", "办结 已删除")

    def test_a_b_whom_nobody_follows_hears_that_it_is_over(self, told: Office) -> None:
        told.imports(duties={B: ""})
        told.expect("yi", "notice:relieved_vacant", says="工单 FJ-1 不再由您负责")
        told.expect_silence()
        told.says("jia", "办结 已删除")

    def test_a_leaver_with_a_ticket_in_hand_that_no_account_has(self, told: Office) -> None:
        told.receives("X-1", account="没有登记的账号")
        told.says("wu", "转派 X-1 给己")
        told.forget()
        told.imports(left=["ji"])
        told.expect("wu", "unreached:reassigned")
        assert told.ticket("X-1").holder_id is None
        told.says("wu", "办结 X-1 已改")
        told.says("jia", "办结 FJ-1 已改")

    def test_their_deputy_hears_it_as_well(self, told: Office) -> None:
        told.says("jia", "请假 到8月25日 由己代")
        told.expect("ji", "notice:deputy", says="FJ-1")
        told.at("08-23 12:00").forget()
        told.says("ji", "签收 FJ-1")
        told.imports(joined=REN, duties={A: "壬"})
        told.expect("ren", "reassigned", says="现由您接手，请处理")
        for who in ("jia", "ji"):
            told.expect(who, "notice:relieved", says="工单 FJ-1 已由壬接手")
        told.expect_silence()
        assert told.ticket("FJ-1").holder_id is None
        assert told.says("ji", "办结 FJ-1 已改").reason == "unknown_ticket"
        told.says("ren", "已删除")

    def test_a_message_that_is_being_sent_to_them_is_stopped(self, office: Office) -> None:
        office.at("08-23 20:30").receives("FJ-1")
        office.clock.wind_to(office.moment("08-24 08:00"))
        batch = dispatch.claim(office.engine.context, "another", timedelta(minutes=1), 3)
        mine = next(one for one in batch.messages if one.person_id == office.people["jia"])
        office.imports(joined=REN, duties={A: "壬"})
        assert dispatch.why_obsolete(office.engine.context, [(mine, ())]) == [dispatch.LEASE_LOST]
        office.expect("ren", "reassigned")
        office.at("08-24 08:05").expect("yi", "receipt")
        office.expect_silence()
        office.says("ren", "已删除")

    def test_a_digest_that_was_not_tried_yet_leaves_it_out(self, office: Office) -> None:
        office.add_forest()
        with office.database.begin() as conn:
            register.set_duty(conn, bureau.FOREST_ACCOUNT, A, office.people["jia"])
        office.at("08-23 20:30").receives("FJ-1", "FJ-2")
        office.receives("LY-1", account="三明林业")
        office.clock.wind_to(office.moment("08-24 08:00"))
        dispatch.claim(office.engine.context, "another", timedelta(minutes=1), 3)
        office.imports(joined=REN, duties={A: "壬"})
        office.at("08-24 08:05")
        sent = office.expect("jia", "digest")
        assert "LY-1" in sent.text
        assert "FJ-" not in sent.text
        office.forget()
        office.says("ren", "办结 FJ-1 已改")
        office.says("ren", "办结 FJ-2 已改")
        office.says("jia", "办结 LY-1 已改")


class TestSwapped:
    def test_who_took_it_keeps_it_in_another_role(self, told: Office) -> None:
        told.says("jia", "签收")
        told.imports(duties={A: "乙", B: "甲"})
        told.expect("yi", "reassigned", says="您现为水清三明（微信公众号）的A角。工单 FJ-1 现由甲办理，请您跟进")
        told.expect("jia", "reassigned", says="现由您接手，请处理")
        for who in ("jia", "yi"):
            told.expect(who, "notice:duty_changed")
        told.expect_silence()
        assert told.ticket("FJ-1").holder_id == told.people["jia"]
        told.says("jia", "已删除")

    def test_a_and_b_change_places(self, told: Office) -> None:
        assert told.imports(duties={A: "乙", B: "甲"}).reassigned == 1
        told.expect("yi", "reassigned", says="现由您接手，请处理")
        told.expect("jia", "reassigned", says="您现为水清三明（微信公众号）的B角")
        told.expect("jia", "notice:duty_changed", says="的A角现为乙，您现为B角")
        told.expect("yi", "notice:duty_changed", says="的B角现为甲，您现为A角")
        told.expect_silence()
        told.at("08-23 12:00").expect("jia", "take_over")
        told.says("yi", "已删除")

    def test_back_again_everybody_hears_again(self, told: Office) -> None:
        told.imports(joined=REN, duties={A: "壬"})
        told.imports(duties={A: "甲"})
        told.expect("ren", "reassigned")
        told.expect("jia", "notice:relieved")
        told.expect("jia", "reassigned")
        told.expect("ren", "notice:relieved", says="已由甲接手")
        told.expect_silence()
        told.says("jia", "已删除")


def test_what_would_happen_can_be_looked_at_first(told: Office) -> None:
    assert told.imports(joined=REN, duties={A: "壬"}, preview=True).reassigned == 1
    told.expect_silence()
    assert told.story("FJ-1", "reassigned") == []
    told.says("jia", "已删除")


def test_closed_tickets_stay_as_they_are(told: Office) -> None:
    told.says("jia", "已删除")
    assert told.imports(joined=REN, duties={A: "壬"}).reassigned == 0
    told.expect_silence()


def test_a_new_one_who_cannot_be_reached_leaves_it_to_b(told: Office) -> None:
    told.imports(joined=REN)
    told.unbind("ren")
    told.imports(duties={A: "壬"})
    told.expect("yi", "reassigned", says="说明：壬联系不上")
    told.expect("jia", "notice:relieved", says="已由壬接手")
    told.expect_silence()
    told.says("yi", "已删除")


def test_a_new_one_on_leave_is_stood_in_for(told: Office) -> None:
    told.imports(joined=REN)
    told.on_leave("ren", "08-23 08:00", "08-25 18:00", deputy="ji")
    told.imports(duties={A: "壬"})
    told.expect("ji", "reassigned", says="说明：壬请假")
    told.expect("jia", "notice:relieved")
    told.expect_silence()
    told.says("ji", "已删除")
