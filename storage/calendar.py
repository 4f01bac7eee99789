"""Schedules of the State Council, by year."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache
from types import MappingProxyType

from chinese_calendar.constants import holidays, workdays

from storage.records import Schedule
from storage.types import canonical

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
    "Anti-Fascist 70th Day": "抗战胜利纪念日",
}

# Amendments published after the year's own notice, with the days that rest on them.
AMENDMENTS = {
    "国务院关于中国人民抗日战争暨世界反法西斯战争胜利70周年纪念日调休放假的通知": (
        date(2015, 9, 3),
        date(2015, 9, 4),
        date(2015, 9, 5),
        date(2015, 9, 6),
    ),
    "国务院办公厅关于调整2019年劳动节假期安排的通知": (
        date(2019, 4, 28),
        date(2019, 5, 1),
        date(2019, 5, 2),
        date(2019, 5, 3),
        date(2019, 5, 4),
        date(2019, 5, 5),
    ),
    "国务院办公厅关于延长2020年春节假期的通知": (date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)),
}
_AMENDED = {day: document for document, days in AMENDMENTS.items() for day in days}

# Only numbers that the notices themselves confirm; wrong ones are in circulation for other years.
NUMBERS = {2021: "国办发明电〔2020〕27号"}


@cache
def base_schedules() -> tuple[Schedule, ...]:
    """Return the schedules shipped with chinesecalendar (2004 to 2026), ordered by year.

    A year has one schedule for every document its days rest on, the year's own notice first.
    """
    off: defaultdict[tuple[int, str], dict[date, str]] = defaultdict(dict)
    work: defaultdict[tuple[int, str], dict[date, str]] = defaultdict(dict)
    for days, kept in ((holidays, off), (workdays, work)):
        for day in sorted(days):
            kept[day.year, _document(day)][day] = NAMES[days[day]]
    keys = sorted({*off, *work}, key=lambda key: (key[0], key[1] != notice(key[0]), key[1]))
    return tuple(
        Schedule(
            year=year,
            off=MappingProxyType(off[year, document]),
            work=MappingProxyType(work[year, document]),
            source=document,
        )
        for year, document in keys
    )


def notice(year: int) -> str:
    """Return the name of the yearly notice, with its number where that is certain."""
    number = f"({NUMBERS[year]})" if year in NUMBERS else ""
    return f"国务院办公厅关于{year}年部分节假日安排的通知{number}"


def revision_of(schedules: Sequence[Schedule], name: str = "base") -> str:
    """Return a short name for exactly this data, such as "base-2026-1a2b3c4d"."""
    rows = [
        [
            one.year,
            one.source,
            *({day.isoformat(): label for day, label in days.items()} for days in (one.off, one.work)),
        ]
        for one in schedules
    ]
    digest = hashlib.sha256(canonical(rows).encode()).hexdigest()
    return f"{name}-{max((one.year for one in schedules), default=0)}-{digest[:8]}"


def _document(day: date) -> str:
    # The days around New Year's Day are fixed by the notice of the year that begins.
    return _AMENDED.get(day) or notice(day.year + (day.month == 12))
