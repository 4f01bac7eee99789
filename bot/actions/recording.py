"""Writes decisions: ticket, journal and outbox in the caller's transaction, all or nothing."""

from collections.abc import Sequence
from datetime import datetime

from bot.failpoints import failpoint
from bot.rules.tickets.decision import Decision
from storage.messages import outbox
from storage.sql.database import Connection
from storage.tickets import journal, requests, tickets


def record(conn: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    """Write changed tickets with their journal lines and messages; VersionConflict when one moved on meanwhile."""
    chained = [journal.chain(one.ticket, one.journal) for one in decisions]
    tickets.save(conn, [one.ticket for one in decisions], [head for head, _ in chained])
    _write_rest(conn, decisions, [row for _, rows in chained for row in rows], now)


def open_tickets(conn: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    """Write new tickets with their first journal lines and messages."""
    chained = [journal.chain(one.ticket, one.journal) for one in decisions]
    tickets.insert_all(conn, [one.ticket for one in decisions], [head for head, _ in chained])
    _write_rest(conn, decisions, [row for _, rows in chained for row in rows], now)


def _write_rest(conn: Connection, decisions: Sequence[Decision], lines: list[dict[str, object]], now: datetime) -> None:
    journal.write(conn, lines)
    for reason in {one.supersede for one in decisions if one.supersede}:
        outbox.supersede(conn, [one.ticket.id for one in decisions if one.supersede == reason], reason)
    requests.settle(conn, [ruling for one in decisions for ruling in one.rulings])
    requests.lapse(conn, [one.ticket.id for one in decisions if one.lapse], now)
    requests.add(conn, [request for one in decisions for request in one.requests])
    outbox.put(conn, [message for one in decisions for message in one.messages], now)
    failpoint("before_commit")
