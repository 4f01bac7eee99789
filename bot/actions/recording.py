"""Writes decisions: ticket, journal and outbox in the caller's transaction, all or nothing."""

from collections.abc import Sequence
from dataclasses import replace

from bot.actions.work import Work
from bot.failpoints import failpoint
from bot.rules.tickets.access import in_place_of
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.proof.replay import with_standing
from storage.messages import outbox
from storage.records import JournalDraft, Ticket
from storage.sql.database import journal_key
from storage.tickets import journal, requests, tickets


def record(work: Work, decisions: Sequence[Decision]) -> None:
    """Write changed tickets with their journal lines and messages; VersionConflict when one moved on meanwhile."""
    key = journal_key(work.conn)
    chained = [
        journal.chain(decision.ticket, with_standing(decision.ticket, _named(work, decision)), key)
        for decision in decisions
    ]
    tickets.save(work.conn, [decision.ticket for decision in decisions], [head for head, _ in chained])
    _write_rest(work, decisions, [row for _, rows in chained for row in rows])


def open_tickets(work: Work, decisions: Sequence[Decision]) -> None:
    """Write new tickets with their first journal lines and messages."""
    key = journal_key(work.conn)
    chained = [journal.chain(decision.ticket, decision.journal, key) for decision in decisions]
    tickets.insert_all(work.conn, [decision.ticket for decision in decisions], [head for head, _ in chained])
    _write_rest(work, decisions, [row for _, rows in chained for row in rows])


def _named(work: Work, decision: Decision) -> Sequence[JournalDraft]:
    """The journal lines of a decision; each says in whose place it was done, if in another's."""
    return [in_whose_place(work, decision.ticket, line) for line in decision.journal]


def in_whose_place(work: Work, ticket: Ticket, line: JournalDraft) -> JournalDraft:
    """Return a line that says for whom its person acted on the ticket, if for somebody else."""
    kind, _, number = line.actor.partition(":")
    if kind != "person" or not number.isdigit():
        return line
    absent = in_place_of(int(number), ticket, work.directory, work.now)
    return line if absent is None else replace(line, data={**line.data, "in_place_of": absent})


def _write_rest(work: Work, decisions: Sequence[Decision], lines: list[dict[str, object]]) -> None:
    journal.write(work.conn, lines)
    for reason in {decision.supersede for decision in decisions if decision.supersede}:
        outbox.supersede(
            work.conn, [decision.ticket.id for decision in decisions if decision.supersede == reason], reason
        )
    for decision in decisions:
        if decision.withdraw:
            outbox.withdraw(work.conn, decision.ticket.id, decision.withdraw, "已由他人接手")
    requests.settle(work.conn, [ruling for decision in decisions for ruling in decision.rulings])
    requests.lapse(work.conn, [decision.ticket.id for decision in decisions if decision.lapse], work.now)
    requests.reopen(work.conn, [number for decision in decisions for number in decision.reopened])
    requests.add(work.conn, [request for decision in decisions for request in decision.requests])
    outbox.put(work.conn, [message for decision in decisions for message in decision.messages], work.now)
    failpoint("before_commit")
