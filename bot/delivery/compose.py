"""Words a message at the moment it goes out, from the ticket as it stands then."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.actions.messages.dispatch import ClaimedBatch
from bot.channels.base import Attachment, Button, Outgoing
from bot.delivery.contacts import contacts
from bot.delivery.digests import digest
from bot.delivery.explaining import explain_ticket
from bot.delivery.facts import Body, facts, standing, work_buttons, works
from bot.delivery.heads import head
from bot.delivery.notifications import word_notification, word_request
from bot.delivery.reasons import entry_line
from bot.delivery.updates import word_card, word_update
from bot.delivery.wording import Wording
from bot.rules.messages.showing import visible
from storage.records import (
    Directory,
    Message,
    MessageKind,
    StepParams,
    TextParams,
    Ticket,
    TicketState,
)

OVERVIEWS = frozenset({MessageKind.DIGEST, MessageKind.SUMMARY, MessageKind.BRIEF})
ANSWERING = ("reply_to", "edits", "callback")
WORDED_ELSEWHERE: Mapping[MessageKind, Callable[[Message, ClaimedBatch, Wording, datetime], Body]] = {
    MessageKind.DIGEST: digest,
    MessageKind.NOTIFICATION: word_notification,
    MessageKind.REQUEST: word_request,
    MessageKind.UPDATE: word_update,
    MessageKind.CARD: word_card,
}


def compose(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    """Word one message; a digest lists what it tells."""
    told = batch.bundled.get(message.id, ()) if message.kind == MessageKind.DIGEST else (message,)
    about = [batch.tickets[one] for one in dict.fromkeys(each.ticket_id or 0 for each in told) if one in batch.tickets]
    due = min((end for one in about if one.state.open and (end := one.target_at or one.due_at)), default=None)
    return replace(_compose(message, batch, wording, now), number=",".join(one.number for one in about), due=due)


def _compose(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    if isinstance(message.params, TextParams):
        return _ready(message.params)
    if message.kind in WORDED_ELSEWHERE:
        return WORDED_ELSEWHERE[message.kind](message, batch, wording, now)
    ticket = batch.tickets[message.ticket_id or 0]
    return Body(text=_about(message, ticket, batch, wording, now), buttons=_buttons(message, ticket, batch, wording))


def encode(body: Body) -> str:
    """Write a body as the exact payload to store."""
    buttons = [[button.label, button.action] for button in body.buttons]
    to = {name: value for name in ANSWERING if (value := getattr(body.to, name, ""))}
    more = {name: value for name in ("quiet", "number") if (value := getattr(body, name))}
    more |= {"due": body.due.isoformat()} if body.due else {}
    return json.dumps({"text": body.text, "buttons": buttons, **to, **more}, ensure_ascii=False)


def outgoing(message: Message, *, mark: str = "", attachment: Attachment | None = None) -> Outgoing:
    """Read a stored payload back as what a channel sends; `mark` is put before the text."""
    stored = json.loads(message.payload)
    return Outgoing(
        key=message.intent,
        address=message.address,
        text=f"{mark}{visible(stored['text'])}",
        buttons=tuple(Button(label=visible(label), action=action) for label, action in stored["buttons"]),
        attachment=attachment,
        overview=message.kind in OVERVIEWS,
        quiet=stored.get("quiet", False),
        number=stored.get("number", ""),
        due=datetime.fromisoformat(stored["due"]) if "due" in stored else None,
        edits_only=message.kind == MessageKind.CARD,
        **{name: stored[name] for name in ANSWERING if name in stored},
    )


def _ready(params: TextParams) -> Body:
    """A text worded by whoever put it: an answer, a summary."""
    pressed = tuple(Button(label=label, action=action) for label, action in params.buttons)
    return Body(text=params.text, buttons=pressed, to=params.to)


def _about(message: Message, ticket: Ticket, batch: ClaimedBatch, wording: Wording, now: datetime) -> str:
    working, doing = batch.calendars.of(ticket.unit_id), works(message, ticket, batch.directory)
    first = message.person_id not in batch.first_told.get(ticket.id, {})
    whole = first or message.kind in (MessageKind.ASSIGNED, MessageKind.UNREACHED) or message.step == "take_over"
    lines = [head(message, ticket, batch, wording, now, first=first and doing)]
    lines += facts(ticket, wording) if whole else ()
    if message.kind == MessageKind.ASSIGNED or (first and doing):
        lines.append(explain_ticket(ticket, batch.policies[ticket.policy_key], working))
    if message.kind != MessageKind.ASSIGNED or (ticket.target_at is not None and now >= ticket.target_at):
        lines.append(standing(ticket, working, wording, now))
    if whole:
        lines.append(entry_line(ticket, wording))
    told = batch.first_told.get(ticket.id, {})
    lines += [] if doing else contacts(ticket, batch.directory, told, wording, batch.hearing(ticket.id))
    if why := _why(message, batch.directory, wording):
        lines.append(why)
    lines.append(wording(f"message.ask_{_ask(message, ticket, batch.directory)}", number=ticket.number))
    return "\n".join(line for line in lines if line)


def _why(message: Message, directory: Directory, wording: Wording) -> str:
    found = [_note(note, directory, wording) for note in _notes(message)]
    return wording("message.why", why="、".join(dict.fromkeys(found))) if found else ""


def _notes(message: Message) -> Sequence[str]:
    return message.params.notes if isinstance(message.params, StepParams) else ()


def _note(note: str, directory: Directory, wording: Wording) -> str:
    kind, _, about = note.partition(":")
    if kind == "vacant":
        return wording(f"message.vacant_{about}")
    person = directory.people.get(int(about))
    return wording(f"message.{kind}", name=person.name if person else "")


def _ask(message: Message, ticket: Ticket, directory: Directory) -> str:
    if message.kind == MessageKind.SLIP:
        return "slip"
    if works(message, ticket, directory):
        return "work" if ticket.state == TicketState.NEW else "finish"
    if ticket.account_id is None:
        return "match"
    return "look"


def _buttons(message: Message, ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> tuple[Button, ...]:
    if not works(message, ticket, batch.directory):
        return ()
    return work_buttons(ticket, wording)
