"""Lets nothing that tickets say steer the terminal they are shown on."""

import io
import re
import sys
from typing import TextIO

from bot.rules.messages.showing import visible

COLOUR = re.compile(r"(\x1b\[[\d;]*m)")  # what our own tables are coloured with; all else goes


class PlainOutput(io.TextIOWrapper):
    """A text stream through which words pass, and no sign but colours, tabs and line feeds."""

    def write(self, text: str) -> int:
        """Write the words of a text."""
        if text.isprintable():
            return super().write(text)
        super().write("".join(part if COLOUR.fullmatch(part) else visible(part) for part in COLOUR.split(text)))
        return len(text)


def speak_plainly() -> None:
    """Let both streams of this process pass words only."""
    sys.stdout, sys.stderr = _plain(sys.stdout), _plain(sys.stderr)


def _plain(stream: TextIO) -> TextIO:
    if isinstance(stream, PlainOutput) or not isinstance(stream, io.TextIOWrapper):
        return stream
    encoding, errors, buffered = stream.encoding, stream.errors, stream.line_buffering
    stream.flush()
    return PlainOutput(stream.detach(), encoding=encoding, errors=errors, line_buffering=buffered)
