"""Addresses of people on the channels, and whose a telephone number or an address is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update

from storage.people.register import touch
from storage.records import AddressDraft, SealedPhone
from storage.sql.database import Connection
from storage.sql.prepared import Lookup
from storage.sql.upsert import upsert
from storage.tables import addresses, people

CASELESS = ("wecom",)  # 企业微信: “UserID 不区分大小写”; its callbacks write it as the corporation registered it

_PERSON_AT = Lookup(
    lambda _: select(addresses.c.person_id).where(
        addresses.c.channel == bindparam("channel"), addresses.c.address == bindparam("address")
    ),
    ("channel", "address"),
)


def person_by_phone(conn: Connection, phone_index: str) -> int | None:
    """Return the one active person with this number; None for nobody and for a number several share."""
    if not phone_index:
        return None
    query = select(people.c.id).where(people.c.phone_index == phone_index, people.c.active).limit(2)
    found = conn.execute(query).scalars().all()
    return found[0] if len(found) == 1 else None


def person_at(conn: Connection, channel: str, address: str) -> int | None:
    """Return the person bound to an address, active or not; None when it is nobody's."""
    found = _PERSON_AT.first(conn, channel, address)
    return found[0] if found else _person_in_other_letters(conn, channel, address)


def phone_indexes(conn: Connection) -> dict[int, str]:
    """Return the keyed hash of the number of each person who has one."""
    query = select(people.c.id, people.c.phone_index).where(people.c.phone_index != "")
    return {row.id: row.phone_index for row in conn.execute(query)}


def any_sealed_phone(conn: Connection) -> str:
    """Return one sealed number, whosever, to try a key on; empty where none is stored."""
    return conn.execute(select(people.c.phone_sealed).where(people.c.phone_sealed != "").limit(1)).scalar() or ""


def sealed_phone(conn: Connection, person_id: int) -> str:
    """Return a person's sealed number; empty when none is stored."""
    found = conn.execute(select(people.c.phone_sealed).where(people.c.id == person_id)).scalar_one_or_none()
    return found or ""


def sealed_phones(conn: Connection) -> dict[int, str]:
    """Return the sealed number of each person who has one."""
    query = select(people.c.id, people.c.phone_sealed).where(people.c.phone_sealed != "").order_by(people.c.id)
    return {row.id: row.phone_sealed for row in conn.execute(query)}


def set_phones(conn: Connection, phones: Mapping[int, SealedPhone]) -> None:
    """Replace the sealed numbers of people, with the hashes they are found by."""
    rows = [{"b_id": one, "b_sealed": phone.sealed, "b_index": phone.index} for one, phone in phones.items()]
    if rows:
        changed: dict[str, Any] = {"phone_sealed": bindparam("b_sealed"), "phone_index": bindparam("b_index")}
        conn.execute(update(people).where(people.c.id == bindparam("b_id")).values(changed), rows)


def bind(
    conn: Connection, person_id: int, channel: str, address: str, bound_at: datetime, preference: int = 0
) -> str | None:
    """Bind a person to an address and return the one it replaces; whoever held the address before loses it."""
    here = (addresses.c.person_id == person_id) & (addresses.c.channel == channel)
    old: str | None = conn.execute(select(addresses.c.address).where(here)).scalar_one_or_none()
    draft = AddressDraft(
        person_id=person_id, channel=channel, address=address, bound_at=bound_at, preference=preference
    )
    bind_all(conn, [draft])
    return old if old != address else None


def bind_all(conn: Connection, drafts: Sequence[AddressDraft]) -> None:
    """Bind people to addresses; a bound address is usable again."""
    if not drafts:
        return
    names = ("person_id", "channel", "address", "preference", "bound_at")
    rows = [{**{name: getattr(draft, name) for name in names}, "usable": True} for draft in drafts]
    held_by_another = (
        (addresses.c.channel == bindparam("b_channel"))
        & (addresses.c.address == bindparam("b_address"))
        & (addresses.c.person_id != bindparam("b_person"))
    )
    conn.execute(
        delete(addresses).where(held_by_another),
        [{"b_channel": draft.channel, "b_address": draft.address, "b_person": draft.person_id} for draft in drafts],
    )
    _release_in_other_letters(conn, drafts)
    upsert(conn, addresses, ("person_id", "channel"), rows)
    touch(conn)


def move(conn: Connection, person_id: int, channel: str, address: str) -> None:
    """Follow a platform that gave a person a new address on the same channel."""
    here = (addresses.c.person_id == person_id) & (addresses.c.channel == channel)
    conn.execute(update(addresses).where(here).values(address=address))
    touch(conn)


def disable(conn: Connection, address_id: int) -> None:
    """Stop using an address after a hard error, until the person is bound again."""
    conn.execute(update(addresses).where(addresses.c.id == address_id).values(usable=False))
    touch(conn)


def enable(conn: Connection, address_id: int) -> bool:
    """Use an address again: its person was heard there; False where somebody else just did so."""
    dead = (addresses.c.id == address_id, addresses.c.usable.is_(False))
    enabled = conn.execute(update(addresses).where(*dead).values(usable=True)).rowcount == 1
    if enabled:
        touch(conn)
    return enabled


def _person_in_other_letters(conn: Connection, channel: str, address: str) -> int | None:
    if channel not in CASELESS:
        return None
    same = (addresses.c.channel == channel) & (func.lower(addresses.c.address) == address.lower())
    return conn.execute(select(addresses.c.person_id).where(same).order_by(addresses.c.id).limit(1)).scalar()


def _release_in_other_letters(conn: Connection, drafts: Sequence[AddressDraft]) -> None:
    wanted = {(draft.channel, draft.address.lower()): draft.person_id for draft in drafts if draft.channel in CASELESS}
    if not wanted:
        return
    columns = (addresses.c.id, addresses.c.person_id, addresses.c.channel, addresses.c.address)
    held = conn.execute(select(*columns).where(addresses.c.channel.in_({channel for channel, _ in wanted}))).all()
    lost = [one.id for one in held if wanted.get((one.channel, one.address.lower()), one.person_id) != one.person_id]
    if lost:
        conn.execute(delete(addresses).where(addresses.c.id.in_(lost)))
