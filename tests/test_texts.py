"""Every text the code asks for is there, and every text there is can be asked for."""

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import pytest

from bot.channels.catalog import CATALOG
from bot.delivery.wording import texts
from bot.policies.loading import load
from bot.rules.tickets.lifecycle import Verb
from bot.rules.tickets.oversight import Stuck
from bot.rules.tickets.requests import VERBS
from handlers.chat.commands import COMMANDS
from storage.records import Audience, NotificationKind, RequestKind, TicketState
from tests.sources import trees

KEYS = set(texts("zh"))
SECTIONS = {key.partition(".")[0] for key in KEYS}
KEY = re.compile(r"[a-z]+\.[a-z0-9_]+")
# Where it is known what a place in a key can be filled with, each filling has its text, and no other key is asked for.
EXACT: Mapping[str, Sequence[object]] = {
    "format.weekday_{}": range(7),
    "format.month_{}": range(1, 13),
    "state.{}": [*TicketState],
    "asked.{}": [*VERBS.values()],
    "help.{}": [row.name for row in COMMANDS],
    "above.{}": [row.name for row in COMMANDS if row.above],
    "above.none_{}": [row.name for row in COMMANDS if row.pool],
    "chat.asked_{}": [*RequestKind],
    "chat.pending_{}": [*RequestKind],
    "chat.{}_{}": [f"{ruling}_{kind}" for ruling in ("granted", "refused") for kind in RequestKind],
    "chat.stuck_{}": [why.name.lower() for why in Stuck],
    "message.vacant_{}": [*Audience],
    "notice.{}": [*NotificationKind],
}
# Here other values come in from outside, and have a text or are shown as they are.
AT_LEAST: Mapping[str, Sequence[object]] = {
    "verb.{}": [*Verb],
    "channel.{}": [*CATALOG],
    "message.short_{}": sorted({step.name for policy in load().by_name.values() for step in policy.steps}),
}
# Functions that are given the last part of a key: which argument it is, and the section.
CARRIERS = {"MoveRefused": (0, "refusal"), "ask": (3, "ask")}


def filled(pattern: str, value: object) -> str:
    """The key with its places filled; several are filled as one."""
    return f"{pattern.partition('{}')[0]}{value}"


@dataclass(frozen=True, kw_only=True)
class Code:
    """What the product's code says in strings."""

    whole: frozenset[str]  # every string but docstrings
    formed: frozenset[str]  # every f-string, with `{}` for its values
    carried: Mapping[str, set[str]]  # the keys of which each carrier is given the last part
    asked: frozenset[str]  # all keys written out: these, and whole ones

    @property
    def patterns(self) -> set[str]:
        """The f-strings that are keys."""
        return {
            form for form in self.formed if re.fullmatch(r"[a-z]+\.[a-z0-9_{}]+", form) and section(form) in SECTIONS
        }


@cache
def code() -> Code:
    """Read the product's code."""
    nodes = [node for tree in trees().values() for node in ast.walk(tree)]
    formed = [node for node in nodes if isinstance(node, ast.JoinedStr)]
    apart = {id(part) for node in formed for part in node.values} | {id(node) for node in map(docstring, nodes)}
    strings = (node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))
    whole = frozenset(node.value for node in strings if id(node) not in apart)
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    carried = {name: {key for call in calls for key in given(call, name)} for name in CARRIERS}
    asked = {text for text in whole if KEY.fullmatch(text) and section(text) in SECTIONS}
    asked |= {key for call in calls for key in worded(call)}.union(*carried.values())
    return Code(whole=whole, formed=frozenset(map(skeleton, formed)), carried=carried, asked=frozenset(asked))


def section(key: str) -> str:
    return key.partition(".")[0]


def docstring(node: ast.AST) -> ast.AST | None:
    """The docstring of a module, class or function, as the node it is."""
    body = getattr(node, "body", None)
    first = body[0] if isinstance(body, list) and body else None
    return first.value if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None


def skeleton(node: ast.JoinedStr) -> str:
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)


def called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def worded(call: ast.Call) -> Iterator[str]:
    """The keys a wording is asked for."""
    if called(call).strip("_") in ("wording", "words") and call.args:
        yield from (text for text in constants(call.args[0]) if "." in text)


def given(call: ast.Call, carrier: str) -> Iterator[str]:
    """The keys of which a carrier is given the last part."""
    place, of = CARRIERS[carrier]
    if called(call) == carrier and len(call.args) > place:
        yield from (f"{of}.{text}" for text in constants(call.args[place]))


def constants(node: ast.expr) -> Iterator[str]:
    """The text an argument is, or the two it may be."""
    if isinstance(node, ast.IfExp):
        yield from (*constants(node.body), *constants(node.orelse))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value


def fillings(pattern: str) -> set[str]:
    """The keys that come of a pattern by the words the code knows, or puts together: "already_{}" for a verb."""
    steps = {step.name for policy in load().by_name.values() for step in policy.steps}
    known = steps | {text.partition(":")[0] for text in (*code().whole, *code().formed)}
    made = [one for one in code().formed if re.fullmatch(r"[a-z0-9_{}]+", one) and re.search("[a-z]{3}", one)]
    put_together = re.compile("|".join(re.escape(one).replace(r"\{\}", "[a-z0-9_]*") for one in made))
    found = {key: re.fullmatch(re.escape(pattern).replace(r"\{\}", "([a-z0-9_]+?)"), key) for key in KEYS}
    return {
        key
        for key, match in found.items()
        if match and all(word in known or put_together.fullmatch(word) for word in match.groups())
    }


def test_every_key_the_code_names_has_a_text() -> None:
    assert sorted(code().asked - KEYS) == []
    assert [name for name, keys in code().carried.items() if not keys] == []


@pytest.mark.parametrize("pattern", sorted({**EXACT, **AT_LEAST}))
def test_every_value_a_key_is_filled_with_has_its_text(pattern: str) -> None:
    assert pattern in code().patterns
    wanted = {filled(pattern, value) for value in {**EXACT, **AT_LEAST}[pattern]}
    assert sorted(wanted - KEYS) == []


def test_every_text_is_used() -> None:
    used = {filled(pattern, value) for pattern, values in EXACT.items() for value in values}
    used |= {f"{key}{form[2:]}" for key in code().asked for form in code().formed if form.startswith("{}_")}
    led_to = {pattern: fillings(pattern) for pattern in code().patterns - EXACT.keys()}
    assert [pattern for pattern, keys in led_to.items() if not keys] == []
    assert sorted(KEYS - code().asked - used - set().union(*led_to.values())) == []
