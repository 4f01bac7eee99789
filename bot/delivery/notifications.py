"""Words what somebody did to a ticket, what somebody wants decided, and what concerns contacts and calendar."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bot.actions.messages.dispatch import Load
from bot.channels.base import Button
from bot.delivery.facts import Body, cut, facts, standing, work_buttons
from bot.delivery.wording import Wording
from storage.records import Directory, Message, RequestKind, Ticket

LISTED = 15  # so many lines fit a chat message
VERDICTS = ("ok", "no")
HANDED_OVER_COPY = "handed_over_copy"  # for information, though only as long as the ticket is open


def word_notice(message: Message, load: Load, wording: Wording, now: datetime) -> Body:
    """Word a notice: one that sends somebody back to work can be answered at once."""
    ticket = load.tickets.get(message.ticket_id or 0)
    listed = _listed(message, load)
    filled = {"text": "", "count": len(listed), **_filled(message.params, load.directory, wording)}
    if ticket is not None:
        filled |= {"number": ticket.number, "account": ticket.account_name, "due": wording.due(ticket)}
    lines = [wording(f"notice.{message.params['notice']}", **filled).strip()]
    if listed:
        lines += _list(listed, load.numbers[message.id], load, wording, now)
    if ticket is None or "while_open" not in message.params or message.step == HANDED_OVER_COPY:
        return Body(text="\n".join(lines))
    lines.append(standing(ticket, load.calendars.of(ticket.unit_id), wording, now))
    return Body(text="\n".join(lines), buttons=work_buttons(ticket, wording))


def word_request(message: Message, load: Load, wording: Wording, now: datetime) -> Body:
    """Word a request with everything it takes to decide it; its buttons are about this very request."""
    ticket = load.tickets[message.ticket_id or 0]
    filled = {"until": "", **_filled(message.params, load.directory, wording)}
    about = {"number": ticket.number, "account": ticket.account_name, "platform": ticket.platform}
    lines = [wording(f"message.{message.step}", **{**filled, **about})]
    if filled.get("text"):
        lines.append(wording("message.request_text", text=filled["text"]))
    lines += [*facts(ticket, wording), standing(ticket, load.calendars.of(ticket.unit_id), wording, now)]
    ask = "ask_transfer" if message.step == f"request_{RequestKind.TRANSFER}" else "ask_request"
    lines.append(wording(f"message.{ask}", number=ticket.number))
    pressed = ((wording(f"message.button_{one}"), f"{one}:{message.params['request']}") for one in VERDICTS)
    return Body(text="\n".join(lines), buttons=tuple(Button(label=label, action=action) for label, action in pressed))


def _listed(message: Message, load: Load) -> list[Ticket]:
    ids: Any = message.params.get("tickets", ())
    return [load.tickets[one] for one in ids if one in load.tickets]


def _list(listed: list[Ticket], numbers: Sequence[int], load: Load, wording: Wording, now: datetime) -> list[str]:
    lines = []
    for ticket in listed[:LISTED]:
        about = {"number": ticket.number, "account": ticket.account_name, "state": wording.state(ticket.state)}
        state = standing(ticket, load.calendars.of(ticket.unit_id), wording, now)
        lines.append(wording("notice.deputy_line", place=numbers.index(ticket.id) + 1, standing=state, **about))
    if len(listed) > LISTED:
        lines.append(wording("chat.more", count=len(listed) - LISTED))
    return [*lines, wording("notice.deputy_hint")]


def _filled(params: Mapping[str, object], directory: Directory, wording: Wording) -> dict[str, Any]:
    """What a notice carries, as people read it: names for people, words for moments and verbs."""
    words = {
        name: _WORDS[name](value, directory, wording) if name in _WORDS else value for name, value in params.items()
    }
    words["name"] = _person(params.get("person", 0), directory, wording)
    if wording.has(key := f"asked.{params.get('verb')}"):
        words["asked"] = wording(key)
    return words


def _person(value: object, directory: Directory, _wording: Wording) -> str:
    person = directory.people.get(int(str(value)))
    return person.name if person else ""


def _channel(value: object, _directory: Directory, wording: Wording) -> str:
    return wording(key) if wording.has(key := f"channel.{value}") else str(value)


Word = Callable[[object, Directory, Wording], str]

_WORDS: Mapping[str, Word] = {
    "who": _person,
    "receiver": _person,
    "channel": _channel,
    "text": lambda value, _directory, _wording: cut(str(value)),
    "verb": lambda value, _directory, wording: wording(f"verb.{value}"),
    "since": lambda value, _directory, wording: wording.moment_short(datetime.fromisoformat(str(value))),
    "until": lambda value, _directory, wording: wording.end(datetime.fromisoformat(str(value))),
}
