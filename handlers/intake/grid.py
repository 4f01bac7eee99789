"""A sheet as lines of text, before its headings are found."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

NO_FAULTS: Mapping[int, str] = {}


@dataclass(frozen=True, kw_only=True, slots=True)
class FileLimits:
    """How much one file may ask of us."""

    file_bytes: int = 64 << 20
    unpacked_bytes: int = 512 << 20
    # Sheets of text shrink 5 to 30 times; only a bomb shrinks more, and small files need no guard.
    unpacked_ratio: int = 200
    ratio_from_bytes: int = 32 << 20
    rows: int = 200_000
    text_bytes: int = 256 << 20  # of all cells together; one stored text may stand in any number of cells


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a sheet, cells from column 0 on."""

    number: int  # as the table program or the editor counts it, from 1
    texts: list[str]
    faults: Mapping[int, str] = field(default_factory=dict)  # column -> why the cell cannot be trusted


class Grid(Protocol):
    """A sheet that can be read line by line, from the top, any number of times."""

    name: str
    exact_width: bool  # more cells than headings mean that the line was torn apart (delimited text)
    tall: frozenset[int]  # lines (by number) that share a vertically merged cell with the next
    wide: Mapping[int, list[tuple[int, int]]]  # line number -> first and last column of merged cells

    def lines(self) -> Iterator[Line]:
        """Yield the lines, empty ones too."""
