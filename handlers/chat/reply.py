"""The conversation: words are kept first, then understood, carried out and answered in one transaction."""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from traceback import extract_tb

from bot.actions import conversation
from bot.actions.context import Context
from bot.actions.conversation import Kept, Said
from bot.delivery.wording import Wording
from handlers.chat.choosing import carry, chosen
from handlers.chat.commands import BY_NAME, Command
from handlers.chat.folding import visible
from handlers.chat.parse import Parsed, parse
from handlers.chat.turn import Reply, Turn, Wish
from storage.database import Connection
from storage.records import AnswerTo

__all__ = ["Conversation", "Reply"]

log = logging.getLogger(__name__)

TRIES = 2  # a deadlock, or a ticket that moved on meanwhile, is gone at the second
RESUME_AFTER = timedelta(minutes=1)  # younger words may still be under way elsewhere


class Conversation:
    """Answers what people type, whatever the channel it came by."""

    def __init__(self, context: Context, wording: Wording) -> None:
        self._context = context
        self._wording = wording

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
    ) -> Reply:
        """Keep the words, do what they say and return the answer; nothing is ever raised.

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
        )
        try:
            kept = conversation.keep_raw(self._context, said)
        except Exception as error:
            _report(error, "keep", via, None)
            return Reply(text=self._wording("chat.not_kept"), kept=False)
        return Reply(text="", repeated=True) if kept is None else self._answer(kept, enqueue=answer_to is not None)

    def resume(self) -> int:
        """Answer what was kept but never answered, as after a crash; the answers go out as messages."""
        with self._context.database.begin() as conn:
            left = conversation.waiting(conn)
        old = [one for one in left if one.received_at <= self._context.now() - RESUME_AFTER]
        return sum(not self._answer(one, enqueue=True).repeated for one in old)

    def _answer(self, kept: Kept, *, enqueue: bool = False) -> Reply:
        reason = ""
        for _ in range(TRIES):
            try:
                with self._context.database.begin() as conn:
                    return self._settled(conn, kept, enqueue)
            except Exception as error:
                _report(error, "answer", kept.said.via, kept.id)
                reason = type(error).__name__
        return self._set_aside(kept, reason, enqueue)

    def _settled(self, conn: Connection, kept: Kept, enqueue: bool) -> Reply:
        if not conversation.hold(conn, kept):
            return Reply(text="", repeated=True)
        reply = self._reply(conn, kept)
        if reply.aside:
            conversation.set_aside(conn, kept, reply.reason)
        else:
            conversation.settle(conn, kept, reply.reason, reply.ticket_id)
        if enqueue and kept.said.person_id in self._context.directory(conn).people:
            conversation.put_answer(conn, kept, reply.text, reply.buttons, self._context.now())
        return reply

    def _set_aside(self, kept: Kept, reason: str, enqueue: bool) -> Reply:
        reply = Reply(text=self._wording("chat.trouble"), reason=reason, aside=True)
        try:
            with self._context.database.begin() as conn:
                conversation.set_aside(conn, kept, reason)
                if enqueue:
                    conversation.put_answer(conn, kept, reply.text, (), self._context.now())
        except Exception as error:
            # The words stay waiting, and `resume` finds them.
            _report(error, "set_aside", kept.said.via, kept.id)
        return reply

    def _reply(self, conn: Connection, kept: Kept) -> Reply:
        said, wording = kept.said, self._wording
        directory = self._context.directory(conn)
        person = directory.people.get(said.person_id)
        if person is None or not person.active:
            return Reply(text=wording("chat.stranger"), reason="不在通讯录中,或已停用", aside=True)
        if not visible(said.text):
            return Reply(text=wording("chat.empty"), reason="没有文字", aside=True)
        if said.at.tzinfo is None:
            return Reply(text=wording("chat.trouble"), reason="时间没有写明时区", aside=True)
        now = self._context.now()
        turn = Turn(
            context=self._context,
            conn=conn,
            wording=wording,
            kept=kept,
            now=now,
            at=min(said.at, kept.received_at),
            directory=directory,
            tickets=conversation.tickets_of(conn, directory, said.person_id, now),
            numbering=conversation.numbering(conn, said.person_id, now),
        )
        return _respond(turn, parse(said.text, turn.known))


def _respond(turn: Turn, parsed: Parsed) -> Reply:
    if parsed.choice is not None:
        return chosen(turn, str(parsed.choice))
    if parsed.command is not None:
        return _obey(turn, BY_NAME[parsed.command], parsed)
    if parsed.numbers and parsed.suggestion is None and not parsed.rest:
        return chosen(turn, parsed.number_text)
    return _not_understood(turn, parsed)


def _obey(turn: Turn, row: Command, parsed: Parsed) -> Reply:
    return carry(turn, row, parsed) if row.needs_ticket else row.does(turn, Wish(command=row.name))


def _not_understood(turn: Turn, parsed: Parsed) -> Reply:
    """Say so, name what was perhaps meant, and record nothing."""
    row = BY_NAME.get(parsed.suggestion or "")
    if row is None or row.verb is None:
        text = "\n".join([turn.wording("chat.not_understood"), turn.wording("chat.help_hint")])
        return Reply(text=text, reason="没看懂", aside=True)
    suggestion = _suggestion(turn, row, parsed)
    if parsed.hedged and not parsed.asked:
        return Reply(text=turn.wording("chat.hedged", suggestion=suggestion), reason="像是没有全部办完", aside=True)
    if parsed.asked:
        verb = turn.wording(f"verb.{row.verb}")
        text = turn.wording("chat.questioned", verb=verb, suggestion=suggestion)
        return Reply(text=text, reason="像是提问", aside=True)
    said = (turn.wording("chat.not_understood"), turn.wording("chat.meant", suggestion=suggestion))
    return Reply(text="\n".join(said), reason="没看懂", aside=True)


def _suggestion(turn: Turn, row: Command, parsed: Parsed) -> str:
    """The words that would do it, with the ticket named where it is certain."""
    english = turn.wording.language == "en"
    word = next(one for one in row.words if one.isascii() == english)
    number = parsed.number_text
    if not number and turn.kept.said.reply_to_ticket is not None:
        seen = conversation.seen(turn.conn, turn.directory, turn.person_id, turn.kept.said.reply_to_ticket, turn.now)
        number = seen.number if seen else ""
    elif not number and len(turn.open) == 1:
        number = turn.open[0].number
    rest = parsed.rest if parsed.hedged and not parsed.asked else ""
    return " ".join(one for one in (word, number, rest) if one)


def _report(error: Exception, action: str, via: str, inbound_id: int | None) -> None:
    """Log what failed and where, without the error's own words: a database puts the person's text into them."""
    frames = extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    extra = {"action": action, "via": via, "inbound_id": inbound_id, "error": type(error).__name__, "where": where}
    log.error("chat message not handled", extra=extra)
