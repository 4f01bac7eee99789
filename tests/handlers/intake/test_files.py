"""Spreadsheets of all kinds, read by heading; what cannot be trusted is refused or marked."""

from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from handlers.intake import InputRefused
from handlers.intake.fields import ticket_headings
from handlers.intake.files import SheetRow, SpreadsheetFile
from handlers.intake.grid import FileLimits
from tests.fakes.sheets import HEADINGS, WATER, Row, read_rows, rewrite, xls, xlsx

SHEET = "xl/worksheets/sheet1.xml"
FACTS = dict(zip(HEADINGS, WATER, strict=True))


def rows_of(path: Path, sheet: str | None = None) -> list[SheetRow]:
    return list(read_rows(path, sheet=sheet))


def cells_of(path: Path) -> list[dict[str, str]]:
    return [dict(row.cells) for row in rows_of(path)]


def csv(path: Path, rows: list[Row], encoding: str = "utf-8", delimiter: str = ",") -> Path:
    path.write_bytes("\r\n".join(delimiter.join(map(str, row)) for row in rows).encode(encoding))
    return path


# Kinds of files


@pytest.mark.parametrize("name", ["a.xlsx", "a.xlsm", "a.XLSX", "a.xls", "a.csv"])
def test_a_workbook_is_read_whatever_its_ending(tmp_path: Path, name: str) -> None:
    assert cells_of(xlsx(tmp_path / name)) == [FACTS]
    assert cells_of(xls(tmp_path / name)) == [FACTS]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_read_in_any_encoding_with_any_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    assert cells_of(csv(tmp_path / "a.csv", [HEADINGS, WATER], encoding, delimiter)) == [FACTS]


def test_cells_may_hold_delimiters_lines_quotes_and_emoji(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('工单编号,账号名称,存在问题\nA1,水清三明,"一,二\n""三""😀"\nA2,水清三明,好\n', encoding="utf-8")
    rows = rows_of(path)
    assert rows[0].cells["存在问题"] == '一,二\n"三"😀'
    assert [row.number for row in rows] == [2, 4]


def test_a_row_keeps_the_number_the_table_program_shows(tmp_path: Path) -> None:
    assert [row.number for row in rows_of(xlsx(tmp_path / "a.xlsx", [HEADINGS, WATER, (), WATER]))] == [2, 4]


# Headings


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_titles_may_stand_above_the_headings(tmp_path: Path, ending: str) -> None:
    rows = [("内容监测工单一览表",), ("填报单位：市政府办", "", "2021-08-23"), (), HEADINGS, WATER]
    path = tmp_path / f"a.{ending}"
    assert cells_of(xlsx(path, rows, merges=["A1:E1"]) if ending == "xlsx" else csv(path, rows)) == [FACTS]


def test_headings_on_two_lines_with_merged_cells_are_joined(tmp_path: Path) -> None:
    rows = [
        ("工单一览表", "", "", "", ""),
        ("工单编号", "账号", "", "问题", "下发时间"),
        ("", "平台", "名称", "描述", ""),
        WATER,
        WATER,
    ]
    merges = ["A1:E1", "A2:A3", "B2:C2", "E2:E3"]
    sheet = SpreadsheetFile(xlsx(tmp_path / "a.xlsx", rows, merges=merges)).sheet(ticket_headings())
    assert sheet.headings == ("工单编号", "账号平台", "账号名称", "问题描述", "下发时间")
    assert [list(row.cells.values()) for row in sheet.rows()] == [list(WATER), list(WATER)]


def test_headings_on_two_lines_without_merged_cells_are_joined(tmp_path: Path) -> None:
    rows = [("工单编号", "账号", "", "下发时间"), ("", "平台", "名称", ""), WATER[:3] + WATER[4:]]
    sheet = SpreadsheetFile(csv(tmp_path / "a.csv", rows)).sheet(ticket_headings())
    assert sheet.headings == ("工单编号", "账号平台", "名称", "下发时间")
    assert len(list(sheet.rows())) == 1


def test_a_note_under_a_heading_does_not_hide_it(tmp_path: Path) -> None:
    rows = [("工单编号*", "账号名称\n（必填）", "下发时间："), ("A1", "水清三明", "2021-08-23")]
    sheet = SpreadsheetFile(xlsx(tmp_path / "a.xlsx", rows)).sheet(ticket_headings())
    assert sheet.headings == ("工单编号*", "账号名称 （必填）", "下发时间：")
    assert len(list(sheet.rows())) == 1


def test_headings_repeated_in_the_middle_are_left_out(tmp_path: Path) -> None:
    assert len(rows_of(xlsx(tmp_path / "a.xlsx", [HEADINGS, WATER, HEADINGS, WATER]))) == 2


def test_two_columns_of_one_name_stay_apart(tmp_path: Path) -> None:
    rows = [("工单编号", "账号名称", "账号名称"), ("A1", "水清三明", "三明水利")]
    assert cells_of(xlsx(tmp_path / "a.xlsx", rows)) == [
        {"工单编号": "A1", "账号名称": "水清三明", "账号名称（第3列）": "三明水利"}
    ]


def test_a_column_without_heading_is_kept_by_its_place(tmp_path: Path) -> None:
    rows = [("工单编号", "", "账号名称"), ("A1", "旁注", "水清三明", "又一注")]
    assert cells_of(xlsx(tmp_path / "a.xlsx", rows)) == [
        {"工单编号": "A1", "第2列": "旁注", "账号名称": "水清三明", "第4列": "又一注"}
    ]


def test_without_known_headings_the_first_full_line_is_taken(tmp_path: Path) -> None:
    sheet = SpreadsheetFile(csv(tmp_path / "a.csv", [("标题",), ("甲", "乙"), ("1", "2")])).sheet(ticket_headings())
    assert sheet.headings == ("甲", "乙")
    assert [dict(row.cells) for row in sheet.rows()] == [{"甲": "1", "乙": "2"}]


# Cells


def test_a_cell_merged_downwards_counts_for_every_row(tmp_path: Path) -> None:
    rows = [HEADINGS, WATER, ("A2", "", "", "死链", ""), ("A3", "", "", "暗链", "2021-08-24")]
    merged = ["B2:B4", "C2:C4", "E2:E3"]
    read = cells_of(xlsx(tmp_path / "a.xlsx", rows, merges=merged))
    assert [row["账号名称"] for row in read] == ["水清三明"] * 3
    assert [row["下发时间"] for row in read] == [WATER[4], WATER[4], "2021-08-24"]
    assert [row["账号名称"] for row in cells_of(xls(tmp_path / "a.xls", rows, merges=[(1, 3, 2, 2)]))] == [
        "水清三明"
    ] * 3


def test_a_cell_merged_sideways_counts_once(tmp_path: Path) -> None:
    rows = [HEADINGS, WATER, ("合计1条", "", "", "", "")]
    assert cells_of(xlsx(tmp_path / "a.xlsx", rows, merges=["A3:E3"]))[1] == {"工单编号": "合计1条"}


def test_a_sheet_may_begin_anywhere(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row, values in ((4, HEADINGS), (5, WATER)):
        for column, value in enumerate(values, 3):
            book.active.cell(row, column, value)
    book.active.merge_cells("E5:E6")
    book.active["C6"] = "A2"
    book.save(tmp_path / "a.xlsx")
    read = rows_of(tmp_path / "a.xlsx")
    assert [row.number for row in read] == [5, 6]
    assert dict(read[0].cells) == FACTS
    assert read[1].cells["账号名称"] == "水清三明"


def test_numbers_dates_and_times_become_the_text_people_see(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    values = [202108230001, 12.5, datetime(2021, 8, 23, 10), datetime(2021, 8, 23), True, timedelta(hours=30), 1e-7]
    book.active.append(["工单编号", "乙", "下发时间", "日期", "戊", "己", "庚"])
    book.active.append(values)
    book.save(tmp_path / "a.xlsx")
    [row] = rows_of(tmp_path / "a.xlsx")
    assert list(row.cells.values()) == [
        *("202108230001", "12.5", "2021-08-23 10:00:00", "2021-08-23", "是", "30:00:00", "0.0000001"),
    ]
    assert row.faults == {}


def test_a_number_longer_than_a_table_program_keeps_is_marked(tmp_path: Path) -> None:
    [row] = rows_of(xlsx(tmp_path / "a.xlsx", [HEADINGS, (1234567890123456789, *WATER[1:])]))
    assert "请把这一列设为“文本”" in row.faults["工单编号"]


def test_the_value_of_a_formula_is_taken(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADINGS, WATER])
    formula = b'<c r="D2" t="str"><f>A1&amp;"x"</f><v>\xe6\xad\xbb\xe9\x93\xbe</v></c>'
    rewrite(path, SHEET, lambda xml: xml.replace(b'<c r="D2" t="s"><v>8</v></c>', formula))
    [row] = rows_of(path)
    assert row.cells["存在问题"] == "死链"
    assert row.faults == {}


def test_a_formula_nobody_computed_is_marked(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(HEADINGS)
    book.active.append(["A1", "微信", "水清三明", "=A2&B2", "=NOW()"])
    book.save(tmp_path / "a.xlsx")
    [row] = rows_of(tmp_path / "a.xlsx")
    assert set(row.faults) == {"存在问题", "下发时间"}
    assert "保存一次" in row.faults["下发时间"]


def test_a_formula_that_gives_an_empty_text_is_no_fault(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADINGS, WATER])
    rewrite(
        path,
        SHEET,
        lambda xml: xml.replace(b"</row></sheetData>", b'<c r="F2" t="str"><f>""</f><v></v></c></row></sheetData>'),
    )
    [row] = rows_of(path)
    assert row.faults == {}


def test_an_error_value_is_marked(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADINGS, WATER])
    rewrite(path, SHEET, lambda xml: xml.replace(b'<c r="D2" t="s"><v>8</v></c>', b'<c r="D2" t="e"><v>#N/A</v></c>'))
    [row] = rows_of(path)
    assert "错误值" in row.faults["存在问题"]
    assert "存在问题" not in row.cells


def test_nul_and_spaces_are_kept_as_they_came(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", [HEADINGS, ("A\0 1 ", *WATER[1:])])
    assert cells_of(path)[0]["工单编号"] == "A\0 1 "


def test_a_line_torn_by_a_comma_in_its_text_is_marked(tmp_path: Path) -> None:
    rows = rows_of(csv(tmp_path / "a.csv", [HEADINGS, WATER, (*WATER, "多出来的"), (*WATER, "")]))
    assert [bool(row.problem) for row in rows] == [False, True, False]
    assert "英文双引号" in rows[1].problem


# Sheets


def test_the_sheet_with_known_headings_is_chosen(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [("说明",), ("请填第二张表",)], sheet="说明", more={"8月": [HEADINGS, WATER]})
    assert cells_of(path) == [FACTS]


def test_a_hidden_sheet_is_not_looked_at(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", more={"旧": [HEADINGS, WATER, WATER]}, hidden=["旧"])
    assert len(rows_of(path)) == 1
    with pytest.raises(InputRefused, match="没有名为“旧”的工作表，这个文件里有：工单"):
        rows_of(path, "旧")


def test_several_fitting_sheets_are_not_guessed_between(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", sheet="8月", more={"9月": [HEADINGS, WATER, WATER]})
    with pytest.raises(InputRefused, match="--sheet 指明：8月、9月"):
        rows_of(path)
    assert len(rows_of(path, "9月")) == 2


def test_no_fitting_sheet_lists_them_all(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [("甲", "乙")], sheet="一", more={"二": [("丙", "丁")]})
    with pytest.raises(InputRefused, match="--sheet 指明：一、二"):
        rows_of(path)


# Refused as a whole


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(InputRefused, match="文件是空的"):
        rows_of(tmp_path / name)


@pytest.mark.parametrize("name", ["a.xlsx", "a.xls", "a.csv"])
def test_a_file_without_contents_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name == "a.csv":
        path.write_bytes(b"\r\n,,\r\n\r\n")
    else:
        xlsx(path, []) if name == "a.xlsx" else xls(path, [])
    with pytest.raises(InputRefused, match="没有内容"):
        rows_of(path)


def test_an_empty_sheet_asked_for_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="工作表“空”是空的"):
        rows_of(xlsx(tmp_path / "a.xlsx", more={"空": []}), "空")


def test_headings_without_rows_give_no_rows(tmp_path: Path) -> None:
    assert rows_of(xlsx(tmp_path / "a.xlsx", [HEADINGS])) == []


@pytest.mark.parametrize("name", ["a.pdf", "a.docx", "a"])
def test_an_unknown_ending_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("x")
    with pytest.raises(InputRefused, match=r"请用 .xlsx、.xls 或 .csv"):
        rows_of(tmp_path / name)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "b.csv").mkdir()
    for name in ("a.csv", "b.csv"):
        with pytest.raises(InputRefused, match="文件打不开"):
            rows_of(tmp_path / name)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html><table><tr><td>1</td></tr></table></html>", "网页格式"),
        (b'\xef\xbb\xbf\r\n<?xml version="1.0"?>', "网页格式"),
        (b"just some text", "内容不是 Excel 表格"),
        (b"PK\x03\x04" + bytes(60), "已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "已损坏"),
    ],
)
def test_what_only_looks_like_a_workbook_is_refused(tmp_path: Path, body: bytes, sentence: str) -> None:
    for name in ("a.xls", "a.xlsx"):
        (tmp_path / name).write_bytes(body)
        with pytest.raises(InputRefused, match=sentence):
            rows_of(tmp_path / name)


# Text files


def test_mixed_encodings_are_refused_with_the_line_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = [",".join(HEADINGS), ",".join(WATER), "A2,微信,三明特警,死链,2021-08-23"]
    path.write_bytes("\n".join(lines[:2]).encode() + b"\n" + lines[2].encode("gb18030"))
    with pytest.raises(InputRefused, match="第3行是 GB18030，前面是 UTF-8"):
        rows_of(path)
    path.write_bytes("\n".join(lines[:2]).encode("gb18030") + b"\n" + lines[2].encode())
    with pytest.raises(InputRefused, match="第3行是 UTF-8，前面是 GB18030"):
        rows_of(path)


def test_lines_too_short_to_tell_follow_the_others(tmp_path: Path) -> None:
    # 一 in GB18030 is also a letter in UTF-8.
    path = csv(tmp_path / "a.csv", [HEADINGS, ("一", "", "", "", "")], "gb18030")
    assert cells_of(path) == [{"工单编号": "一"}]


def test_an_unreadable_line_is_named(tmp_path: Path) -> None:
    path = csv(tmp_path / "a.csv", [HEADINGS, WATER])
    path.write_bytes(path.read_bytes() + b"\r\nA2,\xff\xff\xff,x,y,z")
    with pytest.raises(InputRefused, match="第3行的文字编码读不懂"):
        rows_of(path)


def test_broken_utf16_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xff\xfe" + "工单编号,账号名称\nA1,".encode("utf-16-le") + b"\x00\xd8,\x00\x00")
    with pytest.raises(InputRefused, match="文字编码读不懂"):
        rows_of(tmp_path / "a.csv")


@pytest.mark.parametrize("line", ['A2,"没有结束的引号,x', 'A2,"引号"后面还有字,x'])
def test_unpaired_quotes_are_refused_with_the_line_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.csv").write_text(f"工单编号,账号名称,存在问题\nA1,水清三明,好\n{line}\n", encoding="utf-8")
    with pytest.raises(InputRefused, match="第3行的双引号不成对"):
        rows_of(tmp_path / "a.csv")


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    limits = FileLimits(rows=20)
    rows = [HEADINGS, *[WATER] * 40]
    for path in (xlsx(tmp_path / "a.xlsx", rows), csv(tmp_path / "a.csv", rows), xls(tmp_path / "a.xls", rows)):
        with pytest.raises(InputRefused, match="超过 20 行"):
            list(read_rows(path, limits=limits))
