"""The register: written by natural key, read whole at one version."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from sqlalchemy import event

from storage.people import addresses, leaves, register
from storage.records import (
    AccountDraft,
    AddressDraft,
    PersonDraft,
    Role,
    SealedPhone,
    UnitDraft,
)
from storage.sql.database import Connection, Database

NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)


def water(conn: Connection) -> tuple[int, int, int]:
    """A unit, a person in it, an account of it."""
    unit = register.save_unit(conn, UnitDraft(name="三明市水利局", jurisdiction="市级"))
    person = register.save_person(conn, PersonDraft(name="测试甲", unit_id=unit))
    account = register.save_account(
        conn, AccountDraft(platform="微信公众号", name="水清三明", name_key="水清三明", unit_id=unit)
    )
    return unit, person, account


def test_an_empty_register_is_version_zero(database: Database) -> None:
    with database.read() as conn:
        assert register.version(conn) == 0
        assert register.load(conn).units == {}


def test_everything_written_is_read_back(database: Database) -> None:
    with database.begin() as conn:
        unit, person, account = water(conn)
        office = register.save_unit(conn, UnitDraft(name="办公室", desk=True))
        register.save_unit(conn, UnitDraft(name="三明市水利局", parent_id=office, jurisdiction="市级"))
        register.set_duty(conn, account, Role.PRIMARY, person)
        register.add_supervisor(conn, unit, person)
        register.add_supervisor(conn, unit, person)
        leaves.add(conn, person, NOW, NOW + timedelta(days=2))
    with database.read() as conn:
        found = register.load(conn)
    assert found.units[unit].parent_id == office
    assert found.units[office].desk
    assert found.people[person].name == "测试甲"
    assert found.accounts[account].name == "水清三明"
    assert found.account_keys == {("微信公众号", "水清三明"): account}
    assert found.duties == {(account, Role.PRIMARY): person}
    assert found.supervisors == {unit: (person,)}
    assert [(one.starts_at, one.deputy_id) for one in found.leaves[person]] == [(NOW, None)]


def test_writing_the_same_thing_again_keeps_its_id(database: Database) -> None:
    with database.begin() as conn:
        first = water(conn)
        assert water(conn) == first


def test_a_draft_without_a_phone_leaves_the_stored_one(database: Database) -> None:
    phone = SealedPhone(sealed="sealed", mask="138****0001", index="a" * 64)
    with database.begin() as conn:
        unit, _, _ = water(conn)
        person = register.save_person(conn, PersonDraft(name="测试乙", unit_id=unit, phone=phone))
        register.save_person(conn, PersonDraft(name="测试乙", unit_id=unit, active=False))
        assert register.load(conn).people[person].phone_mask == "138****0001"
        assert not register.load(conn).people[person].active
        assert addresses.phone_indexes(conn) == {person: "a" * 64}
        assert addresses.sealed_phone(conn, person) == "sealed"


def test_a_number_finds_its_person_only_when_one_active_person_has_it(database: Database) -> None:
    phone = SealedPhone(sealed="s", mask="138****0001", index="a" * 64)
    with database.begin() as conn:
        unit, nobody, _ = water(conn)
        person = register.save_person(conn, PersonDraft(name="测试乙", unit_id=unit, phone=phone))
        assert addresses.person_by_phone(conn, "a" * 64) == person
        assert addresses.person_by_phone(conn, "b" * 64) is None
        assert addresses.person_by_phone(conn, "") is None
        register.save_person(conn, PersonDraft(name="测试丙", unit_id=unit, phone=phone))
        assert addresses.person_by_phone(conn, "a" * 64) is None
        register.save_person(conn, PersonDraft(name="测试丙", unit_id=unit, active=False))
        assert addresses.person_by_phone(conn, "a" * 64) == person != nobody


def test_addresses_come_by_preference(database: Database) -> None:
    with database.begin() as conn:
        _, person, _ = water(conn)
        addresses.bind(conn, person, "inbox", str(person), NOW, 100)
        addresses.bind(conn, person, "wecom", "jia", NOW, 10)
        found = register.load(conn).addresses[person]
    assert [(one.channel, one.address, one.preference) for one in found] == [
        ("wecom", "jia", 10),
        ("inbox", str(person), 100),
    ]


def test_binding_again_replaces_and_tells_the_old_address(database: Database) -> None:
    with database.begin() as conn:
        _, person, _ = water(conn)
        assert addresses.bind(conn, person, "wecom", "jia", NOW) is None
        assert addresses.bind(conn, person, "wecom", "jia", NOW) is None
        assert addresses.bind(conn, person, "wecom", "jia2", NOW) == "jia"
        assert addresses.person_at(conn, "wecom", "jia") is None
        assert addresses.person_at(conn, "wecom", "jia2") == person


def test_an_address_speaks_for_one_person_only(database: Database) -> None:
    with database.begin() as conn:
        unit, person, _ = water(conn)
        other = register.save_person(conn, PersonDraft(name="测试乙", unit_id=unit))
        addresses.bind(conn, person, "wecom", "jia", NOW)
        addresses.bind(conn, other, "wecom", "jia", NOW)
        assert addresses.person_at(conn, "wecom", "jia") == other
        assert person not in register.load(conn).addresses


def test_only_where_the_platform_tells_no_capitals_an_address_in_other_letters_is_the_same(database: Database) -> None:
    with database.begin() as conn:
        unit, person, _ = water(conn)
        other = register.save_person(conn, PersonDraft(name="测试乙", unit_id=unit))
        for channel in ("wecom", "wechat"):
            addresses.bind(conn, person, channel, "zhangsan", NOW)
        assert addresses.person_at(conn, "wecom", "ZhangSan") == person
        assert addresses.person_at(conn, "wechat", "ZhangSan") is None
        assert addresses.bind(conn, person, "wecom", "ZHANGSAN", NOW) == "zhangsan"
        for channel in ("wecom", "wechat"):
            addresses.bind(conn, other, channel, "ZhangSan", NOW)
        held = {who: [one.channel for one in many] for who, many in register.load(conn).addresses.items()}
    assert held == {person: ["wechat"], other: ["wecom", "wechat"]}


def test_a_disabled_address_is_usable_again_once_bound_again(database: Database) -> None:
    with database.begin() as conn:
        _, person, _ = water(conn)
        addresses.bind(conn, person, "wecom", "jia", NOW)
        (bound,) = register.load(conn).addresses[person]
        addresses.disable(conn, bound.id)
        assert not register.load(conn).addresses[person][0].usable
        addresses.bind(conn, person, "wecom", "jia", NOW)
        assert register.load(conn).addresses[person][0].usable


def test_ending_leave_ends_the_running_one_and_drops_later_ones(database: Database) -> None:
    with database.begin() as conn:
        _, person, _ = water(conn)
        leaves.add(conn, person, NOW, NOW + timedelta(days=2))
        leaves.add(conn, person, NOW + timedelta(days=9), NOW + timedelta(days=10))
        leaves.end(conn, person, NOW + timedelta(days=1))
        leaves.end(conn, person, NOW + timedelta(days=1))
        ends = [one.ends_at for one in register.load(conn).leaves[person]]
    assert ends == [NOW + timedelta(days=1)]


def test_a_vacant_duty_and_replaced_supervisors(database: Database) -> None:
    with database.begin() as conn:
        unit, person, account = water(conn)
        other = register.save_person(conn, PersonDraft(name="测试乙", unit_id=unit))
        register.set_duties(conn, {(account, Role.PRIMARY): person, (account, Role.BACKUP): other})
        register.set_duties(conn, {(account, Role.PRIMARY): other, (account, Role.BACKUP): None})
        register.add_supervisor(conn, unit, person)
        register.set_supervisors(conn, {unit: [other, other]})
        found = register.load(conn)
    assert found.duties == {(account, Role.PRIMARY): other}
    assert found.supervisors == {unit: (other,)}


def test_every_writer_moves_the_version(database: Database) -> None:
    with database.begin() as conn:
        unit, person, account = water(conn)
        addresses.bind(conn, person, "wecom", "jia", NOW)
        leaves.add(conn, person, NOW, NOW + timedelta(days=1))
        writers = [
            lambda: water(conn),
            lambda: register.set_duty(conn, account, Role.LEADER, person),
            lambda: register.add_supervisor(conn, unit, person),
            lambda: register.set_supervisors(conn, {unit: []}),
            lambda: addresses.bind(conn, person, "mail", "a@example.org", NOW),
            lambda: addresses.disable(conn, register.load(conn).addresses[person][0].id),
            lambda: leaves.add(conn, person, NOW, NOW + timedelta(days=1)),
            lambda: leaves.end(conn, person, NOW),
        ]
        for write in writers:
            before = register.version(conn)
            write()
            assert register.version(conn) > before


def test_the_cache_reads_again_only_when_the_version_moved(database: Database) -> None:
    cache = register.Register()
    with database.begin() as conn:
        water(conn)
    statements: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with database.read() as conn:
        first = cache.directory(conn)
        statements.clear()
        assert cache.directory(conn) is first
        assert statements == []  # but for the version's own, which goes to the driver
    with database.begin() as conn:
        register.save_unit(conn, UnitDraft(name="新单位"))
    with database.read() as conn:
        assert len(cache.directory(conn).units) == 2


def test_the_cache_forgets_what_was_rolled_back(database: Database) -> None:
    cache = register.Register()
    with database.begin() as conn:
        water(conn)
    with suppress(ZeroDivisionError), database.begin() as conn:
        register.save_unit(conn, UnitDraft(name="没有写成的单位"))
        assert len(cache.directory(conn).units) == 2
        raise ZeroDivisionError
    with database.begin() as conn:
        register.save_unit(conn, UnitDraft(name="写成的单位"))
    with database.read() as conn:
        names = {unit.name for unit in cache.directory(conn).units.values()}
    assert names == {"三明市水利局", "写成的单位"}


def test_many_rows_in_one_go(database: Database) -> None:
    with database.begin() as conn:
        unit = register.save_unit(conn, UnitDraft(name="三明市水利局"))
        people = register.save_people(conn, [PersonDraft(name=f"测试{n}", unit_id=unit) for n in range(2_500)])
        drafts = [
            AccountDraft(platform="新浪微博", name=f"账号{n}", name_key=f"账号{n}", unit_id=unit) for n in range(2_500)
        ]
        ids = register.save_accounts(conn, [*drafts, drafts[0]])
        addresses.bind_all(
            conn,
            [AddressDraft(person_id=one, channel="inbox", address=str(one), bound_at=NOW) for one in people.values()],
        )
        found = register.load(conn)
    assert len(people) == len(ids) == len(found.accounts) == len(found.addresses) == 2_500
    assert all(found.accounts[ids["新浪微博", f"账号{n}"]].name == f"账号{n}" for n in range(0, 2_500, 100))
