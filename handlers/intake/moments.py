"""Times as people and spreadsheets write them, read in Asia/Shanghai where no zone is given."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from bot.rules.calendar.zone import SHANGHAI, at
from bot.rules.tickets.arrivals import Refusal, clean

_WEEKDAY = re.compile(r"\(?(?:星期|周|礼拜)[一二三四五六日天]\)?")
_WRITTEN = re.compile(
    r"(?P<year>\d{4})\s*[-/.年]\s*(?P<month>\d{1,2})\s*[-/.月]\s*(?P<day>\d{1,2})日?"
    r"(?:[T\s,]*(?P<half>上午|下午|晚上|中午|凌晨)?\s*(?P<hour>\d{1,2})\s*[:时点]\s*"
    r"(?:(?P<minute>\d{1,2})(?:\s*[:分]\s*(?:(?P<second>\d{1,2})(?:\.\d+)?秒?)?)?)?\s*(?P<meridiem>AM|PM)?"
    r"\s*(?P<zone>Z|[+-]\d{2}:?\d{2})?)?",
    re.IGNORECASE,
)
_COMPACT = re.compile(
    r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})(?:T?(?P<hour>\d{2})(?P<minute>\d{2})(?P<second>\d{2})?)?"
)
_SERIAL = re.compile(r"\d{5}(?:\.\d+)?")
_NO_YEAR = re.compile(r"\d{1,2}\s*[-/.月]\s*\d{1,2}日?[\s\d:时点分秒上下午]*")

# Day 0 of a spreadsheet's day count; day 60 there is a 29 February 1900 that never was.
SERIAL_EPOCH = date(1899, 12, 30)
SERIALS = range(20_000, 80_000)  # 1954 to 2119: other numbers of five digits are no dates
AFTERNOON = {"下午", "晚上", "中午", "PM"}
MORNING = {"上午", "凌晨", "AM"}
MAX_MOMENT_LENGTH = 64  # a longer text is no time, and the patterns need not find that out
EXAMPLE = "请写成 2021-08-23 10:00 这样"


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadMoment:
    """A time read from text."""

    at: datetime  # aware UTC
    day_only: bool = False  # no time of day was written; 00:00 was taken


def read_limit(text: str) -> datetime | Refusal:
    """Read a moment something is due by; a day alone lasts until its 24:00 (民法典 203)."""
    found = read_moment(text)
    if isinstance(found, Refusal):
        return found
    return found.at + timedelta(days=1) if found.day_only else found.at


@lru_cache(maxsize=4096)
def read_moment(text: str) -> ReadMoment | Refusal:
    """Read a time in the ways people and spreadsheets write it; a year is never guessed."""
    if len(text) > MAX_MOMENT_LENGTH:
        return _unreadable(text)
    plain = _WEEKDAY.sub(" ", unicodedata.normalize("NFKC", clean(text))).strip()
    found = _COMPACT.fullmatch(plain) or _WRITTEN.fullmatch(plain)
    if found:
        return _from_parts({key: value for key, value in found.groupdict().items() if value}, text)
    if _SERIAL.fullmatch(plain):
        return _from_serial(plain, text)
    if _NO_YEAR.fullmatch(plain):
        return Refusal(reason=f"时间“{_short(text)}”没有年份，{EXAMPLE}")
    return _unreadable(text)


def _from_parts(parts: dict[str, str], text: str) -> ReadMoment | Refusal:
    hour = _hour(int(parts.get("hour", 0)), (parts.get("half") or parts.get("meridiem", "")).upper())
    try:
        day = date(int(parts["year"]), int(parts["month"]), int(parts["day"]))
        clock = time(0 if hour == 24 else hour, int(parts.get("minute", 0)), int(parts.get("second", 0)))
        if hour == 24 and clock != time(0):
            return _unreadable(text)
        moment = _in_zone(day + timedelta(days=hour == 24), clock, parts.get("zone"))
    except (ValueError, OverflowError):
        return _unreadable(text)
    return ReadMoment(at=moment, day_only="hour" not in parts)


def _hour(hour: int, half: str) -> int:
    if half in AFTERNOON and hour < 12:
        return hour + 12
    if half in MORNING and hour == 12:
        return 0
    return hour


def _in_zone(day: date, clock: time, zone: str | None) -> datetime:
    if zone is None:
        return at(day, clock)
    written = f"{day.isoformat()}T{clock.isoformat()}{zone.upper()}"
    return datetime.fromisoformat(written).astimezone(UTC)


def _from_serial(plain: str, text: str) -> ReadMoment | Refusal:
    days = float(plain)
    if int(days) not in SERIALS:
        return _unreadable(text)
    midnight = datetime.combine(SERIAL_EPOCH + timedelta(days=int(days)), time(0), SHANGHAI)
    seconds = round((days - int(days)) * 86_400)
    return ReadMoment(at=midnight.astimezone(UTC) + timedelta(seconds=seconds), day_only=seconds == 0)


def _unreadable(text: str) -> Refusal:
    return Refusal(reason=f"时间“{_short(text)}”读不懂，{EXAMPLE}")


def _short(text: str) -> str:
    return clean(text)[:40]
