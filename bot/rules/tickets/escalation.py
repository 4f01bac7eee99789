"""The ladder at one moment: which rungs have come, who hears of them, when to look again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.rules.calendar.hours import WorkingTime
from bot.rules.people.routing import ABOVE, Recipients, audience, holder, reachable, why_unreachable
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.ladder import PlannedStep, plan
from bot.rules.tickets.lifecycle import archive
from storage.records import (
    GIVEN_AGAIN,
    HANDED_OVER,
    HOLDER_LOST,
    REASSIGNED,
    REROUTED,
    Audience,
    Deadline,
    Directory,
    JournalDraft,
    JournalKind,
    MessageDraft,
    MessageKind,
    MomentKind,
    Policy,
    Step,
    StepParams,
    Ticket,
    TicketState,
    step_of,
)

# A ticket given to somebody by hand: no rung of a ladder, but whoever gets it has to be reached as by one.
_GIVEN = {
    name: Step(name=name, kind=MessageKind.ASSIGNED, to=(Audience.HOLDER,), moment=MomentKind.AT_RECEIPT)
    for name in (HANDED_OVER, REASSIGNED, REROUTED, HOLDER_LOST)
}


def deadline_of(ticket: Ticket) -> Deadline:
    """Return the deadline stamped on the ticket."""
    return Deadline(
        received_at=ticket.counts_from,
        policy=ticket.policy,
        status=ticket.deadline_status,
        due_day=ticket.due_day,
        target_at=ticket.target_at,
        due_at=ticket.due_at,
        earliest_day=ticket.earliest_day,
        calendar_revision=ticket.calendar_revision,
        entered_at=ticket.created_at,
    )


def replan(ticket: Ticket, policy: Policy, working: WorkingTime, now: datetime, *, skip_passed: bool = False) -> Ticket:
    """Put the ladder on the ticket's deadline as it is now: rungs that lie ahead of it are climbed, be it again.

    `skip_passed` leaves out what came before the ticket was with those who are to be asked now.
    """
    planned = plan(policy, deadline_of(ticket), working)
    ahead = [
        planned_step
        for planned_step in planned
        if planned_step.at > now or not (skip_passed or planned_step.name in ticket.steps_taken)
    ]
    names = {planned_step.name for planned_step in ahead}
    passed = [planned_step.name for planned_step in planned if planned_step.name not in names]
    taken = dict.fromkeys((*(one for one in ticket.steps_taken if one not in names), *passed))
    return replace(
        ticket, steps_taken=tuple(taken), next_step_at=min((planned_step.at for planned_step in ahead), default=None)
    )


def decide(ticket: Ticket, policy: Policy, directory: Directory, working: WorkingTime, now: datetime) -> Decision:
    """Take every rung whose moment has come.

    After downtime several may have come at once: each person hears once, of the last rung that concerns them.
    """
    if ticket.state == TicketState.COMPLETED:
        return archive(ticket, now)
    if not ticket.state.open:
        return Decision(ticket=replace(ticket, next_step_at=None))
    ahead = plan(policy, deadline_of(ticket), working, ticket.steps_taken)
    come = [planned_step for planned_step in ahead if planned_step.at <= now]
    rungs = [
        _climb(planned_step, ticket, directory, now) for planned_step in come if applies(planned_step.step, ticket)
    ]
    after = replace(
        ticket,
        steps_taken=(*ticket.steps_taken, *(planned_step.name for planned_step in come)),
        next_step_at=min((planned_step.at for planned_step in ahead if planned_step.at > now), default=None),
    )
    not_before = working.next_sending(now, policy.any_hour)
    return Decision(
        ticket=after,
        journal=tuple(_line(rung, now) for rung in rungs),
        messages=tuple(_messages(rungs, ticket, not_before)),
    )


def step_at(name: str, ticket: Ticket, policy: Policy, working: WorkingTime) -> datetime | None:
    """Return when a rung of the ladder is due on the ticket's deadline as it is; None for what is no rung of it."""
    planned = plan(policy, deadline_of(ticket), working)
    return next((planned_step.at for planned_step in planned if planned_step.name == name), None)


def unreached(
    ticket: Ticket,
    step: str,
    lost: frozenset[int],
    policy: Policy,
    directory: Directory,
    working: WorkingTime,
    now: datetime,
) -> Decision:
    """Go on at once where everybody told at a step turned out unreachable: the next in line is told why."""
    failed = next((one for one in policy.steps if one.name == step_of(step)), _GIVEN.get(step))
    if failed is None or not ticket.state.open:
        return Decision(ticket=ticket)
    why = dict.fromkeys((*audience(failed.to, ticket, directory, now).notes, *_why(lost, directory)))
    rung = _Rung(
        step=failed,
        name=step,
        planned_at=now,
        told=Recipients(people=(), notes=tuple(why)),
        instead=_next_in_line(failed, ticket, directory, now, lost),
    )
    not_before = working.next_sending(now, policy.any_hour)
    return Decision(ticket=ticket, journal=(_line(rung, now),), messages=tuple(_messages([rung], ticket, not_before)))


def holder_lost(
    ticket: Ticket, person_id: int, policy: Policy, directory: Directory, working: WorkingTime, now: datetime
) -> Decision:
    """Let the next in line hear at once that whoever works on the ticket cannot be reached any more."""
    works = audience((Audience.HOLDER,), ticket, directory, now)
    theirs = ticket.state.open and holder(ticket, directory) == person_id
    if not theirs or any(reachable(one, directory) for one in works.people):
        return Decision(ticket=ticket)
    step, lost = _GIVEN[HOLDER_LOST], frozenset({person_id})
    other = audience((Audience.OTHER,), ticket, directory, now)
    beside = tuple(one for one in other.people if one not in lost and reachable(one, directory))
    why = (*(works.notes or (why_unreachable(person_id, directory),)), *(() if beside else other.notes))
    rung = _Rung(
        step=step,
        name=HOLDER_LOST,
        planned_at=now,
        told=Recipients(people=(), notes=tuple(dict.fromkeys(why))),
        instead=beside or _next_in_line(step, ticket, directory, now, lost),
    )
    not_before = working.next_sending(now, policy.any_hour)
    return Decision(ticket=ticket, journal=(_line(rung, now),), messages=tuple(_messages([rung], ticket, not_before)))


def given_again(
    ticket: Ticket, person_id: int, policy: Policy, now: datetime, not_before: datetime | None
) -> MessageDraft:
    """The ticket as it stands now to somebody who can be reached again; each time is a reason of its own."""
    return MessageDraft(
        intent=_intent(
            ticket.id, f"{GIVEN_AGAIN}.{now:%y%m%d%H%M%S%f}", _occurrence(ticket), person_id, MessageKind.ASSIGNED
        ),
        person_id=person_id,
        kind=MessageKind.ASSIGNED,
        ticket_id=ticket.id,
        step=GIVEN_AGAIN,
        urgency=min((one.urgency for one in policy.steps if one.kind == MessageKind.ASSIGNED), default=5),
        not_before=not_before,
        params=params(ticket, ()),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rung:
    step: Step
    name: str
    planned_at: datetime
    told: Recipients
    instead: tuple[int, ...] = ()  # who hears because the step itself reaches nobody

    @property
    def hearers(self) -> tuple[int, ...]:
        return self.told.people or self.instead


def _climb(planned: PlannedStep, ticket: Ticket, directory: Directory, now: datetime) -> _Rung:
    told = audience(planned.step.to, ticket, directory, now)
    instead = () if told.people else _next_in_line(planned.step, ticket, directory, now)
    return _Rung(step=planned.step, name=planned.name, planned_at=planned.at, told=told, instead=instead)


def _next_in_line(
    step: Step, ticket: Ticket, directory: Directory, now: datetime, lost: frozenset[int] = frozenset()
) -> tuple[int, ...]:
    """The first above the step's own people of whom anybody can be reached; for want of them, who has an address."""
    highest = max((ABOVE.index(one) for one in step.to if one in ABOVE), default=-1)
    above = [audience((one,), ticket, directory, now).people for one in ABOVE[highest + 1 :]]
    left = [people for each in above if (people := tuple(who for who in each if who not in lost))]
    hear = (people for people in left if any(reachable(who, directory) for who in people))
    return next(hear, next(iter(left), ()))


def _why(people: Iterable[int], directory: Directory) -> list[str]:
    return [why_unreachable(one, directory) for one in sorted(people)]


def _messages(rungs: Sequence[_Rung], ticket: Ticket, not_before: datetime) -> Iterable[MessageDraft]:
    """One message a person: the last step meant for them, else the last they hear in place of others."""
    occurrence = _occurrence(ticket)
    for person_id in dict.fromkeys(who for rung in rungs for who in rung.hearers):
        theirs = [rung for rung in rungs if person_id in rung.hearers]
        rung = next((their for their in reversed(theirs) if their.told.people), theirs[-1])
        kind = rung.step.kind if rung.told.people else MessageKind.UNREACHED
        notes = dict.fromkeys(note for their in theirs if their is rung or their.instead for note in their.told.notes)
        for own in ("no_chat", "unreachable"):
            notes.pop(f"{own}:{person_id}", None)  # that is between the others and the desk
        yield MessageDraft(
            intent=_intent(ticket.id, rung.name, occurrence, person_id, kind),
            person_id=person_id,
            kind=kind,
            ticket_id=ticket.id,
            step=rung.name,
            urgency=rung.step.urgency,
            not_before=not_before,
            params=params(ticket, tuple(notes)),
        )


def applies(step: Step, ticket: Ticket) -> bool:
    """Whether the step has anything to say of the ticket as it stands."""
    return not step.while_new or ticket.state == TicketState.NEW


def params(ticket: Ticket, notes: Sequence[str]) -> StepParams:
    """Return what a message about the ticket carries: why others are not told, and for which holders it is meant."""
    return StepParams(notes=tuple(notes), round=ticket.reroutes)


def intent(ticket: Ticket, step: str, person_id: int, kind: MessageKind) -> str:
    """Name one reason to tell one person once; a moved due day and a ticket that changed hands are new reasons."""
    return _intent(ticket.id, step, _occurrence(ticket), person_id, kind)


def _intent(ticket_id: int, step: str, occurrence: str, person_id: int, kind: MessageKind) -> str:
    # Who hears in place of the unreachable hears that once, however many steps fail after another.
    what = "unreached" if kind is MessageKind.UNREACHED else step
    return f"t{ticket_id}:{what}:{occurrence}:p{person_id}"


def _occurrence(ticket: Ticket) -> str:
    occurrence = ticket.due_day.isoformat().replace("-", "") if ticket.due_day else "0"
    if ticket.moves:
        # Moved there and back again is a new reason too.
        occurrence += f".{ticket.moves}"
    if ticket.reroutes:
        occurrence += f"r{ticket.reroutes}"
    return occurrence


def _line(rung: _Rung, now: datetime) -> JournalDraft:
    data: dict[str, object] = {"step": rung.name, "planned_at": rung.planned_at.isoformat()}
    if rung.told.people:
        data["to"] = list(rung.told.people)
    else:
        data["instead"] = list(rung.instead)
    if rung.told.notes:
        data["notes"] = list(rung.told.notes)
    kind = JournalKind.STEP if rung.told.people else JournalKind.STEP_SKIPPED
    return JournalDraft(kind=kind, at=now, actor="bot", data=data)
