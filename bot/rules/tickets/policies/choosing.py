"""Which policy a ticket is opened with: what its source names, else what the table says of its problem."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bot.rules.tickets.arrivals import Refusal, TicketInput
from bot.rules.tickets.policies.naming import PolicyBook, find_policy, name_key
from storage.records import Policy, PolicyRow

# 非单项否决, 未发现泄密: what is denied is not there.
_DENIED_BEFORE = (
    *("非", "不", "未", "无", "没", "没有", "不是", "不属于", "不属", "不构成", "未发现", "没有发现"),
    *("不涉及", "未涉及", "不存在", "不含", "排除", "防"),
)
_DENIED_AFTER = ("否", "无", "不是", "不属于")


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyChoice:
    """A policy, and what of the ticket chose it."""

    policy: Policy
    because: Mapping[str, str] = field(default_factory=dict)  # field of the ticket -> its text; empty: the default


def choose(ticket: TicketInput, book: PolicyBook) -> PolicyChoice | Refusal:
    """Return the policy the ticket follows; a sentence where its source names one that nobody knows."""
    written = ticket.policy or ""
    if name_key(written):  # a dash names nothing
        found = find_policy(written, book)
        return found if isinstance(found, Refusal) else PolicyChoice(policy=found, because={"policy": written})
    row = next((row for row in book.rows if _fits(row, ticket)), None)
    if row is None:
        return PolicyChoice(policy=book[book.default])
    given = (("problem_class", row.problem_class, ticket.problem_class), ("severity", row.severity, ticket.severity))
    return PolicyChoice(policy=book[row.policy], because={name: text for name, words, text in given if words})


def covers(row: PolicyRow, other: PolicyRow) -> bool:
    """Whether the row takes every ticket that the other one would."""
    return _covers(row.problem_class, other.problem_class) and _covers(row.severity, other.severity)


def _covers(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    if not words:
        return True
    keys = [name_key(word) for word in words]
    return bool(others) and all(any(_holds(name_key(other), key) for key in keys) for other in others)


def _fits(row: PolicyRow, ticket: TicketInput) -> bool:
    return _says(ticket.problem_class, row.problem_class) and _says(ticket.severity, row.severity)


def _says(text: str, words: Iterable[str]) -> bool:
    """Whether the text holds one of the words and does not deny it; no words ask for nothing."""
    plain = name_key(text)
    return not words or any(_holds(plain, name_key(word)) for word in words)


def _holds(text: str, word: str) -> bool:
    start = text.find(word)
    while start >= 0:
        before, after = text[:start], text[start + len(word) :]
        if not before.endswith(_DENIED_BEFORE) and after not in _DENIED_AFTER:
            return True
        start = text.find(word, start + 1)
    return False
