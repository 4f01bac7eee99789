"""Requests: what is asked of somebody above, who may decide it, and what becomes of the ticket."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right, may, serves
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.extension import Until, due_of, extended
from bot.rules.tickets.lifecycle import Answer, Verb, line, move, need_reason, refusal, states_for, taken_up
from bot.rules.tickets.notifications import ask as ask_people
from bot.rules.tickets.notifications import circle, deciders, notify
from bot.rules.tickets.rerouting import reroute
from bot.rules.tickets.targets import Target
from storage.records import Directory, JournalKind, NotificationKind, Request, RequestKind, Ruling, Ticket

VERBS: Mapping[RequestKind, Verb] = {
    RequestKind.EXTENSION: Verb.EXTEND,
    RequestKind.DISPUTE: Verb.DISPUTE,
    RequestKind.TRANSFER: Verb.TRANSFER,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Wanted:
    """What is asked for, with the id the request will have."""

    id: int
    kind: RequestKind
    until: Until | None = None


def check(ticket: Ticket, kind: RequestKind, answer: Answer, pending: Sequence[Request], scene: Scene) -> None:
    """Refuse what cannot be asked for at all, whatever the reason given."""
    verb = VERBS[kind]
    if not may(answer.person_id, Right.WORK, ticket, scene.directory, answer.at):
        raise MoveRefused("not_yours", number=ticket.number)
    if waiting := next((request for request in pending if request.kind == kind), None):
        who = scene.directory.people.get(waiting.asked_by)
        asked = {"who": who.name if who else "?", "at": waiting.asked_at}
        raise MoveRefused("already_asked", number=ticket.number, verb=verb, **asked)
    if ticket.state not in states_for(verb):
        raise refusal(ticket, verb, scene.directory)
    if kind != RequestKind.EXTENSION:
        return
    if not scene.policy.extendable:
        raise MoveRefused("not_extendable", number=ticket.number, policy=scene.policy.title)
    if ticket.due_at is not None and answer.at >= ticket.due_at:
        raise MoveRefused("extension_too_late", number=ticket.number, due=ticket)


def ask(ticket: Ticket, wanted: Wanted, answer: Answer, scene: Scene) -> Decision:
    """Put a request that `check` let pass before those who decide; the clock runs on meanwhile."""
    due_at = due_of(wanted.until, ticket, scene) if wanted.until else None
    request = Request(
        id=wanted.id,
        ticket_id=ticket.id,
        kind=wanted.kind,
        asked_by=answer.person_id,
        asked_at=answer.at,
        text=answer.text,
        until=due_at,
    )
    taken = taken_up(ticket, answer, scene.directory)
    if wanted.kind == RequestKind.DISPUTE:
        decided = move(taken, Verb.DISPUTE, answer, scene.directory, scene.policy)
    else:
        need_reason(ticket, VERBS[wanted.kind], answer.text)
        until = due_at.isoformat() if due_at else ""
        decided = Decision(ticket=taken, journal=(line(JournalKind(f"ask_{wanted.kind}"), answer, until=until),))
    people = deciders(wanted.kind, ticket, answer.person_id, scene)
    return replace(decided, requests=(request,), messages=ask_people(decided.ticket, request, people, scene))


def ask_others(ticket: Ticket, request: Request, lost: frozenset[int], scene: Scene) -> Decision:
    """Ask those next in line where nobody who was asked can be reached."""
    kinds = (request.kind, RequestKind.TRANSFER)  # the desk decides what nobody else can
    asked = (deciders(kind, ticket, request.asked_by, scene) for kind in kinds)
    people = next((left for some in asked if (left := [who for who in some if who not in lost])), [])
    return Decision(ticket=ticket, messages=ask_people(ticket, request, people, scene))


def may_decide(person_id: int, request: Request, ticket: Ticket, directory: Directory, now: datetime) -> bool:
    """Whether the person may grant or refuse; what one asked oneself is for the desk at least.

    Nobody decides about an account they serve themselves, whatever else they are.
    """
    if serves(person_id, ticket, directory, now):
        return False
    desk = may(person_id, Right.ROUTE, ticket, directory, now)
    if request.kind == RequestKind.TRANSFER or person_id == request.asked_by:
        return desk
    return may(person_id, Right.REVIEW, ticket, directory, now)


def rule(
    ticket: Ticket, request: Request, granted: bool, answer: Answer, scene: Scene, target: Target | None = None
) -> Decision:
    """Grant or refuse a request; MoveRefused says who decided it before, or why it cannot be decided."""
    if not may_decide(answer.person_id, request, ticket, scene.directory, scene.now):
        own = answer.person_id == request.asked_by
        served = serves(answer.person_id, ticket, scene.directory, scene.now)
        raise MoveRefused("own_request" if own else "own_account" if served else "not_yours", number=ticket.number)
    if not request.pending:
        raise decided_before(ticket, request, scene)
    if not granted and request.kind != RequestKind.DISPUTE and answer.text:
        need_reason(ticket, Verb.REFUSE, answer.text)
    if granted and request.kind == RequestKind.TRANSFER:
        if target is None:
            raise MoveRefused("target_needed", number=ticket.number)
        decided = reroute(ticket, target, answer, scene)
    else:
        decided = _RULES[request.kind, granted](ticket, request, answer, scene)
    ruling = Ruling(request_id=request.id, granted=granted, by=answer.person_id, at=answer.at)
    return replace(decided, rulings=(ruling,))


def decided_before(ticket: Ticket, request: Request, scene: Scene) -> MoveRefused:
    """Say what became of a request that is no longer pending, who did it and when."""
    verb = VERBS[request.kind]
    if request.granted is None:
        return MoveRefused("request_over", number=ticket.number, verb=verb, state=ticket.state)
    who = scene.directory.people.get(request.decided_by or 0)
    key = "already_granted" if request.granted else "already_refused"
    name, at = who.name if who else "?", request.decided_at
    return MoveRefused(key, number=ticket.number, verb=verb, who=name, at=at)


def _grant_extension(ticket: Ticket, request: Request, answer: Answer, scene: Scene) -> Decision:
    if request.until is None or ticket.due_at is None:
        raise ValueError("an extension names until when")
    after = extended(ticket, request.until, scene)
    was = {"was": ticket.due_at.isoformat(), "until": request.until.isoformat()}
    return Decision(
        ticket=after,
        journal=(line(JournalKind.GRANT_EXTENSION, answer, **was),),
        messages=notify(after, NotificationKind.EXTENSION_GRANTED, _concerned(after, request, scene), answer, scene),
    )


def _refuse_extension(ticket: Ticket, request: Request, answer: Answer, scene: Scene) -> Decision:
    return Decision(
        ticket=ticket,
        journal=(line(JournalKind.REFUSE_EXTENSION, answer),),
        messages=notify(ticket, NotificationKind.EXTENSION_REFUSED, _concerned(ticket, request, scene), answer, scene),
    )


def _grant_dispute(ticket: Ticket, request: Request, answer: Answer, scene: Scene) -> Decision:
    decided = move(ticket, Verb.APPROVE, answer, scene.directory, scene.policy)
    told = notify(decided.ticket, NotificationKind.DISPUTE_GRANTED, _concerned(ticket, request, scene), answer, scene)
    return replace(decided, messages=told)


def _refuse_dispute(ticket: Ticket, request: Request, answer: Answer, scene: Scene) -> Decision:
    decided = move(ticket, Verb.REFUSE, answer, scene.directory, scene.policy)
    people = _concerned(ticket, request, scene)
    told = notify(decided.ticket, NotificationKind.DISPUTE_REFUSED, people, answer, scene, while_open=True)
    return replace(decided, messages=told)


def _refuse_transfer(ticket: Ticket, request: Request, answer: Answer, scene: Scene) -> Decision:
    people = _concerned(ticket, request, scene)
    return Decision(
        ticket=ticket,
        journal=(line(JournalKind.REFUSE_TRANSFER, answer),),
        messages=notify(ticket, NotificationKind.TRANSFER_REFUSED, people, answer, scene, while_open=True),
    )


def _concerned(ticket: Ticket, request: Request, scene: Scene) -> tuple[int, ...]:
    """Who asked, unless the ticket is none of their business any more, and who works on it."""
    asker = (request.asked_by,) if may(request.asked_by, Right.SEE, ticket, scene.directory, scene.now) else ()
    return (*asker, *circle(ticket, scene))


Rule = Callable[[Ticket, Request, Answer, Scene], Decision]

_RULES: Mapping[tuple[RequestKind, bool], Rule] = {
    (RequestKind.EXTENSION, True): _grant_extension,
    (RequestKind.EXTENSION, False): _refuse_extension,
    (RequestKind.DISPUTE, True): _grant_dispute,
    (RequestKind.DISPUTE, False): _refuse_dispute,
    (RequestKind.TRANSFER, False): _refuse_transfer,
}
