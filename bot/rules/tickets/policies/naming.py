"""Which policy a source means by what stands in its column 时限规则."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache

from bot.rules.tickets.arrivals import Refusal
from storage.records import Policy, PolicyRow, TimeUnit

NEAR_NAMES = 3  # of an unknown name, how many like it are offered
NEAR = 0.6  # how alike two names have to be
_CLOCK = re.compile(
    r"(\d{1,4}|[一二两三四五六七八九十]{1,3})个?(工作日|工作小时|自然日|天|自然小时|小时)(?:之?内)?(?:办结|处置|答复|完成)?"
)
_UNITS = {
    "工作日": TimeUnit.WORKING_DAYS,
    "工作小时": TimeUnit.WORKING_HOURS,
    **dict.fromkeys(("自然日", "天"), TimeUnit.CALENDAR_DAYS),
    **dict.fromkeys(("自然小时", "小时"), TimeUnit.CALENDAR_HOURS),
}
_DIGITS = {digit: number for number, digit in enumerate("一二三四五六七八九", start=1)} | {"两": 2}


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyBook:
    """The policies a ticket may follow, what else they are called, and the table that chooses one."""

    default: str
    policies: Mapping[str, Policy]
    words: Mapping[str, str]  # a plain word -> the name of the policy it means
    rows: tuple[PolicyRow, ...]  # the first that fits counts

    def __getitem__(self, name: str) -> Policy:
        return self.policies[name]


def find_policy(written: str, book: PolicyBook) -> Policy | Refusal:
    """Return the policy meant by its name, its title, a plain word or its limit; else a sentence with near names."""
    if written in book.policies:
        return book[written]
    key = name_key(written)
    named = [book[name] for name in _names(key, book)] or _by_limit(key, book)
    if len(named) == 1:
        return named[0]
    if named:
        return Refusal(reason=f"时限规则“{written}”可以是{_either(named)}，请写明其中一个")
    near = _near(key, book)
    if near:
        return Refusal(reason=f"没有名为“{written}”的时限规则，是不是{_either(near)}？请改用其中的名称")
    every = "、".join(f"{one.name}（{one.title}）" for one in book.policies.values())
    return Refusal(reason=f"没有名为“{written}”的时限规则，可用：{every}")


@lru_cache(maxsize=4096)
def name_key(text: str) -> str:
    """The text as names are compared: without width, case, spaces and marks."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKC", text).casefold()))


def _names(key: str, book: PolicyBook) -> list[str]:
    """The policies of that name; a plain word is the last to count."""
    for spelled in (
        ((name, name) for name in book.policies),
        ((policy.title, name) for name, policy in book.policies.items()),
        book.words.items(),
    ):
        if found := list(dict.fromkeys(name for word, name in spelled if name_key(word) == key)):
            return found
    return []


def _by_limit(key: str, book: PolicyBook) -> list[Policy]:
    """The policies with the limit that is written out; the default one alone where it has it."""
    found = _CLOCK.fullmatch(key)
    if not found:
        return []
    unit, amount = _UNITS[found[2]], _count(found[1])
    fitting = [one for one in book.policies.values() if one.unit is unit and one.amount == amount]
    default = book[book.default]
    return [default] if default in fitting else fitting


def _count(written: str) -> int:
    if written.isdecimal():
        return int(written)
    tens, ten, ones = written.rpartition("十")
    return (_DIGITS.get(tens, 1) * 10 if ten else 0) + _DIGITS.get(ones, 0)


def _near(key: str, book: PolicyBook) -> Sequence[Policy]:
    spelled = {name_key(word): name for word, name in book.words.items()}
    spelled |= {name_key(policy.title): name for name, policy in book.policies.items()}
    spelled |= {name_key(name): name for name in book.policies}
    within = [word for word in spelled if len(key) > 1 and (key in word or word in key)]
    near = dict.fromkeys(spelled[word] for word in (*within, *get_close_matches(key, spelled, NEAR_NAMES, NEAR)))
    return [book[name] for name in list(near)[:NEAR_NAMES]]


def _either(policies: Iterable[Policy]) -> str:
    return "、".join(f"“{one.title}”（{one.name}）" for one in policies)
