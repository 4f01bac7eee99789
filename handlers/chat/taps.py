"""Buttons: read by their code alone, refused with the present state where they are old, foreign or forged."""

from collections.abc import Sequence
from dataclasses import replace

from bot.actions.tickets import requests
from bot.actions.tickets.tickets import deny
from bot.delivery.facts import facts
from bot.delivery.pressing import taken_by
from bot.rules.tickets.lifecycle import Verb, states_for
from handlers.chat.choosing import carry
from handlers.chat.commands import BY_CODE, BY_NAME, Command, pressed
from handlers.chat.parse import Parsed
from handlers.chat.turn import Reply, Turn, Wish


def tapped(turn: Turn, action: str) -> Reply:
    """Do what a button says, as if its words had been typed in reply to its ticket."""
    if listed := taken_by(action):
        return _take_all(turn, listed)
    tap = pressed(action)
    if tap is None:
        return _unknown(turn)
    row, number = BY_CODE[action.partition(":")[0]], tap[1]
    if row.of_request:
        return _on_request(turn, row, number)
    reply = carry(replace(turn, replied=number), row, Parsed())
    return _with_facts(turn, reply) if row.changes else reply


def _take_all(turn: Turn, listed: Sequence[int]) -> Reply:
    """Take the tickets of the list the button stands under, and no other that came since."""
    row = BY_NAME["acknowledge"]
    seen = [ticket for number in sorted(listed) if (ticket := turn.seen(number)) is not None]
    if not seen:
        return Reply(text=turn.wording("chat.not_visible"), reason="not_visible", private=True)
    turn.remember()
    fits = tuple(ticket for ticket in seen if ticket.state in states_for(Verb.ACKNOWLEDGE))
    return row.does(turn, Wish(command=row.name, verb=row.verb, tickets=fits or tuple(seen)))


def _with_facts(turn: Turn, reply: Reply) -> Reply:
    """What the card said of the ticket stays on it."""
    ticket = turn.seen(reply.ticket_id) if reply.ticket_id and not (reply.private or reply.keeps_card) else None
    if ticket is None:
        return reply
    head, *rest = reply.text.split("\n")
    return replace(reply, text="\n".join([head, *facts(ticket, turn.wording), *rest]))


def _on_request(turn: Turn, row: Command, request_id: int) -> Reply:
    """Whoever may not decide hears the same whether there is such a request or not; only the journal knows."""
    known = requests.waiting(turn.work, request_id)
    theirs = known is not None and turn.oversees and turn.seen(known.ticket.id) is not None
    if known is not None and not theirs:
        deny(turn.work, known.ticket.id, row.verb or row.name, turn.answer(""))
    if known is None or not theirs:
        return _unknown(turn)
    about = replace(turn, replied=known.ticket.id)
    wish = Wish(command=row.name, verb=row.verb, tickets=(known.ticket,), request_id=request_id)
    return _with_facts(turn, row.does(about, wish))


def _unknown(turn: Turn) -> Reply:
    """A code no button of ours has, or one of something that is not there: forged, or older than the data."""
    return Reply(text=turn.wording("chat.button_unknown"), reason="按钮不认识", aside=True, private=True)
