"""After downtime each person hears once, of the present state; the deadline still counts from receipt."""

from bot.clock import WoundClock
from tests.cast.office import Office


def test_three_days_down_one_message_a_person(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.down_until("08-26 10:00")
    for who in ("jia", "yi", "bing", "ding"):
        office.expect(who, "overdue", at="08-26 10:00", says="已逾期2个工作日（2个自然日）")
    office.expect("wu", "slip_blue", at="08-26 10:00")
    office.expect_silence()
    steps = [one.data["step"] for one in office.story("FJ-1", "step")]
    before = ["receipt", "take_over", "nobody_took", "last_call", "target_passed", "leader_at_target"]
    assert steps == [*before, "overdue", "slip_blue"]
    office.says("jia", "办结")


def test_down_over_a_weekend_the_friday_ticket_is_told_on_monday(office: Office) -> None:
    office.down_until("08-30 07:00")
    office.receives("FJ-1", at="08-27 17:00")
    office.at("08-30 08:00")
    office.expect("jia", "receipt", at="08-30 08:00", says="8月30日（周一）为第1个工作日")
    office.expect("yi", "receipt", at="08-30 08:00")
    office.says("jia", "办结")


def test_a_ticket_taken_in_late_hears_its_present_state_at_once(office: Office) -> None:
    office.down_until("08-25 10:00")
    office.receives("FJ-1", at="08-23 10:00", problem="错别字")
    for who in ("jia", "yi"):  # the ticket itself, not an accusation
        told = office.expect(who, "overdue", at="08-25 10:00", says="【监测工单】" if who == "jia" else "【抄送】")
        assert all(words in told.text for words in ("问题：", "8月23日10:00下发，8月25日10:00录入", "已逾期1个工作日"))
    for who in ("bing", "ding", "wu"):
        told = office.expect(who, "overdue", at="08-25 10:00", says="【录入时已逾期】")
        assert all(words in told.text for words in ("问题：", "8月25日10:00录入", "A角甲：正在告知"))
    office.expect_silence()
    assert office.ticket("FJ-1").due_at == office.moment("08-25 00:00")
    office.at("08-25 12:00").expect("yi", "take_over", says="录入后已过2个工作小时")
    office.at("08-26 07:59").expect_silence()
    office.at("08-26 09:00").expect("wu", "slip_blue", at="08-26 08:00")  # not at entry: nobody knew before
    office.says("jia", "办结")


def test_what_waited_for_the_opening_before_the_stop_is_not_told_twice(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.at("08-25 07:00")  # overdue since midnight, waiting for the opening
    for who in ("jia", "yi"):
        for step in ("receipt", "last_call"):
            office.expect(who, step)
    office.expect("ding", "target_passed")
    office.expect("bing", "leader_at_target")
    office.down_until("08-27 09:00")
    for who in ("jia", "yi", "bing"):
        office.expect(who, "still_overdue", at="08-27 09:00")
    office.expect("ding", "overdue", at="08-27 09:00")
    office.expect("wu", "slip_orange", at="08-27 09:00")
    office.expect_silence()
    office.says("jia", "办结")


def test_an_answer_given_while_down_counts_from_when_it_was_given(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.clock.wind_to(office.moment("08-25 10:00"))
    office.says("jia", "办结 FJ-1 已整改", at="08-24 17:00")
    office.expect_silence()
    done = office.ticket("FJ-1")
    assert done.completed_at == office.moment("08-24 17:00")
    assert not done.overdue(office.clock.now())


def test_down_for_many_tickets_is_one_digest_a_person(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", "FJ-2", "FJ-3")
    office.expect("jia", "digest")
    office.expect("yi", "digest")
    office.down_until("08-26 10:00")
    for who in ("jia", "yi", "ding", "bing", "wu"):
        office.expect(who, "digest", at="08-26 10:00", says="3件")
    office.expect_silence()
    for number in ("FJ-1", "FJ-2", "FJ-3"):
        office.says("jia", f"办结 {number}")


def test_what_a_fast_clock_decided_waits_for_its_own_time(office: Office) -> None:
    office.receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.clock.wind_to(office.moment("08-23 11:30"))
    office.engine.tick()  # decides that B is to take over; nothing went out yet when the clock is set right
    office.clock = WoundClock(office.moment("08-23 08:05"))
    office.reopen()
    assert office.engine.look_again() == 1
    office.at("08-23 09:59")
    office.expect_silence()
    office.at("08-23 10:00")
    office.expect("yi", "take_over", at="08-23 10:00")
    office.says("jia", "办结 已删除")
    office.at("08-23 11:30")
