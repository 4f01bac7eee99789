"""The morning brief: to whom it is owed, and what it says to each of those above about their own area."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.rules.calendar.calendars import Calendars
from bot.rules.calendar.deadline import Lateness, lateness
from bot.rules.calendar.hours import DAY, WorkingTime
from bot.rules.calendar.zone import at, shanghai_day
from bot.rules.messages.pacing import BRIEF_ENDS
from bot.rules.people.routing import desk, on_leave
from bot.rules.reports.summary import is_worked
from bot.rules.tickets.access import area
from bot.rules.tickets.oversight import FAR_FUTURE, Contact, Stuck, contacts_of, stuck
from bot.rules.tickets.requests import may_decide
from storage.records import Directory, Leave, Policy, Request, Role, Ticket

PAST_A_LINE = (Stuck.OVERDUE, Stuck.TARGET_PASSED)
LONGEST_BREAK = 31  # days: no holiday is longer


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """What a reader hears of: everything, or the units they oversee and the accounts they lead."""

    units: frozenset[int] | None  # None: everything
    accounts: frozenset[int]

    def holds(self, ticket: Ticket) -> bool:
        """Whether the ticket is in it."""
        return self.units is None or ticket.unit_id in self.units or ticket.account_id in self.accounts

    def holds_account(self, account_id: int, directory: Directory) -> bool:
        """Whether the account is in it."""
        return self.units is None or account_id in self.accounts or directory.accounts[account_id].unit_id in self.units


@dataclass(frozen=True, kw_only=True, slots=True)
class BriefTicket:
    """A ticket of the brief, with whom to ring."""

    ticket: Ticket
    unit: str  # empty: on the desk's unmatched list
    contacts: tuple[Contact, ...] = ()  # A角, B角, and who else holds it
    why: Stuck | None = None
    lateness: Lateness | None = None  # where it is overdue
    request: Request | None = None
    asked_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Absence:
    """Somebody of the area who is away today; `deputy` is empty where none was named."""

    person: str
    deputy: str
    begins: bool  # today is the first working day of it


@dataclass(frozen=True, kw_only=True, slots=True)
class Brief:
    """All that one reader is told; each ticket stands in one of the first two lists at most."""

    day: date
    oversees: bool  # else a leader, who has no list of a supervisor
    due: tuple[BriefTicket, ...]  # today, and past neither line; the first due first
    stuck: tuple[BriefTicket, ...]  # past a line, or taken by nobody; of each the newest first
    decisions: tuple[BriefTicket, ...]  # requests this reader may decide, the oldest first
    away: tuple[Absence, ...]

    @property
    def worth_telling(self) -> bool:
        """Whether there is anything to say; an absence is news on its first day only."""
        return bool(self.due or self.stuck or self.decisions or any(absence.begins for absence in self.away))


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWork:
    """What lies open this morning: the register, and every ticket and request nobody has ended."""

    directory: Directory
    calendars: Calendars
    now: datetime
    tickets: Sequence[Ticket]
    policies: Mapping[str, Policy]  # by the key stamped on the tickets
    requests: Sequence[Request]  # pending, oldest first
    told: Mapping[int, Mapping[int, datetime]] = field(default_factory=dict)  # ticket -> person -> first heard


def owed(directory: Directory, calendars: Calendars, now: datetime) -> tuple[int, ...]:
    """Return to whom a brief is owed now: from the opening of their office on a working day until noon.

    Who is on leave at the opening hears nothing; the deputy they named does.
    """
    day = shanghai_day(now)
    if now >= at(day, BRIEF_ENDS):
        return ()
    above = {who for who in _above(directory) if _opened(calendars.of(directory.people[who].unit_id), day, now)}
    readers = {_reader(who, directory, _opening(who, directory, calendars, day)) for who in above}
    return tuple(sorted(who for who in readers if who is not None))


def scope_of(person_id: int, directory: Directory, moment: datetime) -> Scope:
    """Return what a reader hears of, for themselves and for those they stand in for."""
    acting = {person_id, *(leave.person_id for leave in _running(directory, moment) if leave.deputy_id == person_id)}
    led = (account for (account, role), who in directory.duties.items() if role == Role.LEADER and who in acting)
    return Scope(units=area(person_id, directory, moment), accounts=frozenset(led))


def brief(person_id: int, work: OpenWork) -> Brief:
    """Return what one reader is told."""
    directory, day = work.directory, shanghai_day(work.now)
    moment = _opening(person_id, directory, work.calendars, day)
    scope = scope_of(person_id, directory, moment)
    concerned = [_ticket(ticket, work) for ticket in work.tickets if scope.holds(ticket)]
    past = [one for one in concerned if one.why in PAST_A_LINE]
    due = [one for one in concerned if one.ticket.due_day == day and one not in past]
    waiting = [one for one in concerned if one.why is Stuck.NOT_TAKEN and one not in due]
    return Brief(
        day=day,
        oversees=scope.units != frozenset(),
        due=tuple(sorted(due, key=_due_at)),
        # The old ones were in the briefs before; what came since the last one must not be cut off behind them.
        stuck=tuple(sorted(sorted((*past, *waiting), key=_due_at, reverse=True), key=_why)),
        decisions=tuple(_decisions(person_id, work)),
        away=tuple(_away(scope, directory, work.calendars, day)),
    )


def _above(directory: Directory) -> set[int]:
    """Leaders, supervisors and the desk, as far as they still work there."""
    leaders = (who for (_, role), who in directory.duties.items() if role == Role.LEADER)
    overseers = (who for people in directory.supervisors.values() for who in people)
    named = {*desk(directory), *leaders, *overseers}
    return {who for who in named if who in directory.people and directory.people[who].active}


def _opened(working: WorkingTime, day: date, now: datetime) -> bool:
    return is_worked(day, working.calendar) and now >= working.opening(day)


def _opening(person_id: int, directory: Directory, calendars: Calendars, day: date) -> datetime:
    return calendars.of(directory.people[person_id].unit_id).opening(day)


def _reader(person_id: int, directory: Directory, moment: datetime) -> int | None:
    """The person, or on leave the deputy they named, unless away as well."""
    if not on_leave(person_id, directory, moment):
        return person_id
    named = next((one.deputy_id for one in directory.leaves[person_id] if one.running(moment)), None)
    if named is None or not directory.people[named].active or on_leave(named, directory, moment):
        return None
    return named


def _ticket(ticket: Ticket, work: OpenWork, request: Request | None = None) -> BriefTicket:
    directory, now = work.directory, work.now
    unit = directory.units.get(ticket.unit_id or 0)
    why = stuck(ticket, work.policies[ticket.policy_key], (), now)
    calendar = work.calendars.of(ticket.unit_id).calendar
    late = lateness(ticket.due_day, now, calendar) if why is Stuck.OVERDUE and ticket.due_day else None
    return BriefTicket(
        ticket=ticket,
        unit=unit.name if unit else "",
        contacts=contacts_of(ticket, directory, work.told.get(ticket.id, {})),
        why=why,
        lateness=late,
        request=request,
        asked_by=_name(request.asked_by, directory) if request else "",
    )


def _decisions(person_id: int, work: OpenWork) -> Iterable[BriefTicket]:
    tickets = {ticket.id: ticket for ticket in work.tickets}
    for request in work.requests:
        ticket = tickets.get(request.ticket_id)
        if ticket and may_decide(person_id, request, ticket, work.directory, work.now):
            yield _ticket(ticket, work, request)


def _away(scope: Scope, directory: Directory, calendars: Calendars, day: date) -> Iterable[Absence]:
    """Those with a duty in the area whose leave touches today's office hours, by name."""
    on_duty = {who for (account, _), who in directory.duties.items() if scope.holds_account(account, directory)}
    found: dict[int, Absence] = {}
    for who in sorted(on_duty & directory.leaves.keys()):
        working = calendars.of(directory.people[who].unit_id)
        for leave in directory.leaves[who]:
            if leave.starts_at < working.closing(day) and leave.ends_at > working.opening(day):
                deputy = _name(leave.deputy_id, directory) if leave.deputy_id else ""
                begins = leave.starts_at > working.opening(_worked_before(day, working))
                found.setdefault(who, Absence(person=_name(who, directory), deputy=deputy, begins=begins))
    return found.values()


def _worked_before(day: date, working: WorkingTime) -> date:
    days = (day - ago * DAY for ago in range(1, LONGEST_BREAK))
    return next((one for one in days if is_worked(one, working.calendar)), day - LONGEST_BREAK * DAY)


def _running(directory: Directory, moment: datetime) -> Iterable[Leave]:
    return (leave for leaves in directory.leaves.values() for leave in leaves if leave.running(moment))


def _name(person_id: int, directory: Directory) -> str:
    person = directory.people.get(person_id)
    return person.name if person else ""


def _due_at(one: BriefTicket) -> tuple[datetime, int]:
    return one.ticket.due_at or FAR_FUTURE, one.ticket.id


def _why(one: BriefTicket) -> Stuck:
    return one.why if one.why is not None else Stuck.NOT_TAKEN
