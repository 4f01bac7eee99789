"""Until when a ticket is extended: day, moment or span as said, read against the ticket's own limit."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bot.rules.calendar.deadline import end_of, moved
from bot.rules.calendar.hours import DAY
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import at
from bot.rules.refused import MoveRefused
from bot.rules.tickets.decision import Scene
from bot.rules.tickets.escalation import replan
from bot.rules.tickets.moving import stamped
from storage.records import Ticket

MAX_EXTENSION = timedelta(days=366)  # what lies further ahead is mistyped
END_OF_DAY = time(0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Until:
    """What a person named: a day, perhaps with a clock, or a span."""

    day: date | None = None
    clock: time | None = None  # 00:00 is read as the end of the day: 24:00
    working_days: int = 0
    days: int = 0


def due_of(until: Until, ticket: Ticket, scene: Scene) -> datetime:
    """Return the instant an extension asks for; MoveRefused where it is not later than the limit, or cannot be told.

    A span counts from the present due day. A day that is not worked means the next one that is, unless the ticket's
    policy runs through holidays or a clock was named.
    """
    if ticket.due_day is None or ticket.due_at is None:
        raise MoveRefused("no_limit_yet", number=ticket.number)
    try:
        due_at = _instant(until, ticket.due_day, ticket, scene)
    except CalendarNotPublished:
        raise MoveRefused("extension_unpublished", number=ticket.number) from None
    if due_at <= ticket.due_at:
        raise MoveRefused("extension_not_later", number=ticket.number, due=ticket)
    if due_at > scene.now + MAX_EXTENSION:
        raise MoveRefused("extension_too_far", number=ticket.number)
    return due_at


def extended(ticket: Ticket, due_at: datetime, scene: Scene) -> Ticket:
    """Return the ticket with its lines moved and its ladder put on them anew."""
    after = stamped(ticket, moved(scene.policy, ticket.counts_from, due_at, scene.working))
    return replan(after, scene.policy, scene.working, scene.now)


def _instant(until: Until, due_day: date, ticket: Ticket, scene: Scene) -> datetime:
    calendar = scene.working.calendar
    if until.working_days:
        day = calendar.add_working_days(due_day, until.working_days)
    else:
        day = until.day or due_day + DAY * until.days
    if until.clock is not None:
        return at(day + DAY, END_OF_DAY) if until.clock == END_OF_DAY else at(day, until.clock)
    if not scene.policy.any_hour and not calendar.is_working_day(day):
        day = calendar.next_working_day(day)
    return end_of(scene.policy, ticket.counts_from, day, scene.working)
