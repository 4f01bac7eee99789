"""Sheets of a table file as offices print them: title, frozen head, real dates, A4 landscape."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.rules.calendar.zone import shanghai

A4 = 9  # the paper's number in the file format
CELL_CHARACTERS = 32_767  # the file format's limit; a longer text would be left out whole
FONT = "宋体"
HEAD_ROW = 2  # under title and subtitle
TITLE_HEIGHT = 30

R = TypeVar("R")


class Style(StrEnum):
    TITLE = "title"
    SUBTITLE = "subtitle"
    HEAD = "head"
    TEXT = "text"
    MIDDLE = "middle"
    NUMBER = "number"
    CHANGE = "change"  # with its sign
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"
    NOTE = "note"  # a sentence, without a frame


_FRAME = {"border": 1, "border_color": "#808080", "valign": "vcenter", "font_size": 11}
_MIDDLE = {**_FRAME, "align": "center"}

_LOOKS: dict[Style, dict[str, Any]] = {
    Style.TITLE: {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"},
    Style.SUBTITLE: {"font_size": 11, "align": "center", "valign": "vcenter"},
    Style.HEAD: {**_MIDDLE, "bold": True, "bg_color": "#E7EDF4", "text_wrap": True},
    Style.TEXT: {**_FRAME, "text_wrap": True},
    Style.MIDDLE: {**_MIDDLE, "text_wrap": True},
    Style.NUMBER: {**_MIDDLE, "num_format": "0"},
    Style.CHANGE: {**_MIDDLE, "num_format": "+0;-0;0"},
    Style.PERCENT: {**_MIDDLE, "num_format": "0.0%"},
    Style.DAY: {**_MIDDLE, "num_format": 'yyyy"年"m"月"d"日"'},
    Style.MOMENT: {**_MIDDLE, "num_format": 'yyyy"年"m"月"d"日" hh:mm'},
    Style.NOTE: {"text_wrap": True, "valign": "top", "font_size": 11},
}

Cell = str | int | float | date | datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Column(Generic[R]):
    """One column of a table: what stands over it, how wide it is in characters, what is in it."""

    heading: str
    width: float
    style: Style
    value: Callable[[R], Cell]


class WorkbookWriter:
    """Owns the file being written and its looks."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._formats = {style: workbook.add_format({"font_name": FONT, **look}) for style, look in _LOOKS.items()}

    def sheet(self, name: str, title: str, subtitle: str, widths: Sequence[float]) -> Worksheet:
        """Open a sheet with its two title rows, ready to print on A4 across."""
        sheet = self._workbook.add_worksheet(name)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        sheet.set_row(0, TITLE_HEIGHT)
        self.put_across(sheet, 0, len(widths), title, Style.TITLE)
        self.put_across(sheet, 1, len(widths), subtitle, Style.SUBTITLE)
        _print_setup(sheet)
        return sheet

    def table(self, name: str, title: str, subtitle: str, columns: Sequence[Column[R]], rows: Sequence[R]) -> None:
        """Write a sheet that is one numbered table; without rows it says 无."""
        sheet = self.sheet(name, title, subtitle, [6, *(column.width for column in columns)])
        self.put_head(sheet, HEAD_ROW, ["序号", *(column.heading for column in columns)])
        styles = [Style.NUMBER, *(column.style for column in columns)]
        for place, row in enumerate(rows, 1):
            self.put_row(sheet, HEAD_ROW + place, [place, *(column.value(row) for column in columns)], styles)
        if rows:
            sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + len(rows), len(columns))
        else:
            self.put_across(sheet, HEAD_ROW + 1, len(styles), "无", Style.SUBTITLE)

    def put_head(self, sheet: Worksheet, row: int, headings: Sequence[str]) -> None:
        """Write the head of a table."""
        self.put_row(sheet, row, headings, [Style.HEAD] * len(headings))

    def put_row(self, sheet: Worksheet, row: int, cells: Sequence[Cell], styles: Sequence[Style]) -> None:
        """Write one row; a text stays a text, whatever it begins with."""
        for place, (cell, style) in enumerate(zip(cells, styles, strict=True)):
            looks = self._formats[style]
            if cell is None:
                sheet.write_blank(row, place, None, looks)
            elif isinstance(cell, str):
                sheet.write_string(row, place, cell[:CELL_CHARACTERS], looks)
            elif isinstance(cell, datetime):
                # The file format knows no zones: what is written is what a clock in the office shows.
                sheet.write_datetime(row, place, shanghai(cell).replace(tzinfo=None), looks)
            elif isinstance(cell, date):
                sheet.write_datetime(row, place, cell, looks)
            else:
                sheet.write_number(row, place, cell, looks)

    def put_across(self, sheet: Worksheet, row: int, columns: int, words: str, style: Style) -> None:
        """Write one text across the columns."""
        if columns > 1:
            sheet.merge_range(row, 0, row, columns - 1, "", self._formats[style])
        sheet.write_string(row, 0, words[:CELL_CHARACTERS], self._formats[style])


def _print_setup(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.center_horizontally()
    sheet.set_footer("&C第&P页，共&N页")
    sheet.freeze_panes(HEAD_ROW + 1, 0)
    sheet.repeat_rows(0, HEAD_ROW)
