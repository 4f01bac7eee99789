"""Leave and a deputy redirect the steps; who is back hears again."""

from tests.cast.office import Office


def test_the_deputy_hears_in_place_of_a(office: Office) -> None:
    office.on_leave("jia", "08-23 08:00", "08-27 18:00", deputy="bing")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("bing", "receipt", says="代为处理")
    office.expect("yi", "receipt", says="代为处理")
    reply = office.says("bing", "办结 FJ-1 已整改")
    assert office.ticket("FJ-1").completed_by == office.people["bing"], reply.text


def test_without_a_deputy_b_stands_in_and_hears_once(office: Office) -> None:
    office.on_leave("jia", "08-23 08:00", "08-27 18:00")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("yi", "receipt", says="说明：甲请假。")
    office.expect_silence()
    office.says("yi", "签收")
    office.at("08-24 16:00").expect("yi", "last_call", at="08-24 16:00")
    office.says("yi", "办结")


def test_both_on_leave_the_leader_is_told_why(office: Office) -> None:
    office.on_leave("jia", "08-23 08:00", "08-27 18:00")
    office.on_leave("yi", "08-23 08:00", "08-27 18:00")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("bing", "unreached:receipt", says="说明：甲请假、乙请假。")
    office.says("bing", "办结")


def test_a_deputy_on_leave_is_passed_over(office: Office) -> None:
    office.on_leave("jia", "08-23 08:00", "08-27 18:00", deputy="bing")
    office.on_leave("bing", "08-23 08:00", "08-27 18:00")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("yi", "receipt")
    office.says("yi", "办结")


def test_the_deputy_of_a_supervisor_hears_and_may_look(office: Office) -> None:
    office.on_leave("ding", "08-23 08:00", "08-27 18:00", deputy="wu")
    office.at("08-23 10:00").receives("FJ-1")
    office.says("yi", "签收")
    office.at("08-24 18:00")
    for who in ("jia", "yi"):
        for step in ("receipt", "last_call"):
            office.expect(who, step)
    office.expect("wu", "target_passed", at="08-24 18:00")
    office.expect("bing", "leader_at_target", at="08-24 18:00")
    office.says("yi", "办结")


def test_a_deputy_from_another_house_may_look_at_what_was_told(office: Office) -> None:
    office.on_leave("ding", "08-23 08:00", "08-27 18:00", deputy="ji")
    office.at("08-23 10:00").receives("FJ-1")
    office.says("yi", "签收")
    office.at("08-24 18:00")
    for who in ("jia", "yi"):
        for step in ("receipt", "last_call"):
            office.expect(who, step)
    office.expect("ji", "target_passed", at="08-24 18:00", says="工单 FJ-1")
    office.expect("bing", "leader_at_target", at="08-24 18:00")
    assert "状态：处理中" in office.says("ji", "工单 FJ-1").text
    office.says("yi", "办结")


def test_back_from_leave_the_next_step_comes_home(office: Office) -> None:
    office.on_leave("jia", "08-23 08:00", "08-24 12:00")
    office.at("08-23 10:00").receives("FJ-1")
    office.says("yi", "签收")
    office.expect("yi", "receipt")
    office.at("08-24 16:00")
    office.expect("jia", "last_call")
    office.expect("yi", "last_call")
    office.says("yi", "办结")


def test_the_holder_on_leave_is_stood_in_for(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.says("yi", "签收")
    office.on_leave("yi", "08-24 08:00", "08-27 18:00")
    office.at("08-24 16:00").expect("jia", "last_call", says="说明：乙请假。")
    office.says("jia", "办结")
