"""What is not kept for ever, and what is."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.actions.messages import forgetting
from bot.actions.people.bind_codes import draw
from bot.actions.work import begin
from bot.sealing import read_phone, row_of_person
from storage.people import register
from storage.records import PersonDraft, Role
from storage.tables import addresses, bind_codes, inbound, outbox, people
from storage.tickets import inbound as store
from storage.tickets import journal
from tests.cast import bureau
from tests.cast.office import Office

KEPT = timedelta(days=185)


def forget(office: Office, kept: timedelta = KEPT) -> None:
    while forgetting.forget(office.engine.context, kept):
        pass


def raws(office: Office) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    with office.database.read() as conn:
        for row in conn.execute(select(inbound.c.kind, inbound.c.raw).order_by(inbound.c.id)):
            found.setdefault(row.kind, []).append(row.raw)
    return found


def payloads(office: Office) -> list[str]:
    with office.database.read() as conn:
        return list(conn.execute(select(outbox.c.payload).order_by(outbox.c.id)).scalars())


def test_words_and_payloads_go_by_their_age_and_tickets_stay(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "办结 FJ-1 已删除")
    office.at("08-23 10:30")
    story = [(one.kind, one.data) for one in office.story("FJ-1")]
    assert all(raws(office)["chat"])
    forget(office)
    assert all(raws(office)["chat"])
    assert any(payloads(office))
    office.clock.wind_to(office.clock.now() + KEPT + timedelta(seconds=1))
    forget(office)
    assert raws(office)["chat"] == [""]
    assert all(raws(office)["ticket"])
    assert not any(payloads(office))
    # What proves is there: the journal with the very words, and the ticket as it came.
    assert [(one.kind, one.data) for one in office.story("FJ-1")] == story
    assert office.story("FJ-1", "complete")[0].data["raw"] == "办结 FJ-1 已删除"
    office.forget()


def test_younger_words_stay_and_go_when_their_time_has_come(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", "FJ-2")
    office.says("jia", "签收 FJ-1")
    office.at("08-24 10:00")
    office.says("jia", "签收 FJ-2")
    office.at("08-24 11:00")
    office.clock.wind_to(office.moment("08-23 12:00") + KEPT)
    forget(office)
    first, second = raws(office)["chat"]
    assert (first, bool(second)) == ("", True)
    office.clock.wind_to(office.moment("08-24 12:00") + KEPT)
    forget(office)
    assert raws(office)["chat"] == ["", ""]
    office.forget()


def test_what_still_waits_keeps_its_words(office: Office) -> None:
    with begin(office.engine.context) as work:
        store.keep_once(work.conn, "chat", "chat", "e1", work.now, json.dumps({"text": "签收"}))
    office.clock.wind_to(office.clock.now() + KEPT * 2)
    forget(office)
    assert all(raws(office)["chat"])


@pytest.fixture
def leaver(office: Office) -> Office:
    """甲 with a number and an address, a ticket in work, and then gone."""
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收 FJ-1")
    with office.database.begin() as conn:
        row = row_of_person(bureau.WATER, "甲")
        phone = office.engine.sealer.sealed_phone(read_phone("13800001234"), row)
        register.save_person(conn, PersonDraft(name="甲", unit_id=bureau.WATER, active=True, phone=phone))
    with begin(office.engine.context) as work:
        draw(work, office.people["jia"], work.now + timedelta(days=3))
    with office.database.begin() as conn:
        register.save_person(conn, PersonDraft(name="甲", unit_id=bureau.WATER, active=False))
    office.forget()
    return office


def traces(office: Office) -> tuple[str, int, int]:
    jia = office.people["jia"]
    with office.database.read() as conn:
        row = conn.execute(select(people).where(people.c.id == jia)).one()
        ways = conn.execute(select(addresses).where(addresses.c.person_id == jia)).all()
        codes = conn.execute(select(bind_codes).where(bind_codes.c.person_id == jia)).all()
    return row.phone_sealed + row.phone_mask + row.phone_index, len(ways), len(codes)


def test_who_left_is_erased_only_when_their_work_is_with_others(leaver: Office) -> None:
    assert forgetting.forget_leavers(leaver.engine.context) == 0
    assert all(traces(leaver))
    with leaver.database.begin() as conn:
        register.set_duty(conn, bureau.WATER_ACCOUNT, Role.PRIMARY, leaver.people["yi"])
    assert forgetting.forget_leavers(leaver.engine.context) == (0 if leaver.ticket("FJ-1").holder_id else 1)
    leaver.says("yi", "办结 FJ-1 已删除")
    forgetting.forget_leavers(leaver.engine.context)
    assert traces(leaver) == ("", 0, 0)
    with leaver.database.read() as conn:
        erased = [one.data for one in journal.read(conn, 0) if one.kind == "leaver_erased"]
        assert register.load(conn).people[leaver.people["jia"]].name == "甲"
    assert erased == [{"person": leaver.people["jia"]}]
    assert forgetting.forget_leavers(leaver.engine.context) == 0
    leaver.forget()


def test_whoever_works_on_is_left_alone(office: Office) -> None:
    office.vacate(Role.PRIMARY)
    assert forgetting.forget_leavers(office.engine.context) == 0
    with office.database.read() as conn:
        assert office.people["jia"] in register.load(conn).addresses
