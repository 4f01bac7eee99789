"""The ladder at one moment: which rungs have come, who hears of them, when to look again."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from bot.rules.decision import Decision
from bot.rules.hours import WorkingTime
from bot.rules.ladder import PlannedStep, plan
from bot.rules.lifecycle import archive
from bot.rules.routing import Told, audience
from bot.rules.zone import shanghai
from storage.records import (
    Audience,
    Deadline,
    Directory,
    JournalDraft,
    MessageDraft,
    MessageKind,
    Policy,
    Step,
    Ticket,
    TicketState,
)

LAST_RESORT = (Audience.SUPERVISOR, Audience.DESK)


def deadline_of(ticket: Ticket) -> Deadline:
    """Return the deadline stamped on the ticket."""
    return Deadline(
        received_at=ticket.received_at,
        policy=ticket.policy,
        status=ticket.deadline_status,
        due_day=ticket.due_day,
        target_at=ticket.target_at,
        due_at=ticket.due_at,
        earliest_day=ticket.earliest_day,
        calendar_revision=ticket.calendar_revision,
    )


def replan(ticket: Ticket, policy: Policy, working: WorkingTime, now: datetime, *, skip_passed: bool = False) -> Ticket:
    """Put the ladder on the ticket's deadline as it is now: rungs that lie ahead of it are climbed, be it again.

    `skip_passed` leaves out what came while nobody could be asked, as under a completed ticket that was sent back.
    """
    planned = plan(policy, deadline_of(ticket), working)
    ahead = [one for one in planned if one.at > now or not (skip_passed or one.step.name in ticket.steps_taken)]
    names = {one.step.name for one in ahead}
    passed = [one.step.name for one in planned if one.step.name not in names]
    taken = dict.fromkeys((*(one for one in ticket.steps_taken if one not in names), *passed))
    return replace(ticket, steps_taken=tuple(taken), next_step_at=min((one.at for one in ahead), default=None))


def decide(ticket: Ticket, policy: Policy, directory: Directory, working: WorkingTime, now: datetime) -> Decision:
    """Take every rung whose moment has come.

    After downtime several may have come at once: each person hears once, of the last rung that concerns them.
    """
    if ticket.state == TicketState.COMPLETED:
        return archive(ticket, now)
    if not ticket.state.open:
        return Decision(ticket=replace(ticket, next_step_at=None))
    ahead = [one for one in plan(policy, deadline_of(ticket), working) if one.step.name not in ticket.steps_taken]
    come = [one for one in ahead if one.at <= now]
    rungs = [_climb(one, policy, ticket, directory, now) for one in come if _applies(one.step, ticket)]
    after = replace(
        ticket,
        steps_taken=(*ticket.steps_taken, *(one.step.name for one in come)),
        next_step_at=min((one.at for one in ahead if one.at > now), default=None),
    )
    not_before = working.next_sending(now, policy.any_hour)
    return Decision(
        ticket=after,
        journal=tuple(_line(rung, now) for rung in rungs),
        messages=tuple(_messages(rungs, ticket, not_before)),
    )


def unreached(
    ticket: Ticket, step: str, policy: Policy, directory: Directory, working: WorkingTime, now: datetime
) -> Decision:
    """Go on at once where everybody a step told turned out unreachable: the next in line is told why."""
    failed = next((one for one in policy.steps if one.name == step), None)
    if failed is None or not ticket.state.open:
        return Decision(ticket=ticket)
    told = audience(failed.to, ticket, directory, now)
    rung = _Rung(
        step=failed,
        planned_at=now,
        told=replace(told, people=()),
        instead=_next_in_line(failed, policy, ticket, directory, now),
    )
    not_before = working.next_sending(now, policy.any_hour)
    return Decision(ticket=ticket, journal=(_line(rung, now),), messages=tuple(_messages([rung], ticket, not_before)))


@dataclass(frozen=True, kw_only=True, slots=True)
class _Rung:
    step: Step
    planned_at: datetime
    told: Told
    instead: tuple[int, ...] = ()  # who hears because the step itself reaches nobody


def _applies(step: Step, ticket: Ticket) -> bool:
    return not step.while_new or ticket.state == TicketState.NEW


def _climb(planned: PlannedStep, policy: Policy, ticket: Ticket, directory: Directory, now: datetime) -> _Rung:
    told = audience(planned.step.to, ticket, directory, now)
    instead = () if told.people else _next_in_line(planned.step, policy, ticket, directory, now)
    return _Rung(step=planned.step, planned_at=planned.at, told=told, instead=instead)


def _next_in_line(step: Step, policy: Policy, ticket: Ticket, directory: Directory, now: datetime) -> tuple[int, ...]:
    """The people of the first later step that reaches anybody, else supervisor and desk."""
    later = policy.steps[policy.steps.index(step) + 1 :]
    for to in (*(one.to for one in later), LAST_RESORT):
        people = audience(to, ticket, directory, now).people
        if people:
            return people
    return ()


def _messages(rungs: Sequence[_Rung], ticket: Ticket, not_before: datetime) -> Iterable[MessageDraft]:
    last: dict[int, MessageDraft] = {}
    for rung in rungs:
        kind = rung.step.kind if rung.told.people else MessageKind.UNREACHED
        for person_id in rung.told.people or rung.instead:
            last[person_id] = MessageDraft(
                intent=intent(ticket, rung.step.name, person_id, kind),
                person_id=person_id,
                kind=kind,
                ticket_id=ticket.id,
                step=rung.step.name,
                urgency=rung.step.urgency,
                not_before=not_before,
                params={"notes": list(rung.told.notes)} if rung.told.notes else {},
            )
    return last.values()


def intent(ticket: Ticket, step: str, person_id: int, kind: MessageKind) -> str:
    """Name one reason to tell one person once; a moved deadline and a ticket that changed hands are new reasons."""
    occurrence = ticket.due_day.strftime("%Y%m%d") if ticket.due_day else "0"
    clock = shanghai(ticket.due_at) if ticket.due_at else None
    if clock is not None and clock.time() != time(0):
        occurrence += f"T{clock:%H%M}"
    if ticket.reroutes:
        occurrence += f"r{ticket.reroutes}"
    # Who hears in place of the unreachable hears that once, however many steps fail after another.
    what = "unreached" if kind == MessageKind.UNREACHED else step
    return f"t{ticket.id}:{what}:{occurrence}:p{person_id}"


def _line(rung: _Rung, now: datetime) -> JournalDraft:
    data: dict[str, object] = {"step": rung.step.name, "planned_at": rung.planned_at.isoformat()}
    if rung.told.people:
        data["to"] = list(rung.told.people)
    else:
        data["instead"] = list(rung.instead)
    if rung.told.notes:
        data["notes"] = list(rung.told.notes)
    return JournalDraft(kind="step" if rung.told.people else "step_skipped", at=now, actor="bot", data=data)
