"""Who may see, work on and review a ticket."""

import pytest

from bot.rules.tickets.access import Right, may, workers
from storage.records import Directory
from tests.cast.values import BING, CITY, DING, HOUSE, JI, JIA, NOON, WATER, WU, YI, away, directory, ticket
from tests.rules.calendar.oracle import beijing

SEE, WORK, REVIEW, ROUTE = Right.SEE, Right.WORK, Right.REVIEW, Right.ROUTE


def rights(person_id: int, known: Directory, **given: object) -> set[Right]:
    return {one for one in Right if may(person_id, one, ticket(**given), known, NOON)}


@pytest.mark.parametrize(
    ("person_id", "has"),
    [
        (JIA, {SEE, WORK}),
        (YI, {SEE, WORK}),
        (BING, {SEE, WORK}),
        (DING, {SEE, REVIEW}),
        (WU, {SEE, WORK, REVIEW, ROUTE}),
        (JI, set()),
        (99, set()),
    ],
)
def test_rights_by_duty(person_id: int, has: set[Right]) -> None:
    assert rights(person_id, directory()) == has


def test_who_left_has_none() -> None:
    for person_id in (JIA, DING, WU):
        assert rights(person_id, directory(inactive=[person_id])) == set()


def test_the_holder_may_work_whoever_it_is() -> None:
    assert rights(JI, directory(), holder_id=JI) == {SEE, WORK}


@pytest.mark.parametrize(("absent", "has"), [(JIA, {SEE, WORK}), (DING, {SEE, REVIEW}), (WU, set())])
def test_a_deputy_has_the_duties_and_of_their_own_unit_the_power_too(absent: int, has: set[Right]) -> None:
    known = directory(leaves=[away(absent, JI)])
    assert rights(JI, known) == has
    after = beijing("2021-08-25 00:00")
    assert not any(may(JI, one, ticket(), known, after) for one in Right)


def test_a_supervisor_of_the_unit_above_oversees_too() -> None:
    assert rights(JI, directory(supervisors={CITY: (JI,)})) == {SEE, REVIEW}
    assert rights(JI, directory(supervisors={HOUSE: (JI,)})) == set()


def test_a_ticket_of_no_known_account_is_the_desks() -> None:
    alone = {"account_id": None, "unit_id": None}
    assert rights(WU, directory(), **alone) == {SEE, WORK, REVIEW, ROUTE}
    for person_id in (JIA, YI, BING, DING):
        assert rights(person_id, directory(supervisors={WATER: (DING,)}), **alone) == set()


def test_workers_are_duty_holder_and_deputies() -> None:
    assert workers(ticket(), directory(), NOON) == {JIA, YI, BING}
    assert workers(ticket(holder_id=WU), directory(leaves=[away(YI, JI)]), NOON) == {JIA, YI, BING, WU, JI}
