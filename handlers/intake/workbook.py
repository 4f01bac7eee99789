"""Reads .xlsx and .xls: every cell becomes text as a person sees it, merged cells are filled downwards."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from handlers.intake import InputRefused
from handlers.intake.grid import NO_FAULTS, Limits, Line
from handlers.intake.xlsx_guard import DAMAGED, check_archive, scan

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
# A table program keeps 15 digits of a number; the rest of a longer one is already gone.
EXACT_BELOW = 10**15
DIGITS_LOST = "是超过15位的数字,末几位已被表格软件改成0,请把这一列设为“文本”格式后重新填写"
LOCKED = "文件有密码,请去掉密码后另存再导入"

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta
Merge: TypeAlias = tuple[tuple[int, int], tuple[int, int]]


class Workbook:
    """An opened workbook; its visible sheets by name."""

    def __init__(self, path: Path, limits: Limits) -> None:
        """Open; anything that is no sound, open workbook raises InputRefused."""
        self._path, self._limits = path, limits
        with path.open("rb") as file:
            self._zipped = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
        if self._zipped:
            check_archive(path, limits)
        self._book = _opened(path)
        self.sheet_names = tuple(
            sheet.name
            for sheet in self._book.sheets_metadata
            if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
        )

    def grid(self, name: str) -> "SheetGrid":
        """Load one sheet."""
        faults: Mapping[int, Mapping[int, str]] = {}
        if self._zipped:
            faults = scan(self._path, name, self._limits).faults
        with _reading():
            sheet = self._book.get_sheet_by_name(name)
            merges = sheet.merged_cell_ranges or []
        return SheetGrid(sheet, merges, faults)


class SheetGrid:
    """One loaded sheet as lines of text."""

    exact_width = False

    def __init__(self, sheet: CalamineSheet, merges: list[Merge], faults: Mapping[int, Mapping[int, str]]) -> None:
        self.name = sheet.name
        self.height = sheet.end[0] + 1 if sheet.end else 0
        self._sheet, self._faults = sheet, faults
        self._downwards = _downwards(merges)
        # Only the lines of a heading ask, so a merged cell is followed for a few lines.
        self.tall = frozenset(row + 1 for (top, _), (bottom, _) in merges for row in range(top, min(bottom, top + 9)))
        self.wide: Mapping[int, list[tuple[int, int]]] = _wide(merges)

    def lines(self) -> Iterator[Line]:
        """Yield every line from the top of the sheet."""
        left = [""] * (self._sheet.start[1] if self._sheet.start else 0)
        running: dict[int, tuple[int, str]] = {}  # column -> last line of the merged cell, its text
        for number, cells in enumerate(self._sheet.iter_rows(), 1):
            texts = left + [cell if isinstance(cell, str) else _text(cell) for cell in cells]
            if running:
                running = _fill(texts, running, number)
            for column, last in self._downwards.get(number, ()):
                if column < len(texts):
                    running[column] = (last, texts[column])
            yield Line(number=number, texts=texts, faults=self._line_faults(number, cells, len(left)))

    def _line_faults(self, number: int, cells: list[Cell], offset: int) -> Mapping[int, str]:
        lost = [
            column for column, cell in enumerate(cells, offset) if isinstance(cell, float) and abs(cell) >= EXACT_BELOW
        ]
        known = self._faults.get(number, NO_FAULTS)
        return {**known, **dict.fromkeys(lost, DIGITS_LOST)} if lost else known


def _fill(texts: list[str], running: dict[int, tuple[int, str]], number: int) -> dict[int, tuple[int, str]]:
    for column, (_, text) in running.items():
        if not texts[column]:
            texts[column] = text
    return {column: one for column, one in running.items() if one[0] > number}


def _downwards(merges: list[Merge]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (bottom, _) in merges:
        if bottom > top:
            found.setdefault(top + 1, []).append((left, bottom + 1))
    return found


def _wide(merges: list[Merge]) -> dict[int, list[tuple[int, int]]]:
    found: dict[int, list[tuple[int, int]]] = {}
    for (top, left), (_, right) in merges:
        if right > left:
            found.setdefault(top + 1, []).append((left, right))
    return found


def _text(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else format(Decimal(repr(cell)), "f")
    if isinstance(cell, datetime):
        # Times are kept as fractions of a day; 10:00 may come as 09:59:59.999999.
        return (cell + timedelta(milliseconds=500)).isoformat(" ", "seconds")
    if isinstance(cell, timedelta):
        minutes, seconds = divmod(round(cell.total_seconds()), 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{seconds:02}"
    return cell.isoformat() if isinstance(cell, date | time) else str(cell)


def _opened(path: Path) -> CalamineWorkbook:
    try:
        with _reading(), path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)
    except InputRefused:
        # A locked .xlsx is an old-style container that holds no workbook one could find.
        if ENCRYPTED_STREAM in path.read_bytes():
            raise InputRefused(LOCKED) from None
        raise


@contextmanager
def _reading() -> Iterator[None]:
    """Turn whatever the reader raises into a sentence."""
    try:
        yield
    except PasswordError:
        raise InputRefused(LOCKED) from None
    except CalamineError:
        raise InputRefused(DAMAGED) from None
    except BaseException as error:
        # A damaged file may trip an assertion inside the reader; that arrives as a panic, which is no Exception.
        if type(error).__name__ == "PanicException":
            raise InputRefused(DAMAGED) from None
        raise
