"""The tick: asks which tickets want a look, decides, records. Cost grows with what is due, not with what is open."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.actions.context import Context
from bot.actions.recording import record
from bot.actions.work import Work, take_up
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import decide
from storage.records import JournalDraft, JournalKind, Ticket
from storage.tickets import tickets

log = logging.getLogger(__name__)

BATCH = 200  # a transaction of a tenth of a second: with SQLite everybody else waits for it
SET_ASIDE_FOR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ticked:
    """What one tick did."""

    looked_at: int = 0
    set_aside: int = 0
    more: bool = False  # so many were due that some may be left


def tick(context: Context, batch: int = BATCH) -> Ticked:
    """Look at every ticket that is due now."""
    looked_at = set_aside = 0
    while True:
        done = tick_once(context, batch)
        looked_at, set_aside = looked_at + done.looked_at, set_aside + done.set_aside
        if not done.more:
            return Ticked(looked_at=looked_at, set_aside=set_aside)


def tick_once(context: Context, batch: int = BATCH) -> Ticked:
    """Look at a batch of due tickets in one transaction; one bad ticket never blocks the others."""
    now = context.now()
    with take_up(context) as work:
        due = tickets.due(work.conn, now, batch)
        decisions, aside = _decide_all(work, due, now)
        record(work, [*decisions, *aside])
    return Ticked(looked_at=len(due), set_aside=len(aside), more=len(due) == batch)


def _decide_all(work: Work, due: Sequence[Ticket], now: datetime) -> tuple[list[Decision], list[Decision]]:
    if not due:
        return [], []
    directory, calendars = work.directory, work.calendars()
    decisions, aside = [], []
    for ticket in due:
        try:
            policy = work.policy(ticket.policy_key)
            decisions.append(decide(ticket, policy, directory, calendars.of(ticket.unit_id), now))
        except Exception as reason:
            log.exception("ticket set aside for an hour", extra={"action": "set_aside", "ticket_id": ticket.id})
            aside.append(_set_aside(ticket, reason, now))
    return decisions, aside


def _set_aside(ticket: Ticket, reason: Exception, now: datetime) -> Decision:
    line = JournalDraft(kind=JournalKind.SET_ASIDE, at=now, actor="bot", data={"reason": type(reason).__name__})
    return Decision(ticket=replace(ticket, next_step_at=now + SET_ASIDE_FOR), journal=(line,))
