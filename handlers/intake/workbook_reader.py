"""Runs in a process of its own and writes a workbook to stdout as JSON lines.

A damaged or hostile workbook can make the reading library ask for any amount of memory, which ends the
process on the spot. Here that ends this process only, and the memory it may ask for is limited.
"""

import json
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any, TypeAlias

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MEMORY_BYTES = 1 << 30
CPU_SECONDS = 60
BATCH = 500
# A table program keeps 15 digits of a number; the rest of a longer one is already gone.
EXACT_BELOW = 10**15

Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta


def main(path: str, most_rows: int, most_bytes: int, only: str | None) -> None:
    """Write the names of the visible sheets, then those sheets, or the one asked for."""
    for kind, amount in ((resource.RLIMIT_AS, MEMORY_BYTES), (resource.RLIMIT_CPU, CPU_SECONDS)):
        # Not every system lets a process limit its memory.
        with suppress(ValueError, OSError):
            resource.setrlimit(kind, (amount, amount))
    for line in _lines(path, most_rows, only):
        text = json.dumps(line, ensure_ascii=False).encode()
        most_bytes -= len(text)
        if most_bytes < 0:
            sys.stdout.buffer.write(b'{"large": true}\n')
            return
        sys.stdout.buffer.write(text + b"\n")


def _lines(path: str, most_rows: int, only: str | None) -> Iterator[Any]:
    try:
        with open(path, "rb") as file:
            book = CalamineWorkbook.from_filelike(file)
    except PasswordError:
        yield {"locked": True}
        return
    names = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible == SheetVisibleEnum.Visible and sheet.typ == SheetTypeEnum.WorkSheet
    ]
    yield {"names": names}
    for name in names if only is None else [one for one in names if one == only]:
        yield from _sheet(book.get_sheet_by_name(name), most_rows)


def _sheet(sheet: CalamineSheet, most_rows: int) -> Iterator[Any]:
    height = sheet.end[0] + 1 if sheet.end else 0
    left = sheet.start[1] if sheet.start else 0
    yield {"sheet": sheet.name, "height": height, "merges": sheet.merged_cell_ranges or []}
    rows = islice(enumerate(sheet.iter_rows(), 1), most_rows)
    lost: list[tuple[int, int]] = []
    while batch := [_row(number, cells, left, lost) for number, cells in islice(rows, BATCH)]:
        yield batch
    yield {"lost": lost}


def _row(number: int, cells: list[Cell], left: int, lost: list[tuple[int, int]]) -> list[str]:
    for column, cell in enumerate(cells, left):
        if isinstance(cell, float) and abs(cell) >= EXACT_BELOW:
            lost.append((number, column))
    return [""] * left + [cell if isinstance(cell, str) else _text(cell) for cell in cells]


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


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4] if len(sys.argv) > 4 else None)
