"""Takes back what a person did last: a move, a request, a leave."""

from dataclasses import dataclass

from bot.actions.context import Context
from bot.actions.people.leave import put_back
from bot.actions.recording import record
from bot.actions.tickets.tickets import locked, scene_of
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Answer, Verb
from bot.rules.tickets.undo import ASKED, UNDOABLE, in_time, undo
from storage.messages import outbox
from storage.records import HANDED_OVER, LastAct, MessageState, Ticket
from storage.sql.database import Connection
from storage.tickets import journal, last_acts, requests

LEAVE = "leave"
UNTOLD = frozenset({MessageState.PENDING, MessageState.SUPERSEDED, MessageState.FAILED})


@dataclass(frozen=True, kw_only=True, slots=True)
class Undone:
    verb: str
    ticket: Ticket | None  # None: a leave


def undo_last(context: Context, conn: Connection, given: Answer, expected: int | None = None) -> Undone:
    """Take back what the person did last; MoveRefused says why that cannot be done.

    `expected` is the ticket they named; another one's act is left alone.
    """
    act = last_acts.of(conn, given.person_id)
    if act is None:
        raise MoveRefused("nothing_to_undo")
    if expected not in (None, act.ticket_id):
        raise MoveRefused("undo_other")
    in_time(act, context.now())
    if act.verb == LEAVE:
        put_back(context, conn, act, given)
        ticket = None
    elif act.verb in UNDOABLE and act.ticket_id is not None:
        ticket = _undo(context, conn, act, act.ticket_id, given)
    else:
        raise MoveRefused("cannot_undo")
    last_acts.forget(conn, given.person_id)
    return Undone(verb=act.verb, ticket=ticket)


def _undo(context: Context, conn: Connection, act: LastAct, ticket_id: int, given: Answer) -> Ticket:
    ticket = locked(conn, ticket_id, given)
    scene = scene_of(context, conn, ticket)
    decision = undo(
        ticket,
        act,
        journal.read(conn, ticket_id),
        requests.pending(conn, [ticket_id]),
        _told(conn, act, ticket_id),
        given,
        scene,
    )
    record(conn, [decision], scene.now)
    return decision.ticket


def _told(conn: Connection, act: LastAct, ticket_id: int) -> list[int]:
    """Who may have heard of the act: what only waits is taken back unsaid."""
    verb = Verb(act.verb)
    if verb in ASKED:
        step = f"request_{ASKED[verb]}"
    elif verb == Verb.HAND_OVER:
        step = HANDED_OVER
    else:
        return []  # what was put at the same moment tells of somebody else's act
    put = (one for one in outbox.of_step(conn, ticket_id, step) if one.created_at >= act.at)
    return [one.person_id for one in put if one.state not in UNTOLD]
