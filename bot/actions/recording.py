"""Writes decisions: ticket, journal and outbox in the caller's transaction, all or nothing."""

from collections.abc import Sequence

from bot.actions.work import Work
from bot.failpoints import failpoint
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.proof.replay import with_standing
from storage.messages import outbox
from storage.sql.database import journal_key
from storage.tickets import journal, requests, tickets


def record(work: Work, decisions: Sequence[Decision]) -> None:
    """Write changed tickets with their journal lines and messages; VersionConflict when one moved on meanwhile."""
    key = journal_key(work.conn)
    chained = [
        journal.chain(decision.ticket, with_standing(decision.ticket, decision.journal), key) for decision in decisions
    ]
    tickets.save(work.conn, [decision.ticket for decision in decisions], [head for head, _ in chained])
    _write_rest(work, decisions, [row for _, rows in chained for row in rows])


def open_tickets(work: Work, decisions: Sequence[Decision]) -> None:
    """Write new tickets with their first journal lines and messages."""
    key = journal_key(work.conn)
    chained = [journal.chain(decision.ticket, decision.journal, key) for decision in decisions]
    tickets.insert_all(work.conn, [decision.ticket for decision in decisions], [head for head, _ in chained])
    _write_rest(work, decisions, [row for _, rows in chained for row in rows])


def _write_rest(work: Work, decisions: Sequence[Decision], lines: list[dict[str, object]]) -> None:
    journal.write(work.conn, lines)
    for reason in {decision.supersede for decision in decisions if decision.supersede}:
        outbox.supersede(
            work.conn, [decision.ticket.id for decision in decisions if decision.supersede == reason], reason
        )
    requests.settle(work.conn, [ruling for decision in decisions for ruling in decision.rulings])
    requests.lapse(work.conn, [decision.ticket.id for decision in decisions if decision.lapse], work.now)
    requests.reopen(work.conn, [number for decision in decisions for number in decision.reopened])
    requests.add(work.conn, [request for decision in decisions for request in decision.requests])
    outbox.put(work.conn, [message for decision in decisions for message in decision.messages], work.now)
    failpoint("before_commit")
