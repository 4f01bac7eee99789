"""Deputies inherit duties, not power; each act says in whose place it was done."""

from collections.abc import Iterator

import pytest
from sqlalchemy import update

from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right, area, may
from bot.rules.tickets.lifecycle import Verb
from storage.people import register
from storage.records import PersonDraft, Role, TicketState, UnitDraft
from storage.tables import people
from tests.cast import bureau
from tests.cast.office import Office

LEAVE = ("08-23 08:00", "08-27 18:00")
NUMBER = "FJ-1"


@pytest.fixture
def told(office: Office) -> Iterator[Office]:
    office.at("08-23 10:00").receives(NUMBER)
    office.forget()
    yield office
    office.forget()


def rights(office: Office, who: str) -> set[Right]:
    with office.database.read() as conn:
        directory = register.load(conn)
    ticket, now = office.ticket(NUMBER), office.clock.now()
    return {one for one in Right if may(office.people[who], one, ticket, directory, now)}


def overseen(office: Office, who: str) -> frozenset[int] | None:
    with office.database.read() as conn:
        return area(office.people[who], register.load(conn), office.clock.now())


def leaves_office(office: Office, who: str) -> None:
    with office.database.begin() as conn:
        directory = register.load(conn)
        person = directory.people[office.people[who]]
        register.save_person(conn, PersonDraft(name=person.name, unit_id=person.unit_id, active=False))


def moves_to(office: Office, who: str, unit_of: str) -> None:
    """Let somebody sit in the unit of another."""
    with office.database.begin() as conn:
        unit = register.load(conn).people[office.people[unit_of]].unit_id
        conn.execute(update(people).where(people.c.id == office.people[who]).values(unit_id=unit))
        register.touch(conn)


@pytest.mark.parametrize("above", ["ding", "wu"])
def test_a_clerk_for_somebody_above_gets_no_power(told: Office, above: str) -> None:
    before, area_before = rights(told, "jia"), overseen(told, "jia")
    told.on_leave(above, *LEAVE, deputy="jia")
    assert (rights(told, "jia"), overseen(told, "jia")) == (before, area_before)
    assert Right.ROUTE not in before
    told.says("yi", f"误报 {NUMBER} 原文为引用古籍")
    told.says("jia", f"同意 {NUMBER}")
    assert told.ticket(NUMBER).state == TicketState.DISPUTED
    assert told.says("jia", "督办列表").reason != ""


def test_the_desk_on_leave_opens_the_city_to_nobody_below(told: Office) -> None:
    told.add_forest()
    told.on_leave("wu", *LEAVE, deputy="geng")
    assert overseen(told, "geng") == frozenset()
    assert rights(told, "geng") == set()


def test_a_colleague_of_the_same_unit_gets_the_power_too(told: Office) -> None:
    moves_to(told, "ji", "ding")
    told.on_leave("ding", *LEAVE, deputy="ji")
    assert Right.REVIEW in rights(told, "ji")


def test_somebody_of_the_unit_above_gets_the_power_too(told: Office) -> None:
    with told.database.begin() as conn:
        unit = register.load(conn).people[told.people["ding"]].unit_id
        name = register.load(conn).units[unit].name
        top = register.save_unit(conn, UnitDraft(name="三明市人民政府"))
        register.save_units(conn, [UnitDraft(name=name, parent_id=top, desk=register.load(conn).units[unit].desk)])
        register.save_person(conn, PersonDraft(name="壬", unit_id=top))
        told.people["ren"] = register.save_person(conn, PersonDraft(name="壬", unit_id=top))
    told.on_leave("ding", *LEAVE, deputy="ren")
    assert Right.REVIEW in rights(told, "ren")


@pytest.mark.parametrize("gone", ["jia", "ding"])
def test_who_left_gives_no_rights_to_anybody(told: Office, gone: str) -> None:
    moves_to(told, "ji", gone)
    told.on_leave(gone, *LEAVE, deputy="ji")
    assert rights(told, "ji")
    leaves_office(told, gone)
    assert rights(told, "ji") == set()
    assert rights(told, gone) == set()
    assert told.says("ji", f"签收 {NUMBER}").ticket_id is None
    assert told.ticket(NUMBER).state == TicketState.NEW


def test_duties_pass_on_and_the_story_says_for_whom(told: Office) -> None:
    told.on_leave("jia", *LEAVE, deputy="ji")
    assert rights(told, "ji") == {Right.SEE, Right.WORK}
    told.says("ji", f"签收 {NUMBER}")
    told.says("ji", f"办结 {NUMBER} 已删除")
    for kind in ("acknowledge", "complete"):
        [line] = told.story(NUMBER, kind)
        assert (line.actor, line.data["in_place_of"]) == (f"person:{told.people['ji']}", told.people["jia"])


def test_a_ruling_for_an_absent_colleague_says_for_whom_and_ones_own_does_not(told: Office) -> None:
    moves_to(told, "ji", "ding")
    told.on_leave("ding", *LEAVE, deputy="ji")
    told.says("jia", f"误报 {NUMBER} 原文为引用古籍")
    told.says("ji", f"不同意 {NUMBER} 请整改")
    [line] = told.story(NUMBER, "refuse")
    assert line.data["in_place_of"] == told.people["ding"]
    [asked] = told.story(NUMBER, "dispute")
    assert "in_place_of" not in asked.data


@pytest.mark.parametrize("role", [Role.PRIMARY, Role.BACKUP])
@pytest.mark.parametrize("judge", ["ding", "wu"])
def test_nobody_decides_about_an_account_they_serve(told: Office, judge: str, role: Role) -> None:
    with told.database.begin() as conn:
        register.set_duty(conn, bureau.WATER_ACCOUNT, role, told.people[judge])
    asker = "yi" if role == Role.PRIMARY else "jia"
    told.says(asker, f"误报 {NUMBER} 原文为引用古籍")
    assert f"request_dispute {judge}" not in str(told.heard)
    reply = told.says(judge, f"同意 {NUMBER}")
    assert told.ticket(NUMBER).state == TicketState.DISPUTED, reply.text


def test_nor_does_their_deputy_nor_who_stands_in_for_the_clerk(told: Office) -> None:
    told.on_leave("jia", *LEAVE, deputy="ding")
    told.says("yi", f"误报 {NUMBER} 原文为引用古籍")
    told.expect("wu", "request_dispute")
    told.says("ding", f"同意 {NUMBER}")
    assert told.ticket(NUMBER).state == TicketState.DISPUTED
    told.says("wu", f"同意 {NUMBER}")
    assert told.ticket(NUMBER).state == TicketState.VOID


def test_a_request_goes_past_a_deputy_without_power(told: Office) -> None:
    told.add_forest().on_leave("ding", *LEAVE, deputy="geng")
    told.says("jia", f"误报 {NUMBER} 原文为引用古籍")
    told.expect("wu", "request_dispute")
    with pytest.raises(MoveRefused):
        told.does("geng", Verb.RETURN, NUMBER, "再改")
