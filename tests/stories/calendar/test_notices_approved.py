"""A notice counts when a second person approves it: waiting tickets get their dates, the desk is warned before."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from bot.actions.calendar import calendar, notices
from bot.actions.calendar.notices import CalendarRefused, Who
from storage.calendar import calendar as store
from storage.records import DeadlineStatus, TicketState
from storage.tickets import tickets
from tests.cast.decisions import TYPHOON, YEAR, amendment, published, received, told, who
from tests.cast.office import Office


def test_two_people_are_needed_and_an_approval_counts_once(office: Office) -> None:
    context = office.engine.context
    text = json.dumps(amendment("2021-08-24"))
    office.at("08-23 10:00").receives("FJ-1")
    told(office, "receipt", "jia", "yi")
    number = notices.propose(context, text, notices.examine(context, text), who(office, "wu"))
    office.settle()
    with pytest.raises(CalendarRefused, match="须由通讯录中的另一人批准"):
        calendar.approve(context, number, who(office, "wu"))
    with pytest.raises(CalendarRefused, match="须由通讯录中的另一人批准"):
        calendar.approve(context, number, Who(person_id=None, name="root"))
    with pytest.raises(CalendarRefused, match="同样的通知已在待批准之列"):
        notices.propose(context, text, notices.examine(context, text), who(office, "ding"))
    assert office.ticket("FJ-1").due_day == TYPHOON
    calendar.approve(context, number, who(office, "ding"))
    office.settle()
    told(office, "deadline_moved", "jia", "yi", says="依据：《关于调整放假的通知》")
    told(office, "notice:calendar_changed", "wu")
    with pytest.raises(CalendarRefused, match="已批准"):
        calendar.approve(context, number, who(office, "ding"))
    with pytest.raises(CalendarRefused, match="没有编号为99的通知"):
        calendar.approve(context, 99, who(office, "ding"))


def test_a_refused_notice_changes_nothing_and_a_withdrawn_one_is_undone(office: Office) -> None:
    context = office.engine.context
    received(office)
    text = json.dumps(amendment("2021-08-24"))
    refused = notices.propose(context, text, notices.examine(context, text), who(office, "wu"))
    notices.refuse(context, refused, who(office, "ding"))
    with pytest.raises(CalendarRefused, match="已退回"):
        calendar.approve(context, refused, who(office, "ding"))
    assert office.ticket("FJ-1").due_day == TYPHOON
    number = published(office, amendment("2021-08-24")).number
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    calendar.withdraw(context, number, who(office, "ding"))
    office.settle()
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    assert office.ticket("FJ-1").due_day == TYPHOON
    with pytest.raises(CalendarRefused, match="没有生效"):
        calendar.withdraw(context, number, who(office, "ding"))


@pytest.fixture
def december(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """The office on 30 December 2026, when nobody knows 2027."""
    opened = Office(database_url, tmp_path, "2026-12-30 08:00")
    yield opened
    opened.close()


def test_a_ticket_that_waits_for_next_year_gets_its_date_when_the_notice_comes(december: Office) -> None:
    office = december
    office.at("12-31 10:00").receives("FJ-1")
    told(office, "receipt", "jia", "yi", says="2027年放假安排尚未公布")
    waiting = office.ticket("FJ-1")
    assert (waiting.deadline_status, waiting.due_day) == (DeadlineStatus.UNPUBLISHED, None)
    office.at("2027-01-06 09:00")  # long past any date it may have
    told(office, "take_over", "yi")
    assert not office.ticket("FJ-1").overdue(office.clock.now())
    with office.database.read() as conn:
        assert tickets.count(conn) == 1
    done = published(office, YEAR)
    assert (done.recomputed.settled, done.recomputed.late_at_once) == (1, 1)
    assert office.ticket("FJ-1").due_day == date(2027, 1, 4)
    told(office, "deadline_moved", "jia", "yi", "ding", says="【时限确定】")
    told(office, "notice:calendar_changed", "wu", says="待定转为确定1件、改后已过时限1件")
    told(office, "overdue", "ding", "jia", "yi", "bing")
    told(office, "slip_blue", "wu")


def test_a_notice_in_time_sets_the_date_and_the_usual_ladder_follows(december: Office) -> None:
    office = december
    office.at("12-31 10:00").receives("FJ-1")
    told(office, "receipt", "jia", "yi")
    published(office, YEAR)
    told(office, "deadline_moved", "jia", "yi", says="已确定：2027年1月4日17:30前办结，最迟24:00")
    told(office, "notice:calendar_changed", "wu")
    office.says("jia", "签收")
    office.at("2027-01-04 15:30")
    told(office, "last_call", "jia", "yi")
    office.says("jia", "办结 FJ-1 已整改")
    assert office.ticket("FJ-1").state == TicketState.COMPLETED


def test_withdrawing_the_year_makes_dates_unknown_again(december: Office) -> None:
    office = december
    office.at("12-31 10:00").receives("FJ-1")
    told(office, "receipt", "jia", "yi")
    number = published(office, YEAR).number
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    calendar.withdraw(office.engine.context, number, who(office, "ding"))
    office.settle()
    told(office, "deadline_moved", "jia", "yi", says="【时限待定】")
    told(office, "notice:calendar_changed", "wu")
    assert office.ticket("FJ-1").due_day is None


def test_the_desk_is_warned_once_a_working_day_until_the_year_is_there(december: Office) -> None:
    office = december
    context = office.engine.context
    assert calendar.warn(context) == 1
    assert calendar.warn(context) == 0
    office.settle()
    told(office, "notice:calendar_missing_urgent", "wu", says="2027年放假安排仍未导入")
    office.at("12-30 21:00")
    assert calendar.warn(context) == 0
    office.at("12-31 07:00")
    assert calendar.warn(context) == 0
    office.at("12-31 08:00")
    assert calendar.warn(context) == 1
    office.settle()
    told(office, "notice:calendar_missing_urgent", "wu")
    published(office, YEAR)
    told(office, "notice:calendar_changed", "wu")
    office.at("2027-01-04 09:00")
    assert calendar.warn(context) == 0
    office.expect_silence()


def test_the_warning_begins_on_the_first_of_november(database_url: str, tmp_path: Path) -> None:
    office = Office(database_url, tmp_path, "2026-10-30 09:00")
    warned = []
    for day in ("10-30", "10-31", "11-01", "11-02", "11-03"):  # 31 October and 1 November are a weekend
        office.at(f"{day} 09:00")
        warned.append(calendar.warn(office.engine.context))
    office.settle()
    told(office, "notice:calendar_missing", "wu", "wu")
    assert warned == [0, 0, 0, 1, 1]
    office.close()


def test_a_notice_with_a_grave_doubt_is_not_kept(office: Office) -> None:
    context = office.engine.context
    text = json.dumps(amendment("2021-08-24") | {"work": {"2021-08-25": "特别节"}})
    examined = notices.examine(context, text)
    assert not examined.usable
    with pytest.raises(CalendarRefused, match="未存入"):
        notices.propose(context, text, examined, who(office, "wu"))
    with office.database.read() as conn:
        assert store.revisions(conn) == []


def test_what_a_notice_would_change_is_known_before_anybody_approves(office: Office) -> None:
    examined = notices.examine(office.engine.context, json.dumps(amendment("2021-08-24", "2021-08-28")))
    assert [(one.day, one.after.name) for one in examined.changes] == [(TYPHOON, "特别节")]  # the 28th is a Saturday
