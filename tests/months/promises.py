"""What must hold of two months, whatever people do; and how much each of them heard."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, time
from itertools import pairwise
from statistics import median, quantiles

from bot.rules.calendar.zone import SHANGHAI
from bot.simulator.scenario import Scenario
from tests.months.truth import days, rules
from tests.months.world import OPEN, TELLING, Line
from tests.rules.calendar.oracle import DAY, WORKED

MONTHS = 2
ACCUSING = ("target_passed", "leader_at_target", "overdue", "still_overdue", "nobody_took")
CHASING = (*TELLING, "slip")
RULES = rules()


class Record:
    """The lines of a play by what they are about."""

    def __init__(self, scenario: Scenario, lines: Sequence[Line]) -> None:
        self.scenario = scenario
        self.messages = [line for line in lines if line["event"] == "message"]
        self.given = {event.ticket.no: event.ticket for event in scenario.event if event.ticket}
        self.people = {person.id: person for person in scenario.person}
        self.parent = {unit.id: unit.parent for unit in scenario.unit}
        self.desk = {unit.id for unit in scenario.unit if unit.desk}
        self.states: dict[str, list[tuple[datetime, str]]] = {}
        self.due: dict[str, datetime] = {}
        self.transferred = {
            line["ticket"]
            for line in lines
            if line["event"] == "message" and line["step"] in ("rerouted", "handed_over")
        }
        for line in lines:
            if line["event"] == "ticket":
                self.states.setdefault(line["ticket"], []).append((at(line), line["state"]))
                self.due[line["ticket"]] = datetime.fromisoformat(line["due_at"])

    def told(self) -> Iterator[tuple[Line, str, str]]:
        """Every message about a ticket, alone or in a digest: the line, the number, the step."""
        for line in self.messages:
            for item in line.get("items") or [line]:
                if item["ticket"]:
                    yield line, item["ticket"], item["step"]

    def state(self, number: str, moment: datetime) -> str:
        """The state of a ticket just before a moment."""
        return [state for when, state in self.states[number] if when < moment or state == "new"][-1]

    def below(self, unit: str) -> set[str]:
        """The unit and what lies below it."""
        found = {unit}
        while more := {one for one, parent in self.parent.items() if parent in found} - found:
            found |= more
        return found


def at(line: Line) -> datetime:
    """When."""
    return datetime.fromisoformat(line["at"])


def broken(scenario: Scenario, lines: Sequence[Line]) -> list[str]:
    """Every promise that was not kept, a line each."""
    record = Record(scenario, lines)
    checks = (_told_twice, _outside_hours, _outside_the_area, _without_content, _forgotten, _accused_first, _chased)
    return [f"{check.__name__[1:]}: {fault}" for check in checks for fault in check(record)]


def _told_twice(record: Record) -> Iterator[str]:
    """Nobody hears the same thing in the same words again."""
    heard = Counter((line["to"], line["text"]) for line in record.messages)
    yield from (f"{who} {text!r} {times} times" for (who, text), times in heard.items() if times > 1)


def _outside_hours(record: Record) -> Iterator[str]:
    """On working days between 8:00 and 20:00; the veto class, and what answers somebody, at any hour."""
    for line in record.messages:
        moment = at(line).astimezone(SHANGHAI)
        numbers = [item["ticket"] for item in line.get("items") or [line] if item["ticket"]]
        any_hour = any(RULES[record.given[number].policy or "monitor_1wd"].any_hour for number in numbers)
        fits = WORKED[moment.date()] and time(8) <= moment.time() < time(20)
        if not fits and not any_hour and line["kind"] not in ("notice", "request"):
            yield f"{line['at']} {line['kind']} {line['step']} to {line['to']}"


def _outside_the_area(record: Record) -> Iterator[str]:
    """A ticket is told to its unit, its overseers and the desk, and to those whom it was given to."""
    account = {one.name: one for one in record.scenario.account}
    deputies = {event.leave.deputy for event in record.scenario.event if event.leave}
    for line, number, step in record.told():
        known = account.get(record.given[number].account)
        if known is None or number in record.transferred:
            continue
        overseers = {one.person for one in record.scenario.supervisor if known.unit in record.below(one.unit)}
        duties = {known.primary, known.backup, known.leader}
        person = record.people[line["to"]]
        if line["to"] not in overseers | duties | deputies and person.unit not in record.desk:
            yield f"{line['to']} hears {step} of {number}"


def _without_content(record: Record) -> Iterator[str]:
    """Who hears of a ticket for the first time reads the problem and the link."""
    seen: set[tuple[str, str]] = set()
    for line, number, step in record.told():
        told = line["kind"] in (*TELLING, "digest")
        if (line["to"], number) in seen or not told:
            continue
        seen.add((line["to"], number))
        given, whole = record.given[number], [item["ticket"] for item in line.get("items", [])][8:]
        if number not in whole and not (given.text in line["text"] and given.url in line["text"]):
            yield f"{line['at']} {line['to']} {step} of {number}: {line['text']!r}"


def _forgotten(record: Record) -> Iterator[str]:
    """No ticket stays open past its limit for three working days without a word to somebody who works on it."""
    above = {one.person for one in record.scenario.supervisor} | {
        person.id for person in record.scenario.person if person.unit in record.desk
    }
    end = record.scenario.until
    for number, states in record.states.items():
        policy = RULES[record.given[number].policy or "monitor_1wd"]
        open_until = next((when for when, state in states if state not in OPEN), end)
        words = [at(line) for line, about, _ in record.told() if about == number and line["to"] not in above]
        since = max(record.due[number], states[0][0])
        repeats = next(step for step in policy.steps if step["name"] == "still_overdue")["until"]
        last = _later(since, repeats + 2)
        moments = [since, *(when for when in sorted(words) if since < when < open_until), min(open_until, last)]
        for before, after in pairwise(moments):
            silent = sum(WORKED[day] for day in days(before.astimezone(SHANGHAI).date() + DAY, after.date() - DAY))
            if silent >= 3:
                yield f"{number} from {before} to {after}"


def _later(moment: datetime, working_days: int) -> datetime:
    while working_days:
        moment += DAY
        working_days -= WORKED[moment.astimezone(SHANGHAI).date()]
    return moment


def _accused_first(record: Record) -> Iterator[str]:
    """Nobody above hears that people were late or idle before any of those people were told."""
    told: set[str] = set()
    by_moment: dict[str, list[tuple[Line, str, str]]] = {}
    for one in record.told():
        by_moment.setdefault(one[0]["at"], []).append(one)
    duties = {one.name: {one.primary, one.backup} for one in record.scenario.account}
    for some in by_moment.values():
        for line, number, step in some:
            people = duties.get(record.given[number].account, set())
            accuses = line["kind"] in ("escalation", "slip") and (step in ACCUSING or step.startswith("slip"))
            reachable = any(who and record.people[who].reachable for who in people)
            late_before = "录入时已" in line["text"]
            if accuses and number not in told and reachable and line["to"] not in people and not late_before:
                yield f"{line['at']} {line['to']} {step} of {number}"
        told |= {number for line, number, _ in some if line["to"] in duties.get(record.given[number].account, set())}


def _chased(record: Record) -> Iterator[str]:
    """After completion nobody is reminded."""
    for line, number, step in record.told():
        if line["kind"] in (*CHASING, "digest") and record.state(number, at(line)) not in OPEN:
            yield f"{line['at']} {line['to']} {step} of {number}"


def figures(scenario: Scenario, lines: Sequence[Line]) -> Mapping[str, tuple[float, float, int]]:
    """How many messages a person hears a month: median, ninth decile, most; by role, of those who hear anything."""
    heard = Counter(line["to"] for line in lines if line["event"] == "message")
    found = {"everybody": spread(heard.values())}
    for role, people in roles(scenario).items():
        if some := [heard[who] for who in people if heard[who]]:
            found[role] = spread(some)
    return found


def roles(scenario: Scenario) -> Mapping[str, set[str]]:
    """Who has which duty."""
    desk = {unit.id for unit in scenario.unit if unit.desk}
    return {
        "desk": {person.id for person in scenario.person if person.unit in desk},
        "supervisors": {one.person for one in scenario.supervisor},
        "leaders": {one.leader for one in scenario.account if one.leader},
        "managers": {who for one in scenario.account for who in (one.primary, one.backup) if who},
    }


def spread(counts: Iterable[int]) -> tuple[float, float, int]:
    """Median and ninth decile a month, and the most."""
    monthly = [count / MONTHS for count in counts]
    return median(monthly), quantiles(monthly, n=10)[-1] if len(monthly) > 1 else monthly[0], round(max(monthly))
