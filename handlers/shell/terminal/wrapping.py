"""Breaks Chinese text at the edge of a terminal: never inside a number or a word, no stop at the start of a line."""

import re
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from bot.rules.messages.showing import visible

# A word, number or date with its clock stays whole; every other character may end a line.
_PIECES = re.compile(r"(?:\d+[年月日])+(?:\d[\d:]*)?|[A-Za-z0-9][A-Za-z0-9._:/#\-]*|\s|.")
_NOT_FIRST = set("。、”’》〉】」』,.;:!?)]}…\uff0c\uff1b\uff1a\uff01\uff1f\uff09")
_NOT_LAST = set("“‘《〈【「『([{\uff08")
UNBROKEN = 1_000_000
MIN_ROOM = 20  # below this a hanging indent would leave no room for words


def say_wrapped(console: Console, text: str, indent: str = "", style: str = "") -> None:
    """Print text broken at the terminal's edge; into a file or pipe its lines go as they are."""
    width = console.width if console.is_terminal else UNBROKEN
    console.print(Text(wrapped(visible(text), width, indent), style=style), soft_wrap=True)


def wrapped(text: str, width: int, indent: str = "") -> str:
    """Return the text broken into lines that fit, each after the indent; a word longer than a line is left whole."""
    room = max(width - cell_len(indent), MIN_ROOM)
    return "\n".join(indent + line for paragraph in text.split("\n") for line in _lines(paragraph, room))


def _lines(text: str, room: int) -> Iterator[str]:
    line = ""
    for piece in _units(text):
        if line and cell_len(line) + cell_len(piece) > room:
            yield line.rstrip()
            line = "" if piece.isspace() else piece
        else:
            line += piece
    yield line.rstrip()


def _units(text: str) -> Iterator[str]:
    """Pieces with the stops that belong behind them and the brackets that belong before them."""
    unit = ""
    for piece in _PIECES.findall(text):
        if unit and piece not in _NOT_FIRST and unit[-1] not in _NOT_LAST:
            yield unit
            unit = ""
        unit += piece
    if unit:
        yield unit
