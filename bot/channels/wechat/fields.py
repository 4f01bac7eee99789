"""What the fields of a template take: the kind of a field is what its name begins with ("thing1", "time3").

The limits are those of the platform's table 参数值内容限制说明 in the documentation of 订阅消息, which 类目模板 share
(developers.weixin.qq.com, message management: thing 20 characters, character_string 32 digits, letters or signs,
time and date written 2019年10月1日 15:01, phrase 5 Chinese characters, const one of the values the template was
approved with, of 20 characters). A value that does not fit is refused with 47003, or not shown.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from bot.channels.cutting import cut_characters

NOTHING = "-"  # a field may not be empty
LONGEST = 200  # of a field of no kind we know, as in the old templates
FIELD = re.compile(r"([^\n{}]*?)[:\uff1a]?\s*\{\{\s*(\w+)\.DATA\s*\}\}", re.ASCII)
CHINESE = re.compile(r"[\u4e00-\u9fff]+")
GONE = frozenset({"first", "remark"})  # filtered by the platform since 2023


@dataclass(frozen=True, kw_only=True, slots=True)
class FieldKind:
    """One kind of field: how a value is made to fit, and which of our values make sense in it."""

    fit: Callable[[str], str]
    takes: frozenset[str]


@dataclass(frozen=True, kw_only=True, slots=True)
class TemplateField:
    """A field of a template, and what the template writes before it."""

    name: str
    label: str


def fitted(name: str, value: str) -> str:
    """Cut a value to what a field of that name takes."""
    kind = KINDS.get(kind_of(name))
    return (kind.fit(value) if kind else cut_characters(value, LONGEST)) or NOTHING


def kind_of(name: str) -> str:
    """Return the kind of a field; of a name without one, the name."""
    return name.rstrip("0123456789")


def fields_of(content: str) -> list[TemplateField]:
    """Return the fields of a template as the platform shows it: "工单编号：{{character_string2.DATA}}"."""
    return [TemplateField(name=name, label=label.strip()) for label, name in FIELD.findall(content)]


def faults(ours: Mapping[str, str], template: Iterable[TemplateField]) -> list[str]:
    """Say in Chinese what about our settings does not fit the template; empty where all does."""
    theirs = {one.name: one for one in template}
    found = []
    if gone := [name for name in theirs if name in GONE]:
        found.append(f"模板含有 {'、'.join(gone)}，平台自2023年起不再显示，请改用类目模板")
    if unknown := [name for name in ours if name not in theirs]:
        found.append(f"模板里没有 {'、'.join(unknown)}，其内容会丢失")
    if empty := [_shown(one) for one in theirs.values() if one.name not in ours]:
        found.append(f"模板的 {'、'.join(empty)} 没有填，平台会拒收（47003）")
    found += [f"{name} 放不下 {value}" for name, value in ours.items() if name in theirs and not _takes(name, value)]
    filled = set(ours.values())
    lost = {"title", "number"} - filled | ({"due"} if filled.isdisjoint({"time", "due"}) else set())
    if lost and not found:
        found.append(f"没有填 {'、'.join(sorted(lost))}，通知里看不到")
    return found


def proposed(template: Iterable[TemplateField]) -> dict[str, str]:
    """Return settings that fit the template, as far as its fields take what we have."""
    left = ["title", "number", "due", "text", "mark"]
    filled: dict[str, str] = {}
    for one in template:
        value = next((value for value in left if _takes(one.name, value)), None)
        if value is not None:
            filled[one.name] = value
            left.remove(value)
        elif kind_of(one.name) in TIMES:
            filled[one.name] = "time"
        elif _takes(one.name, "title"):
            filled[one.name] = "title"
    return filled


def _shown(field: TemplateField) -> str:
    return f"{field.name}（{field.label}）" if field.label else field.name


def _takes(name: str, value: str) -> bool:
    kind = KINDS.get(kind_of(name))
    return kind is None or value in kind.takes


def _line(most: int) -> Callable[[str], str]:
    return lambda value: cut_characters(" ".join(value.split()), most)


def _only(pattern: str, most: int) -> Callable[[str], str]:
    kept = re.compile(pattern)
    return lambda value: "".join(kept.findall(value))[:most]


def _phrase(value: str) -> str:
    return "".join(CHINESE.findall(value))[:5]


ANY = frozenset({"title", "text", "time", "number", "due", "mark"})
TIMES = ("time", "date")
KINDS: Mapping[str, FieldKind] = {
    "thing": FieldKind(fit=_line(20), takes=ANY),
    "const": FieldKind(fit=_line(20), takes=frozenset({"mark"})),
    "character_string": FieldKind(fit=_only(r"[\x21-\x7e]", 32), takes=frozenset({"number"})),
    "letter": FieldKind(fit=_only(r"[A-Za-z]", 32), takes=frozenset()),
    "symbol": FieldKind(fit=_only(r"[!-/:-@\[-`{-~]", 5), takes=frozenset()),
    "number": FieldKind(fit=_only(r"[0-9]", 32), takes=frozenset()),
    "time": FieldKind(fit=lambda value: value, takes=frozenset({"time", "due"})),
    "date": FieldKind(fit=lambda value: value, takes=frozenset({"time", "due"})),
    "phrase": FieldKind(fit=_phrase, takes=frozenset({"mark"})),
    "name": FieldKind(fit=_line(10), takes=frozenset({"mark"})),
    "amount": FieldKind(fit=_line(12), takes=frozenset()),
    "phone_number": FieldKind(fit=_line(17), takes=frozenset()),
    "car_number": FieldKind(fit=_line(8), takes=frozenset()),
}
