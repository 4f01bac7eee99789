"""Silence climbs the ladder: every step of a one-working-day ticket, in order, to the right people."""

import pytest

from storage.records import TicketState
from tests.cast.office import Office

# Received Monday 23 August 2021 at 10:00; summer hours 08:00-12:00 and 15:00-18:00.
LADDER = [
    ("08-23 10:00", "receipt", ["jia", "yi"]),
    ("08-23 12:00", "take_over", ["yi"]),
    ("08-24 09:00", "nobody_took", ["bing"]),
    ("08-24 16:00", "last_call", ["jia", "yi"]),
    ("08-24 18:00", "target_passed", ["ding"]),
    ("08-24 18:00", "leader_at_target", ["bing"]),
    ("08-25 08:00", "overdue", ["ding", "wu", "bing", "jia", "yi"]),
    ("08-26 08:00", "slip_blue", ["wu"]),
    ("08-27 08:00", "still_overdue", ["jia", "yi", "bing"]),
    ("08-27 08:00", "slip_orange", ["wu"]),
    ("08-30 08:00", "slip_red", ["wu"]),
]
STEPS = [step for _, step, _ in LADDER]
MOMENTS = sorted({moment for moment, _, _ in LADDER})
WHILE_NEW = ("take_over", "nobody_took")


def climb(office: Office, upto: str) -> None:
    """Receive a ticket and expect every step up to one."""
    office.at("08-23 10:00").receives("FJ-1")
    last = next(moment for moment, step, _ in LADDER if step == upto)
    for moment in MOMENTS[: MOMENTS.index(last) + 1]:
        office.at(moment)
        for _, step, people in (row for row in LADDER if row[0] == moment):
            for who in people:
                office.expect(who, step, at=moment)
        office.expect_silence()


def test_nobody_answers_and_every_step_is_taken_once(office: Office) -> None:
    climb(office, "slip_red")
    for time, day in enumerate(("08-31", "09-02", "09-06", "09-08", "09-10", "09-14", "09-16", "09-18", "09-23"), 1):
        office.at(f"{day} 08:00")
        for who in ("jia", "yi", "bing"):
            office.expect(who, f"still_overdue.{time}", says="仍未办结")
        office.expect_silence()
    office.at("10-20 18:00").expect_silence()
    told = [one.data["step"] for one in office.story("FJ-1", "step")]
    assert sorted(told) == sorted([*STEPS, *(f"still_overdue.{time}" for time in range(1, 10))])
    assert office.ticket("FJ-1").next_step_at is None


@pytest.mark.parametrize("upto", STEPS)
def test_a_completion_stops_everything_after_it(office: Office, upto: str) -> None:
    climb(office, upto)
    office.says("jia", "办结 FJ-1 已整改")
    office.at("09-10 18:00").expect_silence()
    done = office.ticket("FJ-1")
    assert done.completed_by == office.people["jia"]
    assert done.state == TicketState.CLOSED
    last = next(moment for moment, step, _ in LADDER if step == upto)
    climbed = {step for moment, step, _ in LADDER if moment <= last}
    assert {one.data["step"] for one in office.story("FJ-1", "step")} == climbed


@pytest.mark.parametrize("who", ["jia", "yi"])
def test_who_takes_it_is_not_asked_to_take_it_again(office: Office, who: str) -> None:
    climb(office, "receipt")
    office.says(who, "签收")
    for moment, step, people in LADDER:
        office.at(moment)
        for one in people if step not in (*WHILE_NEW, "receipt") else ():
            office.expect(one, step, at=moment)
    assert office.ticket("FJ-1").holder_id == office.people[who]


def test_the_taken_ticket_still_climbs_when_the_time_passes(office: Office) -> None:
    climb(office, "take_over")
    office.says("yi", "签收 FJ-1")
    office.at("08-24 16:00")
    office.expect("jia", "last_call", at="08-24 16:00")
    office.expect("yi", "last_call", at="08-24 16:00")
    office.at("08-24 18:00").expect("ding", "target_passed")
    office.expect("bing", "leader_at_target")
    office.says("yi", "办结 FJ-1 已删除")
    assert office.ticket("FJ-1").completed_at == office.moment("08-24 18:00")
    office.at("08-30 08:00").expect_silence()


def test_each_message_says_what_it_is_about(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", problem="错别字：秸杆", suggestion="秸秆")
    first = office.expect("jia", "receipt", says="A角")
    assert "8月24日（周二）为第1个工作日。请于8月24日18:00前办结，最迟24:00。" in first.text
    assert "秸杆" in first.text
    assert "秸秆" in first.text
    office.expect("yi", "receipt", says="抄送")
    office.at("08-24 18:00")
    office.expect("yi", "take_over", says="无人签收")
    office.expect("bing", "nobody_took", says="仍无人签收")
    office.expect("jia", "last_call")
    office.expect("yi", "last_call")
    office.expect("ding", "target_passed", says="到下班时限未办结")
    office.expect("bing", "leader_at_target", says="请您过问")
    office.at("08-25 08:00")
    for who in ("jia", "yi", "bing", "ding", "wu"):
        office.expect(who, "overdue", says="已逾期1个工作日（1个自然日）")
