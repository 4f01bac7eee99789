"""The conversation: words that are safe are understood, carried out and answered in one transaction."""

import re
from collections.abc import Collection
from datetime import datetime

from bot.actions.context import Context
from bot.actions.messages import numbering
from bot.actions.messages.answering import Answerer
from bot.actions.messages.conversation import Kept, Said
from bot.actions.tickets import oversight, requests, visible
from bot.actions.work import Work
from bot.delivery.wording import Wording
from handlers.chat.listing import parse_all
from handlers.chat.responding import respond
from handlers.chat.taps import tapped
from handlers.chat.turn import Reply, Turn
from handlers.chat.words.folding import fold, printable
from handlers.chat.words.lexicon import lexicon
from handlers.chat.words.numbers import is_place
from storage.records import AnswerTo, Directory, Ticket, number_key

__all__ = ["Conversation", "Reply"]

# What may be a number of a source although it does not look like one: "X-1", "101", "闽督7-3".
TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/#\-]*|\S+")
MOST_TOKENS = 5  # of a text are looked up
LONGEST_TOKEN = 40


class Conversation:
    """Answers what people type, whatever the channel it came by."""

    def __init__(self, context: Context, wording: Wording, board_url: str = "") -> None:
        """`board_url` is the page on which the board signs people in; empty where there is none."""
        self._wording, self._board_url = wording, board_url
        lexicon()  # a word list that cannot be used stops the start, not the first message
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
        return tapped(turn, said.action) if said.action else respond(turn, parse_all(said.text, turn.known))

    def _turn(self, work: Work, kept: Kept, directory: Directory) -> Turn:
        person_id = kept.said.person_id
        own, numbers = visible.tickets_of(work, person_id), numbering.current(work, person_id)
        mine = {one.id for one in own}
        listed = visible.by_ids(work, person_id, [one for one in numbers.ticket_ids if one not in mine])
        oversees = oversight.oversees(work, person_id)
        waiting = requests.to_decide(work, person_id) if oversees else []
        named = _named(work, kept.said, {number_key(one.number) for one in (*own, *listed)}, places=oversees)
        return Turn(
            work=work,
            wording=self._wording,
            kept=kept,
            at=min(kept.said.at, kept.received_at),
            directory=directory,
            tickets=own,
            numbering=numbers,
            replied=kept.said.reply_to_ticket,
            others=(*listed, *(one.ticket for one in waiting), *named),
            oversees=oversees,
            board_url=self._board_url,
        )


def _named(work: Work, said: Said, known: Collection[str], *, places: bool) -> list[Ticket]:
    """The tickets a text names that are not on the person's lists, however short or strange their numbers are.

    `places`: one and two digits may be a number too; to whoever works on tickets they are places of a list alone.
    """
    if said.action:
        return []
    found = {number_key(one): one for one in TOKEN.findall(fold(said.text).text) if _can_be_number(one)}
    wanted = [token for key, token in found.items() if key not in known and (places or not is_place(token))]
    return [ticket for one in wanted[:MOST_TOKENS] for ticket in visible.by_number(work, said.person_id, one)]


def _can_be_number(token: str) -> bool:
    # No database keeps halves of characters, nor PostgreSQL a NUL.
    return len(token) <= LONGEST_TOKEN and token.isprintable() and any(one.isdigit() for one in token)
