"""A completed ticket archives itself after seven days; sent back before, it climbs on."""

from bot.rules.tickets.lifecycle import Verb
from storage.records import TicketState
from tests.cast.office import Office


def test_a_completed_ticket_closes_itself_after_seven_days(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.at("08-23 11:00").says("jia", "办结 FJ-1 已整改")
    office.at("08-30 10:59")
    assert office.ticket("FJ-1").state == TicketState.COMPLETED
    office.at("08-30 11:00")
    closed = office.ticket("FJ-1")
    assert (closed.state, closed.closed_at) == (TicketState.CLOSED, office.moment("08-30 11:00"))
    assert closed.next_step_at is None
    assert [one.kind for one in office.story("FJ-1")][-3:] == ["complete", "told", "closed"]
    assert office.updates("yi") == ["工单 FJ-1（水清三明）已由甲于8月23日11:00办结，您无需处理。"]


def test_sent_back_after_the_line_it_is_told_once_as_it_stands(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.says("jia", "办结 FJ-1 已整改")
    office.at("08-26 10:00").expect_silence()
    office.does("ding", Verb.RETURN, "FJ-1", "链接仍可打开")
    office.settle()
    for who in ("jia", "yi"):
        office.expect(who, "notice:returned", at="08-26 10:00", says="已逾期2个工作日（2个自然日）")
    office.expect("bing", "overdue", at="08-26 10:00")
    office.expect("wu", "slip_blue")
    office.says("jia", "办结 FJ-1 已删除")
    office.at("09-02 10:00").expect_silence()
    assert office.ticket("FJ-1").state == TicketState.CLOSED
