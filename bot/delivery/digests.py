"""A digest: several tickets in one message, each with what one needs to act on it."""

from collections.abc import Sequence
from datetime import datetime

from bot.actions.messages.dispatch import WHOLE, ClaimedBatch, only_updates
from bot.channels.base import Button
from bot.delivery.contacts import contacts_briefly
from bot.delivery.facts import Body, briefly, standing, works
from bot.delivery.heads import receipt_key
from bot.delivery.pressing import list_buttons
from bot.delivery.updates import word_updates
from bot.delivery.wording import Wording
from bot.rules.tickets.access import workers
from bot.rules.tickets.oversight import contacts_of
from storage.records import Message, MessageKind, Ticket, TicketState, step_of

COPIES = ("receipt_copy", "reassigned_copy")
EXAMPLES = 2  # so many numbers show that several tickets can be taken at once


def digest(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    """Word a digest: the first tickets whole, and how to get the rest."""
    told = [each for each in batch.bundled.get(message.id, ()) if each.ticket_id in batch.tickets]
    if only_updates(told):
        return word_updates(told, batch, wording)
    tickets = [batch.tickets[each.ticket_id or 0] for each in told]
    lines = [wording("message.digest", count=len(told))]
    for each, ticket in list(zip(told, tickets, strict=True))[:WHOLE]:
        lines += _ticket(each, ticket, batch.numbers[message.id].index(ticket.id) + 1, batch, wording, now)
    if len(told) > WHOLE:
        lines.append(wording("message.digest_more", count=len(told) - WHOLE))
    lines.append(_ask(message, batch, wording, tickets, now))
    return Body(text="\n".join(lines), buttons=_buttons(message, tickets[:WHOLE], batch, wording))


def _ticket(
    message: Message, ticket: Ticket, place: int, batch: ClaimedBatch, wording: Wording, now: datetime
) -> list[str]:
    doing = works(message, ticket, batch.directory)
    copy = message.kind == MessageKind.ASSIGNED and receipt_key(message, ticket, batch.directory) in COPIES
    line = wording(
        "message.digest_line",
        place=place,
        number=ticket.number,
        account=ticket.account_name,
        mark=wording("message.digest_copy") if copy else "",
        what=_short(message, wording),
        standing=standing(ticket, batch.calendars.of(ticket.unit_id), wording, now),
    )
    who = [] if doing else _whom_to_ring(ticket, batch, wording)
    return [
        line,
        *(wording("message.digest_fact", value=value) for value in (*who, *briefly(ticket, wording)) if value),
    ]


def _buttons(message: Message, told: Sequence[Ticket], batch: ClaimedBatch, wording: Wording) -> tuple[Button, ...]:
    places = {ticket.id: batch.numbers[message.id].index(ticket.id) + 1 for ticket in told}
    new = {
        ticket.id: None
        for ticket in told
        if ticket.state == TicketState.NEW and works(message, ticket, batch.directory)
    }
    return tuple(Button(label=label, action=action) for label, action in list_buttons(places, [*new], wording))


def _whom_to_ring(ticket: Ticket, batch: ClaimedBatch, wording: Wording) -> list[str]:
    unit = batch.directory.units.get(ticket.unit_id or 0)
    people = contacts_of(ticket, batch.directory, batch.first_told.get(ticket.id, {}))
    named = [unit.name if unit else "", contacts_briefly(people, ticket, wording, batch.hearing(ticket.id))]
    return [wording("format.comma").join(part for part in named if part)]


def _ask(message: Message, batch: ClaimedBatch, wording: Wording, told: Sequence[Ticket], now: datetime) -> str:
    if not any(message.person_id in workers(ticket, batch.directory, now) for ticket in told):
        return wording("message.ask_digest_overseer")
    shown = {ticket.id: ticket for ticket in told[:WHOLE]}
    new = [
        ticket
        for ticket in shown.values()
        if ticket.state == TicketState.NEW and works(message, ticket, batch.directory)
    ]
    if len(new) < EXAMPLES:
        return wording("message.ask_digest")
    places = [batch.numbers[message.id].index(ticket.id) + 1 for ticket in new]
    return wording("message.ask_digest_new", places=" ".join(map(str, sorted(places)[:EXAMPLES])))


def _short(message: Message, wording: Wording) -> str:
    step = "unreached" if message.kind == MessageKind.UNREACHED else step_of(message.step)
    key = f"message.short_{step}"
    return wording(key if wording.has(key) else f"message.short_{message.kind}")
