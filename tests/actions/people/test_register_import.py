"""A register file taken in: in one transaction, sealed, idempotent, reported row by row."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.actions.context import Context
from bot.actions.people.register import Count, RegisterReport, import_register, preview_register
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.rules.people.roster import AccountRow, PersonRow, Roster, UnitRow
from bot.sealing import Sealer
from handlers.intake.register_file import read_register
from storage.messages import outbox
from storage.people import addresses, register
from storage.records import Directory, Role
from storage.sql.database import Database
from storage.tickets import journal
from tests.fakes.sheets import xlsx

NOW = datetime(2021, 8, 23, tzinfo=UTC)
PHONE = "+8613800000001"
ROSTER = Roster(
    units=(
        UnitRow(row=2, name="水利局", parent="市政府办", jurisdiction="市级", supervisors=("丁",)),
        UnitRow(row=3, name="市政府办", parent="", desk=True),
    ),
    people=(
        PersonRow(row=2, name="甲", unit="水利局", phone=PHONE, addresses={"wecom": "jia"}),
        PersonRow(row=3, name="乙", unit="水利局"),
        PersonRow(row=4, name="丁", unit="市政府办"),
    ),
    accounts=(
        AccountRow(
            row=2,
            platform="微信公众号",
            name="水清三明",
            unit="水利局",
            state="active",
            verified_entity="三明市水利局",
            duties={Role.PRIMARY: "甲", Role.BACKUP: "乙", Role.LEADER: ""},
        ),
    ),
)


@pytest.fixture
def context(database: Database) -> Context:
    return Context(database, WoundClock(NOW), load(), ("08:00", "20:00"))


@pytest.fixture
def sealer() -> Sealer:
    return Sealer("a plainly made-up secret of the tests")


def directory(context: Context) -> Directory:
    with context.database.read() as conn:
        return register.load(conn)


def counts(report: RegisterReport) -> tuple[Count, Count, Count]:
    return report.units, report.people, report.accounts


def test_everything_is_written_with_its_references(context: Context, sealer: Sealer) -> None:
    report = import_register(context, sealer, ROSTER)
    assert counts(report) == (Count(new=2), Count(new=3), Count(new=1))
    found = directory(context)
    units = {unit.name: unit for unit in found.units.values()}
    people = {person.name: person for person in found.people.values()}
    [account] = found.accounts.values()
    assert units["水利局"].parent_id == units["市政府办"].id
    assert (units["市政府办"].desk, units["水利局"].desk) == (True, False)
    assert found.supervisors == {units["水利局"].id: (people["丁"].id,)}
    assert found.duties == {
        (account.id, Role.PRIMARY): people["甲"].id,
        (account.id, Role.BACKUP): people["乙"].id,
    }
    assert (account.platform, account.verified_entity, account.unit_id) == (
        "微信公众号",
        "三明市水利局",
        units["水利局"].id,
    )
    assert found.account_keys == {("微信公众号", "水清三明"): account.id}


def test_a_second_time_changes_nothing(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER)
    before = directory(context)
    report = import_register(context, sealer, ROSTER)
    assert counts(report) == (Count(unchanged=2), Count(unchanged=3), Count(unchanged=1))
    assert directory(context) == before


def test_everybody_has_an_inbox_behind_their_other_channels(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER)
    found = directory(context)
    for person in found.people.values():
        assert found.addresses[person.id][-1].channel == "inbox"
        assert found.addresses[person.id][-1].address == str(person.id)
    [jia] = [person.id for person in found.people.values() if person.name == "甲"]
    assert [(one.channel, one.address) for one in found.addresses[jia]] == [("wecom", "jia"), ("inbox", str(jia))]


def test_phone_numbers_are_sealed_masked_and_found(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER)
    [jia] = [person for person in directory(context).people.values() if person.name == "甲"]
    assert jia.phone_mask == "138****0001"
    with context.database.read() as conn:
        assert addresses.person_by_phone(conn, sealer.index(PHONE)) == jia.id
        sealed = addresses.sealed_phone(conn, jia.id)
    assert "3800000001" not in sealed
    assert sealer.unseal(sealed) == PHONE


def test_no_number_reaches_the_database_in_clear(context: Context, sealer: Sealer, tmp_path: Path) -> None:
    import_register(context, sealer, ROSTER)
    if not context.database.sqlite:
        return
    with context.database.read() as conn:
        conn.connection.driver_connection.commit()
        texts = "\n".join(conn.connection.driver_connection.iterdump())
    assert "水清三明" in texts
    assert "3800000001" not in texts


def test_what_differs_is_changed_and_counted(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER)
    changed = Roster(
        units=(UnitRow(row=2, name="水利局", supervisors=("甲", "丁")),),
        people=(
            PersonRow(row=2, name="甲", unit="水利局", phone="+8613800000009", addresses={"wecom": "jia2"}),
            PersonRow(row=3, name="乙", unit="水利局", active=False),
            PersonRow(row=4, name="丁", unit="市政府办"),
            PersonRow(row=5, name="丙", unit="水利局"),
        ),
        accounts=(
            AccountRow(
                row=2,
                platform="微信公众号",
                name="水清 三明",
                unit="水利局",
                duties={Role.PRIMARY: "丙", Role.BACKUP: "甲", Role.LEADER: "丁"},
            ),
        ),
    )
    report = import_register(context, sealer, changed)
    assert counts(report) == (Count(changed=1), Count(new=1, changed=2, unchanged=1), Count(changed=1))
    found = directory(context)
    people = {person.name: person for person in found.people.values()}
    [account] = found.accounts.values()
    assert (account.name, account.state, account.verified_entity) == ("水清 三明", "active", "三明市水利局")
    assert found.duties[account.id, Role.PRIMARY] == people["丙"].id
    assert found.duties[account.id, Role.LEADER] == people["丁"].id
    assert not people["乙"].active
    assert people["甲"].phone_mask == "138****0009"
    assert found.addresses[people["甲"].id][0].address == "jia2"
    [water] = [unit for unit in found.units.values() if unit.name == "水利局"]
    assert water.parent_id is not None
    assert set(found.supervisors[water.id]) == {people["甲"].id, people["丁"].id}


def test_a_vacated_duty_is_vacant(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER)
    row = AccountRow(row=2, platform="微信公众号", name="水清三明", unit="水利局", duties={Role.BACKUP: ""})
    report = import_register(context, sealer, Roster(accounts=(row,)))
    assert report.accounts == Count(changed=1)
    assert [note.reason for note in report.warnings] == ["没有B角，A角不在时没有人接，请尽快补上"]
    assert {role for _, role in directory(context).duties} == {Role.PRIMARY}


def test_bad_rows_are_reported_and_the_rest_goes_in(context: Context, sealer: Sealer, tmp_path: Path) -> None:
    path = xlsx(
        tmp_path / "a.xlsx",
        [("单位名称",), ("水利局",)],
        sheet="单位",
        more={
            "人员": [
                ("姓名", "单位", "手机号"),
                ("甲", "水利局", "13800000001"),
                ("乙", "水利局", "138"),
                ("丙", "水务局", ""),
            ],
            "账号": [
                ("平台", "账号名称", "单位", "A角", "B角"),
                ("微信", "好号", "水利局", "甲", ""),
                ("微信", "坏号", "水利局", "乙", "甲"),
            ],
        },
    )
    report = import_register(context, sealer, read_register(path))
    assert counts(report) == (Count(new=1), Count(new=1), Count(new=1))
    assert [(note.sheet, note.row) for note in report.refused] == [("人员", 3), ("人员", 4), ("账号", 3)]
    assert [account.name for account in directory(context).accounts.values()] == ["好号"]


def test_a_preview_reports_the_same_and_leaves_no_trace(context: Context, sealer: Sealer) -> None:
    before = directory(context)
    report = preview_register(context, sealer, ROSTER)
    assert counts(report) == (Count(new=2), Count(new=3), Count(new=1))
    assert directory(context) == before
    assert counts(import_register(context, sealer, ROSTER)) == counts(report)


def test_a_change_is_noted_in_the_journal_of_the_house_without_numbers(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER)
    import_register(context, sealer, ROSTER)
    with context.database.read() as conn:
        lines = journal.read(conn, journal.SYSTEM)
    [line] = [one for one in lines if one.kind == "register_imported"]
    assert line.data["people"] == {"new": 3, "changed": 0, "unchanged": 0}
    assert "380000" not in str(line)


def test_who_changed_what_from_what_to_what_stands_in_lines(context: Context, sealer: Sealer) -> None:
    import_register(context, sealer, ROSTER, "zhang")
    first = audited(context)
    assert [one["changed"]["phone"] for one in first if one["name"] == "甲"] == [["", "138****0001"]]
    person = replace(ROSTER.people[0], phone="+8613900000009", addresses={"wecom": "another.userid"})
    account = replace(ROSTER.accounts[0], duties={Role.PRIMARY: "乙", Role.BACKUP: "甲"})
    unit = replace(ROSTER.units[0], supervisors=("甲",))
    changed = Roster(units=(unit, ROSTER.units[1]), people=(person, *ROSTER.people[1:]), accounts=(account,))
    import_register(context, sealer, changed, "li")
    later = {one["name"]: one for one in audited(context)[len(first) :]}
    assert {one["by"] for one in later.values()} == {"li"}
    assert later["甲"]["changed"] == {
        "phone": ["138****0001", "139****0009"],
        "address.wecom": ["j****", "an****id"],
    }
    assert later["水清三明"]["changed"] == {
        "primary": ["甲（水利局）", "乙（水利局）"],
        "backup": ["乙（水利局）", "甲（水利局）"],
    }
    assert later["水利局"]["changed"] == {"supervisors": ["丁（市政府办）", "甲（水利局）"]}
    assert not any(secret in str(later) for secret in ("another.userid", "13900000009"))


def test_the_same_mask_for_another_number_is_a_change_too(context: Context, sealer: Sealer) -> None:
    one = PersonRow(row=2, name="张三", unit="市局", phone="+8613800010001")
    roster = Roster(units=(UnitRow(row=2, name="市局", parent=""),), people=(one,))
    import_register(context, sealer, roster)
    import_register(context, sealer, replace(roster, people=(replace(one, phone="+8613800020001"),)))
    assert audited(context)[-1]["changed"] == {"phone": ["138****0001", "138****0001"]}


def test_an_address_replaced_by_a_file_is_told_at_any_hour(context: Context, sealer: Sealer) -> None:
    one = PersonRow(row=2, name="张三", unit="市局", addresses={"telegram": "111"})
    roster = Roster(units=(UnitRow(row=2, name="市局", parent=""),), people=(one,))
    import_register(context, sealer, roster)
    import_register(context, sealer, replace(roster, people=(replace(one, addresses={"telegram": "222"}),)))
    with context.database.read() as conn:
        [told] = outbox.read(conn, select(*outbox.COLUMNS))
    assert (told.params.notice, told.params.to.address, told.not_before) == ("rebound", "111", context.now())


def audited(context: Context) -> list[dict[str, Any]]:
    with context.database.read() as conn:
        return [dict(one.data) for one in journal.read(conn, journal.SYSTEM) if one.kind == "register_changed"]


def test_thousands_of_accounts_go_in_at_once(context: Context, sealer: Sealer) -> None:
    """More of each kind than go out in one statement (1,000)."""
    units = tuple(UnitRow(row=n, name=f"单位{n}", parent="单位0" if n else "") for n in range(1_100))
    people = tuple(
        PersonRow(row=n, name=f"人{n}", unit=f"单位{n % 1_100}", phone=f"+86138{n:08}") for n in range(4_400)
    )
    accounts = tuple(
        AccountRow(
            row=n,
            platform="新浪微博",
            name=f"账号{n}",
            unit=f"单位{n % 1_100}",
            duties={Role.PRIMARY: f"人{n}", Role.BACKUP: f"人{n + 2_200}", Role.LEADER: f"人{(n + 1) % 4_400}"},
        )
        for n in range(2_200)
    )
    roster = Roster(units=units, people=people, accounts=accounts)
    report = import_register(context, sealer, roster)
    assert counts(report) == (Count(new=1_100), Count(new=4_400), Count(new=2_200))
    assert report.refused == ()
    assert len(directory(context).duties) == 6_600
    again = import_register(context, sealer, roster)
    assert counts(again) == (Count(unchanged=1_100), Count(unchanged=4_400), Count(unchanged=2_200))
