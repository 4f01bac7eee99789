"""Looks into an .xlsx before anything unpacks it: bombs, far-away cells, formulas that carry no value."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from posixpath import join, normpath
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from handlers.intake import InputRefused
from handlers.intake.grid import Limits

ENCRYPTED = 0x1
CHUNK = 1 << 20
DIRECTORY_BYTES = 16 << 20  # of the two small parts that list the sheets
ROW_END = b"</row>"
LONGEST_TEXT = 8 << 20  # a cell holds 32,767 characters at most
DAMAGED = "文件已损坏,请用表格软件打开后另存为 .xlsx 再导入"
NO_VALUE = "是公式,但没有算出的值,请用表格软件打开、保存一次再导入"
ERROR_VALUE = "是错误值(如 #N/A),请改好再导入"

_TAG = re.compile(rb"<(?:[\w.-]+:)?(c|row|f|v|is)(?=[\s/>])([^>\"']*(?:\"[^\"]*\"[^>\"']*|'[^']*'[^>\"']*)*)>([^<]?)")
_PLAIN = re.compile(rb'<c r="([A-Z]{1,3})(\d{1,7})"(?: s="\d+")?(?: t="\w+")?><(?:v>[^<]|is>)')
_VALUES = (b"<v", b":v", b"<is", b":is")
_SPECIAL = (b"<f", b":f", b't="e"')
_PLACE = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]{0,3})(\d{1,7})[\"']")
_KIND = re.compile(rb"(?:^|\s)t\s*=\s*[\"'](\w*)[\"']")


@dataclass(kw_only=True, slots=True)
class Extent:
    """How far the filled cells of a sheet reach, and which of them cannot be trusted."""

    rows: int = 0
    columns: int = 0
    faults: dict[int, dict[int, str]] = field(default_factory=dict)  # line number -> column -> reason


class _Cell(NamedTuple):
    row: int = 0
    column: int = -1
    kind: bytes = b""


def check_archive(path: Path, limits: Limits) -> None:
    """Refuse an archive that is damaged, locked, no workbook, or unpacks to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = [info.filename.lower() for info in infos]
            if any(info.flag_bits & ENCRYPTED for info in infos):
                raise InputRefused("文件有密码,请去掉密码后另存再导入")
            if "xl/workbook.xml" not in names:
                raise InputRefused("这不是 Excel 表格(.xlsx),请用表格软件打开后另存为 .xlsx 再导入")
            if len(set(names)) != len(names):
                raise InputRefused(DAMAGED)
            _check_size(infos, path.stat().st_size, limits)
            # Reads every part to its stated size and compares the sums: a stated size that lies ends here.
            if archive.testzip() is not None:
                raise InputRefused(DAMAGED)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError):
        raise InputRefused(DAMAGED) from None


def scan(path: Path, sheet: str, limits: Limits) -> Extent:
    """Measure one sheet of a checked archive; one that would fill the memory is refused."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(_part_of(archive, sheet)) as part:
            extent = _measure(part)
    except (KeyError, ParseError, DefusedXmlException, UnicodeDecodeError):
        raise InputRefused(DAMAGED) from None
    if extent.rows * extent.columns > limits.cells:
        raise InputRefused(
            f"工作表“{sheet}”一直用到第{extent.rows}行、第{extent.columns}列,太大了,请删去多余的行和列再导入"
        )
    return extent


def _check_size(infos: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    unpacked = sum(info.file_size for info in infos)
    swollen = unpacked > limits.ratio_from_bytes and unpacked > packed * limits.unpacked_ratio
    if unpacked > limits.unpacked_bytes or swollen:
        raise InputRefused(f"文件解开后有 {unpacked >> 20} MB,不像正常的表格,请只留需要的工作表,另存后再导入")


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    names = {info.filename.lower(): info.filename for info in archive.infolist()}
    book = _xml(archive, names["xl/workbook.xml"])
    links = _xml(archive, names["xl/_rels/workbook.xml.rels"])
    targets = {link.get("Id"): link.get("Target", "") for link in links}
    for entry in book.iter():
        if _local(entry.tag) == "sheet" and entry.get("name") == sheet:
            key = next(value for name, value in entry.items() if _local(name) == "id")
            return names[normpath(join("/xl", targets[key])).lstrip("/").lower()]
    raise KeyError(sheet)


def _xml(archive: zipfile.ZipFile, name: str) -> Element:
    if archive.getinfo(name).file_size > DIRECTORY_BYTES:
        raise KeyError(name)
    root: Element = fromstring(archive.read(name))
    return root


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _measure(part: IO[bytes]) -> Extent:
    extent, cell = Extent(), _Cell()
    for piece in _pieces(part):
        cell = _measure_plain(piece, extent) or _measure_any(piece, extent, cell)
    return extent


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """Cut the sheet behind its rows, so that no tag and, where possible, no row is torn apart."""
    rest = b""
    while chunk := part.read(CHUNK):
        rest += chunk
        # "<" never stands inside a tag, so what stands before the last one is whole.
        end = rest.rfind(ROW_END) + len(ROW_END) if ROW_END in chunk else max(rest.rfind(b"<"), 0)
        yield rest[:end]
        rest = rest[end:]
        if len(rest) > LONGEST_TEXT:
            raise InputRefused(DAMAGED)
    yield rest


def _measure_plain(piece: bytes, extent: Extent) -> _Cell | None:
    """Measure a piece that holds only values, written the way all programs write them; None for any other."""
    found = _PLAIN.findall(piece)
    if not found or len(found) != sum(map(piece.count, _VALUES)) or any(map(piece.count, _SPECIAL)):
        return None
    rows = [int(row) for _, row in found]
    columns = max(map(_column, {letters for letters, _ in found}))
    extent.rows, extent.columns = max(extent.rows, *rows), max(extent.columns, columns + 1)
    return _Cell(row=rows[-1], column=_column(found[-1][0]))


def _measure_any(piece: bytes, extent: Extent, cell: _Cell) -> _Cell:
    """Measure a piece tag by tag, from the cell the last piece ended in; return the cell this one ends in."""
    for kind, attributes, content in _TAG.findall(piece):
        if kind == b"c":
            cell = _next_cell(cell, attributes)
        elif kind == b"row":
            place = _PLACE.search(attributes)
            cell = _Cell(row=int(place[2]) if place else cell.row + 1)
        elif kind == b"f":
            _note_formula(cell, extent)
        elif kind == b"is" or (content and not attributes.endswith(b"/")):
            _note_value(cell, extent)
    return cell


def _next_cell(last: _Cell, attributes: bytes) -> _Cell:
    place = _PLACE.search(attributes)
    column = _column(place[1]) if place else last.column + 1
    kind = _KIND.search(attributes)
    return _Cell(row=int(place[2]) if place else last.row, column=column, kind=kind[1] if kind else b"")


@cache
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def _note_formula(cell: _Cell, extent: Extent) -> None:
    # A computed empty text is stored as t="str" without a value; any other formula has one once computed.
    if cell.kind != b"str":
        extent.faults.setdefault(cell.row, {})[cell.column] = NO_VALUE


def _note_value(cell: _Cell, extent: Extent) -> None:
    extent.rows, extent.columns = max(extent.rows, cell.row), max(extent.columns, cell.column + 1)
    if cell.kind == b"e":
        extent.faults.setdefault(cell.row, {})[cell.column] = ERROR_VALUE
    elif extent.faults:
        extent.faults.get(cell.row, {}).pop(cell.column, None)
