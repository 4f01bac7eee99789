"""Checks the sentence that explains a deadline, and the count day by day: every day named is looked up and counted."""

import re
from collections.abc import Iterator
from datetime import date, datetime

from bot.rules.calendar.zone import SHANGHAI
from tests.months.truth import Lines, Rule, day_of, days, worked_days
from tests.rules.calendar.oracle import DAY, WORKED

WEEKDAYS = "一二三四五六日"
DAY_TEXT = r"(?:\d{4}年)?\d{1,2}月\d{1,2}日"
NAMED = re.compile(rf"({DAY_TEXT})（周(.)(?:，([^）]*))?）")
OFF = re.compile(rf"({DAY_TEXT})(?:至(?:({DAY_TEXT})|(\d{{1,2}})日))?([^，。；\d（）]*)(?:放假|停工)；")
EXTRA = re.compile(rf"({DAY_TEXT})（周(.)）[^，。；\d]*上班；")
NTH = re.compile(rf"({DAY_TEXT})（周.[^）]*）为第(\d+)(个工作日|天)")
LIMITS = re.compile(rf"请于({DAY_TEXT})(\d\d:\d\d)前办结(?:，最迟({DAY_TEXT})?(\d\d:\d\d))?。$")
HOURS = re.compile(r"(\d\d:\d\d)收到，按自然小时计(\d+)小时")
BY_DAY = re.compile(rf"^({DAY_TEXT})（周(.)）：([^（]*)")
BEGAN = ("收到", "退回", "最近更新", "平台受理注销", "冻结期满")  # what a count begins with
SOURCE = re.compile(r"（?依据：[^\n]*")


def is_explanation(line: str) -> bool:
    """Whether the line explains a deadline."""
    return (
        bool(NAMED.match(line) and any(word in line for word in BEGAN))
        or bool(BY_DAY.match(line))
        or line.startswith("依据：")
    )


def wrong(line: str, rule: Rule, received: datetime, lines: Lines) -> Iterator[str]:
    """What the line says that is not so; every number in it is looked at."""
    text = SOURCE.sub("", line)
    year = day_of(received).year
    left = text
    for check, pattern in (
        (_nth, NTH),
        (_limits, LIMITS),
        (_hours, HOURS),
        (_off, OFF),
        (_extra, EXTRA),
        (_by_day, BY_DAY),
        (_named, NAMED),
    ):
        for found in pattern.finditer(left):
            try:
                so = check(found, year, rule, received, lines)
            except (ValueError, KeyError):
                so = False  # there is no such day
            if not so:
                yield f"{found[0]} is not so"
        left = pattern.sub("", left)
    if re.search(r"\d", left):
        yield f"nobody knows where {left!r} comes from"


def _read(text: str, year: int) -> date:
    found = re.fullmatch(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日", text)
    assert found is not None, text
    return date(int(found[1] or year), int(found[2]), int(found[3]))


def _nth(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    day, number = _read(found[1], year), int(found[2])
    named = NAMED.match(found[0])
    assert named is not None
    counted = worked_days(day_of(received), day) if found[3] == "个工作日" else (day - day_of(received)).days
    return number == counted and day == lines.day and _named(named, year, rule, received, lines)


def _limits(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    target = ends_at(_read(found[1], year), found[2])
    if found[4] is None:
        return target == lines.target == lines.due
    due = ends_at(_read(found[3], year) if found[3] else _read(found[1], year), found[4])
    return (target, due) == (lines.target, lines.due)


def _hours(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    clock = f"{received.astimezone(SHANGHAI):%H:%M}"
    return (rule.unit, found[1], int(found[2])) == ("calendar_hours", clock, rule.amount)


def _off(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    first = _read(found[1], year)
    last = _read(found[2], year) if found[2] else first.replace(day=int(found[3])) if found[3] else first
    return first <= last and not any(WORKED[day] for day in days(first, last))


def _extra(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    day = _read(found[1], year)
    return WEEKDAYS[day.weekday()] == found[2] and day.weekday() > 4 and WORKED[day]


def _by_day(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    day, said = _read(found[1], year), found[3]
    number = re.search(r"第(\d+)(个工作日|天)", said)
    if number and number[2] == "天" and int(number[1]) != (day - day_of(received)).days:
        return False
    if number and number[2] != "天" and (not WORKED[day] or int(number[1]) != worked_days(day_of(received), day)):
        return False
    if hours := re.search(r"计([\d.]+)小时", said):
        start, end = (ends_at(one, "00:00") for one in (day, day + DAY))
        share = (min(end, lines.due) - max(start, received)).total_seconds() / 3600
        return abs(float(hours[1]) - share) < 0.06
    return WEEKDAYS[day.weekday()] == found[2] and ("截止日" in said) == (day == lines.day)


def _named(found: re.Match[str], year: int, rule: Rule, received: datetime, lines: Lines) -> bool:
    day = _read(found[1], year)
    kind = found[3] or ""
    if WEEKDAYS[day.weekday()] != found[2]:
        return False
    if "放假" in kind or "停工" in kind:
        return not WORKED[day]
    return WORKED[day] if "上班" in kind else WORKED[day] == (day.weekday() < 5)


def ends_at(day: date, clock: str) -> datetime:
    """The moment of a day and a clock; 24:00 is 00:00 of the next."""
    if clock == "24:00":
        day, clock = day + DAY, "00:00"
    return datetime.fromisoformat(f"{day} {clock}").replace(tzinfo=SHANGHAI)
