"""What several kinds of messages say of a ticket: its facts, where it stands, what can be pressed."""

from dataclasses import dataclass
from datetime import datetime

from bot.channels.base import Button
from bot.delivery.wording import Wording
from bot.rules.calendar.deadline import INSTANT, lateness
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.zone import shanghai, shanghai_day
from bot.rules.messages.showing import masked
from storage.records import AnswerTo, Directory, Message, MessageKind, Role, Ticket, TicketState

PROBLEM_CHARACTERS = 300
BRIEF_CHARACTERS = 60  # of a problem or suggestion in a line of a list


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A worded message, before it is addressed."""

    text: str
    buttons: tuple[Button, ...] = ()
    to: AnswerTo | None = None  # of an answer, or of the card it changes
    quiet: bool = False
    number: str = ""  # of the tickets it is about
    due: datetime | None = None  # until when the earliest of them is to be done


def standing(ticket: Ticket, working: WorkingTime, wording: Wording, now: datetime) -> str:
    """Say in one line where the ticket stands against its lines."""
    if ticket.due_at is None or ticket.target_at is None or ticket.due_day is None:
        return wording("message.unpublished")
    if now >= ticket.due_at:
        late = lateness(ticket.due_day, now, working.calendar)
        this_year = ticket.due_day.year == shanghai_day(now).year
        due = wording.day(ticket.due_day) if this_year else wording.day_with_year(ticket.due_day)
        if not late.days:
            return wording("message.late_hours", due=wording.moment_short(ticket.due_at))
        if not late.workdays:
            return wording("message.late_days", due=due, days=late.days)
        return wording("message.late", due=due, workdays=late.workdays, days=late.days)
    if now >= ticket.target_at:
        return wording("message.past_target", due=wording.due(ticket))
    return wording("message.until", target=wording.moment(ticket.target_at))


def standing_briefly(ticket: Ticket, working: WorkingTime, wording: Wording, now: datetime) -> str:
    """Say where the ticket stands in a few words, beside its due day in a table."""
    if ticket.due_at is None or ticket.target_at is None or ticket.due_day is None:
        return wording("brief.unpublished")
    if now >= ticket.due_at:
        late = lateness(ticket.due_day, now, working.calendar)
        if late.days == 0:
            return wording("brief.late_hours")
        if not late.workdays:
            return wording("brief.late_days", days=late.days)
        return wording("brief.late", workdays=late.workdays, days=late.days)
    latest = _clock(ticket.due_at - INSTANT, ticket.due_at)
    if now >= ticket.target_at:
        return wording("brief.past_target", latest=latest)
    if ticket.target_at == ticket.due_at:
        return wording("brief.until", target=latest)
    target = _clock(ticket.target_at, ticket.target_at)
    if shanghai_day(ticket.target_at) != ticket.due_day:
        target = wording.moment_short(ticket.target_at)
    return wording("brief.until_latest", target=target, latest=latest)


def facts(ticket: Ticket, wording: Wording) -> list[str]:
    """Say what the ticket is about, a line each."""
    found = (
        ("problem_class", cut(ticket.problem_class)),
        ("problem", cut(ticket.problem)),
        ("suggestion", cut(ticket.suggestion)),
        ("url", ticket.url),
    )
    return [wording(f"message.fact_{name}", value=value) for name, value in found if value]


def briefly(ticket: Ticket, wording: Wording) -> list[str]:
    """Say what is wrong and where in two short lines, for a list; the suggestion is never left out."""
    wrong = cut(ticket.problem or ticket.problem_class, BRIEF_CHARACTERS)
    if ticket.suggestion:
        wrong = wording("message.wrong_to_right", wrong=wrong, right=cut(ticket.suggestion, BRIEF_CHARACTERS))
    return [value for value in (wrong, ticket.url) if value]


def works(message: Message, ticket: Ticket, directory: Directory) -> bool:
    """Whether the message goes to somebody who is to do the work, rather than to hear of it."""
    duty = {directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)}
    return message.kind == MessageKind.ASSIGNED or message.person_id in duty | {ticket.holder_id}


def work_buttons(ticket: Ticket, wording: Wording) -> tuple[Button, ...]:
    """Return what somebody who works on the ticket can press."""
    actions = ["done", "why"] if ticket.state != TicketState.NEW else ["ack", "done", "why"]
    return tuple(
        Button(label=wording(f"message.button_{action}"), action=f"{action}:{ticket.id}") for action in actions
    )


def cut(text: str, longest: int = PROBLEM_CHARACTERS) -> str:
    """Shorten a text that is quoted, citizens' numbers masked."""
    text = masked(text)
    return text if len(text) <= longest else text[:longest] + "…"


def _clock(within: datetime, end: datetime) -> str:
    """The time of day; an end at midnight belongs to the day before."""
    return f"{shanghai(end):%H:%M}" if shanghai_day(within) == shanghai_day(end) else "24:00"
