"""The charts: on time or not over the last weeks, and what was late by problem class; and the sheet they read."""

from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook

from bot.delivery.wording import Wording
from bot.reports import weekly_words as words
from bot.reports.sheets import FONT, HEAD_ROW, POINTS, Cell, Style, WorkbookWriter
from bot.rules.reports.figures import FEWEST_FOR_RATE, CauseCount, WeeklyFigures, WeekOfTrend

NAME = "近八周和类别"
WIDTHS = (16, 24, 16, 16, 16, 16, 16)
TREND = ("周次", "起止", "收到", "按时办结", "超过期限", "告知前已逾期", "按时率")
CLASSES = ("问题类别", "本周收到", "逾期未办结", "逾期办结")
NOTHING: list[Cell] = ["无", 0, 0, 0]
MOST_CLASSES = 10  # of a chart; the others are added up
CHART = {"width": 426, "height": 290}  # pixels: each under two of the four columns of the first page
BLUE, RED, GREY, DARK = "#A9C3DF", "#E0A79C", "#C4C4C4", "#1F3D5C"  # light enough to read a figure on


def write(made: Workbook, book: WorkbookWriter, figures: WeeklyFigures, wording: Wording) -> list[Any]:
    """Write the numbers, and return the charts that read them."""
    sheet = book.sheet(NAME, "近八周情况和本周问题类别", WIDTHS)
    book.put_head(sheet, HEAD_ROW, TREND, WIDTHS)
    first = HEAD_ROW + 1
    for row, week in enumerate(figures.trend, first):
        cells, styles = _week(week, wording)
        book.put_row(sheet, row, cells, styles, WIDTHS)
    note = first + len(figures.trend)
    book.put_note(sheet, note, WIDTHS, f"判定不足{FEWEST_FOR_RATE}件的周不计算按时率，只列件数。")
    classes = _classes(figures.causes, wording)
    head = note + 2
    book.put_head(sheet, head, CLASSES, WIDTHS)
    for row, cells in enumerate(classes or [NOTHING], head + 1):
        book.put_row(sheet, row, cells, [Style.TEXT, Style.NUMBER, Style.NUMBER, Style.NUMBER], WIDTHS)
    late = sum(any(cells[2:]) for cells in classes)  # they come first
    return [_trend(made, first, len(figures.trend)), *([_late(made, head + 1, late)] if late else [])]


def _week(week: WeekOfTrend, wording: Wording) -> tuple[list[Cell], list[Style]]:
    counts = week.counts
    days = wording("weekly.span", first=wording.day(week.week.monday), last=wording.day(week.week.sunday))
    numbers: list[Cell] = [counts.received, counts.on_time, counts.missed, counts.untold]
    cells = [f"第{week.week.number}周", days, *numbers, counts.on_time_rate]
    return cells, [Style.MIDDLE, Style.MIDDLE, *[Style.NUMBER] * len(numbers), Style.PERCENT]


def _classes(causes: Sequence[CauseCount], wording: Wording) -> list[list[Cell]]:
    """The classes with the most late first; what a chart has no room for is one class."""
    rest = causes[MOST_CLASSES:]
    rows: list[list[Cell]] = [
        [words.cause_name(one, wording), one.received, one.overdue, one.finished_late] for one in causes[:MOST_CLASSES]
    ]
    if rest:
        late = [sum(one.overdue for one in rest), sum(one.finished_late for one in rest)]
        rows.append([f"其他{len(rest)}类", sum(one.received for one in rest), *late])
    return rows


def _trend(made: Workbook, first: int, count: int) -> Any:
    """Columns of how many were in time or not, and the share as a line where there is one."""
    last = first + count - 1
    columns = made.add_chart({"type": "column", "subtype": "stacked"})
    for place, colour in ((3, BLUE), (4, RED)):
        columns.add_series(_series(place, first, last, fill={"color": colour}, gap=80))
    line = made.add_chart({"type": "line"})
    marked = {"type": "circle", "size": 5, "fill": {"color": DARK}, "border": {"color": DARK}}
    labels = {"value": True, "position": "above", "num_format": "0%", "font": _font(8)}
    share = _series(6, first, last, line={"color": DARK, "width": 2}, marker=marked, data_labels=labels)
    line.add_series({**share, "y2_axis": True})
    columns.combine(line)
    _dress(columns, "近八周办理情况（件）和按时率")
    columns.set_y_axis({"num_font": _font(8), "num_format": "0", "min": 0, "major_gridlines": _lines()})
    line.set_y2_axis({"num_font": _font(8), "num_format": "0%", "min": 0, "max": 1})
    return columns


def _late(made: Workbook, first: int, count: int) -> Any:
    last = first + count - 1
    bars = made.add_chart({"type": "bar", "subtype": "stacked"})
    for place, colour in ((2, RED), (3, GREY)):
        series = _series(place, first, last, fill={"color": colour}, gap=60)
        bars.add_series({**series, "categories": [NAME, first, 0, last, 0], "name": [NAME, first - 1, place]})
    _dress(bars, "本周逾期按问题类别（件）")
    bars.set_x_axis({"num_font": _font(8), "num_format": "0", "min": 0, "major_gridlines": _lines()})
    bars.set_y_axis({"num_font": _font(8), "reverse": True, "crossing": "max"})
    return bars


def _series(place: int, first: int, last: int, **looks: Any) -> dict[str, Any]:
    return {
        "name": [NAME, HEAD_ROW, place],
        "categories": [NAME, first, 0, last, 0],
        "values": [NAME, first, place, last, place],
        **looks,
    }


def _dress(chart: Any, title: str) -> None:
    chart.set_title({"name": title, "name_font": {**_font(POINTS), "bold": True}, "overlay": False})
    chart.set_legend({"position": "bottom", "font": _font(8)})
    chart.set_x_axis({"num_font": _font(8)})
    chart.show_blanks_as("gap")
    chart.set_size(CHART)


def _font(size: int) -> dict[str, Any]:
    return {"name": FONT, "size": size, "bold": False}


def _lines() -> dict[str, Any]:
    return {"visible": True, "line": {"color": "#D9D9D9", "width": 0.5}}
