"""Counts the morning brief and the weekly summary again."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import pairwise
from statistics import median

from tests.months.comparing import At, Check, duties_so, same_day, same_due, same_moment
from tests.months.reading import Sentence
from tests.months.truth import SOON, WEEK, day_of, days, midnight, worked_days, worked_minutes
from tests.months.world import Known
from tests.rules.calendar.oracle import DAY, WORKED, sessions

# The morning brief.


def _morning(sentence: Sentence, at: At) -> bool:
    said = sentence.values["day"], sentence.values["weekday"]
    weekday = f"周{'一二三四五六日'[day_of(at.now).weekday()]}"
    return same_day(said[0], day_of(at.now), day_of(at.now)) and said[1] in (weekday, f"{day_of(at.now):%a}")


def _opening(at: At) -> datetime:
    return sessions(day_of(at.now))[0][0]


def _due_today(at: At) -> list[Known]:
    concerned = at.world.concerned(at.line["to"], _opening(at))
    return [one for one in concerned if one.open and one.lines.day == day_of(at.now) and at.now < one.lines.target]


def _stuck(at: At) -> list[Known]:
    due = _due_today(at)
    concerned = [one for one in at.world.concerned(at.line["to"], _opening(at)) if one.open and one not in due]
    return [
        one
        for one in concerned
        if at.now >= one.lines.target or (one.state == "new" and at.world.waited_long(one, at.now))
    ]


def _decisions(at: At) -> int:
    person = at.line["to"]
    return sum(
        at.world.may_decide(person, kind, asker, known, at.now)
        for known in at.world.tickets.values()
        for kind, (asker, _) in known.pending.items()
    )


def _away(at: At) -> set[str]:
    units, accounts = at.world.overseen(at.line["to"], _opening(at)), at.world.led(at.line["to"], _opening(at))
    roles = [
        who
        for one in at.world.scenario.account
        if one.unit in units or one.name in accounts
        for who in (one.primary, one.backup, one.leader)
    ]
    first, last = sessions(day_of(at.now))[0][0], sessions(day_of(at.now))[-1][1]
    return {who for who, since, until, _ in at.world.leaves if who in roles and since < last and until > first}


def _counts(sentence: Sentence, counted: int) -> bool:
    return int(sentence.values["count"]) == counted > 0


def _shown(sentence: Sentence, at: At) -> bool:
    """So many lines stand below the heading."""
    rows = at.line["text"].split("\n")
    shown, here = sentence.values["shown"], []
    for place, row in enumerate(rows):
        if re.search(rf"(?<!\d){shown}(?!\d)", row) and row.endswith(("：", ":")):
            below = [one.startswith(("·", "- ")) for one in rows[place + 1 :]]
            here.append(below.index(False) if False in below else len(below))
    return int(shown) in here


def _brief_line(sentence: Sentence, at: At) -> bool:
    inner, known = at.reader.inner(sentence, "standing"), at.about
    assert inner is not None
    if not duties_so(sentence.values["duty"], at):
        return False
    if not same_due(inner.values["due"], known, at):
        return False
    if inner.key == "morning.asked_extension":
        return same_moment(inner.values["until"], known.until)
    if inner.key != "morning.late":
        return inner.key != "morning.on_time" or at.now < known.lines.target
    late = at.reader.inner(inner, "why")
    return late is None or _late_ledger(at.reader.inner(late, "late"), known, at.now)


def _late_ledger(said: Sentence | None, known: Known, until: datetime) -> bool:
    assert said is not None
    answered = known.done_at if known.done_at and known.done_at <= until else until
    days, workdays = (day_of(answered) - known.lines.day).days, worked_days(known.lines.day, day_of(answered))
    if said.key == "ledger.late_hours":
        return answered >= known.lines.due and days == 0
    if said.key == "ledger.late_off":
        return int(said.values["days"]) == days > 0 == workdays
    return (int(said.values["days"]), int(said.values["workdays"])) == (days, workdays) and workdays > 0


BRIEF: Mapping[str, Check] = {
    "title": _morning,
    "due": lambda sentence, at: _counts(sentence, len(_due_today(at))),
    "stuck": lambda sentence, at: _counts(sentence, len(_stuck(at))),
    "decisions": lambda sentence, at: _counts(sentence, _decisions(at)),
    "away": lambda sentence, at: _counts(sentence, len(_away(at))),
    "first": _shown,
    "newest": _shown,
    "ticket": _brief_line,
}

# The weekly summary.


class Week:
    """The tickets of a reader's area as they stood at the end of the last week."""

    def __init__(self, at: At, back: int = 0) -> None:
        year, number = (int(found) for found in re.findall(r"\d+", at.line["text"])[:2])  # the title says which
        monday = date.fromisocalendar(year, number, 1) - WEEK * back
        self.monday, self.sunday = monday, monday + WEEK - DAY
        self.start, self.end = midnight(monday), midnight(monday + WEEK)
        self.as_of = self.end - SOON
        world, reader = at.world, at.line["to"]
        units = world.overseen(reader, datetime.max.replace(tzinfo=at.now.tzinfo))  # a deputy reads their own only
        everything = world.is_desk(reader)
        theirs = [one for one in world.tickets.values() if everything or one.unit in units]
        self.known = [one for one in theirs if one.issued <= self.as_of and one.entered <= at.now]
        self._home = {person.id: person.unit for person in world.scenario.person}

    def within(self, moment: datetime | None) -> bool:
        """Whether the moment lies in the week."""
        return moment is not None and self.start <= moment < self.end

    def done(self, known: Known) -> datetime | None:
        """When it was answered, as far as anybody knew at the end of the week."""
        return known.done_at if known.done_at and known.done_at <= self.as_of else None

    def late(self, known: Known) -> bool:
        """Whether it missed its line by the end of the week."""
        return known.state != "void" and (self.done(known) or self.as_of) >= known.lines.due

    def open(self, known: Known) -> bool:
        """Whether it was unanswered at the end of the week."""
        return known.state != "void" and self.done(known) is None

    def told_at(self, known: Known) -> datetime | None:
        """When its unit first knew."""
        heard = [
            when
            for when, who, kind in known.tellings
            if when <= self.as_of and (kind == "assigned" or (known.unit and self._home[who] == known.unit))
        ]
        return min(heard, default=None)

    def untold(self, known: Known) -> bool:
        """Whether its line passed before its unit knew."""
        told = self.told_at(known)
        return told is None or told >= known.lines.due

    @property
    def theirs(self) -> list[Known]:
        """What is late and held against the unit."""
        return [one for one in self.known if self.late(one) and not self.untold(one)]

    @property
    def finished(self) -> list[Known]:
        """What was answered in the week."""
        return [one for one in self.known if one.state != "void" and self.within(self.done(one))]

    def numbers(self) -> Mapping[str, int]:
        """What the first lines count."""
        on_time = sum(not self.late(one) for one in self.finished)
        missed = sum(self.within(one.lines.due) for one in self.theirs)
        return {
            "received": sum(self.within(one.issued) for one in self.known),
            "on_time": on_time,
            "late": sum(self.within(self.done(one)) for one in self.theirs),
            "overdue": sum(self.open(one) for one in self.theirs),
            "judged": on_time + missed,
            "apart": sum(self.within(one.lines.due) for one in self.known if self.late(one) and self.untold(one)),
            "void": sum(one.state == "void" and self.within(one.void_at) for one in self.known),
        }


def _week_title(sentence: Sentence, at: At) -> bool:
    week = Week(at)
    year, number, _ = week.monday.isocalendar()
    told = ((sentence.values["first"], week.monday), (sentence.values["last"], week.sunday))
    said = int(sentence.values["year"]), int(sentence.values["number"])
    # The week before; one further back only where nobody could be told of it before.
    between = days(week.sunday + DAY, day_of(at.now) - DAY)
    never = not any(WORKED[day] for day in between)
    return said == (year, number) and never and all(same_day(text, day, day) for text, day in told)


def _week_counts(sentence: Sentence, at: At) -> bool:
    week, values = Week(at), sentence.values
    counted = {**week.numbers(), "before": Week(at, 1).numbers()["overdue"]}
    said = {name: int(values[name]) for name in ("received", "on_time", "late", "overdue", "before")}
    wrong = {name: (number, counted[name]) for name, number in said.items() if number != counted[name]}
    assert not wrong, f"(said, counted): {wrong}"
    return same_moment(values["at"], week.end)


def _share(sentence: Sentence, at: At, back: int = 0) -> bool:
    numbers = Week(at, back).numbers()
    judged, on_time = numbers["judged"], numbers["on_time"]
    if sentence.key == "weekly.rate_none":
        return judged == 0
    right = (int(sentence.values["judged"]), int(sentence.values["on_time"])) == (judged, on_time) and judged > 0
    if "rate" in sentence.values:
        return right and judged >= 5 and _near(sentence.values["rate"].rstrip("%"), on_time * 100 / judged)
    return right and judged < 5


def _near(said: str, counted: float) -> bool:
    return abs(float(said) - counted) <= 0.051


def _change(sentence: Sentence, at: At) -> bool:
    now, before = Week(at).numbers(), Week(at, 1).numbers()
    change = (now["on_time"] / now["judged"] - before["on_time"] / before["judged"]) * 100
    return _near(sentence.values["points"], abs(change)) and (change > 0) == sentence.key.endswith("up")


def _before(sentence: Sentence, at: At) -> bool:
    inner = at.reader.inner(sentence, "before")
    return inner is not None and _share(inner, at, back=1)


def _stages(sentence: Sentence, at: At) -> bool:
    finished = Week(at).finished
    entries = [max(worked_minutes(one.issued, one.entered), 0) for one in finished]
    answers = [worked_minutes(one.entered, one.done_at) for one in finished if one.done_at]
    said = [at.reader.inner(sentence, place) for place in ("entry", "answer")]
    counted = [median(some) / 60 for some in (entries, answers)]
    near = [
        one is not None and _near(one.values.get("hours", "0"), hours) for one, hours in zip(said, counted, strict=True)
    ]
    return int(sentence.values["count"]) == len(finished) and all(near)


def _listed(sentence: Sentence, at: At) -> bool:
    week = Week(at)
    lists: Mapping[str, Sequence[Known]] = {
        "overdue": [one for one in week.theirs if week.open(one)],
        "finished_late": [one for one in week.theirs if week.within(week.done(one))],
        "untold": [
            one
            for one in week.known
            if week.late(one) and week.untold(one) and (week.open(one) or week.within(week.done(one)))
        ],
        "due_soon": [
            one for one in week.known if week.open(one) and not week.late(one) and one.lines.day <= week.sunday + WEEK
        ],
    }
    until = sentence.values.get("until")
    right = until is None or same_day(until, week.sunday + WEEK, week.sunday)
    return right and _counts(sentence, len(lists[sentence.key.partition(".")[2]]))


def _item(sentence: Sentence, at: At) -> bool:
    """A line of a list: days, lateness, and who was told when and how often."""
    inner, known, week = at.reader.inner(sentence, "told"), at.about, Week(at)
    assert inner is not None
    if not _in_order(at.line["text"].split("\n")):
        return False
    if inner.key == "weekly.due_item":
        return same_day(inner.values["due"], known.lines.day, week.sunday)
    right = all(_ledger(part, known, week, at) for part in re.split("，|, ", inner.values["line"]))
    if inner.key == "weekly.overdue_item":
        return right and _tellings(inner.values["told"], known, week, at)
    if inner.key == "weekly.untold_item":
        return right and _since(at.reader.inner(inner, "told"), known, week)
    return right


def _in_order(rows: Sequence[str]) -> bool:
    """Whether each list is numbered from one."""
    places = [int(found[1]) if (found := re.match(r"(\d+)\. ", row)) else 0 for row in rows]
    return all(not place or place == before + 1 for before, place in pairwise(places))


def _ledger(part: str, known: Known, week: Week, at: At) -> bool:
    keys = ("due", "open", "finished", "on_time", "late_open", "late", "late_days", "late_off", "late_hours", "void")
    said = at.reader.fits(tuple(f"ledger.{key}" for key in keys), part)
    assert said is not None, part
    done = week.done(known)
    if said.key == "ledger.due":
        return same_day(said.values["due"], known.lines.day, known.lines.day)
    if said.key == "ledger.finished":
        return done is not None and same_day(said.values["done"], day_of(done), day_of(done))
    if said.key == "ledger.open":
        return done is None
    if said.key == "ledger.late_open":
        said = at.reader.inner(said, "late")
    return said is not None and (said.key == "ledger.on_time" or _late_ledger(said, known, week.as_of))


def _tellings(text: str, known: Known, week: Week, at: At) -> bool:
    """Who was told when: each person's first time and how often, or the last of all."""
    before = [(when, at.world.mask.sign(at.world.people[who].name)) for when, who, _ in known.tellings]
    before = [one for one in before if one[0] <= week.as_of]
    signs = Counter(who for _, who in before)
    if latest := re.fullmatch(
        r"(?:最近告知：|told last: )([\ue000-\uf8ff]) ?(.*?)(?:（共(\d+)次）| \((\d+) times\))?", text
    ):
        who, when, times = latest[1], latest[2], int(latest[3] or latest[4] or 1)
        return times == len(before) and any(one == who and same_moment(when, moment) for moment, one in before)
    people = re.sub("^(?:已告知：|told: )", "", text)
    for part in re.split("、|, ", people):
        found = at.reader.fits(("weekly.told_person", "weekly.told_once"), part)
        assert found is not None, part
        who = found.values["person"]
        first = min(moment for moment, one in before if one == who)
        if not same_moment(found.values["first"], first) or signs.pop(who) != int(found.values.get("count", 1)):
            return False
    return not signs


def _since(said: Sentence | None, known: Known, week: Week) -> bool:
    told = week.told_at(known)
    if said is None or "at" not in said.values:
        return told is None
    if told is None or not same_moment(said.values["at"], told):
        return False
    until = max(told, week.done(known) or week.as_of)
    counted = worked_days(day_of(told), day_of(until)), (day_of(until) - day_of(told)).days
    if said.key == "weekly.untold_since":
        return counted[1] == 0
    return (int(said.values.get("workdays", 0)), int(said.values["days"])) == counted


def _causes(sentence: Sentence, at: At) -> bool:
    week = Week(at)
    late = [one for one in week.theirs if week.open(one) or week.within(week.done(one))]
    for part in re.split("；|; ", sentence.values["causes"]):
        said = at.reader.fits(("weekly.cause_late", "weekly.cause"), part)
        assert said is not None, part
        name = at.world.mask.names.get(said.values["name"], "")
        received = sum(one.given.problem == name and week.within(one.issued) for one in week.known)
        if int(said.values["count"]) != received:
            return False
        if int(said.values.get("late", 0)) != sum(one.given.problem == name for one in late):
            return False
    return True


def _ahead(sentence: Sentence, at: At) -> bool:
    today = Week(at).sunday
    for text in re.split("；|; ", sentence.values["days"]):
        said = at.reader.fits(("weekly.holiday", "weekly.makeup"), text)
        assert said is not None, text
        named = list(_days_named(said.values.get("span") or said.values["day"], today))
        off = said.key == "weekly.holiday"
        if any(WORKED[day] == off for day in named) or (not off and named[0].weekday() < 5):
            return False
    return True


def _days_named(text: str, seen_from: date) -> Iterator[date]:
    found = re.split("至| to ", text)
    day = next(day for day in _following(seen_from) if same_day(found[0], day, day))
    yield day
    while not same_day(found[-1], day, day):
        day += DAY
        yield day


def _following(day: date) -> Iterator[date]:
    for _ in range(60):
        day += DAY
        yield day


WEEKLY: Mapping[str, Check] = {
    "title": _week_title,
    "counts": _week_counts,
    "void": lambda sentence, at: _counts(sentence, Week(at).numbers()["void"]),
    "apart": lambda sentence, at: _counts(sentence, Week(at).numbers()["apart"]),
    **dict.fromkeys(("rate", "rate_few"), _share),
    **dict.fromkeys(("rate_up", "rate_down"), _change),
    "rate_before": _before,
    "scope_more": lambda sentence, at: _counts(
        sentence, len(at.world.overseen(at.line["to"], datetime.max.replace(tzinfo=at.now.tzinfo)))
    ),
    "stages": _stages,
    **dict.fromkeys(("overdue", "finished_late", "untold", "due_soon"), _listed),
    "item": _item,
    "causes": _causes,
    "ahead": _ahead,
}
