"""Reads until when: "8月26日", "周五", "明天18:00", "2个工作日", anywhere in what was typed."""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, time, timedelta

from bot.rules.tickets.extension import Until
from handlers.chat.words.folding import Folded, fold, match_end

DAY = timedelta(days=1)
PAST = timedelta(days=183)  # a day of this year that is over for longer than its next return is away means next year
CHINESE = {one: value for value, one in enumerate("零一二三四五六七八九十")} | {"两": 2}
WEEKDAYS = {one: value for value, one in enumerate("一二三四五六日")} | {"天": 6}
ENGLISH = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
NEAR = {
    **dict.fromkeys(("今天", "今日", "今晚", "当天", "today"), 0),
    **dict.fromkeys(("明天", "明日", "明晚", "tomorrow"), 1),
    **dict.fromkeys(("后天", "后日"), 2),
    "大后天": 3,
}
NUMBER = r"(?P<n>\d{1,3}|[一二两三四五六七八九十]{1,3})"

CLOCK = re.compile(
    r"\s*(?=[\d上早中下傍晚])(?P<half>上午|早上|中午|下午|傍晚|晚上)?\s*(?:(?P<hour>\d{1,2})\s*"
    r"(?::\s*(?P<minute>\d{2})|[点时]\s*(?:(?P<minutes>\d{1,2})分?|(?P<thirty>半))?)|(?P<close>下班))?(?:之?前|以前)?"
)
LEAD = re.compile(r"(?P<extend>(?:申请)?(?:延期|延长|延))?(?:到|至|于|until|till|to|by) {0,4}$")
LEAD_LENGTH = 16  # so far back "到" is looked for
LOOKED_AT = 600  # characters in which times are looked for: whoever names one names it early
TRIMMED = " \n\t\r,\uff0c。.;\uff1b、:\uff1a"
BEFORE = re.compile(r"\s*(?:之前|以前|前(?![\w]))")
SINCE = re.compile(r"(?:从|自|由|from) {0,4}$")


@dataclass(frozen=True, kw_only=True, slots=True)
class _TimeMatch:
    """A time at a place of the folded text."""

    until: Until
    start: int
    end: int
    led: bool  # "到" stands before it
    sure: bool  # "延到" does, or "到" begins the text


@dataclass(frozen=True, kw_only=True, slots=True)
class Period:
    """From when until when, and what else was said."""

    since: Until | None
    until: Until
    said: str  # the words of the times
    rest: str


def read_until(text: str, today: date) -> tuple[Until, str] | None:
    """Return until when and what else was said; None when no time is named."""
    period = read_period(text, today)
    return (period.until, period.rest) if period else None


def read_period(text: str, today: date, *, lasting: bool = False) -> Period | None:
    """Return from when until when; of several times the one behind "到" is the end, the one before it the start.

    With `lasting` a span behind a day counts from it: "明天请假一天".
    """
    folded = fold(text)
    apart = _apart(sorted(_all(folded.text[:LOOKED_AT], today), key=lambda one: (one.start, -one.end)))
    if not apart:
        return None
    end = next((one for one in apart if one.sure), None) or next((one for one in apart if one.led), apart[0])
    before = [one for one in apart if one.end <= end.start and end.led and _joined(folded.text, one, end)]
    start = before[-1] if before else None
    if lasting and start is None and not end.led and (span := _span_behind(end, apart)):
        start, end = end, span
    spans = [_with_lead(folded.text, one) for one in (start, end) if one is not None]
    said = " ".join(folded.original(first, last) for first, last in spans)
    return Period(since=start.until if start else None, until=end.until, said=said, rest=_rest(folded, spans))


def names_time(text: str) -> bool:
    """Whether a folded text names a day or a span at all."""
    return any(pattern.search(text) for pattern, _ in _PATTERNS)


def _all(text: str, today: date) -> Iterator[_TimeMatch]:
    for pattern, read in _PATTERNS:
        for match in pattern.finditer(text):
            until = _read(read, match, today)
            if until is None:
                continue
            lead = _led(LEAD, text, match.start())
            clock, end = _clock(text, match.end()) if until.day is not None else (None, match.end())
            yield _TimeMatch(
                until=replace(until, clock=clock),
                start=match.start(),
                end=end,
                led=lead is not None,
                sure=lead is not None and bool(lead["extend"] or not text[: lead.start()].strip()),
            )


def _read(read: "PatternReader", match: "re.Match[str]", today: date) -> Until | None:
    try:
        return read(match, today)
    except (ValueError, OverflowError):
        return None  # 8月32日


def _clock(text: str, place: int) -> tuple[time | None, int]:
    """The clock behind a day, and where the time ends."""
    found = CLOCK.match(text, place)
    if found is None:
        return None, match_end(BEFORE, text, place)
    if found["close"] or not found["hour"]:
        return (time(12) if found["half"] == "中午" else None), found.end()
    hour, minute = int(found["hour"]), int(found["minute"] or found["minutes"] or (30 if found["thirty"] else 0))
    if found["half"] in ("下午", "傍晚", "晚上") and hour < 12:
        hour += 12
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None, place
    return time(hour % 24, minute), found.end()


def _apart(found: list[_TimeMatch]) -> list[_TimeMatch]:
    """Those that do not begin inside another, by their start."""
    apart: list[_TimeMatch] = []
    reached = 0
    for one in found:
        if one.start >= reached:
            apart.append(one)
        reached = max(reached, one.end)
    return apart


def _span_behind(day: _TimeMatch, apart: list[_TimeMatch]) -> _TimeMatch | None:
    """The span that follows a day: how long it lasts."""
    behind = [one for one in apart if one.start >= day.end and one.until.day is None]
    return behind[0] if day.until.day is not None and behind else None


def _led(pattern: "re.Pattern[str]", text: str, start: int) -> "re.Match[str] | None":
    """What leads to a time: it stands right before it."""
    return pattern.search(text[:start], max(0, start - LEAD_LENGTH))


def _joined(text: str, first: _TimeMatch, last: _TimeMatch) -> bool:
    """Whether only "到" stands between two times."""
    return re.fullmatch(r"\s*(?:到|至|until|till|to)?\s*", text[first.end : last.start]) is not None


def _with_lead(text: str, time_match: _TimeMatch) -> tuple[int, int]:
    lead = _led(LEAD, text, time_match.start) or _led(SINCE, text, time_match.start)
    return (lead.start() if lead else time_match.start), time_match.end


def _rest(folded: Folded, spans: list[tuple[int, int]]) -> str:
    """What was said beside the times, as it was typed."""
    parts, place = [], 0
    for start, end in spans:
        parts.append(folded.original(place, start))
        place = end
    parts.append(folded.original(place, len(folded.text)))
    trimmed = (part.strip(TRIMMED) for part in parts)
    return " ".join(one for one in trimmed if one)


def _full(match: "re.Match[str]", today: date) -> Until:
    return Until(day=date(int(match["y"]), int(match["m"]), int(match["d"])))


def _month_day(match: "re.Match[str]", today: date) -> Until:
    day = date(today.year, int(match["m"]), int(match["d"]))
    if day < today:
        following = day.replace(year=today.year + 1)
        day = following if following - today <= PAST else day
    return Until(day=day)


def _day_of_month(match: "re.Match[str]", today: date) -> Until:
    number = int(match["d"])
    if number >= today.day:
        return Until(day=today.replace(day=number))
    following = (today.replace(day=1) + 32 * DAY).replace(day=1)
    return Until(day=following.replace(day=number))


def _weekday(match: "re.Match[str]", today: date) -> Until:
    wanted = WEEKDAYS[match["w"]]
    weeks = {"本": 0, "这": 0, "下": 1, "下下": 2}.get(match["which"] or "")
    if weeks is None:
        return Until(day=today + DAY * ((wanted - today.weekday() - 1) % 7 + 1))
    return Until(day=today + DAY * (wanted - today.weekday() + 7 * weeks))


def _english_weekday(match: "re.Match[str]", today: date) -> Until:
    return Until(day=today + DAY * ((ENGLISH.index(match["w"]) - today.weekday() - 1) % 7 + 1))


def _near(match: "re.Match[str]", today: date) -> Until:
    return Until(day=today + DAY * NEAR[match[0]])


def _end_of_month(match: "re.Match[str]", today: date) -> Until:
    return Until(day=today.replace(day=calendar.monthrange(today.year, today.month)[1]))


def _working_days(match: "re.Match[str]", today: date) -> Until:
    return Until(working_days=_number(match))


def _days(match: "re.Match[str]", today: date) -> Until:
    return Until(days=_number(match))


def _days_later(match: "re.Match[str]", today: date) -> Until:
    return Until(day=today + DAY * _number(match))


def _weeks(match: "re.Match[str]", today: date) -> Until:
    return Until(days=7 * _number(match))


def _number(match: "re.Match[str]") -> int:
    number = int(match["n"]) if match["n"].isdigit() else _chinese(match["n"])
    if not number:
        raise ValueError("no time")
    return number


def _chinese(said: str) -> int:
    """三, 十五, 二十, 二十五."""
    tens, ten, ones = said.rpartition("十")
    if max(len(tens), len(ones)) > 1 or tens == "十":
        raise ValueError("no number")
    return (CHINESE[tens] if tens else 1) * 10 * bool(ten) + (CHINESE[ones] if ones else 0)


PatternReader = Callable[["re.Match[str]", date], Until]

_PATTERNS: tuple[tuple["re.Pattern[str]", PatternReader], ...] = (
    (re.compile(r"(?<!\d)(?P<y>\d{4})\s*[-/.年]\s*(?P<m>\d{1,2})\s*[-/.月]\s*(?P<d>\d{1,2})(?!\d)日?"), _full),
    (re.compile(r"(?<!\d)(?P<y>20\d{2})(?P<m>\d{2})(?P<d>\d{2})(?!\d)"), _full),
    (re.compile(r"(?<![\d.])(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})(?!\d)\s*[日号]?"), _month_day),
    (re.compile(r"(?<![\d./-])(?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?![\d./-]|\s*版)"), _month_day),
    (re.compile(r"(?<![\d月])(?P<d>\d{1,2})\s*[日号](?!\d|工单|单)"), _day_of_month),
    (re.compile(r"(?P<which>下下|下|本|这)?个?(?:周|星期|礼拜)(?P<w>[一二三四五六日天])"), _weekday),
    (re.compile(rf"(?P<w>{'|'.join(ENGLISH)})\b"), _english_weekday),
    (re.compile("|".join(sorted(NEAR, key=len, reverse=True))), _near),
    (re.compile(r"(?:本|这个?)?月底"), _end_of_month),
    (re.compile(NUMBER + r" *(?:个 *)?(?:工作日|working days?)"), _working_days),
    (re.compile(NUMBER + r"\s*天(?:之?后|以后)"), _days_later),
    (re.compile(NUMBER + r"\s*(?:个?自然日|天|days?\b)"), _days),
    (re.compile(NUMBER + r"\s*(?:周(?![一二三四五六日天])|个?星期(?![一二三四五六日天])|个?礼拜|weeks?\b)"), _weeks),
)
