"""Policies and office hours: the shipped file, and the office's own laid over it."""

import hashlib
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.policies.choices import rows_from, words_from, words_over
from bot.policies.places import Place, PolicyInvalid
from bot.policies.reading import TomlTable, office_hours_from, policy_from
from bot.policies.turns import refuse_idle_steps
from bot.rules.calendar.hours import spans_by_day, spans_named
from bot.rules.tickets.policies.naming import PolicyBook
from storage.records import (
    AfterReturn,
    Audience,
    JudgingLine,
    MessageKind,
    MomentKind,
    OfficeHours,
    Policy,
    PolicyRow,
    Step,
    TimeUnit,
)

__all__ = ["Policies", "PolicyInvalid", "decode", "encode", "key_of", "load"]

SHIPPED = Path(__file__).with_name("default.toml")
RETIRED = ("pausable",)  # fields of older snapshots that nothing ever read
TOP_KEYS = ("default", "office_hours", "choices", "names", "policies")


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Every policy by name, and the office hours they count with."""

    default: str
    by_name: Mapping[str, Policy]
    book: PolicyBook  # what a ticket may follow, and by which words and table it is found
    keys: Mapping[str, str]  # name -> key_of its policy
    office_hours: tuple[OfficeHours, ...]
    unit_hours: Mapping[str, tuple[OfficeHours, ...]]  # by the name of a unit that has its own
    own: tuple[str, ...]  # names defined in the office's own file, in its order

    def named(self, name: str = "") -> Policy | None:
        """Return the policy of that name, the default one for no name; None if there is none."""
        return self.by_name.get(name or self.default)

    def key(self, policy: Policy) -> str:
        """Return the policy's key, looked up for our own ones and computed for others."""
        ours = self.by_name.get(policy.name) is policy
        return self.keys[policy.name] if ours else key_of(policy)


@dataclass(frozen=True, kw_only=True)
class _Layer:
    """One file, with `extends` resolved but not yet checked key by key."""

    default: str
    tables: Mapping[str, TomlTable]
    policies: Mapping[str, Policy]
    rows: tuple[PolicyRow, ...]
    words: Mapping[str, str]
    office_hours: tuple[OfficeHours, ...]
    unit_hours: Mapping[str, tuple[OfficeHours, ...]]


def load(path: Path | None = None) -> Policies:
    """Read the shipped policies and lay the file at `path` over them; a mistake raises PolicyInvalid."""
    shipped = _layer(SHIPPED, None)
    own = _layer(path, shipped) if path else shipped
    return Policies(
        default=own.default,
        by_name=own.policies,
        book=PolicyBook(default=own.default, policies=own.policies, rows=own.rows, words=own.words),
        keys={name: key_of(policy) for name, policy in own.policies.items()},
        office_hours=own.office_hours,
        unit_hours=own.unit_hours,
        own=tuple(own.tables) if path else (),
    )


def encode(policy: Policy) -> str:
    """Return the policy as canonical JSON: the snapshot a ticket keeps."""
    return json.dumps(asdict(policy), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def decode(text: str) -> Policy:
    """Return the policy of a snapshot made by `encode`, of this version or an older one."""
    fields: dict[str, Any] = {name: value for name, value in json.loads(text).items() if name not in RETIRED}
    steps = tuple(_step(row) for row in fields.pop("steps"))
    returned = AfterReturn(fields.pop("returned", AfterReturn.KEEPS_LIMIT))  # the only way before there was a choice
    unit, judged = TimeUnit(fields.pop("unit")), JudgingLine(fields.pop("judged"))
    return Policy(unit=unit, judged=judged, steps=steps, returned=returned, **fields)


def key_of(policy: Policy) -> str:
    """Return the name of exactly this policy: 64 hexadecimal digits that change with any field."""
    return hashlib.sha256(encode(policy).encode()).hexdigest()


def _step(row: dict[str, Any]) -> Step:
    kind, moment = MessageKind(row.pop("kind")), MomentKind(row.pop("moment"))
    return Step(kind=kind, moment=moment, to=tuple(Audience(one) for one in row.pop("to")), **row)


def _layer(path: Path, below: _Layer | None) -> _Layer:
    place, document = _parse(path)
    for key in document:
        if key not in TOP_KEYS:
            raise place.wrong(key, "没有这个键，请检查拼写")
    raw = document.get("policies", {})
    if not isinstance(raw, dict) or not all(isinstance(table, dict) for table in raw.values()):
        raise place.wrong("policies", "每个策略写成一段 [policies.名称]")
    tables = {name: _merged(name, raw, below, place, ()) for name in raw}
    policies = dict(below.policies) if below else {}
    for name, table in tables.items():
        policies[name] = policy_from(name, table, _place(place, name))
    default = document.get("default", below.default if below else None)
    if default not in policies:
        raise place.wrong("default", "应为下面某个策略的名称")
    hours, unit_hours = _office_hours(document, below, place)
    if below:
        # Other office hours may take their turn from steps of the shipped policies too.
        changed = policies if hours != below.office_hours else tables
        refuse_idle_steps([policies[name] for name in changed], tables, hours, place)
    return _Layer(
        default=default,
        tables=tables,
        policies=policies,
        # An office's own rows come first: the first that fits counts.
        rows=(*rows_from(document, policies, place), *(below.rows if below else ())),
        words=words_over(words_from(document, policies, place), below.words if below else {}),
        office_hours=hours,
        unit_hours=unit_hours,
    )


def _merged(
    name: str, raw: Mapping[str, dict[str, Any]], below: _Layer | None, place: Place, path: tuple[str, ...]
) -> dict[str, Any]:
    table = dict(raw[name])
    parent = table.pop("extends", None)
    if parent is None:
        return table
    beneath = below.tables if below else {}
    here = _place(place, name)
    if parent in (*path, name) and not (parent == name and name in beneath):
        raise here.wrong("extends", "绕成了一圈")
    if parent in raw and parent != name:
        base = _merged(parent, raw, below, place, (*path, name))
    elif parent in beneath:
        base = dict(beneath[parent])
    else:
        raise here.wrong("extends", f"没有名为“{parent}”的策略")
    return base | table


def _office_hours(
    document: Mapping[str, Any], below: _Layer | None, place: Place
) -> tuple[tuple[OfficeHours, ...], Mapping[str, tuple[OfficeHours, ...]]]:
    rows = document.get("office_hours")
    if rows is None and below:
        return below.office_hours, below.unit_hours
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise place.wrong("office_hours", "上班时间写成一段或几段 [[office_hours]]")
    places = [Place(file=place.file, text=place.text, table=("office_hours",), index=i) for i in range(len(rows))]
    hours = [(office_hours_from(row, here), here) for row, here in zip(rows, places, strict=True)]
    by_unit = {name: _checked(hours, spans_named, name) for one, _ in hours for name in one.units}
    general = _checked(hours, spans_by_day) if below is None or not all(one.units for one, _ in hours) else None
    return general or (below.office_hours if below else ()), by_unit


def _checked(
    hours: list[tuple[OfficeHours, Place]], spans: Callable[[list[OfficeHours]], object], unit: str = ""
) -> tuple[OfficeHours, ...]:
    chosen = [pair for pair in hours if (unit in pair[0].units if unit else not pair[0].units)]
    try:
        spans([one for one, _ in chosen])
    except ValueError as error:
        whose = f"“{unit}”的" if unit else ""
        raise (chosen or hours)[-1][1].wrong("", f"{whose}{error}") from None
    return tuple(one for one, _ in chosen)


def _place(file: Place, name: str) -> Place:
    return Place(file=file.file, text=file.text, table=("policies", name))


def _parse(path: Path) -> tuple[Place, dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise PolicyInvalid(path.name, 1, "", f"读不到这个文件（{error.strerror}）") from None
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise PolicyInvalid(path.name, line, "", "不是 UTF-8 编码，请另存为 UTF-8") from None
    try:
        return Place(file=path.name, text=text), tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise PolicyInvalid(path.name, line, "", f"TOML 写法有误（{error}）") from None
