"""Applies changed policies to open tickets, by a named person; till then a ticket keeps what it was opened with."""

import logging
from dataclasses import replace

from bot.actions.calendar.calendar import AppliedChange
from bot.actions.calendar.notices import Who, act_of, note
from bot.actions.calendar.recompute import BATCH, Recomputed
from bot.actions.context import Context
from bot.actions.recording import record
from bot.actions.work import Work, begin
from bot.policies.loading import encode
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import replan
from bot.rules.tickets.moving import CalendarChange, move, set_by_hand
from storage.records import JournalDraft, JournalKind, Policy, Ticket
from storage.tickets import policies as policy_store
from storage.tickets import tickets

log = logging.getLogger(__name__)

DOCUMENT = "时限规则调整"


def apply_policies(context: Context, who: Who, *, trial: bool = False) -> AppliedChange:
    """Put every open ticket on its policy as it is now; whoever works on one whose limit moved is told once.

    A limit that a person gave stays, and with it the policy the ticket had. A trial changes nothing.
    """
    with begin(context) as work:
        act = act_of(context, who)
        number = int(f"{act.at:%Y%m%d%H%M}")
        cause = CalendarChange(reference=f"policy:{number}", document=DOCUMENT, actor=who.actor)
        done = Recomputed(revision=work.working().calendar.revision)
        changed = _change_all(work, cause, done, trial=trial)
        if trial:
            work.conn.rollback()
        elif changed:
            figures = {"changed": changed, "moved": len(done.moved), "late": done.late_at_once, "kept": len(done.kept)}
            note(work, JournalKind.POLICY_APPLIED, act, who, {"reference": cause.reference, **figures})
            log.info("policies applied", extra={"action": "policy_applied", **figures})
    return AppliedChange(number=number, what=DOCUMENT, recomputed=done)


def _change_all(work: Work, cause: CalendarChange, done: Recomputed, *, trial: bool) -> int:
    changed = last = 0
    while batch := tickets.open_after(work.conn, last, BATCH, lock=not trial):
        last = batch[-1].id
        decisions = [one for ticket in batch if (one := _changed(work, ticket, cause, done)) is not None]
        changed += len(decisions)
        if not trial:
            record(work, decisions)
    return changed


def _changed(work: Work, ticket: Ticket, cause: CalendarChange, done: Recomputed) -> Decision | None:
    policy = work.context.policies.named(ticket.policy)
    key = work.context.policies.key(policy) if policy is not None else ticket.policy_key
    if policy is None or key == ticket.policy_key:
        return None
    done.looked_at += 1
    working = work.working(ticket.unit_id)
    if set_by_hand(ticket, work.policy(ticket.policy_key), work.working_of(ticket)):
        done.kept.append(ticket)
        return None
    policy_store.keep(work.conn, key, policy.name, encode(policy))
    under = replace(ticket, policy_key=key)
    line = _line(ticket, policy, key, work, cause)
    moved = move(under, policy, work.directory, working, work.now, cause)
    if moved is None:
        return Decision(ticket=replan(under, policy, working, work.now, skip_passed=True), journal=(line,))
    decision = replace(moved.decision, journal=(line, *moved.decision.journal))
    done.moved.append(replace(moved, decision=decision))
    return decision


def _line(ticket: Ticket, policy: Policy, key: str, work: Work, cause: CalendarChange) -> JournalDraft:
    data: dict[str, object] = {"policy": policy.name, "from": ticket.policy_key, "to": key, "cause": cause.reference}
    return JournalDraft(kind=JournalKind.POLICY_APPLIED, at=work.now, actor=cause.actor, data=data)
