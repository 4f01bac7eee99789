"""Plays a scenario and tells it line by line: messages, replies, ticket changes, a summary last."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from bot.actions.calendar.calendar import close
from bot.actions.calendar.notices import Who
from bot.actions.messages.inbox import look
from bot.actions.tickets.intake import Arrival, ArrivalOutcome, take_in
from bot.engine import Engine
from bot.rules.calendar.deadline import lateness
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.people.matching import name_key, platform_of
from bot.rules.people.routing import INBOX
from bot.rules.tickets.arrivals import TicketInput, event_id
from bot.rules.tickets.escalation import deadline_of
from bot.rules.tickets.policies.firing import fires
from bot.simulator.play import Play, Sent, TicketChange
from bot.simulator.scenario import Closure, Event, Say, Scenario, ScenarioPerson, ScenarioTicket
from storage.people import addresses, leaves, register
from storage.records import AccountDraft, OverlayDraft, OverlayKind, PersonDraft, Role, Ticket, UnitDraft, step_of
from storage.sql.database import Connection
from storage.tickets import tickets

Line = dict[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answered:
    """What the bot answered, with the labels of what can be pressed."""

    text: str
    buttons: tuple[str, ...] = ()


# Hears what a person typed and returns the bot's answer: (person id, text, moment).
Hear = Callable[[int, str, datetime], Answered]


class Simulation:
    """One scenario on one isolated engine."""

    def __init__(self, scenario: Scenario, play: Play, hear: Hear) -> None:
        self._scenario, self._play, self._hear = scenario, play, hear
        self._engine: Engine = play.engine
        self._ids: dict[str, int] = {}
        self._issued: dict[str, datetime] = {}  # by number: when the platform issued it

    def lines(self) -> Iterator[Line]:
        """Yield what happens, in time order, then the summary."""
        self._fill_register()
        resumes = self._scenario.start
        for event in sorted(self._scenario.event, key=lambda one: one.at):
            moment = max(event.at, resumes)
            if moment > self._scenario.until:
                break
            yield from self._told(self._play.until(moment))
            if event.down is not None:
                resumes = max(resumes, event.at + timedelta(minutes=event.down.minutes))
                yield {"at": _local(event.at), "event": "down", "until": _local(resumes)}
                self._play.skip_to(min(resumes, self._scenario.until))
                continue
            yield from self._happen(event)
            yield from self._told(self._play.settle())
        if resumes <= self._scenario.until:
            yield from self._told(self._play.until(self._scenario.until))
        yield self._summary()

    def _happen(self, event: Event) -> Iterator[Line]:
        if event.ticket is not None:
            yield from self._receive(event.ticket, event.at)
        elif event.say is not None:
            yield self._answer(event.say, event.at)
        elif event.leave is not None:
            away = event.leave
            with self._engine.database.begin() as conn:
                deputy = self._ids[away.deputy] if away.deputy else None
                leaves.add(conn, self._ids[away.person], event.at, away.until, deputy)
            yield {"at": _local(event.at), "event": "leave", "person": away.person, "until": _local(away.until)}
        elif event.closure is not None:
            yield self._decide(event.closure, event.at)
        elif event.open is not None:
            person = event.open.person
            seen = look(self._engine.context, self._ids[person])
            yield {"at": _local(event.at), "event": "open", "person": person, "items": seen}

    def _answer(self, said: Say, at: datetime) -> Line:
        answer = self._hear(self._ids[said.person], said.text, at)
        return {
            "at": _local(at),
            "event": "reply",
            "person": said.person,
            "ticket": self._number_in(said.text),
            "said": said.text,
            "text": answer.text,
            "buttons": list(answer.buttons),
        }

    def _decide(self, given: Closure, at: datetime) -> Line:
        """A local decision for everybody; who is no person of the scenario decides by name alone."""
        names = {one.id: one.name for one in self._scenario.person}
        who = Who(person_id=self._ids.get(given.decided_by), name=names.get(given.decided_by, given.decided_by))
        draft = OverlayDraft(kind=OverlayKind(given.kind), first=given.day, last=given.day, units=None, why=given.why)
        moved = close(self._engine.context, draft, who).recomputed.moved
        return {
            "at": _local(at),
            "event": "closure",
            "day": given.day.isoformat(),
            "kind": given.kind,
            "why": given.why,
            "decided_by": given.decided_by,
            "moved": [
                {"ticket": one.before.number, "from": _iso(one.before.due_day), "to": _iso(one.after.due_day)}
                for one in moved
            ],
        }

    def _receive(self, given: ScenarioTicket, at: datetime) -> Iterator[Line]:
        self._issued[given.no] = given.issued_at or at
        raw = {key: str(value) for key, value in given.model_dump(exclude_none=True).items()}
        arrival = Arrival(
            event_id=event_id(given.source, raw),
            raw=raw,
            ticket=TicketInput(
                number=given.no,
                account_name=given.account,
                received_at=given.issued_at or at,
                platform=given.platform,
                problem=given.text,
                problem_class=given.problem,
                severity=given.severity,
                suggestion=given.suggestion,
                url=given.url,
                policy=given.policy or self._scenario.preset,
                fixed_at=given.fixed_at,
                issued_at=given.issued_at,
            ),
        )
        [taken] = take_in(self._engine.context, given.source, [arrival])
        if taken.outcome != ArrivalOutcome.CREATED:
            yield {"at": _local(at), "event": str(taken.outcome), "ticket": given.no, "reason": taken.reason}

    def _told(self, happened: Iterator[Sent | TicketChange]) -> Iterator[Line]:
        for one in happened:
            yield self._message(one) if isinstance(one, Sent) else self._ticket(one)

    def _ticket(self, changed: TicketChange) -> Line:
        ticket = changed.ticket
        issued = {"issued_at": _local(self._issued.get(ticket.number))}
        line = {"at": _local(changed.at), "event": "ticket", **_facts(ticket), **issued}
        if ticket.completed_at is not None:
            line["completed_at"] = _local(ticket.completed_at)
        return line

    def _message(self, sent: Sent) -> Line:
        people = {number: name for name, number in self._ids.items()}
        about = [*sent.told, sent.message] if not sent.told else [*sent.told]
        numbers = self._numbers([one.ticket_id for one in about if one.ticket_id is not None])
        line: Line = {
            "at": _local(sent.at),
            "event": "message",
            "to": people.get(sent.person_id, str(sent.person_id)),
            "channel": sent.channel,
            "kind": str(sent.message.kind),
            "step": step_of(sent.message.step),
            "ticket": numbers.get(sent.message.ticket_id or 0),
            "text": sent.text,
            "buttons": list(sent.buttons),
        }
        if sent.told:
            line["items"] = [
                {"ticket": numbers.get(one.ticket_id or 0), "step": step_of(one.step)} for one in sent.told
            ]
        return line

    def _numbers(self, ids: Sequence[int]) -> Mapping[int, str]:
        with self._engine.database.read() as conn:
            return {one.id: one.number for one in tickets.by_ids(conn, ids).values()}

    def _number_in(self, text: str) -> str | None:
        with self._engine.database.read() as conn:
            found = [one.number for one in tickets.matching(conn)]
        named = [number for number in found if number in text]
        return named[0] if named else (found[0] if len(found) == 1 else None)

    def _summary(self) -> Line:
        with self._engine.database.read() as conn:
            calendar = self._engine.context.working(conn).calendar
            rows = []
            for one in tickets.matching(conn):
                answered = one.completed_at or self._play.clock.now()
                late = lateness(one.due_day, answered, calendar) if one.due_day and one.overdue(answered) else None
                rows.append(
                    {
                        **_facts(one),
                        "completed_at": _local(one.completed_at),
                        "overdue": one.overdue(answered),
                        "late_workdays": late.workdays if late else 0,
                        "late_days": late.days if late else 0,
                        "idle_steps": list(self._idle_steps(conn, one)),
                    }
                )
        return {"event": "summary", "tickets": rows}

    def _idle_steps(self, conn: Connection, ticket: Ticket) -> Iterator[str]:
        """The steps of its policy that cannot have their turn for a ticket received then."""
        policy = self._engine.context.policy(conn, ticket.policy_key)
        working, deadline = self._engine.context.working(conn, ticket.unit_id), deadline_of(ticket)
        if deadline.due_at is not None:
            yield from (step.name for step in policy.steps if not fires(step, policy, deadline, working))

    def _fill_register(self) -> None:
        scenario, ids = self._scenario, self._ids
        units: dict[str, int] = {}
        with self._engine.database.begin() as conn:
            for unit in _parents_first(scenario):
                parent = units[unit.parent] if unit.parent else None
                units[unit.id] = register.save_unit(conn, UnitDraft(name=unit.name, parent_id=parent, desk=unit.desk))
            for person in scenario.person:
                named = PersonDraft(name=person.name, unit_id=units[person.unit])
                ids[person.id] = number = register.save_person(conn, named)
                addresses.bind(conn, number, person.channel, _address(person, number), scenario.start)
                if not person.reachable:
                    self._play.break_address(person.channel, _address(person, number))
            for account in scenario.account:
                platform = platform_of(account.platform) or account.platform
                draft = AccountDraft(
                    platform=platform, name=account.name, name_key=name_key(account.name), unit_id=units[account.unit]
                )
                account_id = register.save_account(conn, draft)
                for role, who in zip(Role, (account.primary, account.backup, account.leader), strict=True):
                    if who is not None:
                        register.set_duty(conn, account_id, role, ids[who])
            for one in scenario.supervisor:
                register.add_supervisor(conn, units[one.unit], ids[one.person])


def _parents_first(scenario: Scenario) -> Iterator[Any]:
    known: set[str | None] = {None}
    waiting = list(scenario.unit)
    while waiting:
        ready = [one for one in waiting if one.parent in known]
        yield from ready
        known |= {one.id for one in ready}
        waiting = [one for one in waiting if one not in ready]


def _address(person: ScenarioPerson, number: int) -> str:
    """Return where a person of a scenario is reached; the web inbox knows people by their numbers."""
    return str(number) if person.channel == INBOX else f"{person.channel}:{person.id}"


def _facts(ticket: Ticket) -> Line:
    return {
        "ticket": ticket.number,
        "account": ticket.account_name,
        "state": str(ticket.state),
        "due_day": _iso(ticket.due_day),
        "target_at": _local(ticket.target_at),
        "due_at": _local(ticket.due_at),
        "deadline_status": str(ticket.deadline_status),
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _local(moment: datetime | None) -> str | None:
    return moment.astimezone(SHANGHAI).isoformat() if moment else None
