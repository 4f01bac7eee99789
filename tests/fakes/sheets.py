"""Makes spreadsheet files for the tests, good ones and broken ones, and reads tickets from them."""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import xlsxwriter
import xlwt

from handlers.intake.fields import ticket_headings
from handlers.intake.files import SheetRow, SpreadsheetFile
from handlers.intake.grid import FileLimits

Row = Sequence[object]
HEADINGS = ("工单编号", "平台类型", "账号名称", "存在问题", "下发时间")
WATER = ("FJ-20210823-01", "微信公众号", "水清三明", "错别字", "2021-08-23 10:00")


def xlsx(
    path: Path,
    rows: Iterable[Row] = (HEADINGS, WATER),
    *,
    merges: Iterable[str] = (),
    sheet: str = "工单",
    more: Mapping[str, Iterable[Row]] | None = None,
    hidden: Sequence[str] = (),
) -> Path:
    """Write an .xlsx; `merges` like "A3:A5" keep the text of their first cell."""
    book = xlsxwriter.Workbook(str(path))
    for name, lines in {sheet: rows, **(more or {})}.items():
        page = book.add_worksheet(name)
        for number, row in enumerate(lines):
            page.write_row(number, 0, row)
        if name in hidden:
            page.hide()
    for place in merges:
        first, last = (xlsxwriter.utility.xl_cell_to_rowcol(one) for one in place.split(":"))
        # Merging writes the first cell anew; its text is taken from the rows.
        text = list(rows)[first[0]][first[1]]
        book.worksheets()[0].merge_range(*first, *last, text)
    book.close()
    return path


def xls(path: Path, rows: Iterable[Row] = (HEADINGS, WATER), merges: Iterable[tuple[int, int, int, int]] = ()) -> Path:
    """Write an .xls; `merges` are first row, last row, first column, last column."""
    book = xlwt.Workbook()
    page = book.add_sheet("工单", cell_overwrite_ok=True)
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(number, column, value)
    for top, bottom, left, right in merges:
        page.merge(top, bottom, left, right)
    book.save(str(path))
    return path


def rewrite(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Change one part of a written .xlsx."""
    with zipfile.ZipFile(path) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    assert part in parts
    parts[part] = change(parts[part])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in parts.items():
            archive.writestr(name, body)
    return path


def read_rows(path: Path, *, sheet: str | None = None, limits: FileLimits | None = None) -> Iterator[SheetRow]:
    """Yield the rows of a file of tickets."""
    known = ticket_headings()
    return SpreadsheetFile(path, limits or FileLimits(), sheet).sheet(known, sheet).rows()
