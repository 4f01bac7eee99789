"""Reads what stands in a place of a sentence and compares it with what was counted."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from tests.months.explained import ends_at
from tests.months.reading import Reader, Sentence
from tests.months.truth import MINUTE, Rule, day_of, worked_days, worked_minutes
from tests.months.world import Known, Line, World

SPANS = tuple(f"format.{key}" for key in ("working_minutes", "working_hours", "working_both")) + tuple(
    f"format.{key}" for key in ("span_minutes", "span_hours", "span_both", "span_days")
)


@dataclass(frozen=True, kw_only=True, slots=True)
class At:
    """Where a sentence stands."""

    world: World
    reader: Reader
    line: Line
    now: datetime
    ticket: Known | None  # the sentence is about

    @property
    def about(self) -> Known:
        """The ticket, which there must be."""
        assert self.ticket is not None, "the sentence is about no ticket"
        return self.ticket


Check = Callable[[Sentence, At], bool]


def same_day(value: str, day: date | None, seen_from: date) -> bool:
    """Whether a text names the day; without a year it is the one it is seen from."""
    if day is None:
        return False
    year, month, number = _day_parts(value)
    return (month, number) == (day.month, day.day) and (year or seen_from.year) == day.year


def same_moment(value: str, moment: datetime | None) -> bool:
    """Whether a text names the moment to the minute, with or without the weekday; 24:00 ends a day."""
    if moment is None:
        return False
    day_text, clock = value[:-5], value[-5:]
    year, month, number = _day_parts(day_text)
    day = date(year or day_of(moment).year, month, number)
    if not year and clock == "24:00" and (month, number) == (12, 31):
        day = date(day_of(moment).year - 1, 12, 31)
    weekday = re.search(r"周(.)", day_text) or re.search(r"\(([A-Z][a-z]{2})\)", day_text)
    if weekday and weekday[1] not in ("一二三四五六日"[day.weekday()], f"{day:%a}"):
        return False
    return ends_at(day, clock) == moment.replace(second=0, microsecond=0)


def _day_parts(value: str) -> tuple[int | None, int, int]:
    if found := re.match(r"(?:(\d{4})年)?(\d{1,2})月(\d{1,2})日", value):
        return int(found[1]) if found[1] else None, int(found[2]), int(found[3])
    found = re.match(r"(\d{1,2}) ([A-Z][a-z]+)(?: (\d{4}))?", value)
    assert found is not None, value
    month = datetime.strptime(found[2], "%B").month
    return int(found[3]) if found[3] else None, month, int(found[1])


def same_due(value: str, known: Known, at: At) -> bool:
    """Whether a text names both lines of the ticket."""
    said = at.reader.fits(tuple(f"format.{key}" for key in ("due_latest", "due", "due_unpublished")), value)
    assert said is not None, value
    lines = known.lines
    if said.key == "format.due":
        return same_moment(said.values["target"], lines.due) and lines.target == lines.due
    latest = said.values["latest"]
    if len(latest) == 5:
        last = ends_at(day_of(lines.target), latest) == lines.due
    else:
        last = same_moment(latest, lines.due)
    return last and same_moment(said.values["target"], lines.target)


def same_span(value: str, rule: Rule, start: datetime, end: datetime, at: At) -> bool:
    """Whether a text tells the span in the time the policy counts in."""
    said = at.reader.fits(SPANS, value)
    assert said is not None, value
    numbers = {place: int(number) for place, number in said.values.items()}
    if rule.by_work != said.key.startswith("format.working"):
        return False
    minutes = worked_minutes(start, end) if rule.by_work else (end - start) // MINUTE
    if said.key == "format.span_days":
        return minutes >= 2 * 1440 and numbers["days"] == minutes // 1440
    return minutes > 0 and numbers.get("hours", 0) * 60 + numbers.get("minutes", 0) == minutes


def late_both_ways(sentence: Sentence, known: Known, now: datetime) -> bool:
    """Whether the days late are right; where no working day is late, none is told."""
    answered = known.done_at or now
    workdays = worked_days(known.lines.day, day_of(answered))
    told = sentence.values.get("workdays")
    days = (day_of(answered) - known.lines.day).days
    if int(sentence.values["days"]) != days or days < 1 or answered < known.lines.due:
        return False
    return int(told) == workdays > 0 if told else workdays == 0


DID = ("told", "not_hear", "hear_now", "take", "nothing")


def did_so(sentence: Sentence, at: At) -> bool:
    """Whether somebody was told then, and did that."""
    known = at.about
    who = at.world.by_name[at.world.mask.names[sentence.values["name"]]]
    parts = re.split("，|, ", sentence.values["did"])
    told, *did = [at.reader.fits(tuple(f"message.did_{key}" for key in DID), part) for part in parts]
    assert told is not None
    if told.key == "message.did_told":
        right = same_moment(told.values["at"], known.told.get(who))
    else:
        right = known.told.get(who, at.now) == at.now
    for one in did:
        assert one is not None, parts
        if one.key == "message.did_take":
            right = right and known.taken is not None and known.taken[0] == who
            right = right and known.taken is not None and same_moment(one.values["at"], known.taken[1])
        else:
            right = right and known.taken is None
    return right


def duties_so(text: str, at: At) -> bool:
    """Whether everybody of a line of those to ring was told then, and did that; nothing else in it is a number."""
    found = list(at.reader.every("message.name_did", text))
    for sentence in found:
        who = at.reader.inner(sentence, "who")
        assert who is not None
        if not did_so(Sentence(key=sentence.key, values={**sentence.values, **who.values}), at):
            return False
    return bool(found) or not re.search(r"\d", text)
