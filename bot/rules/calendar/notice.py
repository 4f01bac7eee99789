"""Reads a notice of the State Council: its sentences of days off and make-up days, or a table of them."""

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from storage.records import Notice, NoticeKind

DAY = timedelta(days=1)
MAX_RANGE_DAYS = 60  # days of one range; more is a misprint
TITLES = 300  # as wide as the column

WEEKDAYS = "一二三四五六日"
DATE = (
    r"(?:(?P<year{n}>\d{{4}})年)?(?:(?P<month{n}>\d{{1,2}})月)?(?P<day{n}>\d{{1,2}})日"
    r"(?P<from{n}>起)?(?:\((?P<note{n}>[^()]*)\))?"
)
TO = r"(?:至|到|[-—–―~])"
TOKEN = re.compile(
    f"(?:{DATE.format(n=1)})(?:{TO}{DATE.format(n=2)})?(?P<since>起)?"
    r"|(?P<work>上班)|(?P<off>放假|补休|调休)|(?P<rest>休息)"
)
TOTAL = re.compile(r"(?:共|放假|调休)(\d{1,2})天")
EXTENSION = re.compile(f"延长(?:\\d{{4}}年)?(?P<name>[\u4e00-\u9fff]+?)假期{TO}{DATE.format(n=1)}")
_WIDE = {ord(mark): ord(mark) + 0xFEE0 for mark in ",;:!?()"}
ADVICE = re.compile("鼓励|建议|倡导")
TITLE = re.compile(r"国务院(?:办公厅)?\n?关于[^。:;]{2,80}?的\n?通知")
DATELINE = re.compile(r"新华社[^。;\d]{0,8}(?:\d{1,2}月)?\d{1,2}日电")
NUMBER = re.compile(r"(国(?:办)?发(?:明电)?)[〔\[(【](\d{4})[〕\])】](\d{1,3})号")
SIGNED = re.compile(r"国务院(?:办公厅)?\n*(\d{4})年(\d{1,2})月(\d{1,2})日(?!至|到|起|放|\()")
HOLIDAY = "[\u4e00-\u9fff]{1,10}?(?:节|旦|纪念日)"
HEADING = re.compile(
    rf"(?:^|(?<=[。;:\n]))(?:[一二三四五六七八九十]+、|\d+[.、]|\([一二三四五六七八九十\d]+\))?"
    rf"(?P<name>{HOLIDAY}(?:[、和]{HOLIDAY})*):"
)
YEARLY = "部分节假日安排"


class NoticeRefused(ValueError):
    """What was handed in is no notice we can read; the Chinese sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """One holiday as the notice words it, and the days understood."""

    name: str
    text: str
    off: tuple[date, ...]
    work: tuple[date, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """A notice as read: what counts, what was left aside, and what does not fit."""

    notice: Notice
    items: tuple[Item, ...]
    advice: tuple[str, ...] = ()  # sentences that recommend leave: they arrange nothing
    misfits: tuple[str, ...] = ()  # Chinese sentences; with any of them the notice must not be used


def read_notice(text: str, known: Mapping[date, str]) -> Understood:
    """Read a notice's text, or a table in JSON; NoticeRefused where it is neither.

    `known` names the days off already known: "extends the holiday to" starts from its last day.
    """
    text = text.lstrip("\ufeff").strip()
    return _read_table(text) if text.startswith(("{", "[")) else _read_text(_plain(text), known)


def _read_text(text: str, known: Mapping[date, str]) -> Understood:
    found = TITLE.search(text)
    if found is None:
        raise NoticeRefused("没有找到通知标题（国务院办公厅关于……的通知），请把标题和正文一起存入文件。")
    title = found[0].replace("\n", "")
    kind = NoticeKind.YEAR if YEARLY in title else NoticeKind.AMENDMENT
    signed = SIGNED.search(text, found.end())
    inside = text[found.end() : signed.start() if signed else len(text)]
    body = _Body(year=_year(title, inside), known=known)
    for name, part in _parts(inside, title, kind):
        body.read(name, part.replace("\n", ""))
    off, work = _named(body.items, "off"), _named(body.items, "work")
    if not off and not work:
        nothing = "通知里没有读出任何放假或上班的日期，请核对文件内容。"
        raise NoticeRefused(body.misfits[0] if body.misfits else nothing)
    if signed and (other := TITLE.search(text, signed.end())) and (again := other[0].replace("\n", "")) != title:
        body.misfits.append(f"文件里还有另一份《{again}》，请分开导入。")
    number = NUMBER.search(text.replace("\n", ""))
    notice = Notice(
        year=body.year,
        kind=kind,
        document=title[:TITLES],
        number=f"{number[1]}〔{number[2]}〕{number[3]}号" if number else "",
        issued=_day(*signed.groups()) if signed else None,
        off=off,
        work=work,
    )
    return Understood(
        notice=notice, items=tuple(body.items), advice=tuple(body.advice), misfits=tuple(dict.fromkeys(body.misfits))
    )


@dataclass(kw_only=True)
class _Body:
    """Reads sentence by sentence and keeps what it understood."""

    year: int
    known: Mapping[date, str]
    items: list[Item] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    misfits: list[str] = field(default_factory=list)

    def read(self, name: str, text: str) -> None:
        off: list[date] = []
        work: list[date] = []
        for sentence in filter(None, re.split("[。;]", DATELINE.sub("", text))):
            if not TOKEN.search(sentence) or not re.search(r"\d日", sentence):
                continue
            if ADVICE.search(sentence):
                self.advice.append(_printed(sentence))
                continue
            self._sentence(name, self._extended(sentence, off), off, work)
        if off or work:
            self.items.append(Item(name=name, text=text, off=tuple(sorted(set(off))), work=tuple(sorted(set(work)))))

    def _sentence(self, name: str, sentence: str, off: list[date], work: list[date]) -> None:
        waiting: list[date] = []
        before: date | None = None
        for token in TOKEN.finditer(sentence):
            if token["day1"]:
                days = self._days(token, name, before)
                before = days[-1] if days else before
                # "2月3日起正常上班": work as ever, unless that is a weekend.
                since = token["from1"] or token["since"]
                waiting += [day for day in days if not since or day.weekday() >= 5]
            elif waiting:
                if token["rest"]:
                    self.misfits.append(f"“{_printed(sentence)}”不知是放假还是建议，请核对。")
                (work if token["work"] else off).extend(waiting)
                self._count(sentence, token, waiting)
                waiting = []
        if waiting:
            self.misfits.append(f"“{_printed(sentence)}”没有写明放假还是上班，没读懂。")

    def _count(self, sentence: str, verb: re.Match[str], days: list[date]) -> None:
        total = None if verb["work"] else TOTAL.search(sentence, verb.start())
        following = TOKEN.search(sentence, verb.end())
        while following and not following["day1"]:
            following = TOKEN.search(sentence, following.end())
        if total and (following is None or total.start() < following.start()) and int(total[1]) != len(days):
            self.misfits.append(f"“{_printed(sentence)}”写明{total[1]}天，读出{len(days)}天，请核对。")

    def _extended(self, sentence: str, off: list[date]) -> str:
        found = EXTENSION.search(sentence)
        if found is None:
            return sentence
        last = _day(found["year1"] or self.year, found["month1"], found["day1"])
        ends = [day for day, name in self.known.items() if found["name"] in name and day.year == self.year]
        if last is None or not ends:
            self.misfits.append(f"“{_printed(sentence)}”要延长的假期不在已知安排里，请先导入当年的通知。")
        else:
            self._fits_weekday(last, found["note1"], sentence)
            start = _end_of_run(min(ends), self.known) + DAY
            off += [start + DAY * i for i in range((last - start).days + 1)]
        return sentence[: found.start()] + sentence[found.end() :]

    def _days(self, token: re.Match[str], name: str, before: date | None) -> list[date]:
        first = self._date(token, 1, name, before)
        last = self._date(token, 2, name, first) if token["day2"] else first
        if first is None or last is None or not 0 <= (last - first).days < MAX_RANGE_DAYS:
            self.misfits.append(f"“{token[0]}”不是有效的日期，请核对。")
            return []
        return [first + DAY * i for i in range((last - first).days + 1)]

    def _date(self, token: re.Match[str], place: int, name: str, before: date | None) -> date | None:
        month = token[f"month{place}"] or (before.month if before else None)
        if month is None:
            return None
        found = _day(
            token[f"year{place}"] or self._year_of(int(month), name, place, before), month, token[f"day{place}"]
        )
        if found is not None:
            self._fits_weekday(found, token[f"note{place}"], token[0])
        return found

    def _year_of(self, month: int, name: str, place: int, before: date | None) -> int:
        """The year of a day written without one: December under 元旦 is last year's."""
        if place == 2 and before is not None:
            return before.year + (month < before.month)
        return self.year - (name.startswith("元旦") and month == 12)

    def _fits_weekday(self, day: date, note: str | None, text: str) -> None:
        found = re.search("(?:星期|周)([一二三四五六日天])", note or "")
        if found and WEEKDAYS.index(found[1].replace("天", "日")) != day.weekday():
            actual = WEEKDAYS[day.weekday()]
            self.misfits.append(
                f"“{_printed(text)}”：{day.isoformat()}是星期{actual}，与通知所写不符，请核对日期和年份。"
            )


def _parts(text: str, title: str, kind: NoticeKind) -> Iterator[tuple[str, str]]:
    """The holiday's name and the text under it; an amendment names its holiday in the title."""
    heads = list(HEADING.finditer(text))
    if kind is NoticeKind.AMENDMENT or not heads:
        name = re.search("(?:元旦|春节|清明节|劳动节|端午节|中秋节|国庆节|纪念日)", title)
        yield name[0] if name else "放假", text
        return
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        yield head["name"].replace("和", "、"), text[head.end() : following.start() if following else len(text)]


def _printed(text: str) -> str:
    """A sentence as the notice prints it: it was read without width."""
    return text.translate(_WIDE)


def _plain(text: str) -> str:
    text = re.sub(r"<[^<>]{0,200}>", "\n", text)
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"[^\S\n]|[\u200b\ufeff]", "", text)


def _year(title: str, text: str) -> int:
    found = re.search(r"(\d{4})年", title) or re.search(r"(\d{4})年\d{1,2}月\d{1,2}日", text)
    if found is None:
        raise NoticeRefused("没有找到通知安排的年份，请核对文件内容。")
    return int(found[1])


def _day(year: object, month: object, day: object) -> date | None:
    try:
        return date(int(str(year)), int(str(month)), int(str(day)))
    except ValueError:
        return None


def _end_of_run(day: date, known: Mapping[date, str]) -> date:
    while day + DAY in known:
        day += DAY
    return day


def _named(items: list[Item], which: str) -> dict[date, str]:
    return {day: item.name for item in items for day in getattr(item, which)}


def _read_table(text: str) -> Understood:
    try:
        table = json.loads(text)
        if not isinstance(table, dict):
            raise NoticeRefused("JSON 应为一个对象，含 year、off、work。")
        notice = _from_table(table)
    except NoticeRefused:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NoticeRefused(f"JSON 读不懂：{error}。日期应写成 2027-01-01。") from None
    names = dict.fromkeys([*notice.off.values(), *notice.work.values()])
    items = tuple(
        Item(
            name=name,
            text="",
            off=tuple(day for day, one in sorted(notice.off.items()) if one == name),
            work=tuple(day for day, one in sorted(notice.work.items()) if one == name),
        )
        for name in names
    )
    return Understood(notice=notice, items=items)


def _from_table(table: dict[str, Any]) -> Notice:
    year = int(table["year"])
    off, work = _table_days(table.get("off", {})), _table_days(table.get("work", {}))
    for row in table.get("days", ()):  # the widespread form: [{"name", "date", "isOffDay"}]
        (off if row["isOffDay"] else work)[date.fromisoformat(row["date"])] = str(row["name"])
    if not off and not work:
        raise NoticeRefused("JSON 里没有任何放假（off）或上班（work）的日期。")
    issued = table.get("issued")
    return Notice(
        year=year,
        kind=NoticeKind(table.get("kind", NoticeKind.YEAR)),
        document=str(table.get("document") or f"国务院办公厅关于{year}年部分节假日安排的通知")[:TITLES],
        number=str(table.get("number", ""))[:64],
        issued=date.fromisoformat(issued) if issued else None,
        off=off,
        work=work,
    )


def _table_days(days: Any) -> dict[date, str]:
    named = days.items() if isinstance(days, dict) else ((day, "放假") for day in days)
    return {date.fromisoformat(day): str(name) for day, name in named}
