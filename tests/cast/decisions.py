"""What people decide about the calendar, and what an office hears of it."""

import json
from datetime import date

from bot.actions.calendar import calendar, notices
from bot.actions.calendar.calendar import AppliedChange
from bot.actions.calendar.notices import Who
from storage.records import OverlayDraft, OverlayKind
from tests.cast.office import Office

TYPHOON = date(2021, 8, 24)


def who(office: Office, name: str) -> Who:
    return Who(person_id=office.people[name], name=name)


def closure(
    first: date = TYPHOON,
    last: date | None = None,
    units: set[int] | None = None,
    kind: OverlayKind = OverlayKind.CLOSURE,
) -> OverlayDraft:
    return OverlayDraft(
        kind=kind, first=first, last=last or first, units=frozenset(units) if units else None, why="台风停工"
    )


def close(office: Office, draft: OverlayDraft, by: str = "wu", *, trial: bool = False) -> AppliedChange:
    done = calendar.close(office.engine.context, draft, who(office, by), trial=trial)
    office.settle()
    return done


def published(office: Office, table: dict[str, object], by: str = "wu", then: str = "ding") -> AppliedChange:
    """Hand a notice in and approve it."""
    context = office.engine.context
    text = json.dumps(table)
    number = notices.propose(context, text, notices.examine(context, text), who(office, by))
    done = calendar.approve(context, number, who(office, then))
    office.settle()
    return done


def amendment(*off: str, document: str = "关于调整放假的通知") -> dict[str, object]:
    return {"year": int(off[0][:4]), "kind": "amendment", "document": document, "off": dict.fromkeys(off, "特别节")}


def told(office: Office, step: str, *people: str, says: str = "") -> None:
    for one in people:
        office.expect(one, step, says=says)


def received(office: Office, number: str = "FJ-1") -> None:
    office.at("08-23 10:00").receives(number)
    told(office, "receipt", "jia", "yi")


YEAR = {
    "year": 2027,
    "document": "试用的2027年安排",
    "issued": "2026-12-30",
    "off": {
        day: name
        for name, days in {
            "元旦": ["01-01", "01-02", "01-03"],
            "春节": [f"02-{d:02}" for d in range(5, 13)],
            "清明节": ["04-05"],
            "劳动节": [f"05-{d:02}" for d in range(1, 6)],
            "端午节": ["06-09"],
            "中秋节": ["09-15"],
            "国庆节": [f"10-{d:02}" for d in range(1, 8)],
        }.items()
        for day in (f"2027-{one}" for one in days)
    },
    "work": {f"2027-{day}": "调休" for day in ("02-14", "02-20", "05-08", "09-26", "10-09")},
}  # made up, with the right sum: the real one was not published
