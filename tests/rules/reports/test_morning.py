"""The morning brief: to whom it is owed, and what each of them is told."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

import pytest

from bot.rules.calendar.calendars import Calendars
from bot.rules.reports.morning import Absence, Brief, OpenWork, Scope, brief, owed, scope_of
from bot.rules.tickets.oversight import Stuck
from storage.calendar.calendar import base_schedules
from storage.records import (
    Act,
    Directory,
    Leave,
    OfficeHours,
    Overlay,
    OverlayKind,
    Request,
    RequestKind,
    Role,
    Ticket,
    TicketState,
)
from tests.cast.values import ACCOUNT, BING, CITY, DING, HOUSE, JI, JIA, WATER, WU, YI, directory, ticket
from tests.rules.calendar.oracle import POLICIES, beijing, policy

TAKEN = TicketState.ACKNOWLEDGED
MORNING = beijing("2021-08-24 08:00")  # a Tuesday; office hours begin


def calendars(overlays: Sequence[Overlay] = (), known: Directory | None = None) -> Calendars:
    units = (known or directory()).units
    return Calendars(base_schedules(), "base", POLICIES.office_hours, overlays=overlays, units=units)


def leave(
    person_id: int, deputy_id: int | None = None, since: str = "08-23 08:00", until: str = "08-27 18:00"
) -> Leave:
    first, last = (beijing(f"2021-{moment}") for moment in (since, until))
    return Leave(person_id=person_id, starts_at=first, ends_at=last, deputy_id=deputy_id)


def told(person_id: int, tickets: Iterable[Ticket] = (), now: datetime = MORNING, **given: Any) -> Brief:
    """The brief of one reader."""
    known, requests = given.pop("known", None) or directory(), given.pop("requests", ())
    found = tuple(tickets)
    policies = {one.policy_key: policy(one.policy) for one in found}
    work = OpenWork(
        directory=known, calendars=calendars(known=known), now=now, tickets=found, policies=policies, requests=requests
    )
    return brief(person_id, work)


@pytest.mark.parametrize(
    ("moment", "people"),
    [
        ("2021-08-24 07:59", ()),
        ("2021-08-24 08:00", (BING, DING, WU)),
        ("2021-08-24 11:59", (BING, DING, WU)),
        ("2021-08-24 12:00", ()),
        ("2021-08-24 15:00", ()),
        ("2021-08-28 09:00", ()),  # a Saturday
        ("2021-09-18 09:00", (BING, DING, WU)),  # a Saturday that is worked
        ("2021-09-20 09:00", ()),  # a Monday off
        ("2027-03-01 09:00", (BING, DING, WU)),  # no schedule: Monday to Friday
        ("2027-03-06 09:00", ()),
    ],
)
def test_it_is_owed_to_those_above_on_working_mornings(moment: str, people: tuple[int, ...]) -> None:
    assert owed(directory(), calendars(), beijing(moment)) == people


def test_a_unit_that_is_closed_today_gets_none() -> None:
    day, act = date(2021, 8, 24), Act(name="市防指", at=MORNING)
    kind, units = OverlayKind.CLOSURE, frozenset({WATER})
    closed = Overlay(id=1, kind=kind, first=day, last=day, units=units, why="台风", decided=act)
    assert owed(directory(), calendars([closed]), MORNING) == (DING, WU)


def test_a_unit_with_office_hours_of_its_own_hears_at_their_opening() -> None:
    late = (OfficeHours(first=(1, 1), last=(12, 31), sessions=((time(9), time(17)),)),)
    known = directory()
    hours = {"三明市水利局": late}
    own = Calendars(base_schedules(), "base", POLICIES.office_hours, unit_hours=hours, units=known.units)
    assert owed(known, own, MORNING) == (DING, WU)
    assert owed(known, own, beijing("2021-08-24 09:00")) == (BING, DING, WU)


@pytest.mark.parametrize(
    ("leaves", "people"),
    [
        ([leave(BING)], (DING, WU)),
        ([leave(BING, JIA)], (JIA, DING, WU)),
        ([leave(BING, WU)], (DING, WU)),
        ([leave(BING, JIA), leave(JIA, YI)], (DING, WU)),  # a deputy who is away as well
        ([leave(DING, JI), leave(WU)], (BING, JI)),
        ([leave(BING, since="08-24 08:01")], (BING, DING, WU)),  # not yet away at the opening
        ([leave(BING, until="08-24 08:00")], (BING, DING, WU)),
        ([leave(JIA, JI)], (BING, DING, WU)),  # of nobody above
    ],
)
def test_who_is_on_leave_gets_none_and_the_deputy_does(leaves: list[Leave], people: tuple[int, ...]) -> None:
    assert owed(directory(leaves=leaves), calendars(), MORNING) == tuple(sorted(people))


def test_who_left_gets_none() -> None:
    assert owed(directory(inactive=[BING, DING]), calendars(), MORNING) == (WU,)
    assert owed(directory(inactive=[JIA], leaves=[leave(BING, JIA)]), calendars(), MORNING) == (DING, WU)


def test_everybody_hears_of_their_own_area() -> None:
    known = directory()
    assert scope_of(WU, known, MORNING).units is None
    assert scope_of(DING, known, MORNING) == Scope(units=frozenset({WATER}), accounts=frozenset())
    assert scope_of(BING, known, MORNING) == Scope(units=frozenset(), accounts=frozenset({ACCOUNT}))


def test_a_deputy_hears_of_both_areas_where_the_power_is_theirs_too() -> None:
    assert scope_of(JI, directory(leaves=[leave(DING, JI)]), MORNING).units == frozenset({WATER})
    known = directory(leaves=[leave(DING, BING)])
    assert scope_of(BING, known, MORNING) == Scope(units=frozenset(), accounts=frozenset({ACCOUNT}))
    assert scope_of(JIA, directory(leaves=[leave(WU, JIA)]), MORNING).units == frozenset()


def test_a_leader_hears_of_their_account_and_a_supervisor_of_their_unit() -> None:
    theirs, sister = ticket(), ticket(id=13, account_id=8)
    elsewhere, unmatched = ticket(id=14, account_id=9, unit_id=HOUSE), ticket(id=15, account_id=None, unit_id=None)
    heard = {
        who: [one.ticket.id for one in told(who, (theirs, sister, elsewhere, unmatched)).due]
        for who in (BING, DING, WU)
    }
    assert heard == {BING: [12], DING: [12, 13], WU: [12, 13, 14, 15]}


@pytest.mark.parametrize(
    ("given", "place", "why"),
    [
        ({}, "due", None),
        ({"state": TAKEN}, "due", None),
        ({"state": TicketState.DISPUTED}, "due", None),
        ({"steps_taken": ("receipt", "take_over")}, "due", Stuck.NOT_TAKEN),
        ({"received": "2021-08-20 10:00"}, "stuck", Stuck.OVERDUE),
        ({"received": "2021-08-24 07:00", "policy_name": "enquiry"}, "", None),
        ({"received": "2021-08-24 07:00", "steps_taken": ("receipt",)}, "", None),
        ({"received": "2021-08-24 07:00", "steps_taken": ("take_over",)}, "stuck", Stuck.NOT_TAKEN),
        ({"received": "2021-08-24 07:00", "state": TAKEN, "steps_taken": ("take_over",)}, "", None),
        ({"due_day": None, "due_at": None, "target_at": None}, "", None),
    ],
)
def test_each_ticket_stands_in_one_list_at_most(given: dict[str, Any], place: str, why: Stuck | None) -> None:
    one = ticket(given.pop("received", "2021-08-23 10:00"), **given)
    made = told(WU, [one])
    assert {name: [row.why for row in rows] for name, rows in (("due", made.due), ("stuck", made.stuck)) if rows} == (
        {place: [why]} if place else {}
    )


def test_past_the_target_of_today_it_is_stuck() -> None:
    made = told(WU, [ticket()], beijing("2021-08-24 18:00"))
    [row] = made.stuck
    assert made.due == ()
    assert (row.why, row.lateness) == (Stuck.TARGET_PASSED, None)


def test_the_worst_and_of_these_the_newest_come_first_and_say_how_late_they_are() -> None:
    older, newer = ticket("2021-08-18 10:00", id=13), ticket("2021-08-20 10:00", id=14)
    untaken = ticket("2021-08-24 07:30", id=15, steps_taken=("take_over",))
    rows = told(DING, (untaken, newer, older)).stuck
    assert [row.ticket.id for row in rows] == [14, 13, 15]
    late = [(row.lateness.workdays, row.lateness.days) if row.lateness else None for row in rows]
    assert late == [(1, 1), (3, 5), None]
    assert {(row.unit, *(one.name for one in row.contacts)) for row in rows} == {("三明市水利局", "甲", "乙")}


def test_who_to_ring_is_empty_where_nobody_is_registered() -> None:
    known = directory(vacant=[Role.BACKUP])
    matched, unmatched = told(WU, [ticket(), ticket(id=13, account_id=None, unit_id=None)], known=known).due
    assert [(one.role, one.name) for one in matched.contacts] == [(Role.PRIMARY, "甲")]
    assert (unmatched.unit, unmatched.contacts) == ("", ())


def test_a_request_waits_for_those_who_may_decide_it() -> None:
    extension = Request(id=1, ticket_id=12, kind=RequestKind.EXTENSION, asked_by=JIA, asked_at=MORNING)
    transfer = replace(extension, id=2, kind=RequestKind.TRANSFER)
    own = replace(extension, id=3, asked_by=DING)
    gone = replace(extension, id=4, ticket_id=99)
    asked = (extension, transfer, own, gone)
    waiting = {
        who: [row.request.id for row in told(who, [ticket()], requests=asked).decisions if row.request]
        for who in (BING, DING, WU)
    }
    assert waiting == {BING: [], DING: [1], WU: [1, 2, 3]}
    assert [row.asked_by for row in told(WU, [ticket()], requests=asked).decisions] == ["甲", "甲", "丁"]


@pytest.mark.parametrize(
    ("given", "absences"),
    [
        ({"since": "08-24 00:00"}, [Absence(person="甲", deputy="乙", begins=True)]),
        ({"since": "08-23 08:01"}, [Absence(person="甲", deputy="乙", begins=True)]),  # noted after the last brief
        ({"since": "08-23 08:00"}, [Absence(person="甲", deputy="乙", begins=False)]),
        ({"since": "08-24 17:00"}, [Absence(person="甲", deputy="乙", begins=True)]),
        ({"since": "08-24 18:00"}, []),
        ({"since": "08-21 00:00", "until": "08-24 08:00"}, []),
    ],
)
def test_who_is_away_today_is_told_and_when_it_begins(given: dict[str, str], absences: list[Absence]) -> None:
    known = directory(leaves=[leave(JIA, YI, **given)])
    assert list(told(DING, known=known).away) == absences
    assert told(DING, known=known).worth_telling == any(one.begins for one in absences)


def test_a_leave_that_begins_on_the_weekend_begins_on_monday() -> None:
    known = directory(leaves=[leave(JIA, since="08-21 00:00")])
    monday, tuesday = beijing("2021-08-23 08:00"), MORNING
    assert told(DING, known=known, now=monday).worth_telling
    assert not told(DING, known=known, now=tuesday).worth_telling
    assert told(DING, [ticket()], known=known).away == (Absence(person="甲", deputy="", begins=False),)


def test_only_those_with_a_duty_in_the_area_are_said_to_be_away() -> None:
    known = directory(leaves=[leave(JI), leave(DING), leave(YI, since="08-24 00:00")])
    assert [one.person for one in told(WU, known=known).away] == ["乙"]
    assert [one.person for one in told(BING, known=known).away] == ["乙"]
    nobodys = replace(known, duties={})
    assert told(WU, known=nobodys).away == ()


def test_with_nothing_to_say_there_is_nothing_to_tell() -> None:
    assert not told(WU).worth_telling
    assert not told(BING, [ticket(unit_id=CITY, account_id=8)]).worth_telling
