"""Takes back what a person did last: a move, a request, a leave."""

from dataclasses import dataclass

from bot.actions.people.leave import put_back
from bot.actions.recording import record
from bot.actions.tickets.corrections import refresh_cards
from bot.actions.tickets.tickets import opened
from bot.actions.work import Work
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Answer, Verb
from bot.rules.tickets.undo import ASKED, RULED, RULINGS, UNDOABLE, in_time, told_of, undo, undo_ruling
from storage.messages import outbox
from storage.records import HANDED_OVER, LastAct, MessageState, NotificationKind, Ticket
from storage.tickets import journal, last_acts, requests

LEAVE = "leave"
# The step under which others are told of what a person did.
OTHERS_TOLD = {
    Verb.HAND_OVER: HANDED_OVER,
    Verb.ACKNOWLEDGE: NotificationKind.TAKEN,
    Verb.COMPLETE: NotificationKind.DONE,
}
UNTOLD = frozenset({MessageState.PENDING, MessageState.SUPERSEDED, MessageState.FAILED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Undone:
    verb: str
    ticket: Ticket | None  # None: a leave


def undo_last(work: Work, given: Answer, expected: int | None = None) -> Undone:
    """Take back what the person did last; MoveRefused says why that cannot be done.

    `expected` is the ticket they named; another one's act is left alone.
    """
    act = last_acts.of(work.conn, given.person_id)
    if act is None:
        raise MoveRefused("nothing_to_undo")
    if expected not in (None, act.ticket_id):
        raise MoveRefused("undo_other")
    in_time(act, work.now)
    if act.verb == LEAVE:
        put_back(work, act, given)
        ticket = None
    elif act.verb in RULED and act.ticket_id is not None:
        return _undo_ruling(work, act, act.ticket_id, given)
    elif act.verb in UNDOABLE and act.ticket_id is not None:
        ticket = _undo(work, act, act.ticket_id, given)
    else:
        raise MoveRefused("cannot_undo")
    last_acts.forget(work.conn, given.person_id)
    return Undone(verb=act.verb, ticket=ticket)


def undoable(work: Work, person_id: int) -> LastAct | None:
    """Return what the person did last, if it can still be taken back."""
    act = last_acts.of(work.conn, person_id)
    if act is None or (act.verb != LEAVE and act.verb not in UNDOABLE):
        return None
    try:
        in_time(act, work.now)
    except MoveRefused:
        return None
    return act


def _undo(work: Work, act: LastAct, ticket_id: int, given: Answer) -> Ticket:
    hand = opened(work, ticket_id, given)
    decision = undo(
        hand.ticket,
        act,
        journal.read(work.conn, ticket_id),
        requests.pending(work.conn, [ticket_id]),
        _told(work, act, ticket_id),
        given,
        hand.scene,
    )
    record(work, [decision])
    refresh_cards(work, hand.ticket, given.person_id)
    return decision.ticket


def _undo_ruling(work: Work, act: LastAct, ticket_id: int, given: Answer) -> Undone:
    hand = opened(work, ticket_id, given)
    every = requests.of_ticket(work.conn, ticket_id)
    own = [one for one in every if one.decided_by == act.person_id and one.granted is not None]
    if not own:
        raise MoveRefused("cannot_undo")
    request = max(own, key=lambda one: (one.decided_at, one.id))
    lapsed = [one.id for one in every if one.decided_at == act.at and one.granted is None and one.decided_by is None]
    put = [one for one in outbox.of_step(work.conn, ticket_id, told_of(request)) if one.created_at >= act.at]
    told = [one.person_id for one in put if one.state not in UNTOLD]
    story = journal.read(work.conn, ticket_id)
    decision = undo_ruling(hand.ticket, act, request, lapsed, story, told, given, hand.scene)
    outbox.supersede_steps(work.conn, ticket_id, [told_of(request)], act.at, "答复已撤回")
    record(work, [decision])
    last_acts.forget(work.conn, given.person_id)
    return Undone(verb=RULINGS[request.kind, bool(request.granted)], ticket=decision.ticket)


def _told(work: Work, act: LastAct, ticket_id: int) -> list[int]:
    """Who may have heard of the act: what only waits is taken back unsaid."""
    verb = Verb(act.verb)
    if verb in ASKED:
        step = f"request_{ASKED[verb]}"
    else:
        step = OTHERS_TOLD[verb]
    put = (one for one in outbox.of_step(work.conn, ticket_id, step) if one.created_at >= act.at)
    return [one.person_id for one in put if one.state not in UNTOLD]
