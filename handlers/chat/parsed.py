"""What a text was read as; and the bare answers: a number of the list shown last, several of them, all of them."""

import re
from dataclasses import dataclass

from handlers.chat.words.numbers import KnownNumbers, chinese_place
from handlers.chat.words.reading import Reading

CHOICE = re.compile(r"^(?:选|第)?\s*0*([1-9]\d?)\s*(?:号|个|件)?$")
CHINESE_CHOICE = re.compile(r"^(?:选?第\s*([一二三四五六七八九十]{1,2})\s*[个件号条]?|([一二三四五六七八九十])号)$")
SEPARATOR = re.compile(r"[,、和与及\s]+")
ONE_OF_SEVERAL = re.compile(r"0?[1-9]\d?(?:号|个|件)?")
ALL_OF = (
    r"(?:这|以上|上面)?(?:[一二两三四五六七八九十]|\d{1,2})?[件个条]?(?:工单)?"
    r"(?:全部都|全部|全都|所有的?|都|一并|统统|一起)"
)
EVERYTHING = re.compile(
    rf"^(?:{ALL_OF}(?P<before>签收|收到|办结|办完|完成)?|(?P<after>签收|收到|办结)(?:全部|所有|全))(?:工单)?[了啦吧的]?$"
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parsed:
    """What a text says; `command` is None where nothing is to be done."""

    command: str | None = None
    numbers: tuple[str, ...] = ()  # as the source writes them, or of the list shown last ("3")
    rest: str = ""  # what else was said, as it was typed
    choice: int | None = None  # a bare number: one of the list shown last
    choices: tuple[int, ...] = ()  # several of them
    every: bool = False  # all tickets are meant
    vague: bool = False  # said so that it may mean no ticket at all ("收到")
    stated: bool = False  # said as a statement that may also be a reason ("已答复网民…")
    spoken: bool = False  # in everyday words, without a command's word at the start
    accepted: bool = False  # and acknowledged, in the same breath
    listed: bool = False  # several numbers stand together: each is meant
    suggestion: str | None = None  # the command it may have meant
    asked: bool = False  # sounds like a question
    hedged: bool = False  # sounds like something not wholly done
    reading: Reading | None = None  # how everyday words were read

    @property
    def number_text(self) -> str:
        """The number that was named; empty when none was."""
        return self.numbers[0] if self.numbers else ""


def bare_answer(said: str, numbers: KnownNumbers, *, asked: bool) -> Parsed | None:
    """Read what may answer a question: "2", "1和3", "第二个", "全部", "全部签收"; None where more is said."""
    if every := EVERYTHING.match(said.replace(" ", "")):
        return _everything(every, asked)
    return _choice(said, numbers)


def _choice(said: str, numbers: KnownNumbers) -> Parsed | None:
    if found := CHOICE.match(said):
        return Parsed(choice=int(found[1]), numbers=(numbers[said],) if said in numbers else ())
    if found := CHINESE_CHOICE.match(said):
        place = chinese_place(found[1] or found[2])
        return Parsed(choice=place) if place else None
    several = SEPARATOR.split(said[:200])
    if said not in numbers and all(map(ONE_OF_SEVERAL.fullmatch, several)) and len(said) <= 200:
        return Parsed(choices=tuple(dict.fromkeys(int(one.rstrip("号个件")) for one in several)))
    return None


def _everything(found: re.Match[str], asked: bool) -> Parsed:
    """ "全部签收", or "全部" alone, which answers a question."""
    word = found["before"] or found["after"]
    command = None if word is None else "acknowledge" if word in ("签收", "收到") else "complete"
    return Parsed(suggestion=command, asked=True) if asked else Parsed(command=command, every=True)
