"""What people do to tickets: load, move, record, in one transaction."""

from bot.actions.context import Context
from bot.actions.recording import record
from bot.rules.decision import MoveRefused
from bot.rules.lifecycle import Answer, Verb, move
from storage import tickets
from storage.database import Connection
from storage.records import Ticket


def answer(context: Context, conn: Connection, ticket_id: int, verb: Verb, given: Answer) -> Ticket:
    """Carry out a person's answer on a ticket and return the ticket after; MoveRefused says why not."""
    ticket = tickets.by_ids(conn, [ticket_id], lock=True).get(ticket_id)
    if ticket is None:
        raise MoveRefused("unknown_ticket", number=str(ticket_id))
    policy = context.policy(conn, ticket.policy_key)
    decision = move(ticket, verb, given, context.directory(conn), policy)
    record(conn, [decision], context.now())
    return decision.ticket
