"""Reads .csv and its kin: the encoding is found line by line, the delimiter by the headings it brings to light."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from handlers.intake import InputRefused
from handlers.intake.grid import FileLimits, Line
from handlers.intake.headings import HEADING_LINES, KnownHeadings

DELIMITERS = ",;\t"
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
SAMPLE_BYTES = 4096
# From here on a byte can only begin a UTF-8 sequence of three, as every Chinese character is;
# sequences of two are also plausible GB18030.
THREE_BYTES = 0xE0
NAMES = {"utf-8-sig": "UTF-8", "gb18030": "GB18030"}


class DelimitedGrid:
    """A checked text file as lines of cells."""

    name = ""
    exact_width = True
    tall: frozenset[int] = frozenset()
    wide: Mapping[int, list[tuple[int, int]]] = {}

    def __init__(self, path: Path, limits: FileLimits, known: KnownHeadings) -> None:
        """Find encoding and delimiter and read the file through once; InputRefused names the line at fault."""
        self._path = path
        self._encoding = _encoding(path)
        self._delimiter = _delimiter(self._text(), known)
        self.height = 0
        for line in self.lines():
            self.height += any(line.texts)
            if self.height > limits.rows + HEADING_LINES:
                break

    def lines(self) -> Iterator[Line]:
        """Yield every record, numbered by the line it begins on."""
        reader = csv.reader(self._text(), delimiter=self._delimiter, strict=True)
        number = 1
        try:
            for texts in reader:
                yield Line(number=number, texts=texts)
                number = reader.line_num + 1
        except csv.Error:
            raise InputRefused(
                f"第{number}行的双引号不成对或文字过长，请改正这一行，或在表格软件里另存为 .xlsx 再导入"
            ) from None

    def _text(self) -> Iterator[str]:
        with self._path.open(encoding=self._encoding, newline="") as file:
            try:
                yield from file
            except UnicodeError:
                raise InputRefused("文字编码读不懂，请在表格软件里另存为 .xlsx 再导入") from None


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
        for mark, name in BOMS[1:]:
            if head.startswith(mark):
                return name
        silent = _utf16_without_mark(head)
        if silent:
            return silent
        file.seek(0)
        return _encoding_by_lines(file)


def _utf16_without_mark(head: bytes) -> str | None:
    """Line ends, digits and commas leave a zero in every other byte; a stray NUL does not."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    enough = len(head) // 20
    if odd > enough and not even:
        return "utf-16-le"
    return "utf-16-be" if even > enough and not odd else None


def _encoding_by_lines(lines: Iterable[bytes]) -> str:
    first: dict[str, int] = {}
    for number, line in enumerate(lines, 1):
        if line.isascii():
            continue
        name = _line_encoding(line)
        if name is None:
            raise InputRefused(f"第{number}行的文字编码读不懂，请在表格软件里另存为 .xlsx 再导入")
        if name:
            first.setdefault(name, number)
    if len(first) > 1:
        (one, _), (other, number) = sorted(first.items(), key=lambda item: item[1])
        raise InputRefused(
            f"文件里混用了两种编码：第{number}行是 {NAMES[other]}，前面是 {NAMES[one]}，请统一编码或另存为 .xlsx 再导入"
        )
    return next(iter(first), "utf-8-sig")


def _line_encoding(line: bytes) -> str | None:
    """Return the encoding a line must be in, "" when it may be either, None when it is neither."""
    if _decodes(line, "utf-8"):
        return "utf-8-sig" if max(line) >= THREE_BYTES else ""
    return "gb18030" if _decodes(line, "gb18030") else None


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(text: Iterator[str], known: KnownHeadings) -> str:
    sample = list(islice(text, HEADING_LINES))

    def worth(delimiter: str) -> tuple[int, int]:
        rows = list(csv.reader(sample, delimiter=delimiter))
        return max((sum(map(known, row)) for row in rows), default=0), max(map(len, rows), default=0)

    try:
        # Of equals the first wins: the comma.
        return max(DELIMITERS, key=worth)
    except csv.Error:
        raise InputRefused(f"前{HEADING_LINES}行里有一格文字过长，或双引号不成对，请改正后再导入") from None
