"""Words that somebody else has answered: one short message, and the cards that showed the ticket before."""

from collections.abc import Sequence
from datetime import datetime

from bot.actions.messages.dispatch import ClaimedBatch
from bot.channels.base import Button
from bot.delivery.facts import Body, facts, standing, work_buttons
from bot.delivery.wording import Wording
from storage.records import Directory, Message, NotificationKind, Ticket, TicketNotification, TicketState

LISTED = 15  # so many lines fit a chat message


def word_update(message: Message, batch: ClaimedBatch, wording: Wording, _now: datetime) -> Body:
    """Say in one line that somebody else has answered."""
    ticket = batch.tickets[message.ticket_id or 0]
    return Body(text=wording("message.update", what=_what(message, ticket, batch.directory, wording)), quiet=True)


def word_updates(told: Sequence[Message], batch: ClaimedBatch, wording: Wording) -> Body:
    """Say the same of several tickets, a line each."""
    lines = [wording("message.updates", count=len(told))]
    lines += [
        wording("message.update_line", what=_what(one, batch.tickets[one.ticket_id or 0], batch.directory, wording))
        for one in told[:LISTED]
    ]
    if len(told) > LISTED:
        lines.append(wording("message.digest_more", count=len(told) - LISTED))
    return Body(text="\n".join(lines), quiet=True)


def word_card(message: Message, batch: ClaimedBatch, wording: Wording, now: datetime) -> Body:
    """Show the ticket as it stands now, with all that the card said of it."""
    ticket = batch.tickets[message.ticket_id or 0]
    lines = [_head(ticket, batch.directory, wording), *facts(ticket, wording)]
    buttons = work_buttons(ticket, wording)
    if ticket.state.open:
        lines.append(standing(ticket, batch.calendars.of(ticket.unit_id), wording, now))
    else:
        buttons = (Button(label=wording("message.button_why"), action=f"why:{ticket.id}"),)
    return Body(text="\n".join(lines), buttons=buttons, to=batch.cards.get(message.id))


def _head(ticket: Ticket, directory: Directory, wording: Wording) -> str:
    about = {"number": ticket.number, "account": ticket.account_name, "platform": ticket.platform}
    if ticket.completed_at is not None:
        key, who, at = "card_done", ticket.completed_by, ticket.completed_at
    elif ticket.acknowledged_at is not None and ticket.state != TicketState.NEW:
        key, who, at = "card_taken", ticket.acknowledged_by, ticket.acknowledged_at
    else:
        return wording("message.card_open", state=wording.state(ticket.state), **about)
    return wording(f"message.{key}", who=_name(who, directory), at=wording.moment_short(at), **about)


def _what(message: Message, ticket: Ticket, directory: Directory, wording: Wording) -> str:
    params = message.params
    if not isinstance(params, TicketNotification):
        raise ValueError("these are not the parameters of an update")
    at = ticket.completed_at if params.notice == NotificationKind.DONE else ticket.acknowledged_at
    about = {"number": ticket.number, "account": ticket.account_name, "who": _name(params.who, directory)}
    return wording(f"notice.{params.notice}", at=wording.moment_short(at) if at else "", **about)


def _name(person_id: int | None, directory: Directory) -> str:
    person = directory.people.get(person_id or 0)
    return person.name if person else ""
