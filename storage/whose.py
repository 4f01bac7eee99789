"""Whose a telephone number or an address is."""

from sqlalchemy import bindparam, select

from storage import caseless
from storage.database import Connection
from storage.prepared import Lookup
from storage.tables import addresses, people

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
    return found[0] if found else caseless.person_at(conn, channel, address)


def phone_indexes(conn: Connection) -> dict[int, str]:
    """Return the keyed hash of the number of each person who has one."""
    query = select(people.c.id, people.c.phone_index).where(people.c.phone_index != "")
    return {row.id: row.phone_index for row in conn.execute(query)}


def sealed_phone(conn: Connection, person_id: int) -> str:
    """Return a person's sealed number; empty when none is stored."""
    found = conn.execute(select(people.c.phone_sealed).where(people.c.id == person_id)).scalar_one_or_none()
    return found or ""
