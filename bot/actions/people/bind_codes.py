"""One-time binding codes: who may try them, where they are good, and what makes them worthless."""

import hashlib
import re
import secrets
import unicodedata
from datetime import datetime, timedelta

from bot.actions.context import Context
from bot.actions.work import Work, begin, read
from bot.rules.people.routing import desk
from storage.messages import outbox
from storage.people import addresses, bind_tries, one_time_codes
from storage.records import (
    ContactNotification,
    JournalDraft,
    JournalKind,
    MessageDraft,
    MessageKind,
    NotificationKind,
)
from storage.tickets import journal

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read wrongly over the telephone
CODE_LENGTH = 8
WRONG_TRIES = 5
LOCKED_FOR = timedelta(hours=1)
MOST_SEEN = 20  # codes looked for in what is said in a group
CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}")
SEEN = re.compile(rf"(?<![A-Z0-9_/@]){CODE.pattern}(?![A-Z0-9_])")


def draw(work: Work, person_id: int, expires_at: datetime, channel: str = "", address: str = "") -> str:
    """Make a person's code, which takes the place of an older one; with an address it is good there alone."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    code_hash = work.context.sealer.code(code, _place(channel, address))
    one_time_codes.keep_bind_code(work.conn, code_hash, person_id, expires_at)
    return code


def redeem(work: Work, code: str, channel: str, address: str) -> tuple[int, str] | None:
    """Use a code up and return whose it is and what it proves; None for a wrong one, and for any while locked out."""
    if bind_tries.locked_until(work.conn, channel, address, work.now) is not None:
        return None
    for given, proof in _hashes(work.context, code, channel, address).items():
        person_id = one_time_codes.redeem_bind_code(work.conn, [given], work.now)
        if person_id is not None:
            bind_tries.forget(work.conn, channel, address)
            return person_id, proof
    _count_wrong(work, code, channel, address)
    return None


def locked_until(context: Context, channel: str, address: str) -> datetime | None:
    """Return until when a sender may try no code; None when they may."""
    with read(context) as work:
        return bind_tries.locked_until(work.conn, channel, address, work.now)


def shown_to_others(context: Context, text: str, channel: str, address: str) -> None:
    """Use up, for nothing, every code in a text that others read too; whose it was needs a new one."""
    seen = SEEN.findall(_folded(text))[:MOST_SEEN]
    if not seen:
        return
    with begin(context) as work:
        for code in dict.fromkeys(seen):
            hashes = _hashes(context, code, channel, address)
            person_id = one_time_codes.redeem_bind_code(work.conn, hashes, work.now)
            if person_id is not None:
                data = {"person": person_id, "channel": channel}
                line = JournalDraft(kind=JournalKind.BIND_CODE_SHOWN, at=work.now, actor="bot", data=data)
                journal.write_system(work.conn, [line])


def _count_wrong(work: Work, code: str, channel: str, address: str) -> None:
    speaker = addresses.person_at(work.conn, channel, address)
    hashes = _hashes(work.context, code, channel, address)
    if speaker is not None and one_time_codes.owner_of_bind_code(work.conn, hashes) == speaker:
        return  # their own code, brought twice
    wrong = bind_tries.count_wrong(work.conn, channel, address, work.now, LOCKED_FOR)
    if wrong < WRONG_TRIES:
        return
    bind_tries.lock(work.conn, channel, address, work.now + LOCKED_FOR)
    data = {"channel": channel, "address": masked(address), "person": speaker, "wrong": wrong}
    actor = f"person:{speaker}" if speaker else "bot"
    line = JournalDraft(kind=JournalKind.BIND_LOCKED, at=work.now, actor=actor, data=data)
    journal.write_system(work.conn, [line])
    outbox.put(work.conn, _warnings(work, channel, address, speaker or 0), work.now)


def _warnings(work: Work, channel: str, address: str, speaker: int) -> list[MessageDraft]:
    """One notice a day about one sender, however often they are locked out."""
    sender = hashlib.sha256(f"{channel}:{address}".encode()).hexdigest()[:16]
    return [
        MessageDraft(
            intent=f"bind_locked:{sender}:{work.now.date().isoformat()}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.NOTIFICATION,
            params=ContactNotification(
                notice=NotificationKind.BIND_LOCKED, person=speaker, channel=channel, address=masked(address)
            ),
        )
        for person_id in desk(work.directory)
    ]


def masked(address: str) -> str:
    """Show so much of an address that the desk knows it again."""
    return f"{address[:3]}***{address[-2:]}" if len(address) > 6 else f"{address[:1]}***"


def _hashes(context: Context, code: str, channel: str, address: str) -> dict[str, str]:
    """What a code may be known by, and what it then proves; nothing for what was never a code."""
    typed = _folded(code).strip()
    if not CODE.fullmatch(typed):
        return {}
    sealer = context.sealer
    return {sealer.code(typed): "code", sealer.code(typed, _place(channel, address)): "mobile"}


def _place(channel: str, address: str) -> str:
    return f"{channel}:{address.casefold()}" if channel else ""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()
