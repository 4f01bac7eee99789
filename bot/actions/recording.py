"""Writes decisions: ticket, journal and outbox in the caller's transaction, all or nothing."""

from collections.abc import Sequence

from bot.actions.work import Work
from bot.failpoints import failpoint
from bot.rules.tickets.decision import Decision
from storage.messages import outbox
from storage.tickets import journal, requests, tickets


def record(work: Work, decisions: Sequence[Decision]) -> None:
    """Write changed tickets with their journal lines and messages; VersionConflict when one moved on meanwhile."""
    chained = [journal.chain(one.ticket, one.journal) for one in decisions]
    tickets.save(work.conn, [one.ticket for one in decisions], [head for head, _ in chained])
    _write_rest(work, decisions, [row for _, rows in chained for row in rows])


def open_tickets(work: Work, decisions: Sequence[Decision]) -> None:
    """Write new tickets with their first journal lines and messages."""
    chained = [journal.chain(one.ticket, one.journal) for one in decisions]
    tickets.insert_all(work.conn, [one.ticket for one in decisions], [head for head, _ in chained])
    _write_rest(work, decisions, [row for _, rows in chained for row in rows])


def _write_rest(work: Work, decisions: Sequence[Decision], lines: list[dict[str, object]]) -> None:
    journal.write(work.conn, lines)
    for reason in {one.supersede for one in decisions if one.supersede}:
        outbox.supersede(work.conn, [one.ticket.id for one in decisions if one.supersede == reason], reason)
    requests.settle(work.conn, [ruling for one in decisions for ruling in one.rulings])
    requests.lapse(work.conn, [one.ticket.id for one in decisions if one.lapse], work.now)
    requests.add(work.conn, [request for one in decisions for request in one.requests])
    outbox.put(work.conn, [message for one in decisions for message in one.messages], work.now)
    failpoint("before_commit")
