"""The table that chooses a policy by the problem, and the plain words policies go by, read from a policy file."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.policies.places import Place
from bot.rules.tickets.policies.choosing import covers
from bot.rules.tickets.policies.naming import name_key
from storage.records import Policy, PolicyRow

ROW_KEYS = ("problem_class", "severity", "policy")


def rows_from(document: Mapping[str, Any], policies: Mapping[str, Policy], place: Place) -> tuple[PolicyRow, ...]:
    """Return the rows of `[[choices]]`; a mistake, and a row that never has its turn, raise PolicyInvalid."""
    raw = document.get("choices", [])
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise place.wrong("choices", "写成一段或几段 [[choices]]，每段一条")
    rows: list[PolicyRow] = []
    for number, table in enumerate(raw):
        here = replace(place, table=("choices",), index=number)
        row = _row(table, policies, here)
        for earlier, other in enumerate(rows, start=1):
            if covers(other, row):
                raise here.wrong("", f"前面第{earlier}条已包含这一条，永远轮不到；请删去，或移到第{earlier}条之前")
        rows.append(row)
    return tuple(rows)


def words_from(document: Mapping[str, Any], policies: Mapping[str, Policy], place: Place) -> dict[str, str]:
    """Return the plain words of `[names]` and the policies they mean; a mistake raises PolicyInvalid."""
    raw = document.get("names", {})
    here = replace(place, table=("names",))
    if not isinstance(raw, dict):
        raise place.wrong("names", '写成一段 [names]，每行一个，如 "立即处置" = "veto_now"')
    keys: dict[str, str] = {}
    for word, name in raw.items():
        _policy(name, policies, here, word)
        key = name_key(word)
        if not key:
            raise here.wrong(word, "名称里要有文字")
        if key in keys:
            raise here.wrong(word, f"与“{keys[key]}”是同一个名称，请删去一个")
        _not_taken(word, str(name), policies, here)
        keys[key] = word
    return {str(word): str(name) for word, name in raw.items()}


def words_over(own: Mapping[str, str], below: Mapping[str, str]) -> dict[str, str]:
    """Lay an office's own words over the shipped ones: a word means what the office says."""
    keys = set(map(name_key, own))
    return {**{word: name for word, name in below.items() if name_key(word) not in keys}, **own}


def _row(table: Mapping[str, Any], policies: Mapping[str, Policy], place: Place) -> PolicyRow:
    for key in table:
        if key not in ROW_KEYS:
            raise place.wrong(key, f"没有这个键，应为 {'、'.join(ROW_KEYS)}")
    policy = _policy(table.get("policy"), policies, place, "policy")
    columns = {key: _words(table, key, place) for key in ("problem_class", "severity")}
    if not any(columns.values()):
        raise place.wrong("", "problem_class（问题类型）和 severity（问题级别）至少写一项，否则所有工单都按这一条")
    return PolicyRow(policy=policy, **columns)


def _words(table: Mapping[str, Any], key: str, place: Place) -> tuple[str, ...]:
    words = table.get(key, [])
    if not isinstance(words, list) or (key in table and not words):
        raise place.wrong(key, '请写成 ["泄密", "篡改"] 这样的一个或几个词')
    for word in words:
        if not isinstance(word, str) or not name_key(word):
            raise place.wrong(key, f'“{word}”不是一个词，请写成 ["泄密", "篡改"] 这样')
    return tuple(words)


def _policy(name: object, policies: Mapping[str, Policy], place: Place, key: str) -> str:
    if isinstance(name, str) and name in policies:
        return name
    named = f"没有名为“{name}”的策略" if name else "请写策略的名称"
    meant = [one.name for one in policies.values() if isinstance(name, str) and name_key(one.title) == name_key(name)]
    raise place.wrong(key, f"{named}，{'应写' if meant else '可写：'}{'、'.join(meant or policies)}")


def _not_taken(word: str, name: str, policies: Mapping[str, Policy], place: Place) -> None:
    for policy in policies.values():
        if policy.name != name and name_key(word) in (name_key(policy.title), name_key(policy.name)):
            raise place.wrong(word, f"“{word}”已是策略 {policy.name} 的名称，请换一个")
