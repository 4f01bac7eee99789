"""Many tickets at once are one digest a person, and each ticket's story still says who was told."""

from storage.records import MessageState
from tests.cast.office import Office

MANY = 1_100  # more than two of any batch, and than a thousand: a limit on either would show
NUMBERS = [f"FJ-{number:04}" for number in range(1, MANY + 1)]


def test_more_than_a_thousand_tickets_for_one_person_are_one_digest(office: Office) -> None:
    office.at("08-23 10:00").receives(*NUMBERS)
    for who in ("jia", "yi"):
        one = office.expect(who, "digest", says=f"{MANY}件")
        assert len(one.told) == MANY
        assert len(one.text.splitlines()) < 30
    office.expect_silence()
    told = office.story("FJ-0970", "told")
    assert {one.data["to"] for one in told} == {office.people["jia"], office.people["yi"]}
    assert {one.data["state"] for one in told} == {MessageState.ACCEPTED}
    assert {one.state for one in office.messages("FJ-0970")} == {MessageState.BUNDLED}


def test_two_at_once_are_told_one_by_one_and_three_together(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")
    for who in ("jia", "yi"):
        office.expect(who, "receipt", says="FJ-1")
        office.expect(who, "receipt", says="FJ-2")
    office.receives("FJ-3", "FJ-4", "FJ-5")
    for who in ("jia", "yi"):
        office.expect(who, "digest", says="3件")
    for number in range(1, 6):
        office.says("jia", f"办结 FJ-{number}")


def test_a_digest_in_between_turns_no_number_to_another_ticket(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")
    office.forget().says("jia", "我的工单")
    assert "哪一件" in office.says("jia", "已删除").text
    office.receives("FJ-3", "FJ-4", "FJ-5")
    for who, first in (("jia", 3), ("yi", 1)):
        told = office.expect(who, "digest").text.splitlines()
        assert [line.split()[:2] for line in told[1:4]] == [[f"{first + n}.", f"FJ-{3 + n}"] for n in range(3)]
    # The question still waits, and the numbers mean what they meant.
    office.says("jia", "2")
    assert office.ticket("FJ-2").completion_text == "已删除"
    office.says("yi", "办结 1 已改")
    assert office.ticket("FJ-3").completion_text == "已改"
    office.expect_silence()


def test_a_digest_shows_how_to_take_several_and_where_overseers_look(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", "FJ-2", "FJ-3")
    office.expect("yi", "digest", says="如“签收 1 2”")
    assert office.expect("jia", "digest").text.endswith("可一次签收多件，如“签收 1 2”；回复“我的工单”可逐件处理。")
    office.says("jia", "签收 1 2")
    assert [office.ticket(f"FJ-{n}").acknowledged_at is None for n in (1, 2, 3)] == [False, False, True]
    office.down_until("08-26 10:00")
    assert office.expect("jia", "digest").text.endswith("\n回复“我的工单”可逐件处理。")
    assert office.expect("ding", "digest").text.endswith("\n回复“督办列表”查看全部，“工单 序号”查看一件。")
    office.forget()
    for number in (1, 2, 3):
        office.says("jia", f"办结 FJ-{number}")
