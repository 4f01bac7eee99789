"""A register file read by heading; rows that cannot be read are noted, never with a phone number."""

from pathlib import Path

import pytest

from bot.rules.people.roster import AccountRow, PersonRow, Roster, RowNote, UnitRow
from handlers.intake import InputRefused
from handlers.intake.register_file import read_register
from storage.records import Role
from tests.fakes.sheets import Row, xlsx

UNITS: list[Row] = [
    ("单位名称", "上级单位", "辖区", "督办科室", "监督人员"),
    ("三明市人民政府办公室", "", "市级", "是", ""),
    ("三明市水利局", "三明市人民政府办公室", "市级", "", "测试丁、测试戊（三明市人民政府办公室）"),
]
PEOPLE: list[Row] = [
    ("姓名", "单位", "手机号", "企业微信账号", "在岗"),
    ("测试甲", "三明市水利局", "138 0000 0001", "ceshijia", "在岗"),
    ("测试乙", "三明市水利局", 13800000002, "", "离岗"),
]
ACCOUNTS: list[Row] = [
    ("平台", "账号名称", "开设主体", "认证主体", "状态", "A角", "B角", "分管领导"),
    ("微信", "水清三明", "三明市水利局", "三明市水利局", "正常", "测试甲", "测试乙", ""),
]


def book(path: Path, **sheets: list[Row]) -> Path:
    (first, rows), *others = sheets.items()
    return xlsx(path, rows, sheet=first, more=dict(others))


def notes(roster: Roster) -> list[tuple[str, int, str]]:
    return [(note.sheet, note.row, note.reason) for note in roster.unread]


def test_the_three_sheets_are_read(tmp_path: Path) -> None:
    roster = read_register(book(tmp_path / "a.xlsx", 单位=UNITS, 人员=PEOPLE, 账号=ACCOUNTS))
    assert roster.units[1] == UnitRow(
        row=3,
        name="三明市水利局",
        parent="三明市人民政府办公室",
        jurisdiction="市级",
        desk=False,
        supervisors=("测试丁", "测试戊（三明市人民政府办公室）"),
    )
    assert roster.units[0].desk
    assert roster.people == (
        PersonRow(
            row=2,
            name="测试甲",
            unit="三明市水利局",
            phone="+8613800000001",
            active=True,
            addresses={"wecom": "ceshijia"},
        ),
        PersonRow(row=3, name="测试乙", unit="三明市水利局", phone="+8613800000002", active=False),
    )
    assert roster.accounts == (
        AccountRow(
            row=2,
            platform="微信公众号",
            name="水清三明",
            unit="三明市水利局",
            verified_entity="三明市水利局",
            state="active",
            duties={Role.PRIMARY: "测试甲", Role.BACKUP: "测试乙", Role.LEADER: ""},
        ),
    )
    assert roster.unread == ()


def test_a_column_that_is_not_there_leaves_what_is_stored(tmp_path: Path) -> None:
    roster = read_register(book(tmp_path / "a.xlsx", 单位=[("单位",), ("三明市水利局",)]))
    assert roster.units == (UnitRow(row=2, name="三明市水利局"),)


def test_a_single_sheet_is_known_by_its_headings(tmp_path: Path) -> None:
    for rows, count in ((UNITS, (2, 0, 0)), (PEOPLE, (0, 2, 0)), (ACCOUNTS, (0, 0, 1))):
        roster = read_register(book(tmp_path / "a.xlsx", Sheet1=rows))
        assert (len(roster.units), len(roster.people), len(roster.accounts)) == count


def test_a_csv_of_accounts_is_read(tmp_path: Path) -> None:
    text = "\n".join(",".join(map(str, row)) for row in ACCOUNTS)
    (tmp_path / "a.csv").write_bytes(text.encode("gb18030"))
    assert read_register(tmp_path / "a.csv").accounts[0].name == "水清三明"


def test_the_verified_entity_stands_in_for_the_unit(tmp_path: Path) -> None:
    rows = [("平台类型", "账号名称", "认证主体", "A角"), ("新浪微博", "三明特警", "三明市公安局", "测试甲")]
    assert read_register(book(tmp_path / "a.xlsx", 账号=rows)).accounts[0].unit == "三明市公安局"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (("查无此平台", "甲", "乙", "正常"), "平台“查无此平台”不认得，可写：微信公众号、"),
        (("微信", "甲", "乙", "什么状态"), "状态“什么状态”不认得，可写：正常、待注销、已注销"),
        (("微信", "", "乙", "正常"), "没有写“账号名称”，请补上"),
        (("微信", "长" * 201, "乙", "正常"), "“账号名称”太长，最多200字"),
    ],
)
def test_an_account_that_cannot_be_read_is_noted(tmp_path: Path, row: Row, reason: str) -> None:
    rows = [("平台", "账号名称", "单位", "状态", "A角"), (*row, "测试甲")]
    [(sheet, number, said)] = notes(read_register(book(tmp_path / "a.xlsx", 账号=rows)))
    assert (sheet, number) == ("账号", 2)
    assert reason in said


@pytest.mark.parametrize(
    "phone", ["1380000000", "138000000019", "0000000", "12345678901", "无", "13800000001 13800000002"]
)
def test_a_bad_phone_number_is_told_without_showing_it(tmp_path: Path, phone: str) -> None:
    rows = [PEOPLE[0], ("测试甲", "三明市水利局", phone, "", ""), PEOPLE[2]]
    roster = read_register(book(tmp_path / "a.xlsx", 人员=rows))
    assert [one.name for one in roster.people] == ["测试乙"]
    [note] = roster.unread
    assert "请填11位手机号" in note.reason
    assert phone not in repr(note)


def test_a_good_phone_number_is_not_shown_either(tmp_path: Path) -> None:
    assert "3800000001" not in repr(read_register(book(tmp_path / "a.xlsx", 人员=PEOPLE)))


def test_other_rows_that_cannot_be_read_are_noted(tmp_path: Path) -> None:
    units = [UNITS[0], ("甲", "", "", "也许", "")]
    people = [PEOPLE[0], ("", "甲", "", "", ""), ("长" * 65, "甲", "", "", ""), ("乙", "甲", "", "x" * 201, "")]
    roster = read_register(book(tmp_path / "a.xlsx", 单位=units, 人员=people))
    assert [note.reason for note in roster.unread] == [
        "“督办科室”请写“是”或“否”",
        "没有写姓名，请补上",
        "姓名太长，最多64字",
        "渠道账号太长，最多200字",
    ]


def test_a_sheet_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="“账号”表缺少列：开设主体、A角。表里的列有：平台、账号名称"):
        read_register(book(tmp_path / "a.xlsx", 账号=[("平台", "账号名称"), ("微信", "甲")]))


def test_a_file_with_none_of_our_sheets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="没有“单位”“人员”“账号”工作表，这个文件里有：一、二"):
        read_register(book(tmp_path / "a.xlsx", 一=UNITS, 二=PEOPLE))
    with pytest.raises(InputRefused, match="看不出这是单位、人员还是账号的名单，表里的列有：甲、乙"):
        read_register(book(tmp_path / "a.xlsx", 一=[("甲", "乙"), ("1", "2")]))


def test_a_note_says_where_it_belongs(tmp_path: Path) -> None:
    rows = [("内容",), ACCOUNTS[0], ("抖Y", *ACCOUNTS[1][1:])]
    roster = read_register(book(tmp_path / "a.xlsx", 账号=rows))
    assert [RowNote(sheet="账号", row=3, name="水清三明", reason=note.reason) for note in roster.unread] == list(
        roster.unread
    )
