"""Messages go out on working days from 8 to 20; what falls outside waits for the opening and is merged there."""

from datetime import timedelta

from tests.cast.office import Office
from tests.fakes.stage import down


def test_several_tickets_of_one_night_are_one_message_in_the_morning(office: Office) -> None:
    office.at("08-23 21:00").receives("FJ-1")
    office.at("08-23 22:00").receives("FJ-2")
    office.at("08-24 07:59").expect_silence()
    office.at("08-24 08:00")
    for who in ("jia", "yi"):
        one = office.expect(who, "digest", at="08-24 08:00", says="2件")
        assert "FJ-1" in one.text
        assert "FJ-2" in one.text
    for number in ("FJ-1", "FJ-2"):
        office.says("jia", f"办结 {number}")


def test_one_ticket_of_a_night_is_told_as_it_is(office: Office) -> None:
    office.at("08-23 21:00").receives("FJ-1")
    office.at("08-24 08:00")
    office.expect("jia", "receipt", at="08-24 08:00")
    office.expect("yi", "receipt", at="08-24 08:00")
    office.says("jia", "办结")


def test_what_is_finished_in_the_night_is_not_told_in_the_morning(office: Office) -> None:
    office.at("08-23 21:00").receives("FJ-1")
    office.says("jia", "办结 FJ-1 已删除")
    office.at("08-24 09:00").expect_silence()


def test_what_fails_in_the_evening_is_tried_again_in_the_morning(office: Office) -> None:
    office.at("08-23 19:59")
    office.stage["chat"].script("jia", down(), down(), down())  # tried again after 15, 30 and 60 seconds
    office.receives("FJ-1")
    office.expect("yi", "receipt", at="08-23 19:59")
    office.at("08-24 07:59").expect_silence()
    office.at("08-24 08:00").expect("jia", "receipt", at="08-24 08:00")
    office.says("jia", "办结")


def test_stopped_over_the_evening_it_does_not_ring_at_night(office: Office) -> None:
    office.at("08-23 19:00").receives("FJ-1", settle=False)
    office.down_until("08-23 23:00").expect_silence()
    office.at("08-24 08:00")
    office.expect("jia", "receipt", at="08-24 08:00")
    office.expect("yi", "receipt", at="08-24 08:00")
    office.says("jia", "办结")


def test_the_veto_class_rings_at_any_hour(office: Office) -> None:
    office.at("08-28 22:00").receives("FJ-1", policy="veto_now")  # a Saturday
    due = office.moment("08-29 00:00")
    assert office.ticket("FJ-1").due_at == due
    office.at("08-29 00:00")
    for who in ("jia", "yi"):
        office.expect(who, "receipt", at="08-28 22:00")
        office.expect(who, "last_call", at="08-28 23:30")
        office.expect(who, "overdue", at="08-29 00:00")
    office.expect("yi", "take_over", at="08-28 22:15")
    office.expect("bing", "nobody_took", at="08-28 22:30")
    office.expect("bing", "halfway", at="08-28 23:00")
    for who in ("bing", "ding", "wu"):
        office.expect(who, "overdue", at="08-29 00:00")
    office.expect("ding", "halfway", at="08-28 23:00")
    office.says("jia", "办结 FJ-1 已下线")
    assert office.ticket("FJ-1").overdue(due + timedelta(1))


def test_a_lost_contact_is_told_to_the_desk_in_the_morning(office: Office) -> None:
    office.breaks("jia")
    office.at("08-28 22:00").receives("FJ-1", policy="veto_now")
    office.expect("yi", "receipt")
    office.expect("yi", "unreached:holder_lost", at="08-28 22:00")
    office.says("yi", "办结 FJ-1 已下线")
    office.at("08-30 07:59").expect_silence()
    office.at("08-30 08:00").expect("wu", "notice:contact_lost", at="08-30 08:00")
