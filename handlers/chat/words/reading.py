"""What a whole message says: its clauses are composed into what may be done, or asked; pure, and it says why."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

from handlers.chat.words.clauses import Clause, Sense
from handlers.chat.words.folding import fold
from handlers.chat.words.lexicon import Token, lexicon, set_apart
from handlers.chat.words.senses import sense_of
from handlers.chat.words.slots import WARNINGS, YES, Slot
from handlers.chat.words.until import read_period

BREAK = re.compile(r"[,。;、\n!?~…|()\[\]]|(?<!\d):|:(?!\d)|(?<![a-z0-9])\.|\.(?![a-z0-9])")
LONGEST_READ = 1_200  # characters read clause by clause; what follows is only looked through for what warns
MOST_CLAUSES = 60  # what follows is read as one more
KINDLY = (Slot.POLITE, Slot.GREETING, Slot.LE)
# Right behind 收到 these begin something new; anything else is what was received: "收到一条投诉".
OPENING = frozenset(Slot) - {Slot.UNKNOWN, Slot.DETAIL, Slot.PLAIN, Slot.COUNT, Slot.RESULT, Slot.SUPPORT, Slot.ORDER}

# The day that is named beside these is the one that cannot be kept.
TOO_SHORT = re.compile("来不及|赶不[上及完]|交不[了上]|办不[了完]|不够|太紧")

# Which of several things that are said leads, where nothing is said to be done.
LEADING: tuple[tuple[Sense, str], ...] = (
    (Sense.NOT_OURS, "transfer"),
    (Sense.MISSENT, "missent"),
    (Sense.CORRECT, "correct"),
    (Sense.RETIRED, "retired"),
    (Sense.MORE_TIME, "extend"),
    (Sense.LEAVE, "leave"),
    (Sense.AWAY, "away"),
    (Sense.QUESTION, ""),  # its topic
    (Sense.MISTAKEN, "mistaken"),
    (Sense.CANNOT, "cannot"),
    (Sense.HANDED_ON, "handed_on"),
    (Sense.UNFINISHED, "unfinished"),
    (Sense.PASSED_ON, "unfinished"),
    (Sense.REPORTED, "unfinished"),
    (Sense.NOT_DONE, "not_done"),
    (Sense.DENIED, "denied"),
    (Sense.UNSEEN, "unseen"),
)
CERTAIN = frozenset({"transfer", "extend", "leave"})  # carried out when said plainly; extend asks for what is missing
HARMLESS = (Sense.DONE, Sense.DETAIL, Sense.COURTESY, Sense.ACCEPTED, Sense.REPORTED)


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What a message amounts to."""

    verb: str = ""  # a command of the table, or what it hints at; empty: not understood
    certain: bool = False  # said plainly: a command may be carried out, else it is only asked or offered
    why: str = ""  # what decided it, in Chinese, for the record and for the desk
    clauses: tuple[Clause, ...] = ()
    accepted: bool = False  # and it was acknowledged, in so many words
    weak: bool = False  # by a mere "好的"
    start: int = 0  # where what is to be kept begins

    @property
    def asked(self) -> bool:
        """Whether it sounds like a question."""
        return any(clause.asked for clause in self.clauses)


def read_words(text: str, *, ordered: bool = False, outright: bool = False, accepted: bool = False) -> Reading:
    """Compose what a folded text says.

    `ordered`: it follows a word that says "done", `outright` the command 办结 itself, whose explanation may be
    anything that does not warn; `accepted`: 签收 or 收到 stood before it.
    """
    clauses = (*_clauses(text[:LONGEST_READ]), *_unread(text))
    done = next((place for place, clause in enumerate(clauses) if clause.sense is Sense.DONE), None)
    yes = [clause for clause in clauses if clause.sense is Sense.ACCEPTED]
    reading = Reading(
        clauses=clauses,
        accepted=accepted or bool(yes),
        weak=not accepted and all(clause.weak for clause in yes),
        start=_start(clauses),
    )
    if done is not None or ordered:
        return _completion(reading, 0 if ordered or done is None else done, outright=outright)
    return _otherwise(reading)


def more_time(text: str, today: date) -> str:
    """What everyday words say of until when, and why: "能晚两天吗,等平台审核" is "两天 等平台审核".

    The very day is no time to put it off to: "今天来不及".
    """
    folded = fold(text)
    until, reasons = "", []
    for clause in read_words(folded.text).clauses:
        said = folded.original(clause.start, clause.end)
        if clause.sense is Sense.MORE_TIME:
            period = None if TOO_SHORT.search(said) else read_period(said, today)
            until = period.said if period is not None and period.until.day != today else until
        elif clause.sense not in (Sense.ACCEPTED, Sense.COURTESY, Sense.QUESTION):
            reasons.append(said)
    return " ".join(one for one in (until, *reasons) if one)


def _completion(reading: Reading, done: int, *, outright: bool) -> Reading:
    """It is said to be done: certain, unless something beside it tells otherwise."""
    removes = any(clause.removes for clause in reading.clauses if clause.sense is Sense.DONE)
    for place, clause in enumerate(reading.clauses):
        gone = clause.removes and clause.sense is Sense.CANNOT and removes
        told = place < done and clause.narrates and not clause.claims and reading.clauses[done].concludes
        if clause.turns or not (gone or told or _agrees(clause, before=place < done, outright=outright)):
            return replace(reading, verb="complete", why=clause.why or "话有转折")
    if _counts_differ(reading.clauses):
        return replace(reading, verb="complete", why="两个数目不同")
    said = [clause for clause in reading.clauses if clause.sense is Sense.DONE]
    if any(clause.weak for clause in said) and (len(said) > 1 or reading.accepted):
        return replace(reading, verb="complete", why="“好了”不一定是说办完")
    why = said[0].why if said else "口令“办结”"
    return replace(reading, verb="complete", certain=True, why=why)


def _counts_differ(clauses: Sequence[Clause]) -> bool:
    """ "已删除3条,共5条": two counts of one measure."""
    counts = {count.replace(" ", "") for clause in clauses for count in clause.counts}
    return len(counts) > len({count[-1] for count in counts})


def _agrees(clause: Clause, *, before: bool, outright: bool) -> bool:
    if clause.sense in HARMLESS or (before and clause.excuses and not clause.claims):
        return True
    if clause.sense is Sense.STRANGE:
        return before or outright  # an explanation behind 办结 needs no understanding
    if clause.sense in (Sense.UNSEEN, Sense.PASSED_ON, Sense.CAUSE, Sense.AWAY):
        return before  # "已联系编辑,现已删除"
    return outright and clause.sense is Sense.UNFINISHED and clause.weak


def _otherwise(reading: Reading) -> Reading:
    """Nothing is said to be done: what leads, with what was acknowledged beside it."""
    underway = next((clause for clause in reading.clauses if clause.sense is Sense.UNDERWAY), None)
    claimed = next((clause for clause in reading.clauses if clause.sense is Sense.UNFINISHED and clause.claims), None)
    if claimed is not None:
        return replace(reading, verb="complete", why=claimed.why)
    found = ((clause, verb) for sense, verb in LEADING for clause in reading.clauses if clause.sense is sense)
    lead, verb = next(found, (None, ""))
    unfinished = next((clause for clause in reading.clauses if clause.sense is Sense.UNFINISHED), None)
    if lead is not None and lead.sense is Sense.QUESTION and not lead.topic and unfinished is not None:
        lead, verb = unfinished, "unfinished"
    if lead is not None and lead.sense is Sense.QUESTION:
        verb = lead.topic or "question"
    if lead is None or (_goes_with_work(lead) and (reading.accepted or underway)):
        return _acknowledged(reading, underway)
    certain = verb in CERTAIN and not (lead.hints and verb != "extend") and not any(c.turns for c in reading.clauses)
    if lead.sense is Sense.QUESTION or verb == "extend":
        certain = True
    taken = reading.accepted or (underway is not None and lead.sense is Sense.QUESTION)
    return replace(reading, verb=verb, certain=certain, why=lead.why, accepted=taken)


def _goes_with_work(clause: Clause) -> bool:
    """Whether it says no more than that the work is still to be done."""
    return (
        clause.sense in (Sense.UNFINISHED, Sense.PASSED_ON, Sense.REPORTED, Sense.NOT_DONE)
        and not clause.claims
        and not clause.topic
    )


def _acknowledged(reading: Reading, underway: Clause | None) -> Reading:
    if reading.accepted or underway is not None:
        odd = [clause for clause in reading.clauses if clause.sense in (Sense.STRANGE, Sense.DOUBTFUL)]
        certain = not (odd and underway is None and reading.weak)
        why = underway.why if underway else "收下了"
        return replace(reading, verb="acknowledge", certain=certain, why=why, accepted=True)
    if reading.clauses and all(clause.sense is Sense.COURTESY for clause in reading.clauses):
        return replace(reading, verb="courtesy", why="客气话")
    return reading


def _start(clauses: Sequence[Clause]) -> int:
    """What is kept of a completion begins behind the greeting and the 收到."""
    return next((one.start for one in clauses if one.sense not in (Sense.ACCEPTED, Sense.COURTESY)), 0)


def _clauses(text: str) -> Iterator[Clause]:
    close, origin = _closed(set_apart(text))
    start = 0
    for stop in [*islice(BREAK.finditer(close), MOST_CLAUSES), None]:
        end = stop.start() if stop else len(close)
        asked = stop is not None and stop[0] == "?"
        tokens = list(lexicon().tokens(close[start:end]))
        for part, last in _halves(tokens):
            clause = sense_of(part, close[start + part[0].start : start + part[-1].end], asked=asked and last)
            claimed_to = origin[start + clause.claimed_to - 1] + 1 if clause.claimed_to else 0
            first, last_one = origin[start + clause.start], origin[start + clause.end - 1]
            yield replace(clause, start=first, end=last_one + 1, claimed_to=claimed_to)
        start = stop.end() if stop else end


def _unread(text: str) -> Iterator[Clause]:
    """Of a very long text the end, where anything in it warns: it may take back what was said before."""
    words = (lexicon().at(text, place) for place in range(LONGEST_READ, len(text)))
    if "?" in text[LONGEST_READ:] or any(token is not None and token.slot in WARNINGS for token in words):
        yield Clause(sense=Sense.DOUBTFUL, why="话太长，后面没有细读", start=LONGEST_READ, end=len(text))


def _closed(text: str) -> tuple[str, list[int]]:
    """The text without the spaces that stand between Chinese characters, and where each character came from."""
    kept = [
        place
        for place, character in enumerate(text)
        if character != " " or not (_chinese(text[place - 1 : place]) and _chinese(text[place + 1 : place + 2]))
    ]
    return "".join(text[place] for place in kept), kept


def _chinese(character: str) -> bool:
    return bool(character) and not character.isascii()


def _halves(tokens: Sequence[Token]) -> Iterator[tuple[Sequence[Token], bool]]:
    """Cut 收到 off from what follows it without a stop: "收到马上处理", "收到什么时候截止"."""
    place = next((at for at, token in enumerate(tokens) if not _is_yes(token)), len(tokens))
    yes = any(token.slot in YES or token.word == "好" for token in tokens[:place])
    if not yes or place == len(tokens) or not _opens(tokens, place):
        if tokens:
            yield tokens, True
        return
    yield tokens[:place], False
    yield tokens[place:], True


def _is_yes(token: Token) -> bool:
    return token.slot in (*YES, *KINDLY) or token.word == "好"


def _opens(tokens: Sequence[Token], place: int) -> bool:
    return tokens[place].slot in OPENING or tokens[place - 1].end < tokens[place].start
