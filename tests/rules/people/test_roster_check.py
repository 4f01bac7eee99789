"""Register rows checked against each other and against the register."""

from bot.rules.people.matching import name_key
from bot.rules.people.roster import AccountRow, Checked, PersonRow, Roster, RowNote, UnitRow
from bot.rules.people.roster_check import check_roster
from storage.records import Account, Address, Directory, Person, Role, Unit

EMPTY = Directory(version=0)
OFFICE, WATER = UnitRow(row=2, name="市政府办", desk=True), UnitRow(row=3, name="水利局", parent="市政府办")
JIA, YI = PersonRow(row=2, name="甲", unit="水利局"), PersonRow(row=3, name="乙", unit="水利局")


def account(
    row: int = 2, name: str = "水清三明", unit: str = "水利局", state: str | None = None, **who: str
) -> AccountRow:
    roles = {"a": Role.PRIMARY, "b": Role.BACKUP, "leader": Role.LEADER}
    duties = {roles[key]: value for key, value in who.items()}
    return AccountRow(row=row, platform="微信公众号", name=name, unit=unit, state=state, duties=duties)


def stored() -> Directory:
    """An office, the water bureau below it, 甲 and 乙 there, 丁 in the office, one account held by 甲 and 乙."""
    return Directory(
        version=1,
        units={1: Unit(id=1, name="市政府办", desk=True), 2: Unit(id=2, name="水利局", parent_id=1)},
        people={
            1: Person(id=1, name="甲", unit_id=2),
            2: Person(id=2, name="乙", unit_id=2),
            3: Person(id=3, name="丁", unit_id=1),
            4: Person(id=4, name="戊", unit_id=1, active=False),
        },
        accounts={1: Account(id=1, platform="微信公众号", name="水清三明", unit_id=2)},
        account_keys={("微信公众号", name_key("水清三明")): 1},
        duties={(1, Role.PRIMARY): 1, (1, Role.BACKUP): 2},
        addresses={1: (Address(id=1, person_id=1, channel="wecom", address="jia"),)},
    )


def check(directory: Directory = EMPTY, **rows: tuple[object, ...]) -> Checked:
    return check_roster(Roster(**rows), directory)


def reasons(checked: Checked) -> list[str]:
    return [f"{note.sheet}{note.row}：{note.reason}" for note in checked.refused]


def test_a_sound_file_is_taken_whole() -> None:
    checked = check(units=(OFFICE, WATER), people=(JIA, YI), accounts=(account(a="甲", b="乙"),))
    assert (len(checked.units), len(checked.people), len(checked.accounts)) == (2, 2, 1)
    assert checked.duties == {(2, Role.PRIMARY): ("水利局", "甲"), (2, Role.BACKUP): ("水利局", "乙")}
    assert checked.refused == checked.warnings == ()


def test_rows_that_could_not_be_read_are_told_with_the_others() -> None:
    note = RowNote(sheet="单位", row=9, name="x", reason="读不懂")
    assert check(unread=(note,)).refused == (note,)


# Units


def test_an_unknown_unit_above_is_refused_with_all_that_hangs_on_it() -> None:
    below = UnitRow(row=4, name="水文站", parent="水利局")
    wrong = UnitRow(row=3, name="水利局", parent="市政府办公")
    checked = check(units=(OFFICE, wrong, below), people=(PersonRow(row=2, name="甲", unit="水文站"),))
    assert [unit.name for unit in checked.units] == ["市政府办"]
    assert reasons(checked) == [
        "单位3：上级单位“市政府办公”不在登记簿里，是不是“市政府办”？",
        "单位4：上级单位“水利局”自己的那一行有错，没有导入，请先改正那一行",
        "人员2：单位“水文站”自己的那一行有错，没有导入，请先改正那一行",
    ]


def test_units_above_each_other_in_a_circle_are_refused() -> None:
    one, two = UnitRow(row=2, name="甲局", parent="乙局"), UnitRow(row=3, name="乙局", parent="甲局")
    assert reasons(check(units=(one, two))) == [
        "单位2：上级单位“乙局”又归“甲局”管，成了循环，请改正",
        "单位3：上级单位“甲局”又归“乙局”管，成了循环，请改正",
    ]
    assert "成了循环" in reasons(check(units=(UnitRow(row=2, name="甲局", parent="甲局"),)))[0]


def test_a_circle_with_the_register_is_refused() -> None:
    assert "成了循环" in reasons(check(stored(), units=(UnitRow(row=2, name="市政府办", parent="水利局"),)))[0]
    freed = (UnitRow(row=2, name="市政府办", parent="水利局"), UnitRow(row=3, name="水利局", parent=""))
    assert reasons(check(stored(), units=freed)) == []


def test_a_unit_is_the_same_however_it_is_written() -> None:
    checked = check(stored(), units=(UnitRow(row=2, name="“水 利局”", parent="市政府办"),))
    assert [unit.name for unit in checked.units] == ["水利局"]


def test_supervisors_are_found_or_left_as_they_are() -> None:
    good = UnitRow(row=2, name="水利局", supervisors=("丁",))
    assert check(stored(), units=(good,)).supervisors == {"水利局": (("市政府办", "丁"),)}
    none = UnitRow(row=2, name="水利局", supervisors=())
    assert check(stored(), units=(none,)).supervisors == {"水利局": ()}
    wrong = check(stored(), units=(UnitRow(row=2, name="水利局", supervisors=("丁", "查无此人")),))
    assert wrong.supervisors == {}
    assert reasons(wrong) == [
        "单位2：监督人员“查无此人”不在登记簿里，或那一行有错没有读进来。单位已导入，监督人员没有改动"
    ]


# People


def test_an_unknown_unit_of_a_person_is_refused_with_a_near_name() -> None:
    checked = check(stored(), people=(PersonRow(row=2, name="丙", unit="水利"), PersonRow(row=3, name="丙", unit="")))
    assert reasons(checked) == ["人员2：单位“水利”不在登记簿里，是不是“水利局”？", "人员3：没有写单位，请补上"]


def test_two_people_of_one_name_in_a_unit_are_not_guessed_between() -> None:
    other = PersonRow(row=5, name="甲", unit="水利局", phone="+8613800000002")
    checked = check(stored(), people=(JIA, other))
    assert checked.people == ()
    assert [note.row for note in checked.refused] == [2, 5]
    assert "与第5行同单位同名" in checked.refused[0].reason


def test_the_same_row_twice_counts_once() -> None:
    checked = check(stored(), people=(JIA, PersonRow(row=7, name="甲", unit="水利局")))
    assert (len(checked.people), len(checked.refused)) == (1, 0)
    assert [note.reason for note in checked.warnings] == ["与第2行完全相同，只取一次"]


def test_one_chat_address_for_two_people_is_refused() -> None:
    pair = [PersonRow(row=n, name=str(n), unit="水利局", addresses={"wecom": "same"}) for n in (2, 3)]
    assert len(check(stored(), people=tuple(pair)).refused) == 2
    taken = PersonRow(row=2, name="丙", unit="水利局", addresses={"wecom": "jia"})
    assert reasons(check(stored(), people=(taken,))) == ["人员2：有一个渠道账号与“甲”的相同，请核对"]


def test_who_left_gives_the_address_back() -> None:
    gone = PersonRow(row=2, name="甲", unit="水利局", active=False)
    heir = PersonRow(row=3, name="丙", unit="水利局", addresses={"wecom": "jia"})
    assert check(stored(), people=(gone, heir)).refused == ()
    own = PersonRow(row=2, name="甲", unit="水利局", addresses={"wecom": "jia"})
    assert check(stored(), people=(own,)).refused == ()


# Accounts


def test_an_account_without_a_is_refused_and_without_b_only_warned_of() -> None:
    checked = check(stored(), accounts=(account(2, "新号一", a="", b="乙"), account(3, "新号二", a="甲", b="")))
    assert reasons(checked) == ["账号2：没有A角，请补上"]
    assert [one.name for one in checked.accounts] == ["新号二"]
    assert [note.reason for note in checked.warnings] == ["没有B角，A角不在时没有人接，请尽快补上"]


def test_one_person_cannot_be_both() -> None:
    assert reasons(check(stored(), accounts=(account(a="甲", b="甲"),))) == ["账号2：A角和B角是同一个人，请改成两个人"]
    assert reasons(check(stored(), accounts=(account(b="甲"),))) == ["账号2：A角和B角是同一个人，请改成两个人"]


def test_a_duty_that_is_not_written_stays_as_it_is() -> None:
    checked = check(stored(), accounts=(account(leader="丁"),))
    assert checked.refused == checked.warnings == ()
    assert checked.duties == {(2, Role.LEADER): ("市政府办", "丁")}


def test_a_cancelled_account_needs_nobody() -> None:
    assert check(stored(), accounts=(account(2, "旧号", state="cancelled", a="", b=""),)).refused == ()
    assert len(check(stored(), accounts=(account(2, "旧号", state="pending_cancel", a="", b=""),)).refused) == 1


def test_unknown_people_are_named_with_their_duty() -> None:
    checked = check(stored(), accounts=(account(a="查无此人", b="戊"),))
    assert reasons(checked) == [
        "账号2：A角“查无此人”不在登记簿里，或那一行有错没有读进来；B角“戊”不在登记簿里，或那一行有错没有读进来"
    ]


def test_who_leaves_by_this_very_file_gets_no_duty() -> None:
    checked = check(
        stored(),
        people=(PersonRow(row=2, name="甲", unit="水利局", active=False),),
        accounts=(account(a="甲", b="乙"),),
    )
    assert [note.sheet for note in checked.refused] == ["账号"]


def test_an_unknown_unit_of_an_account_is_refused() -> None:
    assert "单位“水务局”不在登记簿里" in reasons(check(stored(), accounts=(account(unit="水务局", a="甲", b="乙"),)))[0]


def test_two_accounts_of_one_name_on_one_platform_are_refused() -> None:
    checked = check(stored(), accounts=(account(2, a="甲", b="乙"), account(3, "水清 三明", a="乙", b="甲")))
    assert checked.accounts == ()
    assert reasons(checked)[0] == "账号2：与第3行重名，内容却不同：同一平台不能有两个同名账号，请只留一行"


def test_one_name_on_two_platforms_is_fine() -> None:
    other = AccountRow(row=3, platform="新浪微博", name="水清三明", unit="水利局", duties={Role.PRIMARY: "甲"})
    assert check(stored(), accounts=(account(a="甲", b="乙"), other)).refused == ()


def test_a_name_means_the_person_of_the_own_unit_first() -> None:
    twin = PersonRow(row=2, name="甲", unit="市政府办")
    checked = check(
        stored(), people=(twin,), accounts=(account(a="甲", b="乙"), account(3, "二", a="甲（市政府办）", b="乙"))
    )
    assert checked.duties[2, Role.PRIMARY] == ("水利局", "甲")
    assert checked.duties[3, Role.PRIMARY] == ("市政府办", "甲")


def test_a_name_in_several_other_units_is_not_guessed() -> None:
    more = (
        UnitRow(row=2, name="甲局"),
        UnitRow(row=3, name="乙局（市水文站）"),
    )
    twins = (PersonRow(row=2, name="丙", unit="甲局"), PersonRow(row=3, name="丙", unit="乙局（市水文站）"))
    checked = check(
        stored(),
        units=more,
        people=twins,
        accounts=(account(a="丙", b="乙"), account(3, "二", a="丙（乙局（市水文站））")),
    )
    assert reasons(checked) == ["账号2：A角“丙”有2位（甲局、乙局（市水文站）），请写成 姓名（单位）"]
    assert checked.duties[3, Role.PRIMARY] == ("乙局（市水文站）", "丙")
