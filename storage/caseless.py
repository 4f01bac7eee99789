"""Addresses of a platform that does not tell small letters from capitals: however written, they are one member's."""

from collections.abc import Sequence

from sqlalchemy import delete, func, select

from storage.database import Connection
from storage.records import AddressDraft
from storage.tables import addresses

CASELESS = ("wecom",)  # 企业微信: “UserID 不区分大小写”; its callbacks write it as the corporation registered it


def person_at(conn: Connection, channel: str, address: str) -> int | None:
    """Return whose address this is in other letters; None on platforms where that is another address."""
    if channel not in CASELESS:
        return None
    same = (addresses.c.channel == channel) & (func.lower(addresses.c.address) == address.lower())
    return conn.execute(select(addresses.c.person_id).where(same).order_by(addresses.c.id).limit(1)).scalar()


def release(conn: Connection, drafts: Sequence[AddressDraft]) -> None:
    """Take addresses that are about to be bound from those who hold them in other letters."""
    wanted = {(one.channel, one.address.lower()): one.person_id for one in drafts if one.channel in CASELESS}
    if not wanted:
        return
    columns = (addresses.c.id, addresses.c.person_id, addresses.c.channel, addresses.c.address)
    held = conn.execute(select(*columns).where(addresses.c.channel.in_({channel for channel, _ in wanted}))).all()
    lost = [one.id for one in held if wanted.get((one.channel, one.address.lower()), one.person_id) != one.person_id]
    if lost:
        conn.execute(delete(addresses).where(addresses.c.id.in_(lost)))
