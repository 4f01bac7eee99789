"""Reads what was typed without width, case, traditional forms and invisible characters; finds the way back to it."""

import re
import unicodedata
from dataclasses import dataclass

# Characters of the command words as traditional Chinese writes them; brackets, which numbers carry in many shapes.
SIMPLIFIED = str.maketrans(
    "簽辦結單為爲麼幫刪處詢誤報轉請銷綁經時過關閉務樣說復〔〕【】",
    "签办结单为为么帮删处询误报转请销绑经时过关闭务样说复[][]",
)
# Joiners and selectors that belong to an emoji; they are kept in what is quoted.
OF_EMOJI = {"\u200d", "\ufe0f", "\u20e3"}
SPACES = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Folded:
    """A text as commands are looked for in it; each character knows where it came from."""

    text: str
    source: str
    origin: tuple[int, ...]

    def original(self, start: int, end: int) -> str:
        """Return what was typed between two places of the folded text, without invisible characters around it."""
        if start >= end:
            return ""
        return printable(self.source[self.origin[start] : self.origin[end - 1] + 1])


def fold(text: str) -> Folded:
    """Fold a text character by character, so that every place can be traced back."""
    folded: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        for one in _folded(character):
            folded.append(one)
            origin.append(place)
    return Folded(text="".join(folded), source=text, origin=tuple(origin))


def printable(text: str) -> str:
    """Return the text as it can be stored and shown: no control, half or zero-width characters, one space at a time."""
    kept = "".join(one for one in text if one == "\n" or one in OF_EMOJI or not _invisible(one))
    return "\n".join(SPACES.sub(" ", line).strip() for line in kept.strip().split("\n"))


def match_end(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where a pattern that stands at this place ends; the place itself when it does not stand there."""
    found = pattern.match(text, start)
    return found.end() if found else start


def _folded(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).translate(SIMPLIFIED).lower()
    kept = (" " if one.isspace() else one for one in plain if one.isspace() or not _invisible(one))
    return "".join(one for one in kept if unicodedata.category(one) not in ("Mn", "Me"))


def _invisible(character: str) -> bool:
    # Cc control, Cf format and zero-width, Cs half of a pair: none of them can be typed on purpose.
    return unicodedata.category(character) in ("Cc", "Cf", "Cs") and not character.isspace()
