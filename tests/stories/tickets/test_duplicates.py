"""One ticket, however often and by however many rows of its source it comes; each coming is kept as evidence."""

from bot.actions.tickets.intake import ArrivalOutcome
from storage.records import InboundState
from storage.tickets import inbound, tickets
from tests.cast.office import Office


def test_the_same_row_again_changes_nothing(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    before = office.ticket("FJ-1")
    [again] = office.receives("FJ-1", at="08-23 10:00")
    assert (again.outcome, again.ticket_id) == (ArrivalOutcome.DUPLICATE, before.id)
    assert office.ticket("FJ-1") == before
    office.says("jia", "办结")


def test_another_row_about_the_same_ticket_is_evidence(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    [again] = office.receives(" ｆｊ-1 ", problem="错别字", at="08-23 10:00")
    assert (again.outcome, again.ticket_id) == (ArrivalOutcome.DUPLICATE, office.ticket("FJ-1").id)
    [line] = office.story("FJ-1", "evidence")
    assert line.actor == "source:省平台"
    office.expect_silence()
    with office.database.read() as conn:
        kept = inbound.in_state(conn, InboundState.SETTLED, "ticket")
        assert tickets.count(conn) == 1
    assert [one.ticket_id for one in kept] == [office.ticket("FJ-1").id] * 2
    office.says("jia", "办结")


def test_twice_in_one_batch_is_one_ticket(office: Office) -> None:
    taken = office.at("08-23 10:00").receives("FJ-1", "fj-1")
    assert [one.outcome for one in taken] == [ArrivalOutcome.CREATED, ArrivalOutcome.DUPLICATE]
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    assert len(office.story("FJ-1", "evidence")) == 1
    office.says("jia", "办结")


def test_another_source_may_use_the_same_number(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    [other] = office.receives("FJ-1", source="市平台")
    assert other.outcome == ArrivalOutcome.CREATED
    for who in ("jia", "yi"):
        for _ in range(2):
            office.expect(who, "receipt")
    with office.database.read() as conn:
        assert [one.source for one in tickets.by_number(conn, "FJ-1")] == ["省平台", "市平台"]


def test_a_duplicate_of_a_finished_ticket_does_not_open_it_again(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.says("jia", "办结 FJ-1 已整改")
    office.receives("FJ-1", problem="再来一次", at="08-23 10:00")
    office.at("09-10 10:00").expect_silence()
    assert office.ticket("FJ-1").state == "closed"
