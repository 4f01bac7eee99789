"""Words what somebody did to a ticket, what somebody wants decided, and what concerns contacts and calendar."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from bot.actions.messages.dispatch import ClaimedBatch
from bot.channels.base import Button
from bot.delivery.contacts import contacts
from bot.delivery.facts import Body, cut, facts, standing, work_buttons
from bot.delivery.wording import Wording
from storage.records import (
    CalendarNotification,
    ContactNotification,
    Directory,
    DutyNotification,
    LeaveNotification,
    Message,
    NotificationKind,
    RequestKind,
    RequestParams,
    Ticket,
    TicketNotification,
)

LISTED = 15  # so many lines fit a chat message
NUMBERS = 8  # so many of somebody's former tickets are named
VERDICTS = ("ok", "no")
Notification = TicketNotification | LeaveNotification | DutyNotification | ContactNotification | CalendarNotification


def word_notification(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    """Word a notification: one that sends somebody back to work can be answered at once."""
    params, ticket = message.params, batch.tickets.get(message.ticket_id or 0)
    if not isinstance(params, Notification):
        raise ValueError("these are not the parameters of a notification")
    listed = _listed(params, batch)
    filled = {"count": len(listed), **_filled(params, batch.directory, wording)}
    if isinstance(params, DutyNotification):
        filled |= _named(params, batch, wording)
    elif ticket is not None:
        filled |= {"number": ticket.number, "account": ticket.account_name, "due": wording.due(ticket)}
    lines = [wording(f"notice.{params.notice}", **filled).strip()]
    if listed:
        lines += _list(listed, batch.numbers[message.id], batch, wording, now)
    if ticket is None or not _sends_back_to_work(params):
        return Body(text="\n".join(lines))
    if params.notice == NotificationKind.RETURNED and (ticket.limit_from or ticket.overdue(now)):
        lines.append(wording("notice.returned_new" if ticket.limit_from else "notice.returned_kept"))
    lines.append(standing(ticket, batch.calendars.of(ticket.unit_id), wording, now))
    return Body(text="\n".join(lines), buttons=work_buttons(ticket, wording))


def word_request(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    """Word a request with everything it takes to decide it; its buttons are about this very request."""
    ticket = batch.tickets[message.ticket_id or 0]
    params = message.params
    if not isinstance(params, RequestParams):
        raise ValueError("these are not the parameters of a request")
    filled = _filled(params, batch.directory, wording)
    about = {"number": ticket.number, "account": ticket.account_name, "platform": ticket.platform}
    lines = [wording(f"message.{message.step}", **{**filled, **about})]
    if params.text:
        lines.append(wording("message.request_text", text=filled["text"]))
    lines += [*facts(ticket, wording), standing(ticket, batch.calendars.of(ticket.unit_id), wording, now)]
    told = batch.first_told.get(ticket.id, {})
    lines += contacts(ticket, batch.directory, told, wording, batch.hearing(ticket.id))
    ask = "ask_transfer" if message.step == f"request_{RequestKind.TRANSFER}" else "ask_request"
    lines.append(wording(f"message.{ask}", number=ticket.number))
    pressed = ((wording(f"message.button_{one}"), f"{one}:{params.request}") for one in VERDICTS)
    return Body(text="\n".join(lines), buttons=tuple(Button(label=label, action=action) for label, action in pressed))


def _sends_back_to_work(params: Notification) -> bool:
    # The copy of a hand-over is told as long as the ticket is open too, but only for information.
    copy = params.notice == NotificationKind.HANDED_OVER_COPY
    return isinstance(params, TicketNotification) and params.while_open and not copy


def _listed(params: Notification, batch: ClaimedBatch) -> list[Ticket]:
    ids = params.tickets if isinstance(params, LeaveNotification) else ()
    return [batch.tickets[one] for one in ids if one in batch.tickets]


def _named(params: DutyNotification, batch: ClaimedBatch, wording: Wording) -> dict[str, object]:
    """The numbers of the tickets somebody has no more, and the roles in words."""
    numbers = [batch.tickets[one].number for one in params.tickets if one in batch.tickets]
    named = wording("format.between_names").join(numbers[:NUMBERS])
    if len(numbers) > NUMBERS:
        named = wording("notice.numbers_more", numbers=named, count=len(numbers))
    roles = {name: wording(f"role.{role}") for name in ("role", "now") if (role := getattr(params, name))}
    return {"numbers": named, **roles}


def _list(
    listed: list[Ticket], numbers: Sequence[int], batch: ClaimedBatch, wording: Wording, now: datetime
) -> list[str]:
    lines = []
    for ticket in listed[:LISTED]:
        about = {"number": ticket.number, "account": ticket.account_name, "state": wording.state(ticket.state)}
        state = standing(ticket, batch.calendars.of(ticket.unit_id), wording, now)
        lines.append(wording("notice.deputy_line", place=numbers.index(ticket.id) + 1, standing=state, **about))
    if len(listed) > LISTED:
        lines.append(wording("chat.more", count=len(listed) - LISTED))
    return [*lines, wording("notice.deputy_hint")]


def _filled(params: Notification | RequestParams, directory: Directory, wording: Wording) -> dict[str, object]:
    """What a message carries, as people read it: names for people, words for moments and verbs."""
    words = {
        field.name: _worded(field.name, getattr(params, field.name), directory, wording) for field in fields(params)
    }
    if isinstance(params, ContactNotification):
        words["name"] = _person(params.person, directory, wording)
        person = directory.people.get(params.person)
        words["unit"] = directory.units[person.unit_id].name if person else ""
    if isinstance(params, TicketNotification) and wording.has(key := f"asked.{params.verb}"):
        words["asked"] = wording(key)
    return words


def _worded(name: str, value: Any, directory: Directory, wording: Wording) -> object:
    if name not in _WORDS:
        return value
    return _WORDS[name](value, directory, wording) if value else ""


def _person(value: int, directory: Directory, _wording: Wording) -> str:
    person = directory.people.get(value)
    return person.name if person else ""


Word = Callable[[Any, Directory, Wording], str]

_WORDS: Mapping[str, Word] = {
    "who": _person,
    "receiver": _person,
    "channel": lambda value, _directory, wording: wording.channel(value),
    "text": lambda value, _directory, _wording: cut(value),
    "verb": lambda value, _directory, wording: wording(f"verb.{value}"),
    "since": lambda value, _directory, wording: wording.moment_short(value),
    "until": lambda value, _directory, wording: wording.end(value),
}
