"""Proves the journals: every line follows from the one before, and the last is the ticket's head."""

from collections.abc import Iterator

from bot.actions.context import Context
from bot.actions.work import read
from storage.tickets import journal, tickets
from storage.tickets.journal import SYSTEM, Broken

__all__ = ["SYSTEM", "Broken", "broken_chains", "count", "number_of"]


def count(context: Context) -> int:
    """Return how many tickets there are."""
    with read(context) as work:
        return tickets.count(work.conn)


def broken_chains(context: Context) -> Iterator[tuple[int, Broken | None]]:
    """Check every ticket; yields (ticket id, first broken line or None)."""
    with read(context) as work:
        yield from journal.verify(work.conn)


def number_of(context: Context, ticket_id: int) -> str:
    """Return the number of a ticket as its source writes it; empty when the ticket is gone."""
    with read(context) as work:
        ticket = tickets.by_ids(work.conn, [ticket_id]).get(ticket_id)
    return ticket.number if ticket else ""
