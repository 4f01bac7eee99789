"""Tickets that change hands: to the other role, to other people altogether, or back to work."""

from collections.abc import Container, Iterator, Sequence
from dataclasses import replace

from bot.rules.people.routing import ABOVE, Recipients, audience, holder, reachable
from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right, may
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.escalation import applies, deadline_of, decide, intent, params, replan
from bot.rules.tickets.ladder import plan
from bot.rules.tickets.lifecycle import Answer, Verb, line, move, refusal, states_for
from bot.rules.tickets.notifications import circle, notify
from bot.rules.tickets.policies.returning import limit_after_return
from bot.rules.tickets.targets import Target
from storage.records import (
    HANDED_OVER,
    REROUTED,
    Audience,
    JournalKind,
    MessageDraft,
    MessageKind,
    NotificationKind,
    Policy,
    Role,
    Ticket,
    TicketState,
)


def send_back(ticket: Ticket, answer: Answer, scene: Scene) -> Decision:
    """Send a completed ticket back to work: who worked on it is told why at once, others how it stands by now."""
    back = move(ticket, Verb.RETURN, answer, scene.directory, scene.policy).ticket
    moved, limit = limit_after_return(ticket, back, scene)
    climbed = decide(moved, scene.policy, scene.directory, scene.working, scene.now)
    people = circle(ticket, scene)
    know = (*people, answer.person_id)
    told = notify(moved, NotificationKind.RETURNED, people, answer, scene, while_open=True)
    completed = ticket.completed_at.isoformat() if ticket.completed_at else ""
    return Decision(
        ticket=climbed.ticket,
        journal=(line(JournalKind.RETURN, answer, completed_at=completed, **limit), *climbed.journal),
        messages=(*told, *(message for message in climbed.messages if message.person_id not in know)),
    )


def hand_over(ticket: Ticket, answer: Answer, scene: Scene) -> Decision:
    """Hand the work to the other role; whoever had it stays in copy."""
    if not may(answer.person_id, Right.WORK, ticket, scene.directory, answer.at):
        raise MoveRefused("not_yours", number=ticket.number)
    if ticket.state not in states_for(Verb.HAND_OVER):
        raise refusal(ticket, Verb.HAND_OVER, scene.directory)
    to = _other_role(ticket, scene)
    receiver = to.people[0]
    if receiver == answer.person_id:
        raise MoveRefused("hand_over_self", number=ticket.number)
    # Who took it for the other role did not take it for this one: it waits to be taken again.
    fresh = untaken(ticket) if ticket.state == TicketState.ACKNOWLEDGED else ticket
    after = replace(fresh, holder_id=receiver)
    told = given(after, HANDED_OVER, to, scene, f"v{ticket.version}")
    copy = [who for who in circle(ticket, scene) if who != receiver]
    person = scene.directory.people[receiver]
    return Decision(
        ticket=after,
        journal=(line(JournalKind.HAND_OVER, answer, receiver=receiver, name=person.name),),
        messages=(*told, *_copy(after, copy, receiver, answer, scene)),
    )


def reroute(ticket: Ticket, target: Target, answer: Answer, scene: Scene) -> Decision:
    """Give the ticket to other people: they get it as at receipt, those who had it hear that it is gone.

    The deadline stays: the clock runs from the first receipt.
    """
    if not may(answer.person_id, Right.ROUTE, ticket, scene.directory, scene.now):
        raise MoveRefused("not_yours", number=ticket.number)
    if ticket.state not in states_for(Verb.TRANSFER):
        raise refusal(ticket, Verb.TRANSFER, scene.directory)
    placed = _placed(ticket, target)
    if (placed.account_id, placed.unit_id, placed.holder_id) == (ticket.account_id, ticket.unit_id, ticket.holder_id):
        raise MoveRefused("already_there", number=ticket.number, target=target.name)
    # The next tick plans on the calendar of the unit it went to.
    passed = replan(placed, scene.policy, scene.working, scene.now, skip_passed=True).steps_taken
    after = replace(placed, steps_taken=passed, next_step_at=scene.now)
    wanted = (Audience.HOLDER,) if target.person else (Audience.PRIMARY, Audience.BACKUP)
    to = audience(wanted, after, scene.directory, scene.now)
    gone = [who for who in circle(ticket, scene) if who not in to.people]
    left = {
        "account": ticket.account_name,
        "platform": ticket.platform,
        "unit": ticket.unit_id or "",
        "holder": holder(ticket, scene.directory) or "",
    }
    return Decision(
        ticket=after,
        journal=(line(JournalKind.TRANSFER, answer, target=target.name, left=left),),
        messages=(
            *given(after, REROUTED, to, scene),
            *_overseers(ticket, after, to, scene),
            *notify(after, NotificationKind.MOVED_AWAY, gone, answer, scene, target=target.name),
        ),
        supersede="工单已转派",
        lapse=True,
    )


def untaken(ticket: Ticket) -> Ticket:
    """Return the ticket as nobody has taken it."""
    return replace(ticket, state=TicketState.NEW, acknowledged_at=None, acknowledged_by=None)


def given(ticket: Ticket, step: str, to: Recipients, scene: Scene, occurrence: str = "") -> Iterator[MessageDraft]:
    """Yield the ticket itself to those it goes to; where nobody of them can be reached, those above are told why.

    `occurrence` tells this time from others where the ticket's lines and hands are the same.
    """
    kind = MessageKind.ASSIGNED if to.people else MessageKind.UNREACHED
    for person_id in to.people or _above(ticket, scene):
        reason, _, person = intent(ticket, step, person_id, kind).rpartition(":")
        yield MessageDraft(
            intent=f"{reason}{occurrence}:{person}",
            person_id=person_id,
            kind=kind,
            ticket_id=ticket.id,
            step=step,
            urgency=_urgency(scene.policy),
            not_before=scene.opening,
            params=params(ticket, to.notes),
        )


def told_above(ticket: Ticket, above: Audience, known: Container[int], scene: Scene) -> Iterator[MessageDraft]:
    """Yield the last step that came for somebody above, to those of them who do not know of it."""
    passed = [
        planned.step
        for planned in plan(scene.policy, deadline_of(ticket), scene.working)
        if planned.at <= scene.now and above in planned.step.to and applies(planned.step, ticket)
    ]
    for person_id in audience((above,), ticket, scene.directory, scene.now).people if passed else ():
        if person_id not in known:
            step = passed[-1]
            yield MessageDraft(
                intent=intent(ticket, step.name, person_id, step.kind),
                person_id=person_id,
                kind=step.kind,
                ticket_id=ticket.id,
                step=step.name,
                urgency=step.urgency,
                not_before=scene.opening,
                params=params(ticket, ()),
            )


def _copy(
    ticket: Ticket, people: Sequence[int], receiver: int, answer: Answer, scene: Scene
) -> tuple[MessageDraft, ...]:
    kind = NotificationKind.HANDED_OVER_COPY
    return notify(ticket, kind, people, answer, scene, receiver=receiver, while_open=True)


def _other_role(ticket: Ticket, scene: Scene) -> Recipients:
    """Who gets it: the B角, or the A角 where the B角 has it."""
    backup = scene.directory.duties.get((ticket.account_id or 0, Role.BACKUP))
    role = Audience.PRIMARY if backup is not None and holder(ticket, scene.directory) == backup else Audience.BACKUP
    to = audience((role,), ticket, scene.directory, scene.now)
    if not to.people:
        vacant = any(note.startswith("vacant:") for note in to.notes)
        raise MoveRefused("no_other_role" if vacant else "other_role_away", number=ticket.number)
    return to


def _placed(ticket: Ticket, target: Target) -> Ticket:
    fresh = replace(untaken(ticket), reroutes=ticket.reroutes + 1, unit_id=target.unit_id)
    if target.account is not None:
        one = target.account
        return replace(fresh, account_id=one.id, platform=one.platform, account_name=one.name, holder_id=None)
    if target.person is None:
        raise ValueError("a target is an account or a person")
    # A colleague of the same unit takes it on for the account; elsewhere the account's own people are out of it.
    account_id = ticket.account_id if target.unit_id == ticket.unit_id else None
    return replace(fresh, account_id=account_id, holder_id=target.person.id)


def _overseers(before: Ticket, after: Ticket, told: Recipients, scene: Scene) -> Iterator[MessageDraft]:
    """Where those above were told already how late it is, those now above hear it too."""
    knew = audience((Audience.SUPERVISOR,), before, scene.directory, scene.now).people
    yield from told_above(after, Audience.SUPERVISOR, (*knew, *told.people), scene)


def _above(ticket: Ticket, scene: Scene) -> Sequence[int]:
    found = [people for one in ABOVE if (people := audience((one,), ticket, scene.directory, scene.now).people)]
    hear = (people for people in found if any(reachable(who, scene.directory) for who in people))
    return next(hear, next(iter(found), ()))


def _urgency(policy: Policy) -> int:
    return min((step.urgency for step in policy.steps if step.kind == MessageKind.ASSIGNED), default=5)
