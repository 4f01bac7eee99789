"""Understands what was typed, or says that it does not: pure, and never by likeness."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from handlers.chat.commands import BY_NAME, COMMANDS, Command
from handlers.chat.words.folding import Folded, fold, match_end
from handlers.chat.words.numbers import KnownNumbers, is_place, mentioned, read
from handlers.chat.words.until import names_time

ENDING = re.compile(r"[\s。.!~;,、]+$")
ASKING = re.compile(r"(?:\?|吗|[了好]么|[了完]没有?)[\s。.!~;,、?]*$")
CALLING = re.compile(r"^\s*(@\S+\s+)+")
CALLED_LAST = re.compile(r"(\s+@\S+)+\s*$")
GREETING = re.compile(r"^(?:您好|你好|好的|好|嗯+|ok|okay|谢谢)(?:[\s,、。!]+|(?=收到|已))")
CHOICE = re.compile(r"^(?:选|第)?\s*0*([1-9]\d?)\s*(?:号|个|件)?$")
PARTICLE = re.compile(r"(?:完毕|好了|了|啦)?")
LAST = re.compile(r"(?:^|[\s,、:;#])(?:第\s*)?0*([1-9]\d?)(?:号|件|个)?$")
STOPS = re.compile(r"[\s,、:;。.!~|-]*")
ADVERBS = r"已 ?经?(?:全部|全都|都|按要求|按时|及时)? ?"
# What is said after "收到" when it does mean this ticket.
POLITE = re.compile(r"谢谢|感谢|马上|立即|立刻|尽快|抓紧|这就|正在|我来|辛苦|好的")
# A statement that goes on like this is not yet true: it is asked back, not recorded.
NOT_ALL = re.compile(
    r"^(?:了|完)?(?:吗|么|没|不了|不掉|不成|一半|一大?部分|大?部分|中(?![国央共小学心间文西医])|得?差不多)"
    r"|(?:还|尚|仍)(?:有|未|没|需|在|要|差)|(?:剩|其余|其他).*(?:未|没|待|正在|明)"
    r"|[未没]有?(?:全部)?(?:完成|办结|整改|处理|删完|改完)|申请延期|需要?(?:[\d一二两三四五六七八九十几]|等|时间)"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """What a text says; `command` is None where nothing is to be done."""

    command: str | None = None
    numbers: tuple[str, ...] = ()  # as the source writes them, or of the list shown last ("3")
    rest: str = ""  # what else was said, as it was typed
    choice: int | None = None  # a bare number: one of the list shown last
    vague: bool = False  # said so that it may mean no ticket at all ("收到")
    stated: bool = False  # said as a statement that may also be a reason ("已答复网民…")
    suggestion: str | None = None  # the command it may have meant
    asked: bool = False  # sounds like a question
    hedged: bool = False  # sounds like something not wholly done

    @property
    def number_text(self) -> str:
        """The number that was named; empty when none was."""
        return self.numbers[0] if self.numbers else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Match:
    """A command's word at a place."""

    command: Command
    start: int
    end: int
    word: str
    statement: bool = False


def parse(text: str, known: Mapping[str, str] | None = None) -> Parsed:
    """Read one message; `known` names the person's tickets by number key, whatever their numbers look like."""
    folded = fold(text)
    numbers = {fold(key).text.replace(" ", ""): number for key, number in (known or {}).items()}
    if folded.text.strip() in BY_NAME["help"].words:
        return Parsed(command="help")
    start, end = _bounds(folded.text)
    said = folded.text[start:end]
    if choice := CHOICE.match(said):
        own = (numbers[said],) if said in numbers else ()
        return Parsed(choice=int(choice[1]), numbers=own)
    found = _word_at(said, 0, numbers)
    inner = Folded(text=said, source=folded.source, origin=folded.origin[start:end])
    parsed = _after_word(inner, found, numbers) if found else _number_first(inner, numbers)
    return _doubted(parsed, folded.text)


def _bounds(text: str) -> tuple[int, int]:
    """Where the message proper stands, without who is called, greetings and stops."""
    start, end = 0, len(text)
    if calling := CALLING.match(text):
        start = calling.end()
    if called := CALLED_LAST.search(text, start):
        end = called.start()
    start = min(match_end(STOPS, text, start), end)
    greeting = GREETING.match(text[start:end])
    if greeting and greeting.end() < end - start:
        start += greeting.end()
    # A question keeps its sense without its mark; `_doubted` looks at the mark itself.
    shortened = ENDING.sub("", text[start:end])
    shortened = ENDING.sub("", shortened.rstrip("?"))
    return start, start + len(shortened)


def _after_word(said: Folded, found: _Match, known: KnownNumbers, numbers: tuple[str, ...] = ()) -> Parsed:
    """A command's word stands at the start: numbers and the rest follow."""
    row, place = found.command, found.end
    spans: list[tuple[int, int]] = []
    while row.needs_ticket and (row.many or not numbers):
        number = read(said.text, place, known)
        if number is None or (row.dated and _is_day(said.text, place, number[1])):
            break
        numbers = (*numbers, number[0])
        spans.append((place, number[1]))
        place = number[1]
    if row.verb is None and row.needs_ticket and numbers:
        # "工单 FJ-01 已删除": what follows the number is the command, "工单" only named the thing.
        further = _word_at(said.text, _skip(said.text, place), known)
        if further is not None and further.command.verb is not None:
            return _after_word(said, further, known, numbers)
    if row.needs_ticket:
        named = bool(numbers) and not row.dated
        numbers = tuple(dict.fromkeys((*numbers, *_more(said.text, place, known, named))))
    return Parsed(
        command=row.name,
        numbers=numbers,
        rest=_rest(said, found, spans),
        vague=found.word in row.vague,
        stated=found.statement,
        hedged=row.verb is not None and _hedged(said.text, found, place),
    )


def _more(text: str, place: int, known: KnownNumbers, named: bool) -> list[str]:
    """Numbers behind the command's own: whoever names two tickets must not get one done and the other forgotten."""
    second = read(text, place, known) if named else None
    found = [second[0]] if second and is_place(second[0]) else []
    return [*found, *mentioned(text, place, known)]


def _is_day(text: str, start: int, end: int) -> bool:
    """Whether "26号" is a day: it is where no other time follows."""
    return text[start:end].endswith("号") and not names_time(text[end:])


def _number_first(said: Folded, known: KnownNumbers) -> Parsed:
    """No word at the start: perhaps a number and then a word."""
    number = read(said.text, 0, known)
    if number is None:
        suggestion = _suggested(said.text)
        named = _anywhere(said.text, known) if suggestion else ()
        return Parsed(numbers=named, suggestion=suggestion, rest=said.original(0, len(said.text)))
    after = _skip(said.text, number[1])
    if after >= len(said.text):
        return Parsed(numbers=(number[0],))
    found = _word_at(said.text, after, known)
    if found is not None:
        return _after_word(said, found, known, (number[0],))
    rest = said.original(after, len(said.text))
    return Parsed(numbers=(number[0],), suggestion=_suggested(said.text[after:]), rest=rest)


def _anywhere(text: str, known: KnownNumbers) -> tuple[str, ...]:
    """The one number a text nobody understood names: the person's own, or a short one at its end."""
    last = LAST.search(text)
    found = {*mentioned(text, 0, known), *([str(int(last[1]))] if last else [])}
    return tuple(found) if len(found) == 1 else ()


def _doubted(parsed: Parsed, text: str) -> Parsed:
    """Take the command back where the text asks or hedges; it stays as a suggestion."""
    row = BY_NAME.get(parsed.command or "")
    if row is None or not row.changes:
        return parsed
    if ASKING.search(text):
        return replace(parsed, command=None, suggestion=row.name, asked=True, hedged=False)
    if parsed.hedged:
        return replace(parsed, command=None, suggestion=row.name)
    return parsed


def _hedged(text: str, found: _Match, place: int) -> bool:
    rest = text[_skip(text, place) :] if place > found.end else text[found.end :]
    if found.statement:
        return NOT_ALL.search(rest) is not None
    return re.match(r"\s*(?:不了|不掉|不成|不出|一半|一?部分)", rest) is not None


def _rest(said: Folded, found: _Match, spans: list[tuple[int, int]]) -> str:
    """What was said besides the command and its numbers; of a statement the words themselves too."""
    if not found.statement:
        place = spans[-1][1] if spans else match_end(PARTICLE, said.text, found.end)
        return said.original(_skip(said.text, place), len(said.text))
    if not spans:
        return said.original(found.start, len(said.text))
    before = said.original(found.start, spans[0][0])
    behind = said.original(_skip(said.text, spans[-1][1]), len(said.text))
    return f"{before} {behind}".strip()


def _word_at(text: str, place: int, known: KnownNumbers) -> _Match | None:
    """Return the longest word of the table that stands at this place and ends there as a word."""
    if text.startswith("/", place):
        place += 1
    for pattern, command, word, statement in _LEXICON:
        match = pattern.match(text, place)
        if match is None:
            continue
        found = _Match(command=command, start=place, end=match.end(), word=word, statement=statement)
        if _ends_there(text, found, known):
            return found
    return None


def _ends_there(text: str, found: _Match, known: KnownNumbers) -> bool:
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
    if found.command.follows and re.match(found.command.follows, text[end:]):
        return True
    return found.command.needs_ticket and read(text, end, known) is not None


def _no_long_number(text: str, place: int) -> bool:
    """An English word may run into a number of the list ("ack3"), not into a longer one, which it would be part of."""
    return re.match(r"\d{3}|\d+[a-z\-_/#.]", text[place:]) is None


def _skip(text: str, place: int) -> int:
    return match_end(STOPS, text, place)


def _suggested(text: str) -> str | None:
    """Name the command whose word stands anywhere in a text nobody understood; the changing ones first."""
    for _pattern, command, word, _statement in _LEXICON:
        if command.changes and len(word) > 1 and not word.isascii() and word.lower() in text:
            return command.name
    return None


def _lexicon() -> Iterable[tuple[re.Pattern[str], Command, str, bool]]:
    for command in COMMANDS:
        for statement, words in ((False, command.words), (True, command.said)):
            for word in words:
                yield _pattern(word), command, word, statement


def _pattern(word: str) -> re.Pattern[str]:
    """The word itself; "已…" also as "已经全部…", an English one with "@bot" behind it."""
    word = word.lower()  # as texts are folded
    if word.isascii():
        return re.compile(re.escape(word) + r"(?:@\w+)?")
    # People put spaces between characters where the keyboard does.
    spaced = " ?".join(re.escape(one) for one in word.removeprefix("已"))
    return re.compile(ADVERBS + spaced if word.startswith("已") else spaced)


_LEXICON = sorted(_lexicon(), key=lambda row: -len(row[2]))
