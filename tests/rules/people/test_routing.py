"""Who hears: audiences become people."""

import pytest

from bot.rules.people.routing import Recipients, audience, desk, holder, supervised_units, supervisors, usable_addresses
from storage.records import Audience, Role, Unit
from tests.cast.values import BING, CITY, DING, HOUSE, JI, JIA, NOON, WATER, WU, YI, address, away, directory, ticket
from tests.rules.calendar.oracle import beijing

A = Audience


@pytest.mark.parametrize(
    ("to", "held_by", "people"),
    [
        ([A.PRIMARY], None, (JIA,)),
        ([A.BACKUP], None, (YI,)),
        ([A.LEADER], None, (BING,)),
        ([A.SUPERVISOR], None, (DING,)),
        ([A.DESK], None, (WU,)),
        ([A.HOLDER], None, (JIA,)),
        ([A.OTHER], None, (YI,)),
        ([A.HOLDER], YI, (YI,)),
        ([A.OTHER], YI, (JIA,)),
        ([A.HOLDER], BING, (BING,)),
        ([A.OTHER], BING, (JIA, YI)),
        ([A.HOLDER, A.OTHER], YI, (YI, JIA)),
        ([A.SUPERVISOR, A.DESK, A.PRIMARY, A.BACKUP], None, (DING, WU, JIA, YI)),
        ([A.PRIMARY, A.HOLDER, A.PRIMARY], None, (JIA,)),
    ],
)
def test_audiences_become_people_each_once_in_the_order_asked(
    to: list[Audience], held_by: int | None, people: tuple[int, ...]
) -> None:
    assert audience(to, ticket(holder_id=held_by), directory(), NOON) == Recipients(people=people)


@pytest.mark.parametrize(
    ("role", "to", "note"),
    [
        (Role.PRIMARY, A.PRIMARY, "vacant:primary"),
        (Role.BACKUP, A.BACKUP, "vacant:backup"),
        (Role.LEADER, A.LEADER, "vacant:leader"),
        (Role.PRIMARY, A.HOLDER, "vacant:holder"),
        (Role.BACKUP, A.OTHER, "vacant:other"),
    ],
)
def test_a_vacant_duty_is_noted(role: Role, to: Audience, note: str) -> None:
    assert audience([to], ticket(), directory(vacant=[role]), NOON) == Recipients(people=(), notes=(note,))


def test_who_has_no_way_or_is_gone_is_noted() -> None:
    without = directory(unreachable=[JIA], inactive=[YI])
    told = audience([A.PRIMARY, A.BACKUP], ticket(), without, NOON)
    assert told == Recipients(people=(), notes=(f"unreachable:{JIA}", f"unreachable:{YI}"))


def test_a_ticket_of_no_known_account_has_nobody_but_the_desk() -> None:
    unmatched = ticket(account_id=None, unit_id=None)
    assert audience([A.PRIMARY, A.BACKUP, A.LEADER], unmatched, directory(), NOON).people == ()
    assert audience([A.SUPERVISOR], unmatched, directory(), NOON).people == (WU,)


@pytest.mark.parametrize(
    ("leaves", "people", "notes"),
    [
        ([away(JIA, BING)], (BING, YI), (f"on_leave:{JIA}",)),
        ([away(JIA, JI)], (JI, YI), (f"on_leave:{JIA}",)),
        ([away(JIA)], (YI,), (f"on_leave:{JIA}",)),
        ([away(JIA, YI)], (YI,), (f"on_leave:{JIA}",)),
        ([away(JIA, BING), away(BING)], (YI,), (f"on_leave:{JIA}",)),
        ([away(JIA), away(YI)], (), (f"on_leave:{JIA}", f"on_leave:{YI}")),
        ([away(YI)], (JIA,), (f"on_leave:{YI}",)),
    ],
)
def test_on_leave_the_deputy_hears_else_the_other_of_a_and_b(
    leaves: list[object], people: tuple[int, ...], notes: tuple[str, ...]
) -> None:
    told = audience([A.PRIMARY, A.BACKUP], ticket(), directory(leaves=leaves), NOON)
    assert told == Recipients(people=people, notes=notes)


def test_a_leave_counts_from_its_first_moment_to_before_its_last() -> None:
    at_leave = directory(leaves=[away(JIA, JI)])
    for moment, who in (("08-22 23:59", JIA), ("08-23 00:00", JI), ("08-24 23:59", JI), ("08-25 00:00", JIA)):
        assert audience([A.PRIMARY], ticket(), at_leave, beijing(f"2021-{moment}")).people == (who,)


def test_a_leader_on_leave_without_deputy_is_not_stood_in_for() -> None:
    told = audience([A.LEADER], ticket(), directory(leaves=[away(BING)]), NOON)
    assert told == Recipients(people=(), notes=(f"on_leave:{BING}",))


def test_who_is_both_a_and_b_stands_in_for_nobody() -> None:
    one_person = directory(vacant=[Role.BACKUP], leaves=[away(JIA)])
    assert audience([A.PRIMARY], ticket(), one_person, NOON).people == ()


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({WATER: (DING, JI)}, (DING, JI)),
        ({CITY: (JI,)}, (JI,)),  # of the unit above
        ({HOUSE: (JI,)}, (WU,)),  # of another unit: the desk
        ({}, (WU,)),
    ],
)
def test_supervisors_are_the_units_own_else_those_above_else_the_desk(
    given: dict[int, tuple[int, ...]], found: tuple[int, ...]
) -> None:
    assert supervisors(WATER, directory(supervisors=given)) == found


def test_supervisors_who_left_do_not_count() -> None:
    assert supervisors(WATER, directory(supervisors={WATER: (DING,)}, inactive=[DING])) == (WU,)


def test_a_tree_that_bites_its_tail_ends_at_the_desk() -> None:
    bitten = directory(supervisors={})
    units = {**bitten.units, CITY: Unit(id=CITY, name="市府办", desk=True, parent_id=WATER)}
    assert supervisors(WATER, type(bitten)(version=1, units=units, people=bitten.people)) == (WU,)
    looped = type(bitten)(version=1, units=units, supervisors={WATER: (DING,)}, people=bitten.people)
    assert supervised_units(DING, looped) == {CITY, WATER, HOUSE}


def test_a_supervisor_oversees_everything_below() -> None:
    above = directory(supervisors={CITY: (JI,)})
    assert supervised_units(JI, above) == {CITY, WATER, HOUSE}
    assert supervised_units(DING, above) == frozenset()


def test_the_desk_is_its_active_people() -> None:
    assert desk(directory()) == (WU,)
    assert desk(directory(inactive=[WU])) == ()


def test_ways_are_the_usable_addresses_by_preference() -> None:
    found = directory()
    both = {**found.addresses, JIA: (address(JIA, "wecom", usable=False), address(JIA, "chat"), address(JIA, "mail"))}
    known = type(found)(version=1, people=found.people, addresses=both)
    assert [one.channel for one in usable_addresses(JIA, known)] == ["chat", "mail"]
    assert usable_addresses(99, known) == ()


def test_the_holder_is_who_took_it_else_a() -> None:
    assert holder(ticket(), directory()) == JIA
    assert holder(ticket(holder_id=YI), directory()) == YI
    assert holder(ticket(), directory(vacant=[Role.PRIMARY])) is None
