"""Lists: "1已删除,2已修改,3误报", or a line for each ticket; every item counts for itself."""

import re
from collections.abc import Iterator, Mapping, Sequence

from handlers.chat.commands import BY_NAME
from handlers.chat.parse import Parsed, folded_numbers, read_one
from handlers.chat.words.folding import Folded, fold
from handlers.chat.words.numbers import KnownNumbers

# "1、已删除" numbers an item; "标题、正文" does not end one.
STOP = re.compile(
    r"[,;。\n]|(?<![\d ])、| (?=\d{1,2}\s?[.、:)]\s?\D)"
    r"|(?<=[\u4e00-\u9fff])(?=\d{1,2}\s?(?:签收|收到|已|办结|误报|[还没未]))"
)
MOST_PIECES = 40  # longer texts are no lists
LONGEST_LIST = 1_500  # characters; each piece is read twice


def parse_all(text: str, known: Mapping[str, str] | None = None) -> tuple[Parsed, ...]:
    """Read one message: the items of a list, else the one thing it says."""
    folded, numbers = fold(text), folded_numbers(known)
    items = _items(folded, numbers)
    return items if len(items) > 1 else (read_one(folded, numbers),)


def _items(folded: Folded, numbers: KnownNumbers) -> tuple[Parsed, ...]:
    if len(folded.text) > LONGEST_LIST:
        return ()
    stops = list(_stops(folded.text))
    if not 0 < len(stops) <= MOST_PIECES or not re.search(r"[\d第]", folded.text):
        return ()
    starts = [0, *(stop.end() for stop in stops)]
    ends = [*(stop.start() for stop in stops), len(folded.text)]
    begins = [start for start, end in zip(starts, ends, strict=True) if _begins_item(folded.part(start, end), numbers)]
    if len(begins) < 2 or folded.text[: begins[0]].strip():
        return ()
    pieces = zip(begins, [*begins[1:], len(folded.text)], strict=True)
    return _distinct([read_one(folded.part(start, end), numbers) for start, end in pieces])


def _stops(text: str) -> Iterator[re.Match[str]]:
    """Where a piece may end; without a mark only behind one that names a number: "1签收2签收", not "签收2已删除"."""
    start = 0
    for stop in STOP.finditer(text):
        if stop[0] or re.search(r"\d", text[start : stop.start()]):
            yield stop
            start = stop.end()


def _begins_item(piece: Folded, numbers: KnownNumbers) -> bool:
    """Whether a piece names a ticket and says something of it."""
    parsed = read_one(piece, numbers)
    says = parsed.command or parsed.hedged or (parsed.reading is not None and parsed.reading.verb)
    row = BY_NAME.get(parsed.command or "")
    return bool(parsed.numbers and says) and (row is None or row.needs_ticket) and not parsed.asked


def _distinct(items: Sequence[Parsed]) -> tuple[Parsed, ...]:
    """The items, unless two of them speak of one ticket: then it is no list."""
    named = [number for item in items for number in item.numbers]
    return tuple(items) if len(named) == len(set(named)) else ()
