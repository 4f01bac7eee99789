"""Answers what people say: words are kept, carried out and answered in transactions that are opened here alone."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from traceback import extract_tb

from bot.actions.context import Context
from bot.actions.messages import conversation
from bot.actions.messages.conversation import Kept, Said
from bot.actions.work import Work, begin, take_up

log = logging.getLogger(__name__)

TRIES = 2  # a deadlock, or a ticket that moved on meanwhile, is gone at the second
RESUME_AFTER = timedelta(minutes=1)  # younger words may still be under way elsewhere


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What the person gets back."""

    text: str
    ticket_id: int | None = None
    buttons: tuple[tuple[str, str], ...] = ()  # (label, action): ("签收", "ack:12")
    reason: str = ""  # why nothing was done, for the record
    aside: bool = False  # what was said goes to the things set aside, with the reason
    kept: bool = True  # False: not even stored, so the platform should bring it again
    repeated: bool = False  # the same event was answered before; the text is empty and nothing is to be sent
    private: bool = False  # for the person alone, be the conversation in a group; the card pressed stays as it is
    keeps_card: bool = False  # the card pressed stays as it is: more has to be said
    secret: bool = False  # holds a code: it is stored sealed, and erased once it is sent


REPEATED = Reply(text="", repeated=True)
Respond = Callable[[Work, Kept], Reply]  # understands the words, calls actions, words the answer


@dataclass(frozen=True, kw_only=True, slots=True)
class Answerer:
    """Keeps what is said, lets `respond` answer it, and says `trouble` or `not_kept` where that fails."""

    context: Context
    respond: Respond
    trouble: str
    not_kept: str

    def hear(self, said: Said) -> Reply:
        """Keep the words, do what they say and return the answer; nothing is ever raised.

        The same event again (via, event_id) changes nothing and returns a reply with `repeated` and no text.
        """
        # What a platform brought is safe already, as it came; else the words are committed before anything is done.
        return (self._at_once(said) if said.answer_to is not None else None) or self._kept_first(said)

    def resume(self) -> int:
        """Answer what was kept but never answered, as after a crash; the answers go out as messages."""
        with take_up(self.context) as work:
            left = conversation.waiting(work)
            old = [one for one in left if one.received_at <= work.now - RESUME_AFTER]
        return sum(not self._answer(one, enqueue=True).repeated for one in old)

    def _at_once(self, said: Said) -> Reply | None:
        """Keep and answer in one transaction; None where that fails, and nothing was kept."""
        try:
            with begin(self.context) as work:
                kept = conversation.keep(work, said)
                return REPEATED if kept is None else self._settled(work, kept, enqueue=True)
        except Exception as error:
            _report(error, "answer", said.via, None)
            return None

    def _kept_first(self, said: Said) -> Reply:
        try:
            with begin(self.context) as work:
                kept = conversation.keep(work, said)
        except Exception as error:
            _report(error, "keep", said.via, None)
            return Reply(text=self.not_kept, kept=False)
        return REPEATED if kept is None else self._answer(kept, enqueue=said.answer_to is not None)

    def _answer(self, kept: Kept, *, enqueue: bool) -> Reply:
        reason = ""
        for _ in range(TRIES):
            try:
                with begin(self.context) as work:
                    return self._settled(work, kept, enqueue=enqueue)
            except Exception as error:
                _report(error, "answer", kept.said.via, kept.id)
                reason = type(error).__name__
        return self._set_aside(kept, reason, enqueue=enqueue)

    def _settled(self, work: Work, kept: Kept, *, enqueue: bool) -> Reply:
        if not conversation.hold(work, kept):
            return REPEATED
        reply = self.respond(work, kept)
        if reply.aside:
            conversation.set_aside(work, kept, reply.reason)
        else:
            conversation.settle(work, kept, reply.reason, reply.ticket_id)
        if enqueue and kept.said.person_id in work.directory.people:
            _enqueue(work, kept, reply)
        return reply

    def _set_aside(self, kept: Kept, reason: str, *, enqueue: bool) -> Reply:
        reply = Reply(text=self.trouble, reason=reason, aside=True)
        try:
            with begin(self.context) as work:
                conversation.set_aside(work, kept, reason)
                if enqueue:
                    _enqueue(work, kept, reply)
        except Exception as error:
            # The words stay waiting, and `resume` finds them.
            _report(error, "set_aside", kept.said.via, kept.id)
        return reply


def _enqueue(work: Work, kept: Kept, reply: Reply) -> None:
    conversation.put_answer(
        work,
        kept,
        reply.text,
        reply.buttons,
        ticket_id=reply.ticket_id,
        private=reply.private,
        keeps_card=reply.keeps_card,
        secret=reply.secret,
    )


def _report(error: Exception, action: str, via: str, inbound_id: int | None) -> None:
    """Log what failed and where, without the error's own words: a database puts the person's text into them."""
    frames = extract_tb(error.__traceback__)
    where = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    extra = {"action": action, "via": via, "inbound_id": inbound_id, "error": type(error).__name__, "where": where}
    log.error("chat message not handled", extra=extra)
