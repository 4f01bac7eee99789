"""When the platform issued a ticket and when it was entered here are told apart, wherever people read of it."""

from datetime import timedelta

from bot.actions.reports import weekly
from bot.actions.tickets.intake import Arrival, take_in
from bot.delivery.wording import Wording
from bot.reports.weekly_tables import untold
from bot.rules.calendar.weeks import Week
from bot.rules.tickets.arrivals import TicketInput
from storage.tickets import tickets
from tests.cast import bureau
from tests.cast.office import SOURCE, Office
from tests.stories.tickets.test_severity import told

TIMES = "8月23日10:00下发，8月25日09:00录入。"


def entered(office: Office, *, issued: str, received: str) -> None:
    """Taken in now, with both moments as the source has them."""
    given = TicketInput(
        number="FJ-1",
        account_name=bureau.ACCOUNT,
        platform=bureau.PLATFORM,
        received_at=office.moment(received),
        issued_at=office.moment(issued),
    )
    take_in(office.engine.context, SOURCE, [Arrival(event_id="1", raw={"number": "FJ-1"}, ticket=given)])
    office.settle()


def test_the_issue_is_told_with_the_first_message_and_in_the_story(office: Office) -> None:
    entered(office.at("08-25 09:00"), issued="08-23 10:00", received="08-24 09:00")
    office.expect("jia", "receipt", says=TIMES)
    office.expect("yi", "receipt", says=TIMES)  # how long nobody took it counts from the entry
    ticket = office.ticket("FJ-1")
    assert str(ticket.due_day) == "2021-08-25"  # counted from the receipt, as ever
    assert TIMES in office.says("jia", "工单 FJ-1").text
    assert TIMES in office.says("jia", "为什么 FJ-1").text
    assert "收到，来源：省平台，8月23日10:00下发，8月25日09:00录入" in told(office, "FJ-1")
    office.says("jia", "办结 FJ-1 已删除")


def test_it_is_kept_as_it_came_and_survives_every_change(office: Office) -> None:
    entered(office.at("08-23 11:00"), issued="08-23 10:30", received="08-23 10:45")
    office.forget()
    office.says("jia", "签收")
    office.says("jia", "办结 FJ-1 已删除")
    with office.database.read() as conn:
        [ticket] = tickets.by_number(conn, "FJ-1")
    assert (ticket.issued_at, ticket.received_at) == (office.moment("08-23 10:30"), office.moment("08-23 10:45"))
    assert "下发" not in office.says("jia", "工单 FJ-1").text  # entered at once: nothing to explain


def test_a_day_without_a_time_is_told_as_a_day(office: Office) -> None:
    entered(office.at("08-23 11:00"), issued="08-23 00:00", received="08-23 10:00")
    office.expect("jia", "receipt", says="8月23日下发，8月23日11:00录入。")
    office.forget()
    office.says("jia", "办结 FJ-1 已删除")


def test_figures_and_workbook_count_from_the_issue(office: Office) -> None:
    entered(office.at("08-26 09:00"), issued="08-23 10:00", received="08-23 17:00")
    office.at("08-26 11:00")
    office.says("jia", "办结 FJ-1 已删除")
    office.forget()
    office.at("08-30 08:00").forget()
    figures = weekly.figures(office.engine.context, Week.parse("2021-W34"))
    assert figures.stages.to_entry == timedelta(hours=20)
    [late] = figures.untold
    [issued] = [column for column in untold(Wording()) if column.heading == "平台下发时间"]
    assert issued.value(late) == office.moment("08-23 10:00")
