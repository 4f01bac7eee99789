"""Local closures under open tickets: deadlines move in the open, everybody hears once, closed tickets stay."""

from dataclasses import replace
from datetime import date

import pytest

from bot.actions.calendar import calendar
from bot.actions.calendar.notices import CalendarRefused
from storage.calendar import calendar as store
from storage.records import OverlayDraft
from storage.tickets import journal, tickets
from tests.cast.bureau import HOUSE, WATER
from tests.cast.decisions import TYPHOON, close, closure, received, told, who
from tests.cast.office import Office


def test_a_closure_moves_the_deadline_and_the_ladder_and_says_so_once(office: Office) -> None:
    received(office)
    office.at("08-23 15:00").expect("yi", "take_over", at="08-23 12:00")
    before = office.ticket("FJ-1")
    done = close(office, closure())
    assert [(one.before.due_day, one.after.due_day) for one in done.recomputed.moved] == [(TYPHOON, date(2021, 8, 25))]
    told(
        office,
        "deadline_moved",
        "jia",
        "yi",
        says="由“8月24日18:00前办结，最迟24:00”改为“8月25日18:00前办结，最迟24:00”",
    )
    told(office, "notice:calendar_changed", "wu", says="改动时限1件")
    after = office.ticket("FJ-1")
    assert after.calendar_revision == f"{before.calendar_revision}+1"
    for moment, heard in (
        ("08-25 09:00", {"bing": "nobody_took"}),
        ("08-25 16:00", {"jia": "last_call", "yi": "last_call"}),
        ("08-25 18:00", {"ding": "target_passed", "bing": "leader_at_target"}),
        ("08-26 08:00", dict.fromkeys(("ding", "wu", "bing", "jia", "yi"), "overdue")),
    ):
        office.at(moment)
        for one, step in heard.items():
            office.expect(one, step, at=moment)
        office.expect_silence()


def test_the_story_keeps_both_lines_the_cause_and_the_person(office: Office) -> None:
    received(office)
    close(office, closure())
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    [line] = office.story("FJ-1", "deadline_moved")
    assert line.actor == f"person:{office.people['wu']}"
    assert (line.data["cause"], line.data["to_tell"]) == ("closure:1", [office.people["jia"], office.people["yi"]])
    old, new = line.data["from"], line.data["to"]
    assert (old["due_day"], new["due_day"]) == ("2021-08-24", "2021-08-25")  # type: ignore[index]
    assert new["calendar_revision"] == office.ticket("FJ-1").calendar_revision  # type: ignore[index]
    assert len(office.story("FJ-1", "told")) == 4
    with office.database.read() as conn:
        house = [one for one in journal.read(conn, journal.SYSTEM) if one.kind == "closure_decided"]
    assert [(one.data["moved"], one.data["by"]) for one in house] == [(1, "wu")]


def test_a_trial_shows_the_same_and_leaves_no_trace(office: Office) -> None:
    received(office)
    with office.database.read() as conn:
        before = store.version(conn)
    tried = close(office, closure(), trial=True)
    office.expect_silence()
    with office.database.read() as conn:
        assert store.version(conn) == before
        assert store.overlays(conn) == []
        assert journal.read(conn, journal.SYSTEM) == []
    assert office.ticket("FJ-1").due_day == TYPHOON
    done = close(office, closure())
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    figures = [
        (one.recomputed.looked_at, [(m.before.number, m.after.due_day, m.told) for m in one.recomputed.moved])
        for one in (tried, done)
    ]
    assert figures[0] == figures[1]


def test_a_step_taken_already_comes_again_at_its_new_moment(office: Office) -> None:
    received(office)
    for moment, step, people in (
        ("08-23 12:00", "take_over", ["yi"]),
        ("08-24 09:00", "nobody_took", ["bing"]),
        ("08-24 16:00", "last_call", ["jia", "yi"]),
    ):
        office.at(moment)
        told(office, step, *people)
    close(office, closure())  # decided at 16:00 for the whole day: from then on nobody is bothered on it
    office.at("08-25 07:59").expect_silence()
    office.at("08-25 15:59")
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    told(office, "nobody_took", "bing")
    office.at("08-25 16:00")
    told(office, "last_call", "jia", "yi")
    intents = [one.intent for one in office.messages("FJ-1") if one.step == "last_call"]
    assert len(set(intents)) == len(intents) == 4


def test_there_and_back_again_reminds_all_the_same(office: Office) -> None:
    received(office)
    office.at("08-23 19:30")
    told(office, "take_over", "yi")
    number = close(office, closure()).number
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    calendar.reopen(office.engine.context, number, who(office, "wu"))
    office.settle()
    told(office, "deadline_moved", "jia", "yi", says="由“8月25日18:00前办结，最迟24:00”改为“8月24日18:00前办结")
    told(office, "notice:calendar_changed", "wu", says="撤销2021年8月24日停工")
    assert office.ticket("FJ-1").due_day == TYPHOON
    office.at("08-24 16:00")
    told(office, "nobody_took", "bing")
    told(office, "last_call", "jia", "yi")


def test_who_decides_twice_before_anybody_was_told_is_told_of_once(office: Office) -> None:
    received(office)
    office.at("08-23 21:00")
    told(office, "take_over", "yi")
    close(office, closure())
    close(office, closure(date(2021, 8, 25)))
    office.expect_silence()  # outside the hours of sending
    office.at("08-26 08:00")  # 24 and 25 August are closed: the first opening
    told(office, "deadline_moved", "jia", "yi", says="由“8月25日18:00前办结，最迟24:00”改为“8月26日")
    told(office, "notice:calendar_changed", "wu", "wu")


def test_a_deadline_that_moves_back_past_now_says_that_it_is_late(office: Office) -> None:
    received(office)
    number = close(office, closure()).number
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    office.at("08-25 09:30")
    told(office, "take_over", "yi")
    told(office, "nobody_took", "bing")
    tried = calendar.reopen(office.engine.context, number, who(office, "wu"), trial=True)
    assert tried.recomputed.late_at_once == 1
    calendar.reopen(office.engine.context, number, who(office, "wu"))
    office.settle()
    told(office, "deadline_moved", "jia", "yi", "ding", says="已逾期1个工作日（1个自然日）")
    told(office, "notice:calendar_changed", "wu", says="改后已过时限1件")
    told(office, "overdue", "jia", "yi", "bing", "ding", "wu")
    [line] = [one for one in office.story("FJ-1", "deadline_moved") if one.data.get("late_at_once")]
    assert line.data["from"]["due_day"] == "2021-08-25"  # type: ignore[index]


def test_a_late_ticket_that_is_no_longer_late_is_told_to_its_supervisor_too(office: Office) -> None:
    received(office)
    for moment in ("08-24 18:00", "08-25 08:00"):
        office.at(moment)
    for step, people in (
        ("take_over", "yi"),
        ("nobody_took", "bing"),
        ("target_passed", "ding"),
        ("leader_at_target", "bing"),
    ):
        told(office, step, people)
    told(office, "last_call", "jia", "yi")
    told(office, "overdue", "ding", "wu", "bing", "jia", "yi")
    done = close(office, closure(TYPHOON, date(2021, 8, 25)))
    [moved] = done.recomputed.moved
    assert moved.no_longer_late
    office.at("08-26 08:00")
    told(office, "notice:calendar_changed", "wu")
    told(office, "deadline_moved", "jia", "yi", "ding", says="改为“8月26日")
    assert not office.ticket("FJ-1").overdue(office.clock.now())


def test_completed_and_closed_tickets_keep_their_judgement(office: Office) -> None:
    received(office, "FJ-1")
    office.receives("FJ-2")
    told(office, "receipt", "jia", "yi")
    office.at("08-25 09:00")
    office.forget()
    office.says("jia", "办结 FJ-1 已整改")
    kept = office.ticket("FJ-1")
    close(office, closure(TYPHOON, date(2021, 8, 25)))
    assert office.ticket("FJ-1") == kept
    assert kept.overdue(office.clock.now())
    assert office.ticket("FJ-2").due_day == date(2021, 8, 26)
    assert "第1个工作日" in office.says("jia", "为什么 FJ-1").text
    assert "8月24日（周二）为第1个工作日" in office.says("jia", "为什么 FJ-1").text
    again = office.says("jia", "为什么 FJ-2").text
    assert "8月24日至25日台风停工；8月26日（周四）为第1个工作日" in again
    office.at("08-26 08:00")
    told(office, "deadline_moved", "jia", "yi", "ding")
    told(office, "notice:calendar_changed", "wu")


def test_a_closure_of_other_units_moves_nothing(office: Office) -> None:
    received(office)
    done = close(office, closure(units={HOUSE}))
    assert (done.recomputed.looked_at, done.recomputed.moved) == (0, [])
    told(office, "notice:calendar_changed", "wu", says="改动时限0件")
    close(office, closure(units={WATER}))
    told(office, "deadline_moved", "jia", "yi")
    told(office, "notice:calendar_changed", "wu")
    assert office.ticket("FJ-1").due_day == date(2021, 8, 25)


def test_a_deadline_given_by_a_person_stays(office: Office) -> None:
    received(office)
    given = office.ticket("FJ-1")
    with office.database.begin() as conn:
        tickets.save(conn, [replace(given, due_day=date(2021, 8, 27), due_at=office.moment("08-28 00:00"))])
    done = close(office, closure())
    assert [one.number for one in done.recomputed.kept] == ["FJ-1"]
    assert office.ticket("FJ-1").due_day == date(2021, 8, 27)
    told(office, "notice:calendar_changed", "wu", says="未改动1件")


def test_a_burst_of_moved_tickets_is_one_message_a_person(office: Office) -> None:
    office.at("08-23 10:00").receives(*(f"FJ-{n}" for n in range(1, 9)))
    told(office, "digest", "jia", "yi")
    done = close(office, closure())
    assert len(done.recomputed.moved) == 8
    told(office, "digest", "jia", "yi", says="时限有调整")
    told(office, "notice:calendar_changed", "wu", says="改动时限8件")


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (closure(date(2021, 8, 25), date(2021, 8, 24)), "早于开始"),
        (closure(date(2021, 8, 25), date(2021, 12, 24)), "一次最多62天"),
        (closure(date(2031, 8, 25)), "超过一年"),
    ],
)
def test_a_misprinted_closure_is_refused(office: Office, draft: OverlayDraft, said: str) -> None:
    with pytest.raises(CalendarRefused, match=said):
        close(office, draft)
