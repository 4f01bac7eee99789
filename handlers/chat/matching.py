"""Finds a command of the table by its words, at a place of what was typed; never by likeness."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from handlers.chat.commands import COMMANDS, Command
from handlers.chat.words.folding import match_end
from handlers.chat.words.numbers import KnownNumbers, read, read_span

PARTICLE = re.compile(r"(?:完毕|好了|了|啦)?")
# What is said after "收到" when it does mean this ticket.
POLITE = re.compile(r"谢谢|感谢|马上|立即|立刻|尽快|抓紧|这就|正在|我来|辛苦|好的")


@dataclass(frozen=True, kw_only=True, slots=True)
class WordMatch:
    """A command's word at a place."""

    command: Command
    start: int
    end: int
    word: str
    statement: bool = False


def word_at(text: str, place: int, known: KnownNumbers) -> WordMatch | None:
    """Return the longest word of the table that stands at this place and ends there as a word."""
    if text.startswith("/", place):
        place += 1
    for pattern, command, word, statement in _TAUGHT:
        match = pattern.match(text, place)
        if match is None:
            continue
        found = WordMatch(command=command, start=place, end=match.end(), word=word, statement=statement)
        if _ends_there(text, found, known):
            return found
    return None


def mentioned_command(text: str) -> str | None:
    """Name the command whose word stands anywhere in a text nobody understood."""
    for _pattern, command, word, _statement in _TAUGHT:
        if command.changes and len(word) > 1 and not word.isascii() and word.lower() in text:
            return command.name
    return None


def named_command(text: str) -> Command | None:
    """Return the command a question about the commands names: "怎么延期"."""
    return next((row for _, row, word, _ in _TAUGHT if len(word) > 1 and word.lower() in text), None)


def _ends_there(text: str, found: WordMatch, known: KnownNumbers) -> bool:
    behind = text[found.end : found.end + 1]
    if found.word.isascii():
        return not behind or (not (behind.isalpha() or behind in "_/-") and _no_long_number(text, found.end))
    if found.statement:
        return True
    end = match_end(PARTICLE, text, found.end)
    behind = text[end : end + 1]
    if not behind or not behind.isalnum() or behind == "已":
        return True
    if POLITE.match(text, end) and found.word in found.command.vague:
        return True
    if found.command.follows and re.match(found.command.follows, text[end : end + 20]):
        return True
    return found.command.needs_ticket and (read(text, end, known) is not None or read_span(text, end) is not None)


def _no_long_number(text: str, place: int) -> bool:
    """An English word may run into a number of the list ("ack3"), not into a longer one, which it would be part of."""
    return re.match(r"\d{3}|\d{1,2}[a-z\-_/#.]", text[place : place + 4]) is None


def _taught() -> Iterable[tuple[re.Pattern[str], Command, str, bool]]:
    for command in COMMANDS:
        for statement, words in ((False, command.words), (True, command.said)):
            for word in words:
                yield _pattern(word), command, word, statement


def _pattern(word: str) -> re.Pattern[str]:
    """The word itself; an English one with "@bot" behind it."""
    word = word.lower()  # as texts are folded
    if word.isascii():
        return re.compile(re.escape(word) + r"(?:@\w{1,40})?")
    # People put spaces between characters where the keyboard does.
    return re.compile(" ?".join(re.escape(one) for one in word))


_TAUGHT = sorted(_taught(), key=lambda row: -len(row[2]))
