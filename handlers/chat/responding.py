"""What is done about what was said: each item of a list, each half of a sentence; or the words a question waits for."""

import re
from collections.abc import Sequence
from dataclasses import replace

from bot.actions.messages import numbering
from bot.rules.calendar.zone import shanghai_day
from bot.rules.tickets.lifecycle import Verb, states_for
from handlers.chat.answers import hints
from handlers.chat.answers.explanation import explained
from handlers.chat.answers.moves import EXPLANATION, together
from handlers.chat.answers.questions import beside
from handlers.chat.answers.requests import listed_request, listed_target
from handlers.chat.choosing import all_meant, by_number, carry, chosen, chosen_several, decided, not_above
from handlers.chat.commands import BY_NAME, Command
from handlers.chat.doubting import asked_back, not_understood, which_of_two
from handlers.chat.matching import named_command
from handlers.chat.parse import Parsed
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.folding import fold, printable
from handlers.chat.words.numbers import is_place
from handlers.chat.words.reading import more_time
from handlers.chat.words.until import names_time
from storage.records import Ticket, TicketState

# Said to say something: no reason for anything.
FILLER = re.compile(
    r"(?:好的?|嗯+|哦|收到|知道了?|谢谢|稍等|在吗|ok|okay|thanks|👌|👍)[\s。.!\uff01~,\uff0c、]{0,9}", re.IGNORECASE
)
NAMED = re.compile(r"^(?:理由|原因|说明|reason)[:\uff1a ]+", re.IGNORECASE)


def respond(turn: Turn, items: Sequence[Parsed]) -> Reply:
    """Answer a message: one thing, or the items of a list one by one."""
    if len(items) == 1:
        return _respond(turn, items[0])
    if len(turn.open) == 1 and len(turn.numbering.ticket_ids) < 2 and all(one.number_text.isdigit() for one in items):
        return _respond(turn, _enumerated(turn, items))
    replies, question = [], None
    for item in items:
        replies.append(_respond(turn, item))
        asked = numbering.current(turn.work, turn.person_id)
        question = question or (asked if asked.waiting else None)
    if question is not None:
        # Only one question can wait: the first; whoever is asked more is told how to say it whole.
        turn.remember(question.ticket_ids, command=question.command, text=question.text, about=question.about)
    return together(replies)


def _enumerated(turn: Turn, items: Sequence[Parsed]) -> Parsed:
    """With one ticket open "1.已删错字 2.已换图片" are the parts of one explanation."""
    said = printable(turn.kept.said.text)
    if all(item.command == "complete" for item in items):
        return Parsed(command="complete", rest=said, stated=True, spoken=True)
    return replace(items[-1], command=None, numbers=(), rest=said, hedged=True, suggestion="complete", reading=None)


def _respond(turn: Turn, parsed: Parsed) -> Reply:
    if turn.numbering.words and turn.numbering.command == EXPLANATION:
        filler = FILLER.fullmatch(printable(turn.kept.said.text)) is not None
        if (answer := explained(turn, parsed, filler)) is not None:
            return answer
    elif turn.numbering.words and turn.numbering.command != "unfinished":
        answer = _missing_words(turn, parsed)
        if answer is not None:
            return answer
    if parsed.choice is not None:
        return chosen(turn, str(parsed.choice))
    if parsed.choices:
        return chosen_several(turn, parsed.choices)
    if parsed.every and (everything := all_meant(turn, BY_NAME.get(parsed.command or ""))) is not None:
        return everything
    if parsed.command is None and parsed.numbers and not parsed.rest and parsed.suggestion is None:
        return chosen(turn, parsed.number_text)
    return _halves(turn, parsed)


def _halves(turn: Turn, parsed: Parsed) -> Reply:
    """What was acknowledged in the same breath is one half, the rest the other."""
    if not parsed.accepted:
        return _rest(turn, parsed)
    tickets = _meant(turn, parsed)
    row = BY_NAME["acknowledge"]
    if len(tickets) != 1 or tickets[0].state not in states_for(Verb.ACKNOWLEDGE):
        return _rest(turn, parsed)
    first = carry(turn, row, replace(parsed, rest="", numbers=parsed.numbers[:1]))
    if first.reason:
        return first
    return beside(first, _rest(turn, parsed))


def _rest(turn: Turn, parsed: Parsed) -> Reply:
    if parsed.command is not None:
        return _obey(turn, BY_NAME[parsed.command], parsed)
    verb = parsed.reading.verb if parsed.reading else ""
    doubtful = parsed.hedged or (parsed.asked and verb in ("", "complete", "unfinished"))
    if parsed.suggestion == "complete" and doubtful:
        return asked_back(turn, parsed, _meant(turn, parsed))
    if parsed.reading is None or not hints.hinted(verb):
        if verb == "how" and (named := named_command(fold(parsed.rest).text)) is not None:
            return Reply(text=turn.wording(f"help.{named.name}"))
        if verb == "how":
            return BY_NAME["help"].does(turn, Wish(command="help"))
        return not_understood(turn, parsed)
    return _hint(turn, parsed, verb)


def _hint(turn: Turn, parsed: Parsed, verb: str) -> Reply:
    tickets = _meant(turn, parsed)
    asked_for = hints.ASKED_FOR.get(verb)
    if len(tickets) != 1 and asked_for is not None:
        # Which one is asked first: naming it says that it is meant.
        return carry(turn, BY_NAME[asked_for], Parsed(rest=parsed.rest, vague=True, numbers=parsed.numbers))
    return hints.answer(turn, verb, tickets)


def _meant(turn: Turn, parsed: Parsed) -> list[Ticket]:
    """The tickets everyday words can mean: named, replied to, asked about just now, else the open ones."""
    if parsed.numbers:
        found = [ticket for number in parsed.numbers for ticket in by_number(turn, number)]
        # "第一个改了" with one ticket open speaks of its parts.
        return found or (turn.open if len(turn.open) == 1 and all(map(is_place, parsed.numbers)) else [])
    about = turn.replied
    if about is None and turn.numbering.words and turn.numbering.command == "unfinished":
        about = turn.numbering.about
    seen = turn.seen(about) if about else None
    return [seen] if seen is not None else turn.open


def _obey(turn: Turn, row: Command, parsed: Parsed) -> Reply:
    if row.above and not turn.oversees:
        return not_above(turn, row)
    if row.name == "help" and (named := named_command(fold(parsed.rest).text)) is not None:
        return Reply(text=turn.wording(f"help.{named.name}"))
    if row.of_request and len(parsed.numbers) == 1 and parsed.number_text.isdigit():
        request_id = listed_request(turn, int(parsed.number_text))
        if request_id is not None:
            return decided(turn, row, request_id)
    if parsed.spoken and row.verb == Verb.EXTEND:
        parsed = replace(parsed, rest=more_time(parsed.rest, shanghai_day(turn.now)))
    if not row.needs_ticket:
        return row.does(turn, Wish(command=row.name, text=parsed.rest))
    reply = carry(turn, row, parsed)
    if parsed.spoken and row.verb == Verb.ACKNOWLEDGE and reply.reason.startswith("already"):
        return _in_hand_already(turn, parsed, reply)
    return reply


def _in_hand_already(turn: Turn, parsed: Parsed, reply: Reply) -> Reply:
    """ "正在处理" about a ticket taken long ago is no mistake: where it stands is told, not who took it."""
    tickets = _meant(turn, parsed)
    if len(tickets) != 1 or tickets[0].state == TicketState.COMPLETED or not tickets[0].state.open:
        return reply
    return BY_NAME["unfinished"].does(turn, Wish(command="unfinished", tickets=tuple(tickets)))


def _missing_words(turn: Turn, parsed: Parsed) -> Reply | None:
    """Take what was said for the words a command waits for; None where it says something of its own."""
    waits, row = turn.numbering, BY_NAME[turn.numbering.command]
    if turn.replied is not None and turn.replied != waits.about:
        return None  # said in reply to a message about another ticket
    said = printable(turn.kept.said.text)
    number = parsed.choice is not None or bool(parsed.choices) or bool(parsed.numbers and not parsed.rest)
    about = turn.seen(waits.about) if waits.about else None
    place = parsed.choice or (int(parsed.number_text) if number and is_place(parsed.number_text) else 0)
    if about is not None and (target := listed_target(turn, place)) is not None:
        turn.remember(about=about.id)
        return row.does(turn, Wish(command=row.name, verb=row.verb, tickets=(about,), text=target))
    ends = parsed.stated and (about is None or about.state.open) and not NAMED.match(said)
    if ends and row.name not in (parsed.command, parsed.suggestion):
        # "已答复网民,内容无误" may be the reason that was asked for, or the end of the work: never guessed.
        return Reply(text=which_of_two(turn, row, parsed, said), reason="asked_words", keeps_card=True)
    if FILLER.fullmatch(said) and parsed.spoken:
        return Reply(text=turn.wording("ask.again"), reason="asked_words", keeps_card=True)
    if _says_something_else(parsed) or (number and not (row.dated and names_time(fold(said).text))):
        return None
    wish = Wish(command=row.name, verb=row.verb, text=f"{waits.text} {NAMED.sub('', said)}".strip())
    if not waits.about:
        return row.does(turn, wish)
    if about is None:
        return None
    turn.remember(about=about.id)
    return row.does(turn, replace(wish, tickets=(about,)))


def _says_something_else(parsed: Parsed) -> bool:
    """A command by its word, or a question: everyday words are what was waited for."""
    if parsed.asked or parsed.every:
        return True
    row = BY_NAME.get(parsed.command or "")
    return row is not None and (not parsed.spoken or not row.changes)
