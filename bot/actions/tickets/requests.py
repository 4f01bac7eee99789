"""What people ask to be decided, and what becomes of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.actions.context import Context
from bot.actions.recording import record
from bot.actions.tickets.tickets import keep_act, locked, scene_of
from bot.rules.refused import MoveRefused
from bot.rules.tickets import requests as rules
from bot.rules.tickets.access import area
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.extension import Until
from bot.rules.tickets.lifecycle import Answer, Verb
from bot.rules.tickets.rerouting import reroute
from bot.rules.tickets.targets import Target
from storage.records import Message, Request, RequestKind, RequestParams, Ticket
from storage.sql.database import Connection
from storage.tickets import requests, tickets


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A request as it was recorded."""

    ticket: Ticket
    request: Request
    people: tuple[int, ...]  # who is asked to decide


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A request that waits, with its ticket."""

    request: Request
    ticket: Ticket


def check(context: Context, conn: Connection, ticket_id: int, kind: RequestKind, given: Answer) -> None:
    """Refuse what cannot be asked for at all, before anybody is asked for a reason."""
    ticket = locked(conn, ticket_id, given)
    rules.check(ticket, kind, given, requests.pending(conn, [ticket_id]), scene_of(context, conn, ticket))


def ask(
    context: Context, conn: Connection, ticket_id: int, kind: RequestKind, given: Answer, until: Until | None = None
) -> Asked:
    """Put a request before those who decide; MoveRefused says why not."""
    ticket = locked(conn, ticket_id, given)
    scene = scene_of(context, conn, ticket)
    wanted = rules.Wanted(id=requests.next_id(conn), kind=kind, until=until)
    decision = rules.ask(ticket, wanted, given, requests.pending(conn, [ticket_id]), scene)
    record(conn, [decision], scene.now)
    keep_act(conn, rules.VERBS[kind], given, ticket, decision, scene)
    told = tuple(one.person_id for one in decision.messages)
    return Asked(ticket=decision.ticket, request=decision.requests[0], people=told)


def rule(
    context: Context, conn: Connection, request_id: int, granted: bool, given: Answer, target: Target | None = None
) -> Waiting:
    """Grant or refuse a request and return it with the ticket after; MoveRefused says why not."""
    known = requests.by_ids(conn, [request_id]).get(request_id)
    if known is None:
        raise MoveRefused("request_unknown")
    if known.kind == RequestKind.EXTENSION:
        # A deadline will be stamped: the calendar stands still first, as for whoever changes it.
        context.calendars(conn, steady=True)
    ticket = locked(conn, known.ticket_id, given)
    # Read again under the lock: somebody else may have decided it meanwhile.
    request = requests.by_ids(conn, [request_id])[request_id]
    scene = scene_of(context, conn, ticket)
    decision = rules.rule(ticket, request, granted, given, scene, target)
    record(conn, [decision], scene.now)
    keep_act(conn, Verb.APPROVE if granted else Verb.REFUSE, given, ticket, decision, scene)
    return Waiting(request=request, ticket=decision.ticket)


def move_to(context: Context, conn: Connection, ticket_id: int, target: Target, given: Answer) -> Ticket:
    """Give a ticket to other people, as only the desk may; a pending request for it is granted by that."""
    for one in requests.pending(conn, [ticket_id]):
        if one.kind == RequestKind.TRANSFER:
            return rule(context, conn, one.id, True, given, target).ticket
    ticket = locked(conn, ticket_id, given)
    scene = scene_of(context, conn, ticket)
    decision = reroute(ticket, target, given, scene)
    record(conn, [decision], scene.now)
    keep_act(conn, Verb.TRANSFER, given, ticket, decision, scene)
    return decision.ticket


def ask_others(context: Context, conn: Connection, ticket: Ticket, message: Message, lost: frozenset[int]) -> Decision:
    """Ask those next in line, where nobody who was asked by the message can be reached."""
    [request_id] = asked_in([message])
    request = requests.by_ids(conn, [request_id]).get(request_id)
    if request is None or not request.pending:
        return Decision(ticket=ticket)
    return rules.ask_others(ticket, request, lost, scene_of(context, conn, ticket))


def asked_in(messages: Iterable[Message]) -> list[int]:
    """Return the requests that messages ask about."""
    return [one.params.request for one in messages if isinstance(one.params, RequestParams)]


def pending(conn: Connection, ticket_id: int) -> list[Request]:
    """Return what waits for a decision on a ticket."""
    return requests.pending(conn, [ticket_id])


def granted_extension(conn: Connection, ticket_id: int) -> Request | None:
    """Return the extension the ticket's deadline rests on, if any: the one granted last."""
    found = (one for one in requests.of_ticket(conn, ticket_id) if one.kind == RequestKind.EXTENSION and one.granted)
    return max(found, key=lambda one: (one.decided_at, one.id), default=None)


def waiting(conn: Connection, request_id: int) -> Waiting | None:
    """Return a request with its ticket, be it decided; None when there is none of that id."""
    request = requests.by_ids(conn, [request_id]).get(request_id)
    if request is None:
        return None
    return Waiting(request=request, ticket=tickets.by_ids(conn, [request.ticket_id])[request.ticket_id])


def last_decided(conn: Connection, ticket_id: int) -> Request | None:
    """Return the request about a ticket that was decided last."""
    found = (one for one in requests.of_ticket(conn, ticket_id) if one.decided_at is not None)
    return max(found, key=lambda one: (one.decided_at, one.id), default=None)


def decided_before(context: Context, conn: Connection, ticket: Ticket, request: Request) -> MoveRefused:
    """Say what became of a request, who did it and when."""
    return rules.decided_before(ticket, request, scene_of(context, conn, ticket))


def to_decide(context: Context, conn: Connection, person_id: int, now: datetime) -> list[Waiting]:
    """Return the pending requests a person may decide, oldest first."""
    directory = context.directory(conn)
    if area(person_id, directory, now) == frozenset():
        return []
    waiting = requests.pending(conn)
    about = tickets.by_ids(conn, [one.ticket_id for one in waiting])
    return [
        Waiting(request=one, ticket=about[one.ticket_id])
        for one in waiting
        if rules.may_decide(person_id, one, about[one.ticket_id], directory, now)
    ]
