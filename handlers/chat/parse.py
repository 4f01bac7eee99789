"""Understands what was typed, or says that it does not: pure, and never by likeness.

A command's word at the start is an order; everything else is read by the grammar of `words`, which says how certain
it is. A list ("1已删除,2已修改") is read item by item.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from bot.rules.tickets.lifecycle import Verb
from handlers.chat.commands import BY_NAME, Command
from handlers.chat.matching import PARTICLE, WordMatch, mentioned_command, word_at
from handlers.chat.parsed import Parsed, bare_answer
from handlers.chat.words.folding import Folded, fold, match_end
from handlers.chat.words.lexicon import lexicon
from handlers.chat.words.numbers import KnownNumbers, is_place, mentioned, read, read_span
from handlers.chat.words.reading import Reading, read_words
from handlers.chat.words.slots import Slot
from handlers.chat.words.until import names_time

__all__ = ["Parsed", "folded_numbers", "parse", "read_one"]

STOPPED = " \n\t。.!~;,、"
CALLING = re.compile(r"^\s*(?:@\S+\s+)+")
GREETING = re.compile(r"^(?:您好|你好|好的|好|嗯+|ok|okay|谢谢)(?:[\s,、。!]+|(?=收到|已))")
ASKING = re.compile(r"(?:吗|[了好]么|[了完]没有?)$")
LAST = re.compile(r"(?:^|[\s,、:;#])(?:第\s{0,2})?0?([1-9]\d?)(?:号|件|个)?$")
STOPS = re.compile(r"[\s,、:;。.!~|-]*")
PLACE = re.compile(r"0?([1-9]\d?)\s*(?:号工单|号单|号|个|件)?[\s:、.]*")
# A short number right before one of these is a place in the list: "2改好啦", "3号还没".
AFTER_PLACE = frozenset(Slot) - {
    *(Slot.UNKNOWN, Slot.DETAIL, Slot.PLAIN, Slot.COUNT, Slot.CLOCK, Slot.PART, Slot.RESULT, Slot.SUPPORT, Slot.US),
    *(Slot.OURS_TAIL, Slot.PAST, Slot.EARLIER, Slot.STEP, Slot.AWAY),
}
# What stands behind these may be anything that does not warn; behind "已改" it must be understood.
OUTRIGHT = frozenset({"办结", "done", "completed", "finished"})
LONGEST_LAST = 8  # characters a short number at the end can take
MANY = 30  # so many numbers at the head are read


def parse(text: str, known: Mapping[str, str] | None = None) -> Parsed:
    """Read one message; `known` names the person's tickets by number key, whatever their numbers look like."""
    return read_one(fold(text), folded_numbers(known))


def folded_numbers(known: Mapping[str, str] | None) -> dict[str, str]:
    """The person's numbers as a folded text writes them."""
    return {fold(key).text.replace(" ", ""): number for key, number in (known or {}).items()}


def read_one(folded: Folded, numbers: KnownNumbers) -> Parsed:
    """Read a folded text that says one thing."""
    if folded.text.strip() in BY_NAME["help"].words:
        return Parsed(command="help")
    said, asked = _proper(folded)
    if (answer := bare_answer(said.text, numbers, asked=asked)) is not None:
        return answer
    place = match_end(GREETING, said.text, 0)
    found = word_at(said.text, place if place < len(said.text) else 0, numbers)
    return _ordered(said, found, numbers, asked) if found else _number_first(said, place, numbers, asked)


def _proper(folded: Folded) -> tuple[Folded, bool]:
    """The message without who is called and its stops; and whether it asks."""
    text = folded.text
    start = match_end(STOPS, text, match_end(CALLING, text, 0))
    kept = _without_call(text).rstrip(STOPPED)
    asked = kept.endswith("?")
    kept = kept.rstrip(STOPPED + "?")
    said = folded.part(start, max(start, len(kept)))
    return said, asked or ASKING.search(said.text[-4:]) is not None


def _without_call(text: str) -> str:
    """The text without who is called behind it: "签收 3 @督办助手"."""
    while (kept := text.rstrip()) and (cut := max(kept.rfind(" "), kept.rfind("\n"))) > 0 and kept[cut + 1] == "@":
        text = kept[:cut]
    return text


def _ordered(said: Folded, found: WordMatch, known: KnownNumbers, asked: bool, numbers: tuple[str, ...] = ()) -> Parsed:
    """A command's word stands at the start: numbers and the rest follow."""
    row, place = found.command, found.end
    behind = _behind_word(said.text, found, known) if row.needs_ticket and (row.many or not numbers) else None
    if behind is not None:
        numbers, place = (*numbers, *behind[0]), behind[1]
    if row.name == "ticket" and numbers:
        # "工单 FJ-01 已删除": what follows the number is the command, "工单" only named the thing.
        further = _behind_number(said, place, known, asked, numbers)
        if further is not None:
            return further
    parsed = Parsed(
        command=row.name,
        numbers=_with_mentioned(said.text, row, place, known, numbers),
        rest=_rest(said, found, place if behind else None),
        vague=found.word in row.vague,
    )
    parsed = replace(parsed, listed=1 < len(parsed.numbers) == len(numbers))
    if row.name in ("complete", "acknowledge"):
        rest = said.part(place if behind else match_end(PARTICLE, said.text, place))
        return _explained(parsed, rest, asked, outright=found.word in OUTRIGHT)
    if asked and row.changes:
        return replace(parsed, command=None, suggestion=row.name, asked=True)
    return parsed


def _behind_word(text: str, found: WordMatch, known: KnownNumbers) -> tuple[tuple[str, ...], int] | None:
    """The numbers right behind a command's word; after the first of 办结 only such as surely name tickets."""
    row, place = found.command, found.end
    numbers: tuple[str, ...] = ()
    while len(numbers) < MANY:
        named = _numbers_at(text, place, known, spans=row.many or row.verb == Verb.COMPLETE)
        if named is None or (row.dated and _is_day(text, place, named[1])):
            break
        sure = all(is_place(one) or one in known.values() for one in named[0])
        if numbers and not (row.many or sure):
            break
        numbers, place = (*numbers, *named[0]), named[1]
        if row.dated:
            break
    return (numbers, place) if numbers else None


def _with_mentioned(
    text: str, row: Command, place: int, known: KnownNumbers, numbers: tuple[str, ...]
) -> tuple[str, ...]:
    """Also those named later: whoever names two tickets must not get one done and the other forgotten."""
    if not row.needs_ticket:
        return numbers
    second = read(text, place, known) if numbers and not row.dated else None
    more = [second[0]] if second and is_place(second[0]) else []
    return tuple(dict.fromkeys((*numbers, *more, *mentioned(text, place, known))))


def _numbers_at(text: str, place: int, known: KnownNumbers, *, spans: bool) -> tuple[tuple[str, ...], int] | None:
    if spans and (span := read_span(text, place)) is not None:
        return span
    one = read(text, place, known)
    return ((one[0],), one[1]) if one else None


def _behind_number(
    said: Folded, place: int, known: KnownNumbers, asked: bool, numbers: tuple[str, ...]
) -> Parsed | None:
    after = match_end(STOPS, said.text, place)
    further = word_at(said.text, after, known)
    if further is not None:
        return _ordered(said, further, known, asked, numbers) if further.command.verb is not None else None
    spoken = _spoken(said.part(after), asked, known, numbers)
    return spoken if spoken.command is not None or spoken.hedged else None


def _explained(parsed: Parsed, rest: Folded, asked: bool, *, outright: bool) -> Parsed:
    """What is said with 办结 or 签收 tells whether it is meant so, and whether more is meant."""
    ordered = parsed.command == "complete"
    reading = read_words(rest.text + "?" * asked, ordered=ordered, outright=outright, accepted=not ordered)
    parsed = replace(parsed, reading=reading)
    if asked and (ordered or reading.verb == "acknowledge" or not rest.text):
        return replace(parsed, command=None, suggestion=parsed.command, asked=True)
    if ordered and not reading.certain:
        return replace(parsed, command=None, suggestion="complete", hedged=not reading.asked, asked=reading.asked)
    if ordered or reading.verb == "acknowledge":
        return parsed
    # "签收 已删除", "收到,什么时候截止": two halves.
    return _half(replace(parsed, accepted=True, spoken=True, command=None), rest)


def _half(parsed: Parsed, said: Folded) -> Parsed:
    """The command, or the hint, that everyday words amount to."""
    reading = parsed.reading or Reading()
    row = BY_NAME.get(reading.verb)
    if reading.verb in ("complete", "unfinished"):
        doubt = not reading.certain
        return replace(
            parsed,
            command=None if doubt else "complete",
            suggestion="complete" if doubt else None,
            asked=doubt and reading.asked,
            hedged=doubt and not reading.asked,
            stated=any(clause.claims for clause in reading.clauses),
            rest=said.original(reading.start, len(said.text)),
        )
    if row is None or not reading.certain:
        refused = reading.verb in ("not_done", "denied", "cannot", "unseen")
        return replace(
            parsed,
            suggestion=None if refused else mentioned_command(said.text),
            rest=said.original(0, len(said.text)),
            asked=reading.asked,
        )
    keeps = (row.verb is not None and row.name != "acknowledge") or row.dated
    return replace(parsed, command=row.name, rest=said.original(0, len(said.text)) if keeps else "")


def _number_first(said: Folded, start: int, known: KnownNumbers, asked: bool) -> Parsed:
    """No word at the start: perhaps numbers and then a word, else everyday words."""
    numbers, place = _leading(said.text, start, known)
    if not numbers:
        return _spoken(said, asked, known)
    after = match_end(STOPS, said.text, place)
    if after >= len(said.text):
        return Parsed(numbers=numbers)
    found = word_at(said.text, after, known)
    if found is not None:
        return _ordered(said, found, known, asked, numbers)
    return _spoken(said.part(after), asked, known, numbers)


def _leading(text: str, start: int, known: KnownNumbers) -> tuple[tuple[str, ...], int]:
    """The numbers a text begins with: "1、2和3号", "1-3", "2" right before what is said of it."""
    numbers: list[str] = []
    place = start
    while place < len(text) and len(numbers) < MANY:
        found = _numbers_at(text, place, known, spans=True) or _place_before_words(text, place)
        if found is None:
            break
        numbers += found[0]
        place = found[1]
    return tuple(dict.fromkeys(numbers)), place


def _place_before_words(text: str, start: int) -> tuple[tuple[str, ...], int] | None:
    found = PLACE.match(text, match_end(STOPS, text, start))
    token = lexicon().at(text, found.end()) if found else None
    if found is None or token is None or token.slot not in AFTER_PLACE:
        return None
    return (found[1],), found.end()


def _spoken(said: Folded, asked: bool, known: KnownNumbers, numbers: tuple[str, ...] = ()) -> Parsed:
    """Everyday words: what the grammar makes of them, about the number they name."""
    reading = read_words(said.text + "?" * asked)
    vague = reading.verb == "acknowledge"
    half = not reading.weak or BY_NAME.get(reading.verb, BY_NAME["help"]).verb is None
    accepted = reading.accepted and not vague and half and reading.verb != "unfinished"
    parsed = Parsed(reading=reading, spoken=True, vague=vague, accepted=accepted)
    if numbers:
        every = tuple(dict.fromkeys((*numbers, *mentioned(said.text, 0, known))))
        return replace(_half(parsed, said), numbers=every, listed=1 < len(every) == len(numbers))
    named = _named(said.text, reading, known)
    kept = said.part(0, named[1]) if named and not said.text[named[2] :].strip(STOPPED) else said
    return replace(_half(parsed, kept), numbers=named[0] if named else ())


def _named(text: str, reading: Reading, known: KnownNumbers) -> tuple[tuple[str, ...], int, int] | None:
    """The numbers everyday words name, and where the first stands: behind what is done, the person's own, or last."""
    claimed = next((clause.claimed_to for clause in reading.clauses if clause.claimed_to), None)
    if claimed is not None and (one := read(text, claimed, known)) is not None:
        return tuple(dict.fromkeys((one[0], *mentioned(text, one[1], known)))), claimed, one[1]
    if own := mentioned(text, 0, known):
        return tuple(own), 0, 0
    tail = max(0, len(text) - LONGEST_LAST)
    last = LAST.search(text, tail)
    return ((str(int(last[1])),), last.start(), last.end()) if last else None


def _is_day(text: str, start: int, end: int) -> bool:
    """Whether "26号" is a day: it is where no other time follows."""
    return text[start:end].endswith("号") and not names_time(text[end:])


def _rest(said: Folded, found: WordMatch, numbered_to: int | None) -> str:
    """What was said besides the command and its numbers; of a statement the words themselves too."""
    if found.statement:
        return said.original(found.start, len(said.text))
    place = match_end(PARTICLE, said.text, found.end) if numbered_to is None else numbered_to
    return said.original(match_end(STOPS, said.text, place), len(said.text))
