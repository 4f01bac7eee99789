"""Finds the headings of a sheet: below titles, on one line or two, with merged cells."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice, pairwise

from bot.rules.tickets.arrivals import clean
from handlers.intake.grid import Grid, Line

HEADING_LINES = 15  # titles, dates and notes may stand above the headings

KnownHeadings = Callable[[str], bool]

_NOTE = re.compile(r"\(.*?\)|\[.*?\]|【.*?】")
_DECORATION = re.compile(r"[\s*#:、.。_]+")


@dataclass(frozen=True, kw_only=True, slots=True)
class Heading:
    """What the headings say, by column, and the line below which the rows begin."""

    names: Mapping[int, str]
    last_line: int = 0


@lru_cache(maxsize=4096)
def heading_key(text: str) -> str:
    """The heading as it is compared: without width, case, spaces, marks and notes in brackets."""
    plain = unicodedata.normalize("NFKC", clean(text)).casefold()
    return _DECORATION.sub("", _NOTE.sub("", plain) or plain)


def known_among(headings: Iterable[str]) -> KnownHeadings:
    """Return the test whether a text is one of these headings."""
    keys = {heading_key(heading) for heading in headings} - {""}
    # Longer texts are contents; not looking at them keeps the cache of keys small.
    return lambda text: len(text) <= 40 and heading_key(text) in keys


def find_heading(grid: Grid, known: KnownHeadings) -> Heading:
    """Return the headings among the first lines; without a known one, the first line that could be one."""
    top = list(islice(grid.lines(), HEADING_LINES))
    score, names, last = max(
        (*_single_lines(top, known), *_line_pairs(top, grid, known)), key=lambda one: one[0], default=(0.0, [], 0)
    )
    if not score:
        line = next((one for one in top if sum(map(bool, one.texts)) > 1), next(iter(top), None))
        names, last = (line.texts, line.number) if line else ([], 0)
    return Heading(names=_by_column(names), last_line=last)


def heading_score(grid: Grid, known: KnownHeadings) -> int:
    """Return how many known headings the sheet has."""
    return _score(find_heading(grid, known).names.values(), known)


Candidate = tuple[float, Sequence[str], int]


def _single_lines(top: Sequence[Line], known: KnownHeadings) -> Iterable[Candidate]:
    return [(_score(line.texts, known), line.texts, line.number) for line in top]


def _line_pairs(top: Sequence[Line], grid: Grid, known: KnownHeadings) -> Iterable[Candidate]:
    for upper, lower in pairwise(top):
        spread = _spread(upper.texts, grid.wide.get(upper.number, ()))
        joined = [_join(above, below, known) for above, below in zip(spread, lower.texts, strict=False)]
        # A heading merged downwards proves that the two lines belong together; else the pair must explain more.
        proof = 0.5 if upper.number in grid.tall and _score(upper.texts, known) else -0.5
        yield max(0.0, _score(joined, known) + proof), joined, lower.number


def _score(texts: Iterable[str], known: KnownHeadings) -> int:
    return len({heading_key(text) for text in texts if text and known(text)})


def _spread(texts: Sequence[str], merged: Iterable[tuple[int, int]]) -> list[str]:
    spread = list(texts)
    for first, last in merged:
        if first < len(spread):
            spread[first : last + 1] = [spread[first]] * (min(last + 1, len(spread)) - first)
    return spread


def _join(above: str, below: str, known: KnownHeadings) -> str:
    above, below = clean(above), clean(below)
    if not above or not below or above == below:
        return above or below
    return next((one for one in (above + below, below, above) if known(one)), above + below)


def _by_column(texts: Sequence[str]) -> dict[int, str]:
    names: dict[int, str] = {}
    taken = set()
    for column, text in enumerate(texts):
        name = " ".join(clean(text).split())
        if name:
            # Two columns of one name stay apart, so that neither hides the other.
            names[column] = f"{name}（第{column + 1}列）" if name in taken else name
            taken.add(name)
    return names
