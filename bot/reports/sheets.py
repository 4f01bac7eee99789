"""Sheets of a table file as offices print them: A4 across, 10 points, repeated heads, rows as high as their words."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from io import BytesIO
from math import ceil
from typing import Any, Generic, TypeVar

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.rules.calendar.zone import shanghai

A4 = 9  # the paper's number in the file format
CELL_CHARACTERS = 32_767  # the file format's limit; a longer text would be left out whole
FONT = "宋体"
POINTS = 10
LINE_HEIGHT = 13.5  # points, of a line of text
ROW_PADDING = 5
HIGHEST_ROW = 409  # points; the file format's limit
MOST_LINES = 29  # of the highest row
TITLE_HEIGHT, MASTHEAD_HEIGHT = 28, 18
HEAD_ROW = 2  # under title and masthead
PLACE_WIDTH = 4  # of the column that numbers the rows
# Of all columns, so that they print across A4 in 10 points, also where another font stands in for a missing one.
FULL_WIDTH = 120
PERIOD_WIDTH = 56  # of the right half of the masthead
NARROW = 1.1  # characters: half-width ones of a font that stands in may be wider

R = TypeVar("R")

_TOKEN = re.compile(r"[^\s\u2e80-\uffff-]*-|[^\s\u2e80-\uffff-]+|\s|[\u2e80-\uffff]")  # what no line breaks within


class Style(StrEnum):
    TITLE = "title"
    LEFT = "left"  # of the masthead: who issues it
    RIGHT = "right"  # of the masthead: which period
    HEAD = "head"
    TEXT = "text"
    MIDDLE = "middle"
    NUMBER = "number"
    CHANGE = "change"  # with its sign
    PERCENT = "percent"
    DAY = "day"
    MOMENT = "moment"
    NOTE = "note"  # a sentence, without a frame


_FRAME = {"border": 1, "border_color": "#808080", "valign": "vcenter"}
_MIDDLE = {**_FRAME, "align": "center"}
# A text that looks like a formula stays a text, also where somebody opens the cell and closes it again.
_WORDS = {"text_wrap": True, "quote_prefix": True}

_LOOKS: dict[Style, dict[str, Any]] = {
    Style.TITLE: {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"},
    Style.LEFT: {"align": "left", "valign": "vcenter", "shrink": True},
    Style.RIGHT: {"align": "right", "valign": "vcenter", "shrink": True},
    Style.HEAD: {**_MIDDLE, "bold": True, "bg_color": "#E7EDF4", "text_wrap": True},
    Style.TEXT: {**_FRAME, **_WORDS},
    Style.MIDDLE: {**_MIDDLE, **_WORDS},
    Style.NUMBER: {**_MIDDLE, "num_format": "0"},
    Style.CHANGE: {**_MIDDLE, "num_format": "+0;-0;0"},
    Style.PERCENT: {**_MIDDLE, "num_format": "0.0%"},
    Style.DAY: {**_MIDDLE, "num_format": 'm"月"d"日"'},
    Style.MOMENT: {**_MIDDLE, "num_format": "mm-dd hh:mm"},
    Style.NOTE: {"text_wrap": True, "valign": "top"},
}
Cell = str | int | float | date | datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Column(Generic[R]):
    """One column of a table: what stands over it, how wide it is in characters, what is in it."""

    heading: str
    width: float
    style: Style
    value: Callable[[R], Cell]


@dataclass(frozen=True, kw_only=True, slots=True)
class Masthead:
    """What stands over every printed page beside the title."""

    issuer: str
    period: str


def open_workbook(body: BytesIO) -> Workbook:
    """Begin a file whose columns are measured in the characters that stand in them."""
    plain = {"font_name": FONT, "font_size": POINTS}
    return Workbook(body, {"in_memory": True, "default_format_properties": plain})


class WorkbookWriter:
    """Owns the file being written and its looks."""

    def __init__(self, workbook: Workbook, masthead: Masthead) -> None:
        self._workbook, self._masthead = workbook, masthead
        plain = {"font_name": FONT, "font_size": POINTS}
        self._formats = {style: workbook.add_format({**plain, **looks}) for style, looks in _LOOKS.items()}

    def sheet(self, name: str, title: str, widths: Sequence[float]) -> Worksheet:
        """Open a sheet with its title, issuer and period, ready to print on A4 across."""
        sheet = self._workbook.add_worksheet(name)
        for place, width in enumerate(widths):
            sheet.set_column(place, place, width)
        last = len(widths) - 1
        self.put_across(sheet, 0, 0, last, title, Style.TITLE)
        middle = _middle(widths)
        self.put_across(sheet, 1, 0, middle, self._masthead.issuer, Style.LEFT)
        self.put_across(sheet, 1, middle + 1, last, self._masthead.period, Style.RIGHT)
        sheet.set_row(0, TITLE_HEIGHT)
        sheet.set_row(1, MASTHEAD_HEIGHT)
        _print_setup(sheet)
        return sheet

    def table(self, name: str, title: str, columns: Sequence[Column[R]], rows: Sequence[R]) -> None:
        """Write a sheet that is one numbered table; without rows it says 无."""
        widths = [PLACE_WIDTH, *(column.width for column in columns)]
        sheet = self.sheet(name, title, widths)
        self.put_head(sheet, HEAD_ROW, ["序号", *(column.heading for column in columns)], widths)
        styles = [Style.NUMBER, *(column.style for column in columns)]
        for place, row in enumerate(rows, 1):
            cells = [place, *(column.value(row) for column in columns)]
            self.put_row(sheet, HEAD_ROW + place, cells, styles, widths)
        if rows:
            sheet.autofilter(HEAD_ROW, 0, HEAD_ROW + len(rows), len(columns))
        else:
            self.put_across(sheet, HEAD_ROW + 1, 0, len(columns), "无", Style.MIDDLE)

    def put_head(self, sheet: Worksheet, row: int, headings: Sequence[str], widths: Sequence[float]) -> None:
        """Write the head of a table."""
        self.put_row(sheet, row, headings, [Style.HEAD] * len(headings), widths)

    def put_row(
        self, sheet: Worksheet, row: int, cells: Sequence[Cell], styles: Sequence[Style], widths: Sequence[float]
    ) -> None:
        """Write one row, as high as its longest cell needs; a text stays a text, whatever it begins with."""
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
        # Numbers and dates never wrap.
        texts = ((cell, width) for cell, width in zip(cells, widths, strict=False) if isinstance(cell, str))
        sheet.set_row(row, height_of(texts))

    def put_across(self, sheet: Worksheet, row: int, first: int, last: int, words: str, style: Style) -> None:
        """Write one text across columns."""
        looks = self._formats[style]
        if last > first:
            sheet.merge_range(row, first, row, last, "", looks)
        sheet.write_string(row, first, words[:CELL_CHARACTERS], looks)

    def put_note(self, sheet: Worksheet, row: int, widths: Sequence[float], words: str) -> None:
        """Write a sentence across the sheet, as high as it needs."""
        self.put_across(sheet, row, 0, len(widths) - 1, words, Style.NOTE)
        sheet.set_row(row, height_of([(words, sum(widths))]))


def height_of(cells: Iterable[tuple[str, float]]) -> float:
    """Return the height of a row in points from its texts and the widths they stand in."""
    lines = max((lines_of(text, width) for text, width in cells), default=1)
    return min(HIGHEST_ROW, lines * LINE_HEIGHT + ROW_PADDING)


def lines_of(text: str, width: float) -> int:
    """Return how many lines a text takes in a column; programs that open the file do not all work it out themselves."""
    return sum(_lines_of_paragraph(paragraph, max(2.0, width)) for paragraph in text.split("\n"))


def _lines_of_paragraph(text: str, room: float) -> int:
    lines, used = 1, 0.0
    for token in _TOKEN.findall(text):
        size = sum(2 if unicodedata.east_asian_width(one) in "WFA" else NARROW for one in token)
        if used and used + size > room:
            lines, used = lines + 1, 0.0
        # A word that is longer than a line is broken where the line ends.
        more = ceil((used + size) / room) - 1 if size > room else 0
        lines, used = lines + more, used + size - more * room
    return lines


def _middle(widths: Sequence[float]) -> int:
    """The last column of the left half: the right one has room for the period."""
    last = len(widths) - 2
    while last and sum(widths[last + 1 :]) < PERIOD_WIDTH:
        last -= 1
    return last


def _print_setup(sheet: Worksheet) -> None:
    sheet.set_landscape()
    sheet.set_paper(A4)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.set_footer(f"&L&{POINTS}&A&C&{POINTS}第 &P 页，共 &N 页")
    sheet.freeze_panes(HEAD_ROW + 1, 0)
    sheet.repeat_rows(0, HEAD_ROW)
