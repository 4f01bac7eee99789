"""Late tickets: how late, since when their unit knew, and why as far as the record tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.rules.calendar.deadline import INSTANT, Lateness, lateness
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import shanghai_day
from storage.records import MessageKind, RequestKind, Ticket, TicketFacts, TicketState


class LateReason(StrEnum):
    """Why a ticket is late; the first that holds."""

    UNTOLD = "untold"  # nobody of the unit was told before the limit
    UNMATCHED = "unmatched"  # its account is in nobody's register
    DISPUTE = "dispute"  # a request for a decision waits
    EXTENSION = "extension"
    TRANSFER = "transfer"
    RETURNED = "returned"  # sent back to work
    NOT_TAKEN = "not_taken"  # by nobody, before the limit
    NOT_FINISHED = "not_finished"  # taken before the limit and not finished


@dataclass(frozen=True, kw_only=True, slots=True)
class LateTicket:
    """A ticket that missed its judging line."""

    facts: TicketFacts
    lateness: Lateness
    reason: LateReason
    told_at: datetime | None = None  # when its unit was first told
    since_told: Lateness | None = None  # the delay after that, where it was told too late


def how_late(ticket: Ticket, moment: datetime, calendar: GovChina) -> Lateness | None:
    """Return how late the ticket was answered, or is at this moment; None if it is not late."""
    if ticket.due_at is None or not ticket.overdue(moment):
        return None
    due_day = ticket.due_day or shanghai_day(ticket.due_at - INSTANT)
    return lateness(due_day, ticket.completed_at or moment, calendar)


def late_tickets(facts: Iterable[TicketFacts], as_of: datetime, calendar: GovChina) -> list[LateTicket]:
    """Return those of the tickets that missed their line, in the order given."""
    late = ((fact, how_late(fact.ticket, as_of, calendar)) for fact in facts)
    return [_late(fact, how, as_of, calendar) for fact, how in late if how is not None]


def told_at(facts: TicketFacts) -> datetime | None:
    """Return when the ticket's unit was first told: somebody of the unit, or whoever was asked to work on it."""
    unit = facts.ticket.unit_id
    heard = (one.at for one in facts.told if one.kind == MessageKind.ASSIGNED or (unit and one.unit_id == unit))
    return min(heard, default=None)


def untold(facts: TicketFacts) -> bool:
    """Whether the limit passed before anybody of the unit was told; that delay is not theirs."""
    due, told = facts.ticket.due_at, told_at(facts)
    return due is not None and (told is None or told >= due)


def _late(facts: TicketFacts, how: Lateness, as_of: datetime, calendar: GovChina) -> LateTicket:
    told = told_at(facts)
    since = None
    if told is not None and untold(facts):
        since = lateness(shanghai_day(told), max(told, facts.ticket.completed_at or as_of), calendar)
    return LateTicket(facts=facts, lateness=how, reason=_reason(facts), told_at=told, since_told=since)


def _reason(facts: TicketFacts) -> LateReason:
    ticket = facts.ticket
    pending = {request.kind for request in facts.requests if request.pending}
    if untold(facts):
        return LateReason.UNMATCHED if ticket.account_id is None else LateReason.UNTOLD
    for kind in RequestKind:
        if kind in pending and ticket.state.open:
            return LateReason(kind)
    if ticket.state == TicketState.RETURNED:
        return LateReason.RETURNED
    taken = ticket.acknowledged_at is not None and ticket.due_at is not None and ticket.acknowledged_at < ticket.due_at
    return LateReason.NOT_FINISHED if taken else LateReason.NOT_TAKEN
