"""What is typed after a bare 办结: being no command, it is added as the explanation, and said so."""

from bot.actions.tickets import notes
from bot.rules.refused import MoveRefused
from handlers.chat.answers import hints
from handlers.chat.answers.moves import EXPLANATION, after_completion, pasted
from handlers.chat.parsed import Parsed
from handlers.chat.turn import Reply, Turn
from handlers.chat.words.folding import printable
from storage.records import Ticket, TicketState

# Doubtful only because nothing says that it is done, or a clause was not read: good enough for an explanation.
HARMLESS = ("", "没看懂")
DENIALS = ("not_done", "denied")


def explained(turn: Turn, parsed: Parsed, filler: bool) -> Reply | None:
    """Add what was said to the ticket that was just completed; None where it says something of its own."""
    waits = turn.numbering
    ticket = turn.seen(waits.about) if waits.command == EXPLANATION and waits.about else None
    if ticket is None or ticket.state != TicketState.COMPLETED or turn.replied not in (None, ticket.id):
        return None
    verb, why = (parsed.reading.verb, parsed.reading.why) if parsed.reading is not None else ("", "")
    if verb in DENIALS:
        return _doubted(turn, ticket)
    if filler or _says_something_else(parsed, verb):
        return None
    if parsed.hedged and why not in HARMLESS:
        return _doubted(turn, ticket)
    try:
        after = notes.explain(turn.work, ticket.id, turn.answer(printable(turn.kept.said.text)))
    except MoveRefused:
        return None
    turn.remember(command=EXPLANATION, about=ticket.id)
    lines = [turn.wording("chat.explained", number=after.number, account=after.account_name)]
    lines += [turn.wording("chat.explained_other")] if turn.open else []
    lines.append(turn.wording("chat.paste", text=pasted(turn, after)))
    return Reply(text="\n".join(lines), ticket_id=after.id, buttons=after_completion(turn, after), reason="explained")


def _says_something_else(parsed: Parsed, verb: str) -> bool:
    """A command by its word, a number, a question, or everyday words that mean another thing than what was done."""
    if parsed.asked or parsed.every or parsed.accepted or parsed.numbers or parsed.choices or parsed.choice is not None:
        return True
    if parsed.command is not None and not (parsed.spoken and parsed.command == "complete"):
        return True
    return verb != "complete" and hints.hinted(verb)


def _doubted(turn: Turn, ticket: Ticket) -> Reply:
    """It sounds as if not all was done after all: the 办结 is offered back, and the words are not added."""
    text = turn.wording("chat.explained_doubt", number=ticket.number, account=ticket.account_name)
    button = (turn.wording("message.button_undo"), f"undo:{ticket.id}")
    return Reply(text=text, ticket_id=ticket.id, buttons=(button,), reason="hedged_explanation", keeps_card=True)
