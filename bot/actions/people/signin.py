"""Signing in to the board: a one-time link for somebody the chat knows."""

import secrets
from datetime import timedelta

from bot.actions.context import Context
from bot.actions.work import Work, begin
from storage.people import one_time_codes
from storage.records import JournalDraft, JournalKind, Person
from storage.tickets import journal

SIGNIN_TTL = timedelta(minutes=10)


def new_token(work: Work, person_id: int) -> str:
    """Make a one-time token for a person; it holds for ten minutes."""
    token, now = secrets.token_urlsafe(32), work.now
    one_time_codes.keep_signin_token(work.conn, token, person_id, now, now + SIGNIN_TTL)
    line = JournalDraft(kind=JournalKind.SIGNIN_LINK, at=now, actor=f"person:{person_id}", data={"person": person_id})
    journal.write_system(work.conn, [line])
    return token


def redeem(context: Context, token: str) -> Person | None:
    """Return who a token belongs to and use it up; None for one that is unknown, used, expired, or of nobody active."""
    with begin(context) as work:
        person_id = one_time_codes.redeem_signin_token(work.conn, token, context.now())
        person = work.directory.people.get(person_id or 0)
    return person if person is not None and person.active else None
