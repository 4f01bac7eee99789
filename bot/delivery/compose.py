"""Words a message at the moment it goes out, from the ticket as it stands then."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.actions.dispatch import Load
from bot.channels.base import Attachment, Button, Outgoing
from bot.delivery.explaining import explain
from bot.delivery.wording import Wording
from bot.rules.deadline import lateness
from bot.rules.escalation import deadline_of
from bot.rules.hours import WorkingTime
from bot.rules.zone import shanghai_day
from storage.records import Directory, Message, MessageKind, Role, Ticket, TicketState

DIGEST_LINES = 20
PROBLEM_CHARACTERS = 300
ANSWERING = ("reply_to", "edits", "callback")


@dataclass(frozen=True, kw_only=True, slots=True)
class Body:
    """A worded message, before it is addressed."""

    text: str
    buttons: tuple[Button, ...] = ()
    to: Mapping[str, str] = field(default_factory=dict)  # of an answer: reply_to, edits, callback


def compose(message: Message, load: Load, wording: Wording, now: datetime) -> Body:
    """Word one message; a digest lists what it tells."""
    if message.kind == MessageKind.DIGEST:
        return _digest(message, load, wording, now)
    if message.kind == MessageKind.NOTICE:
        return Body(text=_notice(message, load.directory, wording))
    if "text" in message.params:
        return _ready(message)
    ticket = load.tickets[message.ticket_id or 0]
    return Body(text=_about(message, ticket, load, wording, now), buttons=_buttons(message, ticket, load, wording))


def encode(body: Body) -> str:
    """Write a body as the exact payload to store."""
    buttons = [[one.label, one.action] for one in body.buttons]
    to = {name: body.to[name] for name in ANSWERING if body.to.get(name)}
    return json.dumps({"text": body.text, "buttons": buttons, **to}, ensure_ascii=False)


def outgoing(message: Message, *, mark: str = "", attachment: Attachment | None = None) -> Outgoing:
    """Read a stored payload back as what a channel sends; `mark` is put before the text."""
    stored = json.loads(message.payload)
    return Outgoing(
        key=message.intent,
        address=message.address,
        text=f"{mark}{stored['text']}",
        buttons=tuple(Button(label=label, action=action) for label, action in stored["buttons"]),
        attachment=attachment,
        **{name: stored[name] for name in ANSWERING if name in stored},
    )


def _ready(message: Message) -> Body:
    """A text worded by whoever put it: an answer, a summary."""
    buttons: Any = message.params.get("buttons", ())
    to: Any = message.params.get("to", {})
    pressed = tuple(Button(label=label, action=action) for label, action in buttons)
    return Body(text=str(message.params["text"]), buttons=pressed, to=to)


def _about(message: Message, ticket: Ticket, load: Load, wording: Wording, now: datetime) -> str:
    head, working = _head(message, ticket, load, wording), load.calendars.of(ticket.unit_id)
    lines = [head, *_facts(message, ticket, wording)]
    if message.kind == MessageKind.ASSIGNED:
        lines.append(explain(load.policies[ticket.policy_key], deadline_of(ticket), working))
    else:
        lines.append(standing(ticket, working, wording, now))
    if why := _why(message, load.directory, wording):
        lines.append(why)
    lines.append(wording(f"message.ask_{_ask(message, ticket, load.directory)}", number=ticket.number))
    return "\n".join(line for line in lines if line)


def standing(ticket: Ticket, working: WorkingTime, wording: Wording, now: datetime) -> str:
    """Say in one line where the ticket stands against its lines."""
    if ticket.due_at is None or ticket.target_at is None or ticket.due_day is None:
        return wording("message.unpublished")
    if now >= ticket.due_at:
        late = lateness(ticket.due_day, now, working.calendar)
        this_year = ticket.due_day.year == shanghai_day(now).year
        due = wording.day(ticket.due_day) if this_year else wording.day_with_year(ticket.due_day)
        if late.workdays is None:
            return wording("message.late_days", due=due, days=late.days)
        return wording("message.late", due=due, workdays=late.workdays, days=late.days)
    if now >= ticket.target_at:
        return wording("message.past_target", due=wording.due(ticket))
    return wording("message.until", target=wording.moment(ticket.target_at))


def _head(message: Message, ticket: Ticket, load: Load, wording: Wording) -> str:
    key = "unreached" if message.kind == MessageKind.UNREACHED else message.step
    if message.step == "receipt" and message.kind == MessageKind.ASSIGNED:
        key = _receipt(message, ticket, load.directory)
    if not wording.has(f"message.{key}"):
        key = message.kind
    return wording(f"message.{key}", number=ticket.number, account=ticket.account_name, platform=ticket.platform)


def _receipt(message: Message, ticket: Ticket, directory: Directory) -> str:
    primary, backup = (directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP))
    if message.person_id == primary:
        return "receipt"
    # Notes say that somebody is missing: then the B角 or a deputy is asked to act, not only told.
    return "receipt_copy" if message.person_id == backup and not message.params.get("notes") else "receipt_stand_in"


def _facts(message: Message, ticket: Ticket, wording: Wording) -> list[str]:
    if message.kind not in (MessageKind.ASSIGNED, MessageKind.UNREACHED) and message.step != "take_over":
        return []
    facts = (
        ("problem_class", ticket.problem_class),
        ("problem", _cut(ticket.problem)),
        ("suggestion", _cut(ticket.suggestion)),
        ("url", ticket.url),
    )
    return [wording(f"message.fact_{name}", value=value) for name, value in facts if value]


def _why(message: Message, directory: Directory, wording: Wording) -> str:
    notes = message.params.get("notes", ())
    found = [_note(str(note), directory, wording) for note in notes] if isinstance(notes, Sequence) else []
    return wording("message.why", why="、".join(dict.fromkeys(found))) if found else ""


def _note(note: str, directory: Directory, wording: Wording) -> str:
    kind, _, about = note.partition(":")
    if kind == "vacant":
        return wording(f"message.vacant_{about}")
    person = directory.people.get(int(about))
    return wording(f"message.{kind}", name=person.name if person else "")


def _works(message: Message, ticket: Ticket, directory: Directory) -> bool:
    """Whether the message goes to somebody who is to do the work, rather than to hear of it."""
    duty = {directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP)}
    return message.kind == MessageKind.ASSIGNED or message.person_id in duty | {ticket.holder_id}


def _ask(message: Message, ticket: Ticket, directory: Directory) -> str:
    if message.kind == MessageKind.SLIP:
        return "slip"
    if _works(message, ticket, directory):
        return "work" if ticket.state == TicketState.NEW else "finish"
    if ticket.account_id is None:
        return "match"
    return "look"


def _buttons(message: Message, ticket: Ticket, load: Load, wording: Wording) -> tuple[Button, ...]:
    if not _works(message, ticket, load.directory):
        return ()
    actions = ["done", "why"] if ticket.state != TicketState.NEW else ["ack", "done", "why"]
    return tuple(Button(label=wording(f"message.button_{one}"), action=f"{one}:{ticket.id}") for one in actions)


def _digest(message: Message, load: Load, wording: Wording, now: datetime) -> Body:
    told = [one for one in load.bundled.get(message.id, ()) if one.ticket_id in load.tickets]
    lines = [wording("message.digest", count=len(told))]
    for place, one in enumerate(told[:DIGEST_LINES], 1):
        ticket = load.tickets[one.ticket_id or 0]
        state = standing(ticket, load.calendars.of(ticket.unit_id), wording, now)
        lines.append(
            wording(
                "message.digest_line",
                place=place,
                number=ticket.number,
                account=ticket.account_name,
                what=_short(one, wording),
                standing=state,
            )
        )
    if len(told) > DIGEST_LINES:
        lines.append(wording("message.digest_more", count=len(told) - DIGEST_LINES))
    lines.append(wording("message.ask_digest"))
    return Body(text="\n".join(lines))


def _short(message: Message, wording: Wording) -> str:
    key = f"message.short_{message.step}"
    return wording(key if wording.has(key) else f"message.short_{message.kind}")


def _notice(message: Message, directory: Directory, wording: Wording) -> str:
    params: Mapping[str, object] = message.params
    person = directory.people.get(int(str(params.get("person", 0))))
    filled = {**params, "name": person.name if person else ""}
    return wording(f"notice.{params['notice']}", **filled)


def _cut(text: str) -> str:
    return text if len(text) <= PROBLEM_CHARACTERS else text[:PROBLEM_CHARACTERS] + "…"
