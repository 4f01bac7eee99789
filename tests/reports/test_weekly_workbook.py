"""The weekly workbook: ready to print and to forward."""

import re
import zipfile
from datetime import date, datetime
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from bot.reports.sheets import FULL_WIDTH
from bot.reports.weekly_workbook import workbook
from bot.rules.reports.counting import weekly
from bot.rules.reports.figures import WeeklyFigures
from storage.records import MessageKind, Request, RequestKind, TicketState
from tests.cast.rows import sh, ticket
from tests.cast.weeks import AFTER, ISSUER, W34, W35, facts, many, small_week, telling, told_late, water
from tests.rules.calendar.oracle import WORKING

SHEETS = [
    *("周报", "近八周和类别", "分单位", "逾期未办结", "逾期办结"),
    *("告知前已逾期", "下周到期", "时限待定", "告知明细", "说明"),
]
A4_ACROSS = 297 / 25.4 - 2 * 0.4  # inches between the margins


def opened(figures: WeeklyFigures) -> Workbook:
    return load_workbook(BytesIO(workbook(figures)))


def column(book: Workbook, sheet: str, heading: str) -> list[Any]:
    """The cells under a heading."""
    rows = list(book[sheet].iter_rows(min_row=3))
    place = [cell.value for cell in rows[0]].index(heading)
    return [row[place] for row in rows[1:]]


def values(book: Workbook, sheet: str, heading: str) -> list[Any]:
    return [cell.value for cell in column(book, sheet, heading)]


def test_the_sheets_stand_in_the_order_they_are_read() -> None:
    assert opened(small_week(told_late())).sheetnames == SHEETS
    quiet = opened(weekly([], W34, AFTER, WORKING)).sheetnames
    assert quiet == [name for name in SHEETS if name not in ("告知前已逾期", "时限待定")]


def test_every_sheet_prints_on_a4_across_with_heads_that_repeat() -> None:
    for sheet in opened(small_week(told_late())):
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.freeze_panes, sheet.print_title_rows) == ("A4", "$1:$3")
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert "第 &P 页，共 &N 页" in str(sheet.oddFooter.center.text)
        assert (sheet.oddFooter.left.text, sheet.oddFooter.left.size) == ("&A", 10)
        assert {cell.font.size for row in sheet.iter_rows(min_row=2) for cell in row if cell.value} == {10}


def test_no_sheet_is_made_smaller_to_fit_the_paper() -> None:
    for sheet in opened(small_week(told_late())):
        pixels = [dimension.width * 7 for name, dimension in widths(sheet).items()]
        assert sum(pixels) / 96 <= A4_ACROSS
        assert sum(pixels) / 7 >= 0.9 * FULL_WIDTH


def widths(sheet: Worksheet) -> dict[str, Any]:
    """Each column by itself; the file keeps equal neighbours as one."""
    found = {}
    for dimension in sheet.column_dimensions.values():
        for place in range(dimension.min, dimension.max + 1):
            found[str(place)] = dimension
    return found


def test_issuer_and_period_stand_over_every_page() -> None:
    book = opened(small_week(scope=("市水利局",)))
    for sheet in book:
        head = [str(cell.value) for cell in sheet[2] if cell.value]
        assert head == [
            f"制表：{ISSUER}　范围：市水利局",
            "统计周期：2021年8月23日至8月29日（第34周），截至8月29日24:00",
        ]
    assert book.properties.creator == ISSUER


def test_the_first_sheet_sets_the_week_beside_the_week_before() -> None:
    book = opened(weekly([*many(4, 1, 0), *many(5, 1, 1)], W35, AFTER, WORKING))
    rows = {row[0]: row[1:] for row in book["周报"].iter_rows(values_only=True)}
    assert rows["收到"] == (6, 5, 1)
    assert rows["按时办结"] == (5, 4, 1)
    assert rows["逾期办结"] == (1, 1, 0)
    assert rows["期末逾期未办结"] == (0, 0, 0)
    assert rows["告知前已逾期（另计）"] == (0, 0, 0)
    assert rows["按时率"] == (pytest.approx(5 / 6), 0.8, "比上周上升3.3个百分点")
    assert any(str(first).startswith("本周办结6件，用时中位数") for first in rows)
    few = opened(weekly(many(2, 1, 1), W35, AFTER, WORKING))
    assert ("按时率", "3件中2件按时", "没有可判定的工单", None) in few["周报"].iter_rows(values_only=True)


def test_charts_are_native_and_read_what_stands_in_their_tables() -> None:
    body = workbook(weekly([*many(4, 1, 0), *many(2, 1, 1)], W35, AFTER, WORKING))
    with zipfile.ZipFile(BytesIO(body)) as parts:
        charts = [parts.read(name).decode() for name in parts.namelist() if name.startswith("xl/charts/chart")]
    book = load_workbook(BytesIO(body))
    assert len(book["周报"]._charts) == 2
    assert values(book, "近八周和类别", "按时办结")[:8] == [0] * 6 + [4, 2]
    assert values(book, "近八周和类别", "超过期限")[:8] == [0] * 6 + [1, 1]
    assert values(book, "近八周和类别", "按时率")[:8] == [None] * 6 + [0.8, None]  # 3 judged are too few
    of_trend, of_classes = (re.findall(r"<c:val>.*?<c:f>近八周和类别!(.*?)</c:f>", chart) for chart in charts)
    assert of_trend == ["$D$4:$D$11", "$E$4:$E$11", "$G$4:$G$11"]
    assert of_classes == ["$C$15", "$D$15"]
    assert [cell.value for cell in book["近八周和类别"][15][:4]] == ["未注明", 3, 0, 1]


def test_without_anything_late_there_is_one_chart() -> None:
    assert len(opened(weekly(many(5, 0, 1), W35, AFTER, WORKING))["周报"]._charts) == 1


def test_many_classes_are_added_up_behind_the_first() -> None:
    late = [ticket(sh(8, 23), date(2021, 8, 24), problem_class=f"类别{place:02}") for place in range(13)]
    book = opened(weekly(map(facts, late), W34, AFTER, WORKING))
    rows = [row[:4] for row in book["近八周和类别"].iter_rows(min_row=15, values_only=True) if row[0]]
    assert rows[:2] == [("类别00", 1, 1, 0), ("类别01", 1, 1, 0)]
    assert rows[-1] == ("其他3类", 3, 3, 0)


def test_units_are_counted_and_not_ranked() -> None:
    book = opened(small_week(*many(5, 0, 0)))
    names, shares = values(book, "分单位", "单位"), values(book, "分单位", "按时率（满5件）")
    assert names == ["市水利局", "市林业局", "未匹配单位"]
    assert shares == ["83.3%", "—", "—"]
    assert values(book, "分单位", "期末逾期未办结") == [1, 0, 0]
    assert values(book, "分单位", "下周末前到期") == [0, 1, 0]


def test_the_overdue_are_listed_with_real_dates_and_whom_to_ring() -> None:
    asked = Request(id=1, ticket_id=1, kind=RequestKind.EXTENSION, asked_by=1, asked_at=sh(8, 24), until=sh(8, 28, 0))
    overdue = ticket(sh(8, 23), date(2021, 8, 24), problem_class="错敏词", problem="误", suggestion="正")
    book = opened(weekly([facts(overdue, requests=(asked,))], W34, AFTER, WORKING))
    [due] = column(book, "逾期未办结", "应办结日")
    assert (due.value, due.number_format) == (datetime(2021, 8, 24), 'm"月"d"日"')
    row = {heading: values(book, "逾期未办结", heading)[0] for heading in HEADINGS}
    assert row == {
        "单位": "市水利局",
        "账号（平台）": "水清三明（微信公众号）",
        "A角": "甲",
        "B角": "乙",
        "问题 → 建议": "错敏词：误 → 正",
        "逾期\n工作日": 3,
        "逾期\n自然日": 5,
        "延期": "申请延至8月27日，待答复",
        "原因": "延期申请待答复",
        "最近告知": "丁（共5次）\n8月26日08:00",
    }


HEADINGS = (
    *("单位", "账号（平台）", "A角", "B角", "问题 → 建议", "逾期\n工作日"),
    *("逾期\n自然日", "延期", "原因", "最近告知"),
)


def test_the_other_tables_list_theirs() -> None:
    book = opened(small_week(told_late()))
    assert values(book, "下周到期", "工单号") == ["FJ-2"]
    assert values(book, "下周到期", "B角") == ["未登记"]
    assert values(book, "时限待定", "最早可能") == [datetime(2022, 1, 4)]
    assert values(book, "时限待定", "单位") == ["未匹配单位"]
    assert values(book, "告知前已逾期", "平台下发时间") == [datetime(2021, 8, 23, 10)]
    assert values(book, "告知前已逾期", "录入时间") == [datetime(2021, 8, 25, 9)]
    assert values(book, "告知前已逾期", "告知单位时间") == [datetime(2021, 8, 25, 9)]
    assert values(book, "告知前已逾期", "办结时间") == ["未办结"]
    assert values(book, "告知前已逾期", "告知后\n工作日") == [2]
    assert book["逾期办结"]["A4"].value == "无"
    later = opened(weekly([water()], W35, AFTER, WORKING))
    assert values(later, "逾期办结", "办结日") == [datetime(2021, 9, 2)]
    assert values(later, "逾期办结", "逾期\n工作日") == [7]


def test_late_over_days_off_only_has_no_working_day() -> None:
    weekend = ticket(sh(8, 26), date(2021, 8, 27), sh(8, 28, 9))
    book = opened(weekly([facts(weekend)], W34, AFTER, WORKING))
    assert (values(book, "逾期办结", "逾期\n工作日"), values(book, "逾期办结", "逾期\n自然日")) == ([None], [1])


def test_the_long_form_tells_everything_person_by_person() -> None:
    book = opened(small_week())
    [told] = column(book, "告知明细", "告知情况（对象、时间、事项）")
    assert told.value.splitlines() == [
        "甲（2次）：8月23日10:01新工单；8月24日16:00即将到时",
        "乙（1次）：8月23日15:00无人签收，请接手",
        "丁（2次）：8月25日08:00经办人员联系不上；8月26日08:00督查单待发",
    ]
    assert told.alignment.wrap_text


def test_a_long_story_takes_several_rows_and_loses_nothing() -> None:
    told = tuple(
        telling(person, f"人{person}", "slip_red", sh(8, 23, 8, minute), MessageKind.ASSIGNED)
        for person in range(20)
        for minute in range(30)
    )
    book = opened(weekly([facts(ticket(sh(8, 23), date(2021, 8, 24)), told=told)], W34, AFTER, WORKING))
    sheet = book["告知明细"]
    texts = values(book, "告知明细", "告知情况（对象、时间、事项）")
    assert len(texts) > 1
    assert sum(one.count("红色督查单待发") for one in texts) == 600
    assert all(sheet.row_dimensions[row].height <= 409 for row in range(4, 4 + len(texts)))


def test_rows_are_as_high_as_their_words() -> None:
    short, long = (
        ticket(sh(8, 23), date(2021, 8, 24), problem=problem, suggestion=problem) for problem in ("误", "误" * 29)
    )
    sheet = opened(weekly([facts(short), facts(long)], W34, AFTER, WORKING))["逾期未办结"]
    heights = [sheet.row_dimensions[row].height for row in (3, 4, 5)]
    assert heights[1] < heights[2]
    assert all(height is not None for height in heights)


@pytest.mark.parametrize("number", ["=1+1", '=HYPERLINK("http://x","y")', "http://x.example", "+1", "{=1}", "a\x01b"])
def test_what_came_from_outside_stays_text(number: str) -> None:
    free = {"number": number, "problem": number, "suggestion": number, "account_name": number}
    body = workbook(weekly([water(**free)], W34, AFTER, WORKING))
    for heading in ("工单号", "问题 → 建议", "账号（平台）"):
        [cell] = column(load_workbook(BytesIO(body)), "逾期未办结", heading)
        assert (cell.data_type, cell.hyperlink) == ("s", None)
        assert cell.quotePrefix
        assert number in cell.value.replace("_x0001_", "\x01")
    with zipfile.ZipFile(BytesIO(body)) as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist() if name.startswith("xl/worksheets"))


def test_no_phone_number_comes_out() -> None:
    free = {"problem": "请致电13800138000", "suggestion": "0598-8222222", "completion_text": "13800138000"}
    for week in (W34, W35):
        cells = [
            str(cell.value)
            for sheet in opened(weekly([water(**free)], week, AFTER, WORKING))
            for row in sheet.iter_rows()
            for cell in row
        ]
        assert any("138****8000" in told for told in cells)
        assert not any(re.search(r"13800138000|8222222", told) for told in cells)


def test_the_same_figures_give_the_same_bytes() -> None:
    one = small_week(told_late())
    assert workbook(one) == workbook(one)


def test_what_was_returned_says_so() -> None:
    returned = ticket(sh(8, 23), date(2021, 8, 24), state=TicketState.RETURNED)
    assert values(opened(weekly([facts(returned)], W34, AFTER, WORKING)), "逾期未办结", "原因") == ["退回重办"]


def test_the_notes_are_numbered_and_whole() -> None:
    notes = [row[0].value for row in opened(small_week())["说明"].iter_rows(min_row=4) if row[0].value]
    numbers = [int(note.partition(".")[0]) for note in notes]
    assert all(later == earlier + 1 for earlier, later in pairwise(numbers))
    assert any("不对单位和人员排名" in note for note in notes)
