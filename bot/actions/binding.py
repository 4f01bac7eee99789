"""Binding: a person proves who they are by a one-time code or their verified phone number."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from bot.actions.context import Context
from bot.sealing import PhoneInvalid, Sealer, read_phone
from storage import bind_codes, journal, outbox, register
from storage.database import Connection
from storage.records import JournalDraft, MessageDraft, MessageKind, Person

CODE_STANDS = timedelta(days=3)
OWN_CODE_STANDS = timedelta(minutes=10)
ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is read wrongly over the telephone
CODE_LENGTH = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Bound:
    person: Person
    replaced: str | None  # the address on this channel that holds no longer


def new_code(context: Context, person_id: int) -> str:
    """Make a one-time code for a person; it holds for three days."""
    with context.database.begin() as conn:
        return _code(context, conn, person_id, CODE_STANDS, "operator")


def own_code(context: Context, conn: Connection, person_id: int) -> str:
    """Make a one-time code for somebody who is bound already, to be sent from another channel within minutes."""
    return _code(context, conn, person_id, OWN_CODE_STANDS, f"person:{person_id}")


def by_code(context: Context, code: str, channel: str, address: str) -> Bound | None:
    """Bind whoever the code belongs to; None for a code that is unknown, used or expired."""
    with context.database.begin() as conn:
        person_id = bind_codes.redeem(conn, code, context.now())
        return None if person_id is None else _bind(context, conn, person_id, channel, address, "code")


def by_phone(context: Context, sealer: Sealer, phone: str, channel: str, address: str) -> Bound | None:
    """Bind whoever is registered with the number the platform has verified; None when nobody is."""
    try:
        number = read_phone(phone)
    except PhoneInvalid:
        return None
    with context.database.begin() as conn:
        person_id = register.person_by_phone(conn, sealer.index(number))
        return None if person_id is None else _bind(context, conn, person_id, channel, address, "phone")


def unreachable(context: Context, channel: str, address: str) -> None:
    """A person shut the door: their address is not used again until they are bound anew."""
    with context.database.begin() as conn:
        person_id = register.person_at(conn, channel, address)
        ways = context.directory(conn).addresses.get(person_id or 0, ())
        for way in ways:
            if way.channel == channel and way.usable:
                register.disable_address(conn, way.id)
                data = {"person": way.person_id, "channel": channel}
                line = JournalDraft(kind="unreachable", at=context.now(), actor=f"person:{way.person_id}", data=data)
                journal.write_house(conn, [line])


def bind(context: Context, person_id: int, channel: str, address: str) -> str | None:
    """Bind by the operator's own act; returns the address it replaces."""
    with context.database.begin() as conn:
        return _bind(context, conn, person_id, channel, address, "operator").replaced


def _code(context: Context, conn: Connection, person_id: int, stands: timedelta, actor: str) -> str:
    code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
    now = context.now()
    bind_codes.keep(conn, code, person_id, now + stands)
    journal.write_house(conn, [JournalDraft(kind="bind_code", at=now, actor=actor, data={"person": person_id})])
    return code


def _bind(context: Context, conn: Connection, person_id: int, channel: str, address: str, proof: str) -> Bound:
    now = context.now()
    replaced = register.bind_address(conn, person_id, channel, address, now)
    person = context.directory(conn).people[person_id]
    data = {"person": person_id, "channel": channel, "proof": proof, "replaced": replaced is not None}
    journal.write_house(conn, [JournalDraft(kind="bound", at=now, actor=f"person:{person_id}", data=data)])
    if replaced is not None:
        outbox.put(conn, [_farewell(person, channel, replaced, now.isoformat())], now)
    return Bound(person=person, replaced=replaced)


def _farewell(person: Person, channel: str, replaced: str, at: str) -> MessageDraft:
    """Tell the address that was replaced, in case somebody else did it."""
    to = {"channel": channel, "address": replaced, "reply_to": "", "edits": "", "callback": ""}
    return MessageDraft(
        intent=f"rebound:{channel}:p{person.id}:{at}",
        person_id=person.id,
        kind=MessageKind.NOTICE,
        params={"notice": "rebound", "person": person.id, "to": to},
    )
