"""What is not kept for ever: raw words of chats and payloads by their age, numbers and addresses of who left."""

from collections.abc import Callable
from datetime import datetime, timedelta

from bot.actions.context import Context
from bot.actions.messages import conversation, updates
from bot.actions.work import begin
from storage.messages import outbox
from storage.nodes import marks
from storage.people import leavers
from storage.records import JournalDraft, JournalKind
from storage.sql.database import Connection
from storage.tickets import inbound, journal

AT_ONCE = 500  # rows a transaction, so that others wait for the one writer of SQLite a moment only
CHATS = (conversation.KIND, updates.KIND)  # tickets as they came are evidence, and stay
MARKS = ("forgotten:inbound", "forgotten:outbox")

Forget = Callable[[Connection, datetime, int], int | None]


def forget(context: Context, kept_for: timedelta) -> bool:
    """Forget the next piece of what is old enough; True when there may be more."""
    before = context.now() - kept_for
    of_chats: Forget = lambda conn, moment, last: inbound.forget_raw(conn, CHATS, moment, last, AT_ONCE)  # noqa: E731
    of_payloads: Forget = lambda conn, moment, last: outbox.forget_payloads(conn, moment, last, AT_ONCE)  # noqa: E731
    more = [_piece(context, key, work, before) for key, work in zip(MARKS, (of_chats, of_payloads), strict=True)]
    return any(more)


def forget_leavers(context: Context) -> int:
    """Erase numbers and addresses of who left, once their duties and tickets are with others; returns how many."""
    with begin(context) as work:
        found = leavers.handed_over(work.conn)
        leavers.erase(work.conn, found)
        lines = [
            JournalDraft(kind=JournalKind.LEAVER_ERASED, at=work.now, actor="bot", data={"person": person_id})
            for person_id in found
        ]
        if lines:
            journal.write_system(work.conn, lines)
    return len(found)


def _piece(context: Context, key: str, work: Forget, before: datetime) -> bool:
    with context.database.begin() as conn:
        last = work(conn, before, marks.mark(conn, key))
        if last is not None:
            marks.set_mark(conn, key, last)
    return last is not None
