"""Schedules of the State Council, by year: those shipped, and those approved since laid over them."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from functools import cache
from types import MappingProxyType

from chinese_calendar.constants import holidays, workdays

from storage.records import NoticeKind, Revision, Schedule

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
_ISSUED = dict(zip(AMENDMENTS, (date(2015, 5, 13), date(2019, 3, 22), date(2020, 1, 26)), strict=True))

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


def layered(revisions: Sequence[Revision]) -> tuple[Schedule, ...]:
    """Return the shipped schedules with approved revisions over them; of two documents the later issued one counts.

    A notice for a whole year takes the place of an earlier one for it. An amendment to a year nobody
    arranged yet is left out: it would make the rest of that year look known.
    """
    if not revisions:
        return base_schedules()
    whole = {revision.notice.year: revision for revision in revisions if revision.notice.kind is NoticeKind.YEAR}
    replaced = {notice(year) for year in whole}
    base = [one for one in base_schedules() if one.source not in replaced]
    known = {one.year for one in base} | set(whole)
    used = [
        revision
        for revision in revisions
        if revision.notice.year in known
        and (revision.notice.kind is NoticeKind.AMENDMENT or whole[revision.notice.year] is revision)
    ]
    dated = [((_ISSUED.get(one.source, date.min), 0, place), one) for place, one in enumerate(base)]
    dated += [((_counts_from(one), one.number, 0), schedule(one)) for one in used]
    return tuple(one for _, one in sorted(dated, key=lambda pair: pair[0]))


def schedule(revision: Revision) -> Schedule:
    """Return a revision's days as a schedule."""
    found = revision.notice
    return Schedule(year=found.year, off=found.off, work=found.work, source=found.source)


def notice(year: int) -> str:
    """Return the name of the yearly notice, with its number where that is certain."""
    number = f"（{NUMBERS[year]}）" if year in NUMBERS else ""
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
    text = json.dumps(rows, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{name}-{max((one.year for one in schedules), default=0)}-{digest[:8]}"


def _counts_from(revision: Revision) -> date:
    settled = revision.settled.at.date() if revision.settled else date.max
    return revision.notice.issued or settled


def _document(day: date) -> str:
    # The days around New Year's Day are fixed by the notice of the year that begins.
    return _AMENDED.get(day) or notice(day.year + (day.month == 12))
