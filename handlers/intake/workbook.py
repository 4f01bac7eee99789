"""Reads .xlsx and .xls as lines of text; merged cells are filled downwards."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

from handlers.intake import InputRefused
from handlers.intake.grid import NO_FAULTS, FileLimits, Line
from handlers.intake.headings import HEADING_LINES
from handlers.intake.xlsx_guard import DAMAGED, LOCKED, check_archive, faulty_cells

ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
READER = Path(__file__).with_name("workbook_reader.py")
READER_SECONDS = 120
DIGITS_LOST = "是超过15位的数字，末几位已被表格软件改成0，请把这一列设为“文本”格式后重新填写"

Merge: TypeAlias = Sequence[Sequence[int]]  # first and last cell, each row and column, from 0


class Workbook:
    """A workbook read into memory; its visible sheets by name."""

    def __init__(self, path: Path, limits: FileLimits, only: str | None = None) -> None:
        """Read all visible sheets, or the one named; anything that is no sound workbook raises InputRefused."""
        with path.open("rb") as file:
            self._zipped = file.read(len(ZIP_MAGIC)) == ZIP_MAGIC
        if self._zipped:
            check_archive(path, limits)
        self._path = path
        self.sheet_names: tuple[str, ...] = ()
        self._sheets: dict[str, list[bytes]] = {}
        self._sort(_read(path, limits, only))

    def grid(self, name: str) -> "SheetGrid":
        """Return one sheet; KeyError when it was not read."""
        faults = faulty_cells(self._path, name) if self._zipped else {}
        return SheetGrid(name, self._sheets[name], faults)

    def _sort(self, lines: list[bytes]) -> None:
        kept: list[bytes] = []
        for line in lines:
            if line.startswith(b'{"sheet"'):
                kept = self._sheets[json.loads(line)["sheet"]] = []
            elif line.startswith(b"{"):
                note = json.loads(line)
                self.sheet_names = tuple(note.get("names", self.sheet_names))
                if "locked" in note:
                    raise InputRefused(LOCKED)
                if "large" in note:
                    raise InputRefused("表格里的文字太多，请分成几份再导入")
            kept.append(line)


class SheetGrid:
    """One sheet as lines of text."""

    exact_width = False

    def __init__(self, name: str, lines: list[bytes], faults: Mapping[int, Mapping[int, str]]) -> None:
        about, end = json.loads(lines[0]), json.loads(lines[-1])
        merges: list[Merge] = about["merges"]
        self.name = name
        self.height: int = about["height"]
        self._batches = lines[1:-1]
        self._faults = {row: dict(columns) for row, columns in faults.items()}
        for row, column in end["lost"]:
            self._faults.setdefault(row, {})[column] = DIGITS_LOST
        self._downwards = _downwards(merges)
        # Only the lines of a heading ask, so a merged cell is followed for a few lines.
        self.tall = frozenset(row + 1 for (top, _), (bottom, _) in merges for row in range(top, min(bottom, top + 9)))
        self.wide: Mapping[int, list[tuple[int, int]]] = _wide(merges)

    def lines(self) -> Iterator[Line]:
        """Yield every line from the top of the sheet."""
        running: dict[int, tuple[int, str]] = {}  # column -> last line of the merged cell, its text
        rows: Iterator[list[str]] = (row for batch in self._batches for row in json.loads(batch))
        for number, texts in enumerate(rows, 1):
            if running:
                running = _fill(texts, running, number)
            for column, last in self._downwards.get(number, ()):
                if column < len(texts):
                    running[column] = (last, texts[column])
            yield Line(number=number, texts=texts, faults=self._faults.get(number, NO_FAULTS))


def _read(path: Path, limits: FileLimits, only: str | None) -> list[bytes]:
    arguments = [str(path), str(limits.rows + HEADING_LINES + 1), str(limits.text_bytes)]
    command = [sys.executable, "-P", str(READER), *arguments, *([] if only is None else [only])]
    try:
        # The command is this Python and a file of ours; the path of the input is an argument, not a part of it.
        done = subprocess.run(command, capture_output=True, timeout=READER_SECONDS, check=True)  # noqa: S603
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        # A locked .xlsx is an old-style container that holds no workbook one could find.
        if ENCRYPTED_STREAM in path.read_bytes():
            raise InputRefused(LOCKED) from None
        raise InputRefused(DAMAGED) from None
    return done.stdout.splitlines()


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
