"""The first line of a message about a ticket: what it is, for whom, and how far the time has run."""

from datetime import datetime, timedelta

from bot.actions.messages.dispatch import ClaimedBatch
from bot.delivery.facts import works
from bot.delivery.reasons import entered_late
from bot.delivery.wording import Wording
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import shanghai_day
from bot.rules.tickets.moving import with_lines
from storage.records import (
    DEADLINE_MOVED,
    REASSIGNED,
    REROUTED,
    Directory,
    Message,
    MessageKind,
    Policy,
    Role,
    StepParams,
    Ticket,
    TimeUnit,
    step_of,
)

BY_WORK = frozenset({TimeUnit.WORKING_DAYS, TimeUnit.WORKING_HOURS, TimeUnit.FIXED})
# True only as long as the limit lies ahead.
LATE_HEADS = ("last_call", "target_passed", "leader_at_target", "halfway", "nobody_took")


def head(message: Message, ticket: Ticket, batch: ClaimedBatch, wording: Wording, now: datetime, *, first: bool) -> str:
    """Word the first line; who works on the ticket and hears of it for the `first` time gets it as at receipt."""
    if message.step == DEADLINE_MOVED:
        return _moved(message, ticket, wording)
    policy, working = batch.policies[ticket.policy_key], batch.calendars.of(ticket.unit_id)
    late = entered_late(ticket) and ticket.limit_from is None
    filled = {
        "number": ticket.number,
        "account": ticket.account_name,
        "platform": ticket.platform,
        "title": policy.title,
        "due": wording.due(ticket),
        "days": (shanghai_day(now) - shanghai_day(ticket.counts_from)).days,
        "since": wording("message.after_entry" if late else "message.after_receipt"),
        "elapsed": elapsed(ticket.created_at if late else ticket.counts_from, now, policy, working, wording),
        "holder": holder.name if (holder := batch.directory.people.get(ticket.holder_id or 0)) else "",
        "left": left(ticket, now, policy, working, wording),
    }
    return wording(f"message.{_key(message, ticket, batch.directory, wording, now, first=first)}", **filled)


def elapsed(since: datetime, now: datetime, policy: Policy, working: WorkingTime, wording: Wording) -> str:
    """Word how long ago something was, in the time the policy counts in."""
    return _span(since, now, policy, working, wording)


def left(ticket: Ticket, now: datetime, policy: Policy, working: WorkingTime, wording: Wording) -> str:
    """Word how much time is left to the target, in the time the policy counts in; empty where none is."""
    if ticket.target_at is None or now >= ticket.target_at:
        return ""
    return _span(now, ticket.target_at, policy, working, wording)


def receipt_key(message: Message, ticket: Ticket, directory: Directory) -> str:
    """Name the text by which a person gets the ticket itself: to do, in copy, or in place of somebody."""
    primary, backup = (directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP))
    if message.step == REROUTED and message.person_id == ticket.holder_id:
        return message.step
    if message.step == REASSIGNED and message.person_id in (primary, backup, ticket.holder_id):
        return _reassigned_key(message, ticket, primary)
    if message.person_id == primary:
        return REROUTED if message.step == REROUTED else "receipt"
    # Notes say that somebody is missing: then the B角 or a deputy is asked to act, not only told.
    notes = message.params.notes if isinstance(message.params, StepParams) else ()
    return "receipt_copy" if message.person_id == backup and not notes else "receipt_stand_in"


def _reassigned_key(message: Message, ticket: Ticket, primary: int | None) -> str:
    """Whoever works on it is asked to; the new A角 of what another holds, and the new B角, are told."""
    notes = message.params.notes if isinstance(message.params, StepParams) else ()
    if notes or message.person_id == (ticket.holder_id or primary):
        return REASSIGNED
    return "reassigned_held" if message.person_id == primary else "reassigned_copy"


def _key(
    message: Message, ticket: Ticket, directory: Directory, wording: Wording, now: datetime, *, first: bool
) -> str:
    if message.kind == MessageKind.UNREACHED:
        return "unreached_work" if works(message, ticket, directory) else "unreached"
    step = step_of(message.step)
    if first and step != "take_over" and message.kind in (MessageKind.REMINDER, MessageKind.ESCALATION):
        return receipt_key(message, ticket, directory)
    if message.kind == MessageKind.ASSIGNED and step in ("receipt", REASSIGNED, REROUTED):
        return receipt_key(message, ticket, directory)
    if step in LATE_HEADS and ticket.due_at is not None and now >= ticket.due_at:
        step = "overdue"
    if step == "overdue" and ticket.due_at is not None and ticket.created_at >= ticket.due_at:
        return "overdue_at_entry"
    if step == "last_call" and ticket.target_at is not None and now >= ticket.target_at:
        return "target_passed"
    return step if wording.has(f"message.{step}") else str(message.kind)


def _span(since: datetime, until: datetime, policy: Policy, working: WorkingTime, wording: Wording) -> str:
    if policy.unit in BY_WORK and not policy.any_hour:
        try:
            return wording.working_span(working.between(since, until))
        except CalendarNotPublished:
            pass
    return wording.span(max(until - since, timedelta(0)))


def _moved(message: Message, ticket: Ticket, wording: Wording) -> str:
    params = message.params
    if not isinstance(params, StepParams) or params.old is None:
        raise ValueError("a moved deadline names the old one")
    before = with_lines(ticket, params.old)
    key = "deadline_lost" if ticket.due_day is None else "deadline_moved" if before.due_day else "deadline_set"
    return wording(
        f"message.{key}",
        number=ticket.number,
        account=ticket.account_name,
        old=wording.due(before),
        new=wording.due(ticket),
        document=params.document,
    )
