"""Moving open tickets: many of them in one transaction, none overlooked, none moved twice."""

import threading
from datetime import date

import pytest

from bot.actions.calendar import calendar
from bot.actions.calendar.notices import Who
from bot.actions.tickets.matching import rematch
from storage.calendar import calendar as store
from storage.records import OverlayKind
from storage.tickets import tickets
from tests.cast import bureau
from tests.cast.bureau import WATER
from tests.cast.decisions import TYPHOON, close, closure, told, who
from tests.cast.office import Office
from tests.cast.proof import checked


def test_more_tickets_than_a_batch_are_moved_in_one_transaction(office: Office) -> None:
    office.at("08-23 10:00").receives(*(f"FJ-{n}" for n in range(1, 512)), settle=False)
    done = calendar.close(office.engine.context, closure(), who(office, "wu"))
    assert len(done.recomputed.moved) == 511
    with office.database.read() as conn:
        found = tickets.matching(conn)
        assert {one.due_day for one in found} == {date(2021, 8, 25)}
        assert {one.moves for one in found} == {1}
        assert all(broken is None for _, broken in checked(conn))
    office.settle()
    told(office, "notice:calendar_changed", "wu", says="改动时限511件")
    assert {line.split()[-1] for line in office.heard} == {"digest"}
    assert len(office.heard) < 12
    office.forget()


def test_a_failure_half_way_leaves_everything_as_it_was(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")
    told(office, "receipt", "jia", "yi", "jia", "yi")
    nobody = Who(person_id=4711, name="不存在")  # the database refuses a decision by nobody
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        calendar.close(office.engine.context, closure(), nobody)
    with office.database.read() as conn:
        assert store.overlays(conn) == []
        assert {one.due_day for one in tickets.matching(conn)} == {TYPHOON}


def test_a_ticket_that_finds_its_account_takes_on_the_closures_of_its_unit(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", account="新号")
    office.forget()
    close(office, closure(units={WATER}))
    told(office, "notice:calendar_changed", "wu", says="改动时限0件")
    with office.database.begin() as conn:
        bureau.account(conn, "新号", WATER)
    assert rematch(office.engine.context) == 1
    found = office.ticket("FJ-1")
    assert (found.due_day, found.moves) == (date(2021, 8, 25), 1)
    [line] = office.story("FJ-1", "matched")
    assert line.data["to"]["due_day"] == "2021-08-25"  # type: ignore[index]
    office.settle()
    office.forget()


def test_new_tickets_of_a_unit_count_with_its_closures_and_others_do_not(office: Office) -> None:
    close(office, closure(units={WATER}))
    told(office, "notice:calendar_changed", "wu")
    office.at("08-23 10:00").receives("FJ-1")
    office.receives("FJ-2", account="无人登记的号")
    assert [office.ticket(number).due_day for number in ("FJ-1", "FJ-2")] == [date(2021, 8, 25), TYPHOON]
    office.forget()


def test_extra_work_brings_the_next_step_forward(office: Office) -> None:
    saturday = date(2021, 8, 28)
    office.at("08-27 17:00").receives("FJ-1")
    told(office, "receipt", "jia", "yi")
    draft = closure(saturday)
    extra = type(draft)(kind=OverlayKind.EXTRA_WORK, first=saturday, last=saturday, units=None, why="防汛")
    close(office, extra)
    told(office, "deadline_moved", "jia", "yi", says="改为“8月28日18:00")
    told(office, "notice:calendar_changed", "wu")
    office.at("08-28 09:00")
    told(office, "take_over", "yi")
    assert "当地决定上班" in office.says("jia", "为什么").text


def test_no_ticket_slips_between_a_change_and_an_intake_at_the_same_time(postgres, tmp_path) -> None:
    with postgres.fresh() as url:
        office = Office(url, tmp_path)
        office.at("08-23 10:00")
        started = threading.Barrier(2)

        def receive() -> None:
            started.wait()
            for n in range(40):
                office.receives(f"FJ-{n}", settle=False)

        intake = threading.Thread(target=receive)
        intake.start()
        started.wait()
        numbers = [
            calendar.close(office.engine.context, closure(date(2021, 8, 24 + n)), who(office, "wu")).number
            for n in range(3)
        ]
        intake.join()
        with office.database.read() as conn:
            found = tickets.matching(conn)
            assert len(found) == 40
            assert {one.due_day for one in found} == {date(2021, 8, 27)}
            assert len(numbers) == 3
            assert all(broken is None for _, broken in checked(conn))
        office.settle()
        office.forget()
        office.close()
