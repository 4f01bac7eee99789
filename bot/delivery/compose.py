"""Words a message at the moment it goes out, from the ticket as it stands then."""

import json
from collections.abc import Sequence
from datetime import datetime

from bot.actions.messages.dispatch import ClaimedBatch
from bot.channels.base import Attachment, Button, Outgoing
from bot.delivery.explaining import explain
from bot.delivery.facts import Body, facts, standing, work_buttons
from bot.delivery.notifications import word_notification, word_request
from bot.delivery.wording import Wording
from bot.rules.tickets.access import workers
from bot.rules.tickets.escalation import deadline_of
from bot.rules.tickets.moving import with_lines
from storage.records import (
    DEADLINE_MOVED,
    REROUTED,
    Directory,
    Message,
    MessageKind,
    Role,
    StepParams,
    TextParams,
    Ticket,
    TicketState,
)

DIGEST_LINES = 20
EXAMPLES = 2  # so many numbers show that several tickets can be taken at once
OVERVIEWS = frozenset({MessageKind.DIGEST, MessageKind.SUMMARY})
ANSWERING = ("reply_to", "edits", "callback")


def compose(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    """Word one message; a digest lists what it tells."""
    if message.kind == MessageKind.DIGEST:
        return _digest(message, batch, wording, now)
    if message.kind == MessageKind.NOTIFICATION:
        return word_notification(message, batch, wording, now)
    if message.kind == MessageKind.REQUEST:
        return word_request(message, batch, wording, now)
    if isinstance(message.params, TextParams):
        return _ready(message.params)
    ticket = batch.tickets[message.ticket_id or 0]
    return Body(text=_about(message, ticket, batch, wording, now), buttons=_buttons(message, ticket, batch, wording))


def encode(body: Body) -> str:
    """Write a body as the exact payload to store."""
    buttons = [[button.label, button.action] for button in body.buttons]
    to = {name: value for name in ANSWERING if (value := getattr(body.to, name, ""))}
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
        overview=message.kind in OVERVIEWS,
        **{name: stored[name] for name in ANSWERING if name in stored},
    )


def _ready(params: TextParams) -> Body:
    """A text worded by whoever put it: an answer, a summary."""
    pressed = tuple(Button(label=label, action=action) for label, action in params.buttons)
    return Body(text=params.text, buttons=pressed, to=params.to)


def _about(message: Message, ticket: Ticket, batch: ClaimedBatch, wording: Wording, now: datetime) -> str:
    head, working = _head(message, ticket, batch, wording), batch.calendars.of(ticket.unit_id)
    told = message.kind in (MessageKind.ASSIGNED, MessageKind.UNREACHED) or message.step == "take_over"
    lines = [head, *(facts(ticket, wording) if told else ())]
    if message.kind == MessageKind.ASSIGNED:
        lines.append(explain(batch.policies[ticket.policy_key], deadline_of(ticket), working))
    else:
        lines.append(standing(ticket, working, wording, now))
    if why := _why(message, batch.directory, wording):
        lines.append(why)
    lines.append(wording(f"message.ask_{_ask(message, ticket, batch.directory)}", number=ticket.number))
    return "\n".join(line for line in lines if line)


def _head(message: Message, ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> str:
    if message.step == DEADLINE_MOVED:
        return _moved(message, ticket, wording)
    key = "unreached" if message.kind == MessageKind.UNREACHED else message.step
    if message.kind == MessageKind.ASSIGNED and message.step in ("receipt", REROUTED):
        key = _receipt(message, ticket, batch.directory)
    if not wording.has(f"message.{key}"):
        key = message.kind
    return wording(f"message.{key}", number=ticket.number, account=ticket.account_name, platform=ticket.platform)


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


def _receipt(message: Message, ticket: Ticket, directory: Directory) -> str:
    primary, backup = (directory.duties.get((ticket.account_id or 0, role)) for role in (Role.PRIMARY, Role.BACKUP))
    if message.person_id == primary or (message.step == REROUTED and message.person_id == ticket.holder_id):
        return message.step
    # Notes say that somebody is missing: then the B角 or a deputy is asked to act, not only told.
    return "receipt_copy" if message.person_id == backup and not _notes(message) else "receipt_stand_in"


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


def _buttons(message: Message, ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> tuple[Button, ...]:
    if not _works(message, ticket, batch.directory):
        return ()
    return work_buttons(ticket, wording)


def _digest(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    told = [one for one in batch.bundled.get(message.id, ()) if one.ticket_id in batch.tickets]
    lines = [wording("message.digest", count=len(told))]
    numbers = batch.numbers[message.id]
    for one in told[:DIGEST_LINES]:
        ticket = batch.tickets[one.ticket_id or 0]
        state = standing(ticket, batch.calendars.of(ticket.unit_id), wording, now)
        lines.append(
            wording(
                "message.digest_line",
                place=numbers.index(ticket.id) + 1,
                number=ticket.number,
                account=ticket.account_name,
                what=_short(one, wording),
                standing=state,
            )
        )
    if len(told) > DIGEST_LINES:
        lines.append(wording("message.digest_more", count=len(told) - DIGEST_LINES))
    lines.append(_ask_digest(message, batch, wording, [batch.tickets[one.ticket_id or 0] for one in told], now))
    return Body(text="\n".join(lines))


def _ask_digest(message: Message, batch: ClaimedBatch, wording: Wording, told: Sequence[Ticket], now: datetime) -> str:
    if not any(message.person_id in workers(one, batch.directory, now) for one in told):
        return wording("message.ask_digest_overseer")
    shown = {one.id: one for one in told[:DIGEST_LINES]}
    new = [one for one in shown.values() if one.state == TicketState.NEW and _works(message, one, batch.directory)]
    if len(new) < EXAMPLES:
        return wording("message.ask_digest")
    places = [batch.numbers[message.id].index(one.id) + 1 for one in new]
    return wording("message.ask_digest_new", places=" ".join(map(str, sorted(places)[:EXAMPLES])))


def _short(message: Message, wording: Wording) -> str:
    key = f"message.short_{'unreached' if message.kind == MessageKind.UNREACHED else message.step}"
    return wording(key if wording.has(key) else f"message.short_{message.kind}")
