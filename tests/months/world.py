"""What anybody could know at a moment of a scenario, from the scenario and what was said and heard until then."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.simulator.scenario import Scenario, ScenarioAccount, ScenarioTicket
from tests.months.explained import ends_at
from tests.months.reading import Mask
from tests.months.truth import SOON, Lines, Rule, day_of, lines, rules, until_the_end_of, waited_long
from tests.rules.calendar.oracle import WORKED, step_by_step

Line = Mapping[str, Any]
UPDATES = ("taken", "done", "answer_undone")  # what a colleague did: tells of the answer, not of the ticket
TELLING = ("assigned", "reminder", "escalation", "unreached")
OPEN = ("new", "acknowledged", "returned", "disputed")
UNTIL = re.compile(r"到(\d{1,2})月(\d{1,2})日")


@dataclass(kw_only=True)
class Known:
    """One ticket, as far as it is known."""

    given: ScenarioTicket
    account: ScenarioAccount | None
    rule: Rule
    entered: datetime
    lines: Lines
    state: str = "new"
    told: dict[str, datetime] = field(default_factory=dict)  # person id -> first
    tellings: list[tuple[datetime, str, str]] = field(default_factory=list)  # when, whom, kind
    taken: tuple[str, datetime] | None = None
    asked: bool = False  # for anything
    until: datetime | None = None  # what was asked for last
    done_at: datetime | None = None
    acts: list[datetime] = field(default_factory=list)  # when anybody said anything about it
    void_at: datetime | None = None
    unit: str | None = None
    pending: dict[str, tuple[str, datetime | None]] = field(default_factory=dict)  # kind -> who asked, until when

    @property
    def issued(self) -> datetime:
        """When the platform issued it."""
        return self.given.issued_at or self.entered

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return self.state in OPEN

    def overdue(self, now: datetime) -> bool:
        """Whether its judging line passed unanswered."""
        return self.state != "void" and (self.done_at or now) >= self.lines.due


class World:
    """Follows the lines of a played scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.people = {one.id: one for one in scenario.person}
        self.by_name = {one.name: one.id for one in scenario.person}
        self.units = {one.id: one for one in scenario.unit}
        self.tickets: dict[str, Known] = {}
        self.leaves: list[tuple[str, datetime, datetime, str | None]] = []
        self._rules = rules()
        self._given = {one.ticket.no: one.ticket for one in scenario.event if one.ticket}
        self.accounts = {one.name: one for one in scenario.account}
        self.mask = Mask(self._given, self._names())

    def _names(self) -> set[str]:
        scenario = self.scenario
        names = {one.name for part in (scenario.unit, scenario.person, scenario.account) for one in part}
        names |= {one.platform for one in scenario.account}
        for event in scenario.event:
            if event.ticket:
                one = event.ticket
                names |= {one.account, one.platform, one.problem, one.text, one.severity, one.suggestion, one.url}
            if event.say:
                names |= set(re.findall(r"“([^”]+)”", event.say.text))  # a quoted reason is the person's, not ours
        return {name for name in names if name} | {one.title for one in self._rules.values()}

    def happened(self, line: Line) -> None:
        """Learn of a ticket, a leave, or a message that was heard."""
        at = datetime.fromisoformat(line["at"]) if "at" in line else None
        if line["event"] == "ticket":
            assert at is not None
            self._ticket(line, at)
        elif line["event"] == "message":
            assert at is not None
            self._told(line, at)
        elif line["event"] == "leave":
            assert at is not None
            event = next(
                one for one in self.scenario.event if one.leave and one.at == at and one.leave.person == line["person"]
            )
            assert event.leave is not None
            self.leaves.append((event.leave.person, at, event.leave.until, event.leave.deputy))

    def _ticket(self, line: Line, at: datetime) -> None:
        number = line["ticket"]
        if number not in self.tickets:
            given = self._given[number]
            account = self.accounts.get(given.account)
            rule = self._rules[given.policy or self.scenario.preset or "monitor_1wd"]
            self.tickets[number] = Known(
                given=given,
                account=account,
                unit=account.unit if account else None,
                rule=rule,
                entered=at,
                lines=lines(rule, given.issued_at or at, given.fixed_at),
            )
        known = self.tickets[number]
        known.state = line["state"]
        done = line.get("completed_at")
        known.done_at = datetime.fromisoformat(done) if done else None
        if known.state == "void" and known.void_at is None:
            known.void_at = at
        if not known.open:
            known.pending.clear()

    def wrong_lines(self, line: Line) -> Iterator[str]:
        """What the engine says of a ticket's lines that was counted otherwise."""
        counted = self.tickets[line["ticket"]].lines
        said = [line["due_day"], *(datetime.fromisoformat(line[name]) for name in ("target_at", "due_at"))]
        if said != [counted.day.isoformat(), counted.target, counted.due]:
            yield f"{line['ticket']}: lines {said} instead of {counted}"

    def _told(self, line: Line, at: datetime) -> None:
        for item in line.get("items") or [line]:
            known = self.tickets.get(item["ticket"] or "")
            if known is None or item["step"] in UPDATES:
                continue
            kind = line["kind"] if item is line else self._kind(item["step"], known)
            known.tellings.append((at, line["to"], kind))
            if kind in TELLING:
                known.told.setdefault(line["to"], at)

    @staticmethod
    def _kind(step: str, known: Known) -> str:
        """The kind of what a digest holds."""
        if step in ("rerouted", "handed_over"):
            return "assigned"
        return next((one["kind"] for one in known.rule.steps if one["name"] == step), "notice")

    # Who is who.

    def acting(self, person: str, moment: datetime) -> set[str]:
        """The person, and those on leave who named them."""
        away = {who for who, since, until, deputy in self.leaves if deputy == person and since <= moment < until}
        return {person} | away

    def is_desk(self, person: str) -> bool:
        """Whether the person is of the municipal desk."""
        return self.units[self.people[person].unit].desk

    def overseen(self, person: str, moment: datetime) -> set[str]:
        """The units a person oversees, those below included."""
        acting = self.acting(person, moment)
        if any(map(self.is_desk, acting)):
            return set(self.units)
        found = {one.unit for one in self.scenario.supervisor if one.person in acting}
        return {unit for unit in self.units if found & set(self._up(unit))}

    def _up(self, unit: str) -> Iterator[str]:
        place: str | None = unit
        while place is not None:
            yield place
            place = self.units[place].parent

    def led(self, person: str, moment: datetime) -> set[str]:
        """The accounts a person leads."""
        acting = self.acting(person, moment)
        return {one.name for one in self.scenario.account if one.leader in acting}

    def concerned(self, person: str, moment: datetime) -> list[Known]:
        """The tickets of a person's area."""
        units, accounts = self.overseen(person, moment), self.led(person, moment)
        everything = any(map(self.is_desk, self.acting(person, moment)))
        return [
            known
            for known in self.tickets.values()
            if everything or known.unit in units or (known.account and known.account.name in accounts)
        ]

    def waited_long(self, known: Known, moment: datetime) -> bool:
        """Whether nobody took the ticket for so long that somebody else was told before this moment."""
        return waited_long(known.rule, known.entered, known.lines.target, moment - SOON)

    def may_decide(self, person: str, kind: str, asker: str, known: Known, moment: datetime) -> bool:
        """Whether a request waits for this person."""
        if any(map(self.is_desk, self.acting(person, moment))):
            return True
        return kind != "transfer" and person != asker and known.unit in self.overseen(person, moment)

    def place(self, known: Known, target: str) -> None:
        """Put a ticket where the desk sent it: an account, a unit, a person."""
        known.pending.clear()
        known.taken, known.asked = None, False
        known.account = self.accounts.get(target)
        unit = next((one.id for one in self.units.values() if one.name == target), None)
        person = self.people.get(self.by_name.get(target, ""))
        if known.account is not None:
            known.unit = known.account.unit
        else:
            known.unit = unit or (person.unit if person else known.unit)

    def asked_until(self, number: str, said: str) -> datetime | None:
        """Until when somebody asked, from their own words."""
        found = UNTIL.search(said)
        if found is None:
            return None
        year = day_of(self.tickets[number].entered).year
        day = date(year, int(found[1]), int(found[2]))
        return ends_at(day if WORKED[day] else step_by_step(day, 1), "24:00")

    def grant(self, number: str) -> None:
        """Move the lines of a ticket to where somebody asked them to be."""
        known = self.tickets[number]
        assert known.until is not None
        known.lines = until_the_end_of(day_of(known.until - SOON), known.issued)
        known.pending.pop("extension", None)


def played(text: str) -> Sequence[Line]:
    """Read the lines of a play."""
    return [json.loads(line) for line in text.splitlines()]
