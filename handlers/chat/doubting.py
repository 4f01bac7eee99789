"""What is asked back instead of guessing: whether all is done, what was meant, which of two things was said."""

from collections.abc import Sequence

from bot.rules.tickets.lifecycle import Verb
from handlers.chat.answers.tickets import limit, numbered
from handlers.chat.choosing import UNFINISHED, by_number
from handlers.chat.commands import BY_NAME, Command
from handlers.chat.parse import Parsed
from handlers.chat.turn import Reply, Turn
from storage.records import Ticket

# Offered as a button where they were perhaps meant: most ask for more first, and none ends the work.
OFFERED = (Verb.ACKNOWLEDGE, Verb.EXTEND, Verb.DISPUTE, Verb.TRANSFER)
NOT_READ = "没看懂"  # the reason of a completion that is doubtful only because a clause was not understood


def asked_back(turn: Turn, parsed: Parsed, tickets: Sequence[Ticket]) -> Reply:
    """Ask whether all of it is done, with both buttons; of several tickets by their numbers, and nothing waits."""
    open_ones = [ticket for ticket in tickets if ticket.state.open]
    why = parsed.reading.why if parsed.reading is not None else ""
    if not open_ones:
        return _nothing_open(turn, tickets)
    if len(open_ones) > 1:
        head = turn.wording("chat.unfinished_which", count=len(open_ones))
        turn.remember()
        return numbered_quietly(turn, open_ones, head)
    [ticket] = open_ones
    about = {"number": ticket.number, "account": ticket.account_name}
    done = suggestion(turn, BY_NAME["complete"], parsed)
    key = "chat.questioned" if parsed.asked else "chat.hedged"
    lines = [turn.wording(key, verb=turn.wording("verb.complete"), suggestion=done, **about)]
    if parsed.asked:
        lines.append(turn.wording("chat.show_state", state=turn.wording.state(ticket.state)))
        lines += limit(turn, ticket)
    # Words that warn are no explanation of a completed ticket; words that were only not understood may be.
    turn.remember(command=UNFINISHED, text=parsed.rest if why == NOT_READ else "", about=ticket.id)
    buttons = tuple((turn.wording(f"message.button_{code}"), f"{code}:{ticket.id}") for code in ("done", "yet"))
    return Reply(
        text="\n".join(lines), ticket_id=ticket.id, buttons=buttons, reason=_reason(parsed, why), keeps_card=True
    )


def _reason(parsed: Parsed, why: str) -> str:
    return f"像是{'提问' if parsed.asked else '没有全部办完'}：{why}" if why else "像是没有全部办完"


def _nothing_open(turn: Turn, tickets: Sequence[Ticket]) -> Reply:
    if not tickets:
        return Reply(text=turn.wording("chat.nothing_open"), reason="nothing_open")
    ticket = tickets[0]
    state = turn.wording("chat.show_state", state=turn.wording.state(ticket.state))
    head = turn.wording("chat.show_head", number=ticket.number, account=ticket.account_name, platform=ticket.platform)
    return Reply(text=f"{head}\n{state}", ticket_id=ticket.id, reason="asked")


def numbered_quietly(turn: Turn, tickets: Sequence[Ticket], head: str) -> Reply:
    """A list whose numbers answer no question: they show the ticket."""
    listed = numbered(turn, tickets, head, code="ticket")
    return Reply(text=listed.text, buttons=listed.buttons, reason="像是没有全部办完")


def not_understood(turn: Turn, parsed: Parsed) -> Reply:
    """Say so, name what was perhaps meant, and record nothing."""
    row = BY_NAME.get(parsed.suggestion or "")
    if parsed.spoken and parsed.reading is not None and parsed.reading.verb == "question":
        return Reply(text=turn.wording("chat.question_unknown"), reason="没看懂", aside=True)
    if row is None or not row.changes:
        text = "\n".join([turn.wording("chat.not_understood"), turn.wording("chat.help_hint")])
        return Reply(text=text, reason="没看懂", aside=True)
    meant = suggestion(turn, row, parsed)
    if parsed.asked:
        verb = turn.wording(f"verb.{row.verb or row.name}")
        return Reply(
            text=turn.wording("chat.questioned_other", verb=verb, suggestion=meant), reason="像是提问", aside=True
        )
    said = (turn.wording("chat.not_understood"), turn.wording("chat.meant", suggestion=meant))
    return Reply(text="\n".join(said), buttons=_button(turn, row, parsed), reason="没看懂", aside=True)


def which_of_two(turn: Turn, waiting: Command, parsed: Parsed, said: str) -> str:
    """Ask whether a statement is the reason that was waited for, or the end of the work."""
    stated = BY_NAME[parsed.command or parsed.suggestion or "complete"]
    verbs = {"asked": turn.wording(f"verb.{waiting.verb or waiting.name}"), "verb": turn.wording(f"verb.{stated.verb}")}
    return turn.wording("ask.statement", **verbs, suggestion=suggestion(turn, stated, parsed), text=said)


def suggestion(turn: Turn, row: Command, parsed: Parsed) -> str:
    """The words that would do it, with the ticket named where it is certain."""
    english = turn.wording.language == "en"
    word = next(one for one in row.words if one.isascii() == english)
    number = parsed.number_text
    if not number and turn.replied is not None:
        seen = turn.seen(turn.replied)
        number = seen.number if seen else ""
    elif not number and row.needs_ticket and len(turn.open) == 1:
        number = turn.open[0].number
    return " ".join(one for one in (word, number) if one)


def _button(turn: Turn, row: Command, parsed: Parsed) -> tuple[tuple[str, str], ...]:
    """What was perhaps meant, to be pressed where the ticket is certain."""
    meant = by_number(turn, parsed.number_text) if parsed.numbers else turn.open
    if row.verb not in OFFERED or len(meant) != 1:
        return ()
    return ((turn.wording(f"message.button_{row.code}"), f"{row.code}:{meant[0].id}"),)
