"""One table of a policy file into one policy, with every mistake named."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import time
from enum import StrEnum
from typing import Any, TypeVar

from bot.policies.places import Place
from storage.records import (
    RESERVED_STEPS,
    AfterReturn,
    Audience,
    JudgingLine,
    MessageKind,
    MomentKind,
    OfficeHours,
    Policy,
    Step,
    TimeUnit,
)

Word = TypeVar("Word", bound=StrEnum)
TomlTable = Mapping[str, Any]

POLICY_KEYS = frozenset(
    [
        "extends",
        "title",
        "unit",
        "amount",
        "judged",
        "steps",
        "any_hour",
        "extendable",
        "returned",
        "began",
        "close_after_days",
        "legal",
    ]
)
STEP_KEYS = frozenset(["name", "kind", "to", "while_new", "urgency", "every", "until"])
STEP_KINDS = (MessageKind.ASSIGNED, MessageKind.REMINDER, MessageKind.ESCALATION, MessageKind.SLIP)
MOMENTS = {kind.value: kind for kind in MomentKind}
PLAIN_MOMENTS = frozenset({MomentKind.AT_RECEIPT, MomentKind.AT_TARGET, MomentKind.AT_DUE, MomentKind.BEFORE_HOLIDAY})
SHARES = frozenset({MomentKind.SHARE_OF_TIME, MomentKind.SHARE_OF_WORKING_TIME})
WHOLE = frozenset({MomentKind.AFTER_RECEIPT_DAYS, MomentKind.WORKING_MORNINGS_AFTER_OVERDUE})
BY_DAY = frozenset({TimeUnit.WORKING_DAYS, TimeUnit.CALENDAR_DAYS})

POLICY_NAME = re.compile(r"[a-z0-9_]{1,40}(:[a-z0-9_]{1,20})?")
STEP_NAME = re.compile(r"[a-z0-9_]{1,32}")  # the width of the tables' column
SESSION = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
MONTH_DAY = re.compile(r"(\d\d)-(\d\d)")
MAX_REPEAT_DAYS = 60  # working days; who has not answered by then is no longer reached by repeating
MAX_AMOUNT = 3660  # of any amount; ten years of days


def policy_from(name: str, table: TomlTable, place: Place) -> Policy:
    """Return the policy of a table in which `extends` is already resolved; a mistake raises PolicyInvalid."""
    if not POLICY_NAME.fullmatch(name):
        raise place.wrong("", f"策略名“{name}”只能用小写字母、数字和下划线，变体加一个冒号")
    _known(table, POLICY_KEYS, place)
    unit = _word(TimeUnit, table, "unit", place)
    judged = _word(JudgingLine, table, "judged", place)
    if (unit in BY_DAY) is (judged is JudgingLine.EXACT):
        fit = "end_of_day、close_of_business 或 same_time" if unit in BY_DAY else "exact"
        raise place.wrong("judged", f"计时方式是 {unit} 时，这里应为 {fit}")
    return Policy(
        name=name,
        title=_text(table, "title", place),
        unit=unit,
        amount=_policy_amount(table, unit, place),
        judged=judged,
        steps=_steps(table, place),
        any_hour=_flag(table, "any_hour", place, False),
        extendable=_flag(table, "extendable", place, True),
        returned=_returned(table, unit, place),
        began=_text(table, "began", place, default=""),
        close_after_days=int(_number(table, "close_after_days", place, 0, 366, whole=True, default=7)),
        legal=_text(table, "legal", place, default=""),
    )


def office_hours_from(table: TomlTable, place: Place) -> OfficeHours:
    """Return one span of office hours; a mistake raises PolicyInvalid."""
    _known(table, frozenset({"from", "until", "sessions", "units"}), place)
    units = table.get("units", [])
    if not isinstance(units, list) or not all(isinstance(unit, str) and unit.strip() for unit in units):
        raise place.wrong("units", '请写单位名称，如 ["三明市水利局"]，与登记簿一致')
    sessions = table.get("sessions")
    if not isinstance(sessions, list) or not sessions:
        raise place.wrong("sessions", '请写上班时段，如 ["08:00-12:00", "14:30-17:30"]')
    return OfficeHours(
        first=_month_day(table, "from", place),
        last=_month_day(table, "until", place),
        sessions=tuple(_session(session, place) for session in sessions),
        units=tuple(unit.strip() for unit in units),
    )


def _returned(table: TomlTable, unit: TimeUnit, place: Place) -> AfterReturn:
    if "returned" not in table:
        return AfterReturn.KEEPS_LIMIT
    returned = _word(AfterReturn, table, "returned", place)
    if unit is TimeUnit.FIXED and returned is AfterReturn.NEW_LIMIT:
        raise place.wrong("returned", "按文件写明的时间办结的，退回后没有可重新计的时限，应为 keeps_limit")
    return returned


def _steps(table: TomlTable, place: Place) -> tuple[Step, ...]:
    rows = table.get("steps")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise place.wrong("steps", "请写催办阶梯，至少一级")
    steps: list[Step] = []
    for number, row in enumerate(rows):
        here = replace(place, step=number)
        step = _step(row, here)
        if any(step.name == other.name for other in steps):
            raise here.wrong("name", f"阶梯里已有名为 {step.name} 的一级")
        steps.append(step)
    return tuple(steps)


def _step(row: TomlTable, place: Place) -> Step:
    _known(row, STEP_KEYS | MOMENTS.keys(), place)
    name = _text(row, "name", place)
    if not STEP_NAME.fullmatch(name):
        raise place.wrong("name", "只能用小写字母、数字和下划线，最多32个")
    if name in RESERVED_STEPS:
        raise place.wrong("name", f"“{name}”另有用途，请换一个名称")
    moments = [key for key in row if key in MOMENTS]
    if len(moments) != 1:
        raise place.wrong(moments[1] if moments else "name", "每一级要写一个时间，且只写一个")
    moment = MOMENTS[moments[0]]
    kind = _word(MessageKind, row, "kind", place)
    if kind not in STEP_KINDS:
        raise place.wrong("kind", "应为 " + "、".join(STEP_KINDS) + " 之一")
    every, until = _repeats(row, moment, place)
    return Step(
        name=name,
        kind=kind,
        to=_audience(row, place),
        moment=moment,
        amount=_moment_amount(row, moment, place),
        while_new=_flag(row, "while_new", place, False),
        urgency=int(_number(row, "urgency", place, 0, 9, whole=True, default=5)),
        every=every,
        until=until,
    )


def _repeats(row: TomlTable, moment: MomentKind, place: Place) -> tuple[int, int]:
    """How often a step comes again, and for how long; both are written or neither."""
    if "every" not in row and "until" not in row:
        return 0, 0
    if moment is not MomentKind.WORKING_MORNINGS_AFTER_OVERDUE:
        raise place.wrong("every", f"只有按 {MomentKind.WORKING_MORNINGS_AFTER_OVERDUE} 计时的一级可以重复")
    every = int(_number(row, "every", place, 1, MAX_REPEAT_DAYS, whole=True))
    until = int(_number(row, "until", place, every, MAX_REPEAT_DAYS, whole=True))
    return every, until


def _audience(row: TomlTable, place: Place) -> tuple[Audience, ...]:
    words = row.get("to")
    if not isinstance(words, list) or not words:
        raise place.wrong("to", '请写催办对象，如 ["primary", "backup"]')
    known = {one.value: one for one in Audience}
    for word in words:
        if not isinstance(word, str) or word not in known:
            raise place.wrong("to", f"没有“{word}”这种对象，应为 " + "、".join(known))
    return tuple(known[word] for word in words)


def _moment_amount(row: TomlTable, moment: MomentKind, place: Place) -> float:
    if moment in PLAIN_MOMENTS:
        if row[moment.value] is not True:
            raise place.wrong(moment.value, "这里只能写 true")
        return 0.0
    if moment in SHARES:
        return _number(row, moment.value, place, 0, 1)
    return _number(row, moment.value, place, 0, MAX_AMOUNT, whole=moment in WHOLE)


def _policy_amount(table: TomlTable, unit: TimeUnit, place: Place) -> float:
    if unit is TimeUnit.FIXED:
        if "amount" in table:
            raise place.wrong("amount", "按文件写明的时间办结时，不写数量")
        return 0.0
    amount = _number(table, "amount", place, 0, MAX_AMOUNT, whole=unit in BY_DAY)
    if not amount and unit is not TimeUnit.WORKING_DAYS:
        raise place.wrong("amount", "应大于0")
    return amount


def _known(table: TomlTable, keys: frozenset[str], place: Place) -> None:
    for key in table:
        if key not in keys:
            raise place.wrong(key, "没有这个键，请检查拼写")


def _text(table: TomlTable, key: str, place: Place, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise place.wrong(key, "应为一段文字")
    return value


def _flag(table: TomlTable, key: str, place: Place, default: bool) -> bool:
    value = table.get(key, default)
    if not isinstance(value, bool):
        raise place.wrong(key, "应为 true 或 false")
    return value


def _word(words: type[Word], table: TomlTable, key: str, place: Place) -> Word:
    value = table.get(key)
    for word in words:
        if word.value == value:
            return word
    raise place.wrong(key, "应为 " + "、".join(words) + " 之一")


def _number(
    table: TomlTable,
    key: str,
    place: Place,
    low: float,
    high: float,
    *,
    whole: bool = False,
    default: float | None = None,
) -> float:
    value = table.get(key, default)
    fits = isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high
    if not fits or (whole and value != int(value)):
        raise place.wrong(key, f"应为{low}到{high}的{'整数' if whole else '数'}")
    return float(value)


def _month_day(table: TomlTable, key: str, place: Place) -> tuple[int, int]:
    match = MONTH_DAY.fullmatch(str(table.get(key)))
    if not match:
        raise place.wrong(key, "应写成“月-日”，如 07-01")
    return int(match[1]), int(match[2])


def _session(value: object, place: Place) -> tuple[time, time]:
    match = SESSION.fullmatch(str(value))
    try:
        first, *_ = clocks = [time(int(match[i]), int(match[i + 1])) for i in (1, 3)] if match else []
    except ValueError:
        raise place.wrong("sessions", f"“{value}”不是时段，应写成 08:00-12:00") from None
    return first, clocks[1]
