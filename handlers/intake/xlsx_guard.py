"""Looks into an .xlsx beside its reader: bombs before they are unpacked, and cells that carry no value."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from posixpath import join, normpath
from typing import IO, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from handlers.intake import InputRefused
from handlers.intake.grid import FileLimits

ENCRYPTED = 0x1
CHUNK = 1 << 20
DIRECTORY_BYTES = 4 << 20  # of the two small parts that list the sheets
LONGEST_TEXT = 8 << 20  # a cell holds 32,767 characters at most
DAMAGED = "文件已损坏或太大，请用表格软件打开，删去多余的行和列，另存为 .xlsx 再导入"
LOCKED = "文件有密码，请去掉密码后另存再导入"
NO_VALUE = "是公式，但没有算出的值，请用表格软件打开、保存一次再导入"
ERROR_VALUE = "是错误值（如 #N/A），请改好再导入"

Faults = dict[int, dict[int, str]]  # line number -> column -> why the cell cannot be trusted

# No "<" stands inside a value, and nothing is ever given back (++, *+, ?+): what is read is read once.
_TAG = re.compile(
    rb"<(?:[\w.-]++:)?+(c|row|f|v|is)(?=[\s/>])"
    rb"([^<>\"']*+(?:\"[^<\"]*+\"[^<>\"']*+|'[^<']*+'[^<>\"']*+)*+)(>?)([^<]?)"
)
_PLACE = re.compile(rb"(?:^|\s)r\s*=\s*[\"']([A-Za-z]{0,3})(\d{1,7})[\"']")
_KIND = re.compile(rb"(?:^|\s)t\s*=\s*[\"'](\w*)[\"']")
# Most sheets hold neither formulas nor errors, and need no further look.
_SPECIAL = re.compile(rb"[<:]f[\s/>]|[\"']e[\"']")


class _Cell(NamedTuple):
    row: int = 0
    column: int = -1
    kind: bytes = b""


def check_archive(path: Path, limits: FileLimits) -> None:
    """Refuse an archive that is damaged, locked, no workbook, or unpacks to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            names = [info.filename.lower() for info in infos]
            if any(info.flag_bits & ENCRYPTED for info in infos):
                raise InputRefused(LOCKED)
            if "xl/workbook.xml" not in names:
                raise InputRefused("这不是 Excel 表格（.xlsx），请用表格软件打开后另存为 .xlsx 再导入")
            if len(set(names)) != len(names):
                raise InputRefused(DAMAGED)
            _check_size(infos, path.stat().st_size, limits)
            # Reads every part to its stated size and compares the sums: a stated size that lies ends here.
            if archive.testzip() is not None:
                raise InputRefused(DAMAGED)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError):
        raise InputRefused(DAMAGED) from None


def faulty_cells(path: Path, sheet: str) -> Faults:
    """Return the cells of a sheet whose formula was never computed, or ended in an error."""
    try:
        with zipfile.ZipFile(path) as archive:
            name = _part_of(archive, sheet)
            with archive.open(name) as part:
                if not any(map(_SPECIAL.search, _pieces(part))):
                    return {}
            with archive.open(name) as part:
                return _faults_in(part)
    except (LookupError, ParseError, DefusedXmlException, ValueError, StopIteration):
        raise InputRefused(DAMAGED) from None


def _check_size(infos: list[zipfile.ZipInfo], packed: int, limits: FileLimits) -> None:
    unpacked = sum(info.file_size for info in infos)
    swollen = unpacked > limits.ratio_from_bytes and unpacked > packed * limits.unpacked_ratio
    if unpacked > limits.unpacked_bytes or swollen:
        raise InputRefused(f"文件解开后有 {unpacked >> 20} MB，不像正常的表格，请只留需要的工作表，另存后再导入")


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


def _pieces(part: IO[bytes]) -> Iterator[bytes]:
    """Cut a part so that no tag is torn: "<" never stands inside one, so all before the last "<" is whole."""
    rest = b""
    while chunk := part.read(CHUNK):
        rest += chunk
        end = max(rest.rfind(b"<"), 0)
        yield rest[:end]
        rest = rest[end:]
        if len(rest) > LONGEST_TEXT:
            raise InputRefused(DAMAGED)
    yield rest


def _faults_in(part: IO[bytes]) -> Faults:
    faults: Faults = {}
    cell = _Cell()
    for piece in _pieces(part):
        for kind, attributes, end, content in _TAG.findall(piece):
            if not end:
                raise InputRefused(DAMAGED)
            if kind == b"c":
                cell = _next_cell(cell, attributes)
            elif kind == b"row":
                place = _PLACE.search(attributes)
                cell = _Cell(row=int(place[2]) if place else cell.row + 1)
            # A computed empty text is stored as t="str" without a value; any other formula has one once computed.
            elif kind == b"f" and cell.kind != b"str":
                faults.setdefault(cell.row, {})[cell.column] = NO_VALUE
            elif kind == b"is" or (content and not attributes.endswith(b"/")):
                _note_value(cell, faults)
    return faults


def _next_cell(last: _Cell, attributes: bytes) -> _Cell:
    place, kind = _PLACE.search(attributes), _KIND.search(attributes)
    column = _column(place[1]) if place else last.column + 1
    return _Cell(row=int(place[2]) if place else last.row, column=column, kind=kind[1] if kind else b"")


@lru_cache(maxsize=1024)
def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number - 1


def _note_value(cell: _Cell, faults: Faults) -> None:
    if cell.kind == b"e":
        faults.setdefault(cell.row, {})[cell.column] = ERROR_VALUE
    elif faults:
        faults.get(cell.row, {}).pop(cell.column, None)
