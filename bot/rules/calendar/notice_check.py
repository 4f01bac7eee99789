"""What is doubtful about a notice before it counts, and which days it changes."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from bot.rules.calendar.notice import DAY, Understood
from bot.rules.calendar.workdays import SATURDAY, DayInfo, GovChina
from storage.records import Notice, NoticeKind

HOLIDAYS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
MORE_DAYS_FROM = 2025  # from then on 13 statutory days a year (2024 revision of 全国年节及纪念日放假办法), 11 before
FEWEST_MAKEUP, MOST_MAKEUP = 5, 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Doubt:
    """Something that does not look right; a grave one keeps the notice from being proposed."""

    grave: bool
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A day that becomes another; None before: its year was not known."""

    day: date
    before: DayInfo | None
    after: DayInfo


# Another's opinion of a year: its working days, or None where it does not know the year.
Opinion = Callable[[int], frozenset[date] | None]


def check(
    understood: Understood,
    before: GovChina,
    after: GovChina,
    today: date,
    opinions: Mapping[str, Opinion] | None = None,
) -> tuple[Doubt, ...]:
    """Return everything doubtful; `after` is the calendar with the notice over `before`."""
    notice = understood.notice
    grave = [*understood.misfits, *_impossible(understood), *_year_grave(notice, before)]
    slight = [
        *_year_slight(notice, after),
        *_known_slight(notice, before, after),
        *_dates_slight(notice, before, today),
    ]
    slight += disagreements(after, notice.year, opinions or {})
    return (*(Doubt(grave=True, sentence=one) for one in grave), *(Doubt(grave=False, sentence=one) for one in slight))


def changes(notice: Notice, before: GovChina, after: GovChina) -> tuple[Change, ...]:
    """Return the days that become others, by their working or by name, in order."""
    years = {notice.year, *(day.year for day in (*notice.off, *notice.work))}
    return tuple(
        change for year in sorted(years) if after.published(year) for change in _changed_days(year, before, after)
    )


def disagreements(calendar: GovChina, year: int, opinions: Mapping[str, Opinion]) -> Iterator[str]:
    """Say on which days of the year others are of another opinion; those who do not know the year are not asked."""
    if not calendar.published(year):
        return
    days = [date(year, 1, 1) + timedelta(i) for i in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)]
    for name, opinion in opinions.items():
        theirs = opinion(year)
        wrong = [day for day in days if calendar.is_working_day(day) is not (day in theirs)] if theirs else []
        if wrong:
            yield f"与{name}的{year}年数据不同：{days_text(wrong)}。"


def odd_sum(calendar: GovChina, year: int) -> Iterator[str]:
    """Say so where the year has another number of working days than Monday to Friday less the statutory days."""
    if calendar.published(year) and (found := working_days(calendar, year)) != expected_working_days(year):
        expected = expected_working_days(year)
        yield f"{year}年共{found}个工作日，按周一至周五减法定假日应为{expected}个，请逐日核对。"


def working_days(calendar: GovChina, year: int) -> int:
    """Return how many working days the year has."""
    return calendar.working_days_between(date(year, 1, 1), date(year, 12, 31)) + calendar.is_working_day(
        date(year, 1, 1)
    )


def expected_working_days(year: int) -> int:
    """Return Monday to Friday less the statutory days: what a year has where nothing is swapped across New Year."""
    days = (date(year, 1, 1) + timedelta(i) for i in range((date(year + 1, 1, 1) - date(year, 1, 1)).days))
    return sum(day.weekday() < SATURDAY for day in days) - (13 if year >= MORE_DAYS_FROM else 11)


def _impossible(understood: Understood) -> Iterator[str]:
    notice = understood.notice
    wrong = [day for day in notice.work if day.weekday() < SATURDAY]
    if wrong:
        yield f"调休上班日应在周末，下列不是：{days_text(wrong)}。"
    both = sorted(set(notice.off) & set(notice.work))
    if both:
        yield f"下列日期既写放假又写上班：{days_text(both)}。"
    seen: dict[date, str] = {}
    for item in understood.items:
        for day in (*item.off, *item.work):
            if seen.setdefault(day, item.name) != item.name:
                yield f"{day_text(day)}在“{seen[day]}”和“{item.name}”里各写了一次。"
    far = [day for day in (*notice.off, *notice.work) if abs(day.year - notice.year) > 1]
    if far:
        yield f"日期离{notice.year}年超过一年：{days_text(far)}。"


def _year_grave(notice: Notice, before: GovChina) -> Iterator[str]:
    if notice.kind is NoticeKind.AMENDMENT:
        if not before.published(notice.year):
            yield f"{notice.year}年的全年安排还没有导入，请先导入全年通知，再导入这份调整通知。"
        return
    named = "、".join(notice.off.values())
    missing = [name for name in HOLIDAYS if name.removesuffix("节") not in named]
    if missing and len(set(notice.off.values())) > 1:
        yield f"全年通知里没有读到：{'、'.join(missing)}。"
    absent = [day for day in _statutory(notice.year) if day not in notice.off]
    if not {date(notice.year, 4, 4), date(notice.year, 4, 5)} & set(notice.off):
        absent.append(date(notice.year, 4, 5))
    if absent:
        yield f"法定节日不在放假日期里：{days_text(absent)}。"


def _year_slight(notice: Notice, after: GovChina) -> Iterator[str]:
    yield from odd_sum(after, notice.year)
    makeup = len(notice.work)
    if notice.kind is NoticeKind.YEAR and not FEWEST_MAKEUP <= makeup <= MOST_MAKEUP:
        yield f"全年调休上班{makeup}天，往年在{FEWEST_MAKEUP}至{MOST_MAKEUP}天之间，请核对。"


def _known_slight(notice: Notice, before: GovChina, after: GovChina) -> Iterator[str]:
    if notice.kind is NoticeKind.YEAR and before.published(notice.year):
        other = [one.day for one in changes(notice, before, after)]
        if other:
            yield f"与已知的{notice.year}年安排不同：{days_text(other)}。如是更正，请核对依据。"


def _dates_slight(notice: Notice, before: GovChina, today: date) -> Iterator[str]:
    if notice.issued is None:
        yield "没有读到落款日期，将以批准日期排先后。"
    elif notice.issued > today:
        yield f"落款日期{day_text(notice.issued)}在将来，请核对。"
    past = [day for day in _turned(notice, before) if day < today]
    if past:
        yield f"改动了已经过去的日期：{days_text(past)}。已办结的工单不受影响。"


def _turned(notice: Notice, before: GovChina) -> list[date]:
    marked = [(day, False) for day in notice.off] + [(day, True) for day in notice.work]
    return sorted(
        day for day, works in marked if before.published(day.year) and before.is_working_day(day) is not works
    )


def _statutory(year: int) -> list[date]:
    days = [(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)] + ([(5, 2)] if year >= MORE_DAYS_FROM else [])
    return [date(year, month, day) for month, day in days]


def _changed_days(year: int, before: GovChina, after: GovChina) -> Iterator[Change]:
    day = date(year, 1, 1)
    while day.year == year:
        now = after.day(day)
        then = before.day(day) if before.published(year) else None
        ordinary = day.weekday() < SATURDAY
        if (then.working is not now.working) if then else (now.name or now.working is not ordinary):
            yield Change(day=day, before=then, after=now)
        day += DAY


def day_text(day: date) -> str:
    """Return "2027年1月3日"."""
    return f"{day.year}年{day.month}月{day.day}日"


def days_text(days: Iterable[date]) -> str:
    """Return days in order, runs written as such: "2027年1月1日至3日、2月6日"."""
    runs: list[list[date]] = []
    for day in sorted(set(days)):
        if runs and day - runs[-1][1] == DAY:
            runs[-1][1] = day
        else:
            runs.append([day, day])
    words, before = [], None
    for first, last in runs:
        words.append(_short(first, before) + (f"至{_short(last, first)}" if last != first else ""))
        before = last
    return "、".join(words)


def _short(day: date, before: date | None) -> str:
    if before is None or day.year != before.year:
        return day_text(day)
    return f"{day.month}月{day.day}日" if day.month != before.month else f"{day.day}日"
