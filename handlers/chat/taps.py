"""Buttons: read by their code alone, refused with the present state where they are old, foreign or forged."""

from dataclasses import replace

from bot.actions.tickets import requests
from bot.actions.tickets.tickets import deny
from handlers.chat.choosing import carry
from handlers.chat.commands import BY_CODE, Command, pressed
from handlers.chat.parse import Parsed
from handlers.chat.turn import Reply, Turn, Wish


def tapped(turn: Turn, action: str) -> Reply:
    """Do what a button says, as if its words had been typed in reply to its ticket."""
    tap = pressed(action)
    if tap is None:
        return _unknown(turn)
    row, number = BY_CODE[action.partition(":")[0]], tap[1]
    if row.of_request:
        return _on_request(turn, row, number)
    return carry(replace(turn, replied=number), row, Parsed())


def _on_request(turn: Turn, row: Command, request_id: int) -> Reply:
    """Whoever may not decide hears the same whether there is such a request or not; only the journal knows."""
    known = requests.waiting(turn.work, request_id)
    theirs = known is not None and turn.oversees and turn.seen(known.ticket.id) is not None
    if known is not None and not theirs:
        deny(turn.work, known.ticket.id, row.verb or row.name, turn.answer(""))
    if known is None or not theirs:
        return _unknown(turn)
    about = replace(turn, replied=known.ticket.id)
    return row.does(about, Wish(command=row.name, verb=row.verb, tickets=(known.ticket,), request_id=request_id))


def _unknown(turn: Turn) -> Reply:
    """A code no button of ours has, or one of something that is not there: forged, or older than the data."""
    return Reply(text=turn.wording("chat.button_unknown"), reason="按钮不认识", aside=True, private=True)
