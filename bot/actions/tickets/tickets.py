"""What people do to tickets: load, decide, record, in one transaction."""

from collections.abc import Callable, Mapping

from bot.actions.context import Context
from bot.actions.recording import record
from bot.rules.refused import MoveRefused
from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.lifecycle import Answer, Verb, check_time, line, move
from bot.rules.tickets.rerouting import hand_over, send_back
from bot.rules.tickets.undo import as_it_was
from storage.records import JournalKind, JournalLine, LastAct, Ticket
from storage.sql.database import Connection
from storage.tickets import journal, last_acts, tickets


def answer(context: Context, conn: Connection, ticket_id: int, verb: Verb, given: Answer) -> Ticket:
    """Carry out a person's answer on a ticket and return the ticket after; MoveRefused says why not."""
    ticket = locked(conn, ticket_id, given)
    scene = scene_of(context, conn, ticket)
    decide = _DECIDERS.get(verb)
    decision = decide(ticket, given, scene) if decide else move(ticket, verb, given, scene.directory, scene.policy)
    record(conn, [decision], scene.now)
    keep_act(conn, verb, given, ticket, decision, scene)
    return decision.ticket


def locked(conn: Connection, ticket_id: int, given: Answer) -> Ticket:
    """Return the ticket a person's answer is about; nobody else changes it until the transaction ends."""
    ticket = tickets.by_ids(conn, [ticket_id], lock=True).get(ticket_id)
    if ticket is None:
        raise MoveRefused("unknown_ticket", number=str(ticket_id))
    check_time(ticket, given)
    return ticket


def scene_of(context: Context, conn: Connection, ticket: Ticket) -> Scene:
    """Return what a decision about the ticket looks at."""
    return Scene(
        policy=context.policy(conn, ticket.policy_key),
        directory=context.directory(conn),
        working=context.working(conn, ticket.unit_id),
        now=context.now(),
    )


def keep_act(conn: Connection, verb: str, given: Answer, before: Ticket, decision: Decision, scene: Scene) -> None:
    """Keep what the person did last, so that it can be undone; its line is the first of the decision."""
    act = LastAct(
        person_id=given.person_id,
        verb=verb,
        at=scene.now,
        ticket_id=before.id,
        seq=before.journal_seq + 1,
        before=as_it_was(before, decision.ticket),
    )
    last_acts.keep(conn, act)


def deny(context: Context, conn: Connection, ticket_id: int, verb: str, given: Answer) -> None:
    """Put into the ticket's story that somebody without the right to it pressed its button; each once for each verb."""
    ticket = tickets.by_ids(conn, [ticket_id], lock=True).get(ticket_id)
    if ticket is None:
        return
    refused = line(JournalKind.DENIED, given, verb=verb)
    known = ((one.kind, one.actor, one.data.get("verb")) for one in journal.read(conn, ticket_id))
    if (JournalKind.DENIED, refused.actor, verb) not in known:
        record(conn, [Decision(ticket=ticket, journal=(refused,))], context.now())


def last_move(conn: Connection, ticket_id: int) -> JournalLine | None:
    """Return what a person did to a ticket last."""
    told = (one for one in reversed(journal.read(conn, ticket_id)) if one.actor.startswith("person:"))
    return next((one for one in told if one.kind not in (JournalKind.DENIED, JournalKind.FILE)), None)


_DECIDERS: Mapping[Verb, Callable[[Ticket, Answer, Scene], Decision]] = {
    Verb.RETURN: send_back,
    Verb.HAND_OVER: hand_over,
}
