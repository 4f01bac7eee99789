"""Opens a spreadsheet file of any kind, finds its headings, and gives its rows by heading."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from handlers.intake import InputRefused
from handlers.intake.delimited import DelimitedGrid
from handlers.intake.grid import FileLimits, Grid, Line
from handlers.intake.headings import HEADING_LINES, KnownHeadings, find_heading, heading_score
from handlers.intake.workbook import OLE_MAGIC, ZIP_MAGIC, SheetGrid, Workbook

DEFAULT_LIMITS = FileLimits()
WORKBOOK_ENDINGS = {".xlsx", ".xlsm", ".xls"}
TEXT_ENDINGS = {".csv", ".tsv", ".txt"}

G = TypeVar("G", SheetGrid, DelimitedGrid)


@dataclass(frozen=True, kw_only=True, slots=True)
class SheetRow:
    """One row, its cells by heading as they came; empty cells are left out."""

    number: int  # as the table program or the editor counts it, from 1
    cells: Mapping[str, str]
    faults: Mapping[str, str]  # heading -> why its cell cannot be trusted
    problem: str = ""  # why the whole row cannot be trusted


class Sheet:
    """One sheet whose headings are found; its rows can be read any number of times."""

    def __init__(self, grid: Grid, known: KnownHeadings) -> None:
        self.name = grid.name
        self._grid, self._known = grid, known
        self._heading = find_heading(grid, known)
        self.headings = tuple(self._heading.names.values())

    def rows(self) -> Iterator[SheetRow]:
        """Yield the rows below the headings; empty ones and repeated headings are left out."""
        names = self._heading.names
        for line in self._grid.lines():
            if line.number > self._heading.last_line and any(map(str.strip, line.texts)) and not self._repeats(line):
                yield self._row(line, names)

    def _row(self, line: Line, names: Mapping[int, str]) -> SheetRow:
        cells, problem = {}, ""
        for column, text in enumerate(line.texts):
            if text:
                name = names.get(column)
                if name is None:
                    name = f"第{column + 1}列"
                    problem = self._torn(text, column) or problem
                cells[name] = text
        faults = {names[column]: why for column, why in line.faults.items() if column in names}
        return SheetRow(number=line.number, cells=cells, faults=faults, problem=problem)

    def _torn(self, text: str, column: int) -> str:
        if self._grid.exact_width and text.strip() and column > max(self._heading.names, default=0):
            return "这一行的格数比标题多，文字里的逗号要用英文双引号括起来"
        return ""

    def _repeats(self, line: Line) -> bool:
        # Only a heading consists of headings; sheets pasted together repeat theirs.
        filled = [text for text in line.texts if text]
        return len(filled) > 1 and all(map(self._known, filled))


class SpreadsheetFile:
    """An opened file; its sheets by name. A text file has one sheet without a name."""

    def __init__(self, path: Path, limits: FileLimits = DEFAULT_LIMITS, only: str | None = None) -> None:
        """Open, with `only` one sheet of it; whatever cannot be read raises InputRefused with the fix named."""
        self._path, self._limits = path, limits
        self._workbook = Workbook(path, limits, only) if _is_workbook(path, limits) else None
        self.sheet_names = self._workbook.sheet_names if self._workbook else ("",)

    def sheet(self, known: KnownHeadings, name: str | None = None) -> Sheet:
        """Return the sheet of that name, or the one with known headings; InputRefused lists the names."""
        if self._workbook is None:
            return Sheet(_filled(DelimitedGrid(self._path, self._limits, known), self._limits), known)
        if name is not None:
            return self._named(self._workbook, name, known)
        grids = [grid for grid in map(self._workbook.grid, self.sheet_names) if grid.height]
        if not grids:
            raise InputRefused("文件里没有内容，请检查是不是选错了文件")
        fitting = [grid for grid in grids if heading_score(grid, known) > 1] if len(grids) > 1 else grids
        if len(fitting) != 1:
            which = "不止一个工作表像要导入的内容" if fitting else "没有一个工作表有认得的标题"
            raise InputRefused(f"{which}，请用 --sheet 指明：{'、'.join(self.sheet_names)}")
        return Sheet(_filled(fitting[0], self._limits), known)

    def _named(self, workbook: Workbook, name: str, known: KnownHeadings) -> Sheet:
        if name not in self.sheet_names:
            raise InputRefused(f"没有名为“{name}”的工作表，这个文件里有：{'、'.join(self.sheet_names)}")
        return Sheet(_filled(workbook.grid(name), self._limits), known)


def _is_workbook(path: Path, limits: FileLimits) -> bool:
    head = _checked_head(path, limits)
    if head.startswith((ZIP_MAGIC, OLE_MAGIC)):
        return True
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        raise InputRefused("这是网页格式的表格，请用表格软件打开后另存为 .xlsx 再导入")
    if path.suffix.lower() in WORKBOOK_ENDINGS:
        raise InputRefused("文件内容不是 Excel 表格，请用表格软件打开后另存为 .xlsx 再导入")
    return False


def _checked_head(path: Path, limits: FileLimits) -> bytes:
    if path.suffix.lower() not in WORKBOOK_ENDINGS | TEXT_ENDINGS:
        raise InputRefused(f"不认得“{path.suffix or path.name}”这类文件，请用 .xlsx、.xls 或 .csv")
    try:
        size = path.stat().st_size
        if size > limits.file_bytes:
            raise InputRefused(f"文件有 {size >> 20} MB，超过 {limits.file_bytes >> 20} MB 的上限，请分成几份再导入")
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as reason:
        raise InputRefused(f"文件打不开：{path.name}（{reason.strerror}），请检查路径和权限") from None
    if not head:
        raise InputRefused("文件是空的，请检查是不是选错了文件")
    return head


def _filled(grid: G, limits: FileLimits) -> G:
    if not grid.height:
        raise InputRefused(f"工作表“{grid.name}”是空的" if grid.name else "文件里没有内容，请检查是不是选错了文件")
    if grid.height > limits.rows + HEADING_LINES:
        raise InputRefused(f"超过 {limits.rows} 行，请分成几份再导入")
    return grid
