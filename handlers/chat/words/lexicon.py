"""The words an office uses, by slot: read once from lexicon.toml, found in a text longest first."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from handlers.chat.words.folding import fold


class Slot(StrEnum):
    """What a word can be in a clause; each is a section of lexicon.toml, whose comment says what belongs there."""

    ALREADY = "already"
    MISTYPED_ALREADY = "mistyped_already"
    ACTION = "action"
    COMPLETION = "completion"
    BECOMES = "becomes"
    WORKS = "works"
    PUBLISH = "publish"
    RESULT = "result"
    LE = "le"
    FINISHED = "finished"
    SO_DONE = "so_done"
    STEP = "step"
    HANDED_ON = "handed_on"
    NOT = "not"
    CANNOT = "cannot"
    FAILED = "failed"
    PART = "part"
    REST = "rest"
    LATER = "later"
    WILL = "will"
    SOON = "soon"
    DOING = "doing"
    WAIT = "wait"
    STILL = "still"
    UNDONE = "undone"
    ONLY = "only"
    HEDGE = "hedge"
    HEARSAY = "hearsay"
    BUT = "but"
    IF = "if"
    CLOCK = "clock"
    PAST = "past"
    EARLIER = "earlier"
    QUESTION = "question"
    ABOUT_DUE = "about_due"
    ABOUT_WHO = "about_who"
    ABOUT_WHAT = "about_what"
    ABOUT_WHY = "about_why"
    ABOUT_HOW = "about_how"
    ABOUT_STATE = "about_state"
    ABOUT_LIST = "about_list"
    ABOUT_CALENDAR = "about_calendar"
    ABOUT_PROOF = "about_proof"
    US = "us"
    OURS_TAIL = "ours_tail"
    THEIRS = "theirs"
    MISSENT = "missent"
    RETIRED = "retired"
    CORRECT = "correct"
    ORDER = "order"
    MORE_TIME = "more_time"
    HAND_IN = "hand_in"
    YOU = "you"
    LEAVE = "leave"
    AWAY = "away"
    ACCEPT = "accept"
    AGREE = "agree"
    MAY = "may"
    POLITE = "polite"
    GREETING = "greeting"
    ALL = "all"
    MISTAKE = "mistake"
    UNSEEN = "unseen"
    DETAIL = "detail"
    SUPPORT = "support"
    PROMISE = "promise"
    PLAIN = "plain"
    COUNT = "count"  # "两处": not of the file, read by its form
    UNKNOWN = "unknown"  # what no slot has


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


APART = "\ufffc"  # in place of what is quoted and of addresses: their words tell nothing
QUOTED = re.compile(
    r"“[^”\n]{0,60}”|\"[^\"\n]{0,60}\"|《[^》\n]{0,60}》|「[^」\n]{0,60}」|‘[^’\n]{0,60}’"
    r"|(?:https?://|www\.)[a-z0-9\-._~:/?#@!$&'*+;=%]{1,300}"
)
SECTIONS = frozenset(Slot) - {Slot.COUNT, Slot.UNKNOWN}
# Forms rather than words: counts, shares and times.
FORMS: tuple[tuple[Slot, re.Pattern[str]], ...] = (
    (Slot.DETAIL, re.compile(f"{APART}+")),
    (Slot.DETAIL, re.compile(r"100\s?%|百分之?百")),
    (
        Slot.PLAIN,
        re.compile(r"(?:按照?|根据|依照|遵照|依据)[^\s,。;、!?]{0,10}?(?:要求|通知|指示|规定|标准|意见|部署|建议)"),
    ),
    (Slot.LEAVE, re.compile(r"[请休](?:\d{1,2}|[一二两三四五六七八九十半几])个?(?:天|工作日|周|星期)的?假")),
    (Slot.PART, re.compile(r"\d{1,3}(?:\.\d{1,2})?\s?%|百分之|[一二三四五六七八九]成|\d{1,2}/\d{1,2}(?![\d/])")),
    (Slot.PART, re.compile(r"第\s?(?:\d{1,2}|[一二三四五六七八九十])\s?[处篇段张页点项批轮条部]")),
    (
        Slot.CLOCK,
        re.compile(r"\d{1,4}\s?[年月日号点时](?:\d{1,2}\s?[月日号分]?|半)*|\d{1,2}:\d{2}|20\d{2}-\d{1,2}-\d{1,2}"),
    ),
    (Slot.PART, re.compile(r"(?:\d{1,2}|好?[一二两三四五六七八九十几])[遍轮稿次版](?![性权本面])")),
    (
        Slot.PART,
        re.compile(
            r"(?:\d{1,2}|[半一二两三四五六七八九十几])个?(?:多|半)?(?:天|小时|上午|下午|晚上|夜|宿|星期|分钟)(?!内|前|后)"
        ),
    ),
    (Slot.PART, re.compile(r"好?[几数]\s?[处篇条张段项则幅页字个](?!月|小时)")),
    (
        Slot.COUNT,
        re.compile(r"(?:\d{1,3}|[一二两三四五六七八九十多]{1,2})\s?[处篇条张段件项则幅页字个](?!工作|小时)"),
    ),
    (Slot.DETAIL, re.compile(r"[a-z0-9][a-z0-9._/#\-]{0,40}\d[a-z0-9._/#\-]{0,40}|\d{1,40}")),
)
FORMED = re.compile(rf"[{APART}\d请休第半好数按根依遵百一二两三四五六七八九十几多a-z]")
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
    if not FORMED.match(text, place) or (place and _latin(text[place - 1]) and _latin(text[place])):
        return None
    for slot, pattern in FORMS:
        if match := pattern.match(text, place):
            return Token(slot=slot, word=match[0], start=place, end=match.end())
    return None


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
