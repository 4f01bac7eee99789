"""The words an office uses, by slot: read once from lexicon.toml, found in a text longest first."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from handlers.chat.words.folding import fold
from handlers.chat.words.forms import APART, FORMED, slot_of
from handlers.chat.words.slots import Slot


class Token(NamedTuple):
    """A word at a place of the text, with the slot it belongs to; a tuple, because a long text has thousands."""

    slot: Slot
    word: str
    start: int
    end: int


class LexiconInvalid(ValueError):
    """The word list cannot be used; the message is Chinese and names the word or the section."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """Every word with its slot, and what each slot is called."""

    words: Mapping[str, Slot]
    abouts: Mapping[Slot, str]
    lengths: Mapping[str, tuple[int, ...]]  # by first character, the longest first

    def at(self, text: str, place: int) -> Token | None:
        """Return the longest word that stands at a place; an English one ends where the word ends."""
        for length in self.lengths.get(text[place : place + 1], ()):
            word = text[place : place + length]
            slot = self.words.get(word)
            end = place + len(word)
            if slot is not None and not (_latin(word[0]) and _cuts_a_word(text, place, end)):
                return Token(slot=slot, word=word, start=place, end=end)
        return None

    def tokens(self, text: str) -> Iterator[Token]:
        """Read a folded text from left to right; what no slot has comes as it stands, spaces are left out."""
        place, unknown = 0, 0
        while place < len(text):
            token = _formed(text, place) or self.at(text, place)
            if token is None and text[place] != " ":
                place = _end_of_unknown(text, place)
                continue
            yield from _unknown(text, unknown, place)
            if token is not None:
                yield token
            place = unknown = token.end if token is not None else place + 1
        yield from _unknown(text, unknown, place)


QUOTED = re.compile(
    r"“[^”\n]{0,60}”|\"[^\"\n]{0,60}\"|《[^》\n]{0,60}》|「[^」\n]{0,60}」|‘[^’\n]{0,60}’"
    r"|(?:https?://|www\.)[a-z0-9\-._~:/?#@!$&'*+;=%]{1,300}"
)
SECTIONS = frozenset(Slot) - {Slot.COUNT, Slot.CAUSE, Slot.UNKNOWN}
LATIN = re.compile(r"[a-z0-9]+")


def read_lexicon(source: str) -> Lexicon:
    """Read the word list; LexiconInvalid names what is wrong."""
    words: dict[str, Slot] = {}
    abouts: dict[Slot, str] = {}
    for name, section in _sections(source).items():
        if name not in SECTIONS:
            raise LexiconInvalid(f"词表里没有“{name}”这一格")
        if missing := [key for key in ("about", "zh") if not section.get(key)]:
            raise LexiconInvalid(f"词表里“{name}”这一格缺少{missing[0]}")
        slot = Slot(name)
        abouts[slot] = section["about"]
        for word in (*section["zh"].split(), *section.get("en", ())):
            folded = fold(word).text.strip()
            if words.setdefault(folded, slot) != slot:
                raise LexiconInvalid(f"词表里的“{word}”写在两格:{words[folded]}、{slot}")
    lengths: dict[str, set[int]] = {}
    for word in words:
        lengths.setdefault(word[0], set()).add(len(word))
    longest_first = {first: tuple(sorted(found, reverse=True)) for first, found in lengths.items()}
    return Lexicon(words=words, abouts=abouts, lengths=longest_first)


def _sections(source: str) -> Mapping[str, Mapping[str, Any]]:
    try:
        return tomllib.loads(source)
    except tomllib.TOMLDecodeError as error:
        raise LexiconInvalid(f"词表不是有效的TOML（{error}）") from None


def set_apart(text: str) -> str:
    """Blank what is quoted and addresses, character by character."""
    return QUOTED.sub(lambda found: APART * len(found[0]), text)


@cache
def lexicon() -> Lexicon:
    """Return the office's word list."""
    return read_lexicon((files("handlers.chat.words") / "lexicon.toml").read_text(encoding="utf-8"))


def _formed(text: str, place: int) -> Token | None:
    """What is known by its form, unless it is a piece of a longer Latin word."""
    match = FORMED.match(text, place)
    if match is None or (place and _latin(text[place - 1]) and _latin(text[place])):
        return None
    return Token(slot=slot_of(match), word=match[0], start=place, end=match.end())


def _unknown(text: str, start: int, end: int) -> Iterator[Token]:
    if start < end:
        yield Token(slot=Slot.UNKNOWN, word=text[start:end], start=start, end=end)


def _end_of_unknown(text: str, place: int) -> int:
    latin = LATIN.match(text, place)
    return latin.end() if latin else place + 1


def _cuts_a_word(text: str, start: int, end: int) -> bool:
    """Whether a Latin word goes on across either end."""
    return _goes_on(text, start) or _goes_on(text, end)


def _goes_on(text: str, place: int) -> bool:
    return 0 < place < len(text) and _latin(text[place - 1]) and _latin(text[place])


def _latin(character: str) -> bool:
    return character.isascii() and (character.isalnum() or character == "'")
