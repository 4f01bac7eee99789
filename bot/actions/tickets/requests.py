"""What people ask to be decided, and what becomes of it."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.actions.tickets import tickets
from bot.actions.tickets.tickets import Opened
from bot.actions.work import Work
from bot.rules.refused import MoveRefused
from bot.rules.tickets import requests as rules
from bot.rules.tickets.access import area
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.extension import Until
from bot.rules.tickets.lifecycle import Answer, Verb
from bot.rules.tickets.rerouting import reroute
from bot.rules.tickets.targets import Target
from storage.records import Message, Request, RequestKind, RequestParams, Ticket
from storage.tickets import requests as store
from storage.tickets import tickets as ticket_store


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedRequest:
    """A request as it was recorded."""

    ticket: Ticket
    request: Request
    people: tuple[int, ...]  # who is asked to decide


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitingRequest:
    """A request that waits, with its ticket."""

    request: Request
    ticket: Ticket


def opened(work: Work, ticket_id: int, kind: RequestKind, given: Answer) -> Opened:
    """Take a ticket in hand to ask something; MoveRefused for what cannot be asked at all, whatever the reason."""
    hand = tickets.opened(work, ticket_id, given)
    rules.check(hand.ticket, kind, given, pending(work, ticket_id), hand.scene)
    return hand


def ask(work: Work, hand: Opened, kind: RequestKind, given: Answer, until: Until | None = None) -> AskedRequest:
    """Put what `opened` let pass before those who decide; MoveRefused says why not."""
    wanted = rules.Wanted(id=store.next_id(work.conn), kind=kind, until=until)
    decision = rules.ask(hand.ticket, wanted, given, hand.scene)
    ticket = hand.record(work, rules.VERBS[kind], decision)
    told = tuple(message.person_id for message in decision.messages)
    return AskedRequest(ticket=ticket, request=decision.requests[0], people=told)


def rule(work: Work, request_id: int, granted: bool, given: Answer, target: Target | None = None) -> WaitingRequest:
    """Grant or refuse a request and return it with the ticket after; MoveRefused says why not."""
    known = store.by_ids(work.conn, [request_id]).get(request_id)
    if known is None:
        raise MoveRefused("request_unknown")
    if known.kind == RequestKind.EXTENSION:
        # A deadline will be stamped: the calendar stands still first, as for whoever changes it.
        work.calendars(steady=True)
    hand = tickets.opened(work, known.ticket_id, given)
    # Read again under the lock: somebody else may have decided it meanwhile.
    request = store.by_ids(work.conn, [request_id])[request_id]
    decision = rules.rule(hand.ticket, request, granted, given, hand.scene, target)
    return WaitingRequest(request=request, ticket=hand.record(work, Verb.APPROVE if granted else Verb.REFUSE, decision))


def move_to(work: Work, ticket_id: int, target: Target, given: Answer) -> Ticket:
    """Give a ticket to other people, as only the desk may; a pending request for it is granted by that."""
    for one in pending(work, ticket_id):
        if one.kind == RequestKind.TRANSFER:
            return rule(work, one.id, True, given, target).ticket
    hand = tickets.opened(work, ticket_id, given)
    return hand.record(work, Verb.TRANSFER, reroute(hand.ticket, target, given, hand.scene))


def ask_others(work: Work, ticket: Ticket, message: Message, lost: frozenset[int]) -> Decision:
    """Ask those next in line, where nobody who was asked by the message can be reached."""
    [request_id] = asked_in([message])
    request = store.by_ids(work.conn, [request_id]).get(request_id)
    if request is None or not request.pending:
        return Decision(ticket=ticket)
    return rules.ask_others(ticket, request, lost, work.scene(ticket))


def asked_in(messages: Iterable[Message]) -> list[int]:
    """Return the requests that messages ask about."""
    return [message.params.request for message in messages if isinstance(message.params, RequestParams)]


def pending(work: Work, ticket_id: int) -> list[Request]:
    """Return what waits for a decision on a ticket."""
    return store.pending(work.conn, [ticket_id])


def granted_extension(work: Work, ticket_id: int) -> Request | None:
    """Return the extension the ticket's deadline rests on, if any: the one granted last."""
    found = (one for one in store.of_ticket(work.conn, ticket_id) if one.kind == RequestKind.EXTENSION and one.granted)
    return max(found, key=lambda one: (one.decided_at, one.id), default=None)


def waiting(work: Work, request_id: int) -> WaitingRequest | None:
    """Return a request with its ticket, be it decided; None when there is none of that id."""
    request = store.by_ids(work.conn, [request_id]).get(request_id)
    if request is None:
        return None
    return WaitingRequest(
        request=request, ticket=ticket_store.by_ids(work.conn, [request.ticket_id])[request.ticket_id]
    )


def last_decided(work: Work, ticket_id: int) -> Request | None:
    """Return the request about a ticket that was decided last."""
    found = (one for one in store.of_ticket(work.conn, ticket_id) if one.decided_at is not None)
    return max(found, key=lambda one: (one.decided_at, one.id), default=None)


def decided_before(work: Work, ticket: Ticket, request: Request) -> MoveRefused:
    """Say what became of a request, who did it and when."""
    return rules.decided_before(ticket, request, work.scene(ticket))


def to_decide(work: Work, person_id: int) -> list[WaitingRequest]:
    """Return the pending requests a person may decide, oldest first."""
    directory, now = work.directory, work.now
    if area(person_id, directory, now) == frozenset():
        return []
    waiting = store.pending(work.conn)
    about = ticket_store.by_ids(work.conn, [one.ticket_id for one in waiting])
    return [
        WaitingRequest(request=one, ticket=about[one.ticket_id])
        for one in waiting
        if rules.may_decide(person_id, one, about[one.ticket_id], directory, now)
    ]
