"""The root file: an append-only chain of lines outside the database, from which it cannot be rewritten unnoticed.

A line holds, with spaces between: number, time, root, leaves, lines, kind, the hash of the line before, its own.
"""

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from storage.records import JournalKey, Root

ROOT, BEGUN = "root", "begun"  # of a begun file the first line tells it from others
ACCEPTED = "accepted"  # somebody answers for it that history goes on from here: a backup was put back, a file was lost
WORDS = 8
TAIL_BYTES = 4_096  # more than two lines
MODE = 0o600


class RootFileRefused(Exception):
    """The root file cannot be used; the message is Chinese and names what is wrong."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FiledRoot:
    """A line of the file: a root as it stood when the line was written, or from which root on the file goes."""

    number: int
    at: datetime
    root: str
    leaves: int
    lines: int
    previous: str
    kind: str = ROOT
    mac: str = ""

    def __str__(self) -> str:
        """Return what is hashed."""
        at = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return f"{self.number} {at} {self.root} {self.leaves} {self.lines} {self.kind} {self.previous}"


class RootFile:
    """One file; the key makes its lines a chain that nobody without it can write."""

    def __init__(self, path: Path, key: JournalKey) -> None:
        self.path, self._key = path, key

    @property
    def exists(self) -> bool:
        """Whether there is such a file."""
        return self.path.exists()

    @contextmanager
    def held(self, *, to_read: bool = False) -> Iterator[None]:
        """Keep other processes of this machine from appending; RootFileRefused where that is impossible."""
        try:
            handle = os.open(self.path, os.O_RDONLY if to_read else os.O_RDWR | os.O_CREAT | os.O_APPEND, MODE)
        except OSError as reason:
            raise self._unusable(reason) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_SH if to_read else fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def last(self) -> FiledRoot | None:
        """Return the last whole line; None of an empty file, RootFileRefused where it was not written with our key."""
        size = self.path.stat().st_size
        with self.path.open("rb") as file:
            file.seek(max(0, size - TAIL_BYTES))
            tail = file.read().splitlines()
        read = [one for line in tail if (one := _read(line.decode("ascii", "replace"))) is not None]
        if not read:
            if size:
                raise RootFileRefused(f"存证文件 {self.path} 的末行读不懂")
            return None
        if not self._fits(read[-1]):
            raise RootFileRefused(f"存证文件 {self.path} 的末行被改动过，或是用另一把密钥写的")
        return read[-1]

    def name(self) -> str:
        """Return what tells this file from others: the hash of its first line."""
        with self.path.open("r", encoding="ascii", errors="replace") as file:
            first = _read(file.readline())
        return first.mac if first is not None else ""

    def begin(self, at: datetime, number: int) -> FiledRoot:
        """Write the first line: from which root on the file goes."""
        root = Root(number=number, at=at, root=secrets.token_hex(32), leaves=0, lines=0, algorithm=self._key.algorithm)
        self._write([line := self._line(root, BEGUN, BEGUN)])
        _sync_folder(self.path.parent)
        return line

    def append(self, roots: Iterable[Root], last: FiledRoot, kind: str = ROOT) -> FiledRoot:
        """Append roots after the last line, on disk when this returns."""
        lines = [last := self._line(root, last.mac, kind) for root in roots]
        self._write(lines)
        return lines[-1] if lines else last

    def read(self) -> Iterator[tuple[int, FiledRoot | str]]:
        """Return every line with its place; in Chinese what is wrong with the first that does not hold, the last."""
        previous, number = BEGUN, -1
        with self.path.open("r", encoding="ascii", errors="replace") as file:
            for place, text in enumerate(file, 1):
                line = _read(text)
                if line is None:
                    continue  # a line that a power cut tore; what follows must join the one before it all the same
                wrong = self._wrong(line, previous, number)
                yield place, wrong or line
                if wrong:
                    return
                previous, number = line.mac, line.number
        if number < 0:
            yield 1, "首行缺失或读不懂"

    def _wrong(self, line: FiledRoot, previous: str, number: int) -> str:
        if not self._fits(line):
            return "内容与校验值不符"
        if line.previous != previous or (line.number <= number and line.kind != ACCEPTED):
            return "与前一行接不上，其间有行被删改"
        return ""

    def _line(self, root: Root, previous: str, kind: str) -> FiledRoot:
        line = FiledRoot(
            number=root.number,
            at=root.at,
            root=root.root,
            leaves=root.leaves,
            lines=root.lines,
            previous=previous,
            kind=kind,
        )
        return replace(line, mac=self._key.mac(f"file\n{line}".encode()))

    def _fits(self, line: FiledRoot) -> bool:
        return self._key.fits(f"file\n{line}".encode(), line.mac)

    def _write(self, lines: Sequence[FiledRoot]) -> None:
        text = "".join(f"{line} {line.mac}\n" for line in lines).encode()
        try:
            handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, MODE)
            try:
                size = os.fstat(handle).st_size
                torn = size > 0 and os.pread(handle, 1, size - 1) != b"\n"
                os.write(handle, b"\n" + text if torn else text)
                os.fsync(handle)
            finally:
                os.close(handle)
        except OSError as reason:
            raise self._unusable(reason) from None

    def _unusable(self, reason: OSError) -> RootFileRefused:
        why = f"（{reason.strerror}），请检查目录权限和磁盘，或用 DUBAN_ROOTS_PATH 另指一处"
        return RootFileRefused(f"存证文件 {self.path} 读写不了{why}")


def _read(text: str) -> FiledRoot | None:
    words = text.split()
    if len(words) != WORDS:
        return None
    number, at, root, leaves, lines, kind, previous, mac = words
    try:
        counts = {"number": int(number), "leaves": int(leaves), "lines": int(lines)}
        return FiledRoot(at=datetime.fromisoformat(at), root=root, kind=kind, previous=previous, mac=mac, **counts)
    except ValueError:
        return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
