"""The conversation: words that are safe are understood, carried out and answered in one transaction."""

import re
from dataclasses import replace
from datetime import datetime

from bot.actions.context import Context
from bot.actions.messages import numbering
from bot.actions.messages.answering import Answerer
from bot.actions.messages.conversation import Kept, Said
from bot.actions.tickets import oversight, requests, visible
from bot.actions.work import Work
from bot.delivery.wording import Wording
from bot.rules.tickets.lifecycle import Verb
from handlers.chat.choosing import by_number, carry, chosen, not_above
from handlers.chat.commands import BY_NAME, Command
from handlers.chat.parse import Parsed, parse
from handlers.chat.taps import tapped
from handlers.chat.turn import Reply, Turn, Wish
from handlers.chat.words.folding import fold, printable
from handlers.chat.words.until import names_time
from storage.records import AnswerTo, Directory

__all__ = ["Conversation", "Reply"]

# Said to say something: no reason for anything.
FILLER = re.compile(
    r"(?:好的?|嗯+|哦|收到|知道了?|谢谢|稍等|在吗|ok|okay|thanks)[\s。.!\uff01~,\uff0c、]*", re.IGNORECASE
)
NAMED = re.compile(r"^(?:理由|原因|说明|reason)[:\uff1a ]*", re.IGNORECASE)

# Offered as a button where they were perhaps meant: most ask for more first, and none ends the work.
OFFERED = (Verb.ACKNOWLEDGE, Verb.EXTEND, Verb.DISPUTE, Verb.TRANSFER)


class Conversation:
    """Answers what people type, whatever the channel it came by."""

    def __init__(self, context: Context, wording: Wording, board_url: str = "") -> None:
        """`board_url` is the page on which the board signs people in; empty where there is none."""
        self._wording, self._board_url = wording, board_url
        self._answerer = Answerer(
            context=context, respond=self._reply, trouble=wording("chat.trouble"), not_kept=wording("chat.not_kept")
        )

    def hear(
        self,
        *,
        person_id: int,
        text: str,
        at: datetime,
        via: str,
        event_id: str,
        reply_to_ticket: int | None = None,
        on_behalf_of: str = "",
        answer_to: AnswerTo | None = None,
        action: str = "",
    ) -> Reply:
        """Keep the words, do what they say and return the answer; nothing is ever raised.

        Of a button that was pressed `action` is its code ("ack:12"); the text is only kept.

        The same event again (via, event_id) changes nothing and returns a reply with `repeated` and no text.
        With `answer_to` the answer is also enqueued, in the transaction of what it answers.
        `at` is the chat server's time; it counts as long as it is not after our receipt.
        """
        said = Said(
            person_id=person_id,
            text=text,
            at=at,
            via=via,
            event_id=event_id,
            reply_to_ticket=reply_to_ticket,
            on_behalf_of=on_behalf_of,
            answer_to=answer_to,
            action=action,
        )
        return self._answerer.hear(said)

    def resume(self) -> int:
        """Answer what was kept but never answered, as after a crash; the answers go out as messages."""
        return self._answerer.resume()

    def _reply(self, work: Work, kept: Kept) -> Reply:
        said, wording, directory = kept.said, self._wording, work.directory
        person = directory.people.get(said.person_id)
        if person is None or not person.active:
            return Reply(text=wording("chat.stranger"), reason="不在通讯录中，或已停用", aside=True)
        if not printable(said.text) and not said.action:
            return Reply(text=wording("chat.empty"), reason="没有文字", aside=True)
        if said.at.tzinfo is None:
            return Reply(text=wording("chat.trouble"), reason="时间没有写明时区", aside=True)
        turn = self._turn(work, kept, directory)
        return tapped(turn, said.action) if said.action else _respond(turn, parse(said.text, turn.known))

    def _turn(self, work: Work, kept: Kept, directory: Directory) -> Turn:
        person_id = kept.said.person_id
        own, numbers = visible.tickets_of(work, person_id), numbering.current(work, person_id)
        mine = {one.id for one in own}
        listed = visible.by_ids(work, person_id, [one for one in numbers.ticket_ids if one not in mine])
        oversees = oversight.oversees(work, person_id)
        waiting = requests.to_decide(work, person_id) if oversees else []
        return Turn(
            work=work,
            wording=self._wording,
            kept=kept,
            at=min(kept.said.at, kept.received_at),
            directory=directory,
            tickets=own,
            numbering=numbers,
            replied=kept.said.reply_to_ticket,
            others=(*listed, *(one.ticket for one in waiting)),
            oversees=oversees,
            board_url=self._board_url,
        )


def _respond(turn: Turn, parsed: Parsed) -> Reply:
    if turn.numbering.words and (answer := _missing_words(turn, parsed)) is not None:
        return answer
    if parsed.choice is not None:
        return chosen(turn, str(parsed.choice))
    if parsed.command is not None:
        return _obey(turn, BY_NAME[parsed.command], parsed)
    if parsed.numbers and parsed.suggestion is None and not parsed.rest:
        return chosen(turn, parsed.number_text)
    return _not_understood(turn, parsed)


def _missing_words(turn: Turn, parsed: Parsed) -> Reply | None:
    """Take what was said for the words a command waits for; None where it says something of its own."""
    waits, row = turn.numbering, BY_NAME[turn.numbering.command]
    if turn.replied is not None and turn.replied != waits.about:
        return None  # said in reply to a message about another ticket
    said = printable(turn.kept.said.text)
    number = parsed.choice is not None or (parsed.numbers and not parsed.rest)
    if parsed.stated and row.name not in (parsed.command, parsed.suggestion):
        # "已答复网民,内容无误" may be the reason that was asked for, or the end of the work: never guessed.
        return Reply(text=_which_of_two(turn, row, parsed, said), reason="asked_words", keeps_card=True)
    if parsed.command is not None or parsed.asked or (number and not (row.dated and names_time(fold(said).text))):
        return None
    if FILLER.fullmatch(said):
        return Reply(text=turn.wording("ask.again"), reason="asked_words", keeps_card=True)
    wish = Wish(command=row.name, verb=row.verb, text=f"{waits.text} {NAMED.sub('', said)}".strip())
    if not waits.about:
        return row.does(turn, wish)
    ticket = turn.seen(waits.about)
    if ticket is None:
        return None
    turn.remember(about=ticket.id)
    return row.does(turn, replace(wish, tickets=(ticket,)))


def _which_of_two(turn: Turn, waiting: Command, parsed: Parsed, said: str) -> str:
    stated = BY_NAME[parsed.command or parsed.suggestion or "complete"]
    verbs = {"asked": turn.wording(f"verb.{waiting.verb or waiting.name}"), "verb": turn.wording(f"verb.{stated.verb}")}
    return turn.wording("ask.statement", **verbs, suggestion=_suggestion(turn, stated, parsed), text=said)


def _obey(turn: Turn, row: Command, parsed: Parsed) -> Reply:
    if row.above and not turn.oversees:
        return not_above(turn, row)
    return carry(turn, row, parsed) if row.needs_ticket else row.does(turn, Wish(command=row.name, text=parsed.rest))


def _not_understood(turn: Turn, parsed: Parsed) -> Reply:
    """Say so, name what was perhaps meant, and record nothing."""
    row = BY_NAME.get(parsed.suggestion or "")
    if row is None or not row.changes:
        text = "\n".join([turn.wording("chat.not_understood"), turn.wording("chat.help_hint")])
        return Reply(text=text, reason="没看懂", aside=True)
    suggestion = _suggestion(turn, row, parsed)
    if parsed.hedged and not parsed.asked:
        return Reply(text=turn.wording("chat.hedged", suggestion=suggestion), reason="像是没有全部办完", aside=True)
    if parsed.asked:
        verb = turn.wording(f"verb.{row.verb or row.name}")
        text = turn.wording("chat.questioned", verb=verb, suggestion=suggestion)
        return Reply(text=text, reason="像是提问", aside=True)
    said = (turn.wording("chat.not_understood"), turn.wording("chat.meant", suggestion=suggestion))
    return Reply(text="\n".join(said), buttons=_button(turn, row, parsed), reason="没看懂", aside=True)


def _button(turn: Turn, row: Command, parsed: Parsed) -> tuple[tuple[str, str], ...]:
    """What was perhaps meant, to be pressed where the ticket is certain."""
    meant = by_number(turn, parsed.number_text) if parsed.numbers else turn.open
    if row.verb not in OFFERED or len(meant) != 1:
        return ()
    return ((turn.wording(f"message.button_{row.code}"), f"{row.code}:{meant[0].id}"),)


def _suggestion(turn: Turn, row: Command, parsed: Parsed) -> str:
    """The words that would do it, with the ticket named where it is certain."""
    english = turn.wording.language == "en"
    word = next(one for one in row.words if one.isascii() == english)
    number = parsed.number_text
    if not number and turn.replied is not None:
        seen = turn.seen(turn.replied)
        number = seen.number if seen else ""
    elif not number and row.needs_ticket and len(turn.open) == 1:
        number = turn.open[0].number
    rest = parsed.rest if parsed.hedged and not parsed.asked else ""
    return " ".join(one for one in (word, number, rest) if one)
