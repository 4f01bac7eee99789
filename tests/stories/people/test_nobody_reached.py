"""A step that reaches nobody is skipped at once, recorded, and the next in line is told why."""

import pytest

from storage.records import MessageState, Role
from tests.cast.office import Office


def test_without_b_the_leader_is_asked_in_place_of_b(office: Office) -> None:
    office.vacate(Role.BACKUP)
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt", at="08-23 10:00")
    office.at("08-23 12:00").expect("bing", "unreached:take_over", at="08-23 12:00", says="说明：未登记B角。")
    [line] = office.story("FJ-1", "step_skipped")
    assert line.data["step"] == "take_over"
    assert line.data["instead"] == [office.people["bing"]]
    office.says("jia", "办结")


def test_without_leader_the_supervisor_is_told(office: Office) -> None:
    office.vacate(Role.LEADER)
    office.at("08-23 10:00").receives("FJ-1")
    office.at("08-24 09:00")
    for who, step in (("jia", "receipt"), ("yi", "receipt"), ("yi", "take_over")):
        office.expect(who, step)
    office.expect("ding", "unreached:nobody_took", at="08-24 09:00", says="未登记分管领导")
    office.says("yi", "办结")


def test_without_supervisor_the_desk_is_told(office: Office) -> None:
    office.unsupervised()
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.at("08-25 08:00")
    for who in ("jia", "yi"):
        for step in ("receipt", "last_call", "overdue"):
            office.expect(who, step)
    office.expect("wu", "target_passed", at="08-24 18:00")
    office.expect("bing", "leader_at_target", at="08-24 18:00")
    for who in ("bing", "wu"):
        office.expect(who, "overdue", at="08-25 08:00")
    office.says("jia", "办结")


def test_a_supervisor_without_a_way_gives_over_to_the_desk_alone(office: Office) -> None:
    office.unbind("ding")
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.at("08-24 18:00")
    for who in ("jia", "yi"):
        for step in ("receipt", "last_call"):
            office.expect(who, step)
    office.expect("wu", "unreached:target_passed", at="08-24 18:00", says="丁联系不上")
    office.expect("bing", "leader_at_target", at="08-24 18:00")
    office.says("jia", "办结")


def test_a_and_b_without_a_way_go_straight_to_the_leader(office: Office) -> None:
    office.unbind("jia", "yi")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("bing", "unreached:receipt", at="08-23 10:00", says="说明：甲联系不上、乙联系不上。")
    # Told once why, however many steps fail after the first.
    office.at("08-23 18:00").expect_silence()
    assert [one.data["step"] for one in office.story("FJ-1", "step_skipped")] == ["receipt", "take_over"]
    office.says("bing", "办结")


def test_a_and_b_who_turn_out_unreachable_when_sent_to(office: Office) -> None:
    office.breaks("jia", "yi")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("bing", "unreached:receipt", at="08-23 10:00", says="甲联系不上")
    for _ in range(2):
        office.expect("wu", "notice:contact_lost", at="08-23 10:00", says="失效")
    assert {one.data["to"] for one in office.story("FJ-1", "not_told")} == {office.people["jia"], office.people["yi"]}
    assert len(office.story("FJ-1", "step_skipped")) == 1
    office.says("bing", "办结")


def test_one_lost_and_one_told_is_told_and_asked_to_take_over(office: Office) -> None:
    office.breaks("jia")
    office.at("08-23 10:00").receives("FJ-1")
    # The copy says that 甲 was told; what turned out since comes at once, not at the next rung.
    office.expect("yi", "receipt", says="已通知A角处理")
    office.expect("yi", "unreached:holder_lost", at="08-23 10:00", says="说明：甲联系不上。")
    office.expect("wu", "notice:contact_lost", says="甲")
    [line] = office.story("FJ-1", "step_skipped")
    assert (line.data["step"], line.data["instead"]) == ("holder_lost", [office.people["yi"]])
    office.says("yi", "办结")


@pytest.mark.parametrize(("broken", "hears"), [(("bing",), "ding"), (("bing", "ding"), "wu")])
def test_who_hears_in_place_of_others_may_be_unreachable_too(
    office: Office, broken: tuple[str, ...], hears: str
) -> None:
    office.breaks("jia", "yi", *broken)
    office.at("08-23 10:00").receives("FJ-1")
    office.expect(hears, "unreached:receipt", at="08-23 10:00")
    for _ in range(2 + len(broken)):
        office.expect("wu", "notice:contact_lost")
    office.says("wu", "办结")


def test_nobody_at_all_is_recorded_and_the_ladder_goes_on(office: Office) -> None:
    office.unbind("jia", "yi", "bing", "ding", "wu")
    office.at("08-23 10:00").receives("FJ-1")
    office.at("08-30 08:00").expect_silence()
    skipped = office.story("FJ-1", "step_skipped")
    assert len(skipped) == 11
    assert all(one.data["instead"] == [] for one in skipped)


def test_an_address_lost_once_is_not_tried_again_until_bound_anew(office: Office) -> None:
    office.breaks("jia")
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("yi", "receipt")
    office.expect("yi", "unreached:holder_lost")
    office.expect("wu", "notice:contact_lost")
    office.receives("FJ-2")
    office.expect("yi", "receipt", says="请您代为处理")
    assert [one.state for one in office.messages("FJ-2") if one.person_id == office.people["jia"]] == []
    office.rebind("jia", "chat:new")
    office.receives("FJ-3")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    for number in ("FJ-1", "FJ-2", "FJ-3"):
        office.says("yi", f"办结 {number}")
    assert {one.state for one in office.messages("FJ-1")} == {MessageState.FAILED, MessageState.ACCEPTED}
