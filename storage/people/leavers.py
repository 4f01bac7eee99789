"""People who left: what of them is not kept once their work is with others."""

from collections.abc import Sequence

from sqlalchemy import delete, exists, select, update

from storage.people.register import touch
from storage.records import OPEN_STATES
from storage.sql.database import Connection
from storage.tables import addresses, bind_codes, duties, people, supervisors, tickets


def handed_over(conn: Connection) -> list[int]:
    """Return who left, holds no duty and no open ticket any more, and is still reachable or known by number."""
    known = (people.c.phone_index != "") | exists().where(addresses.c.person_id == people.c.id)
    busy = (
        exists().where(duties.c.person_id == people.c.id)
        | exists().where(supervisors.c.person_id == people.c.id)
        | exists().where(tickets.c.holder_id == people.c.id, tickets.c.state.in_(sorted(OPEN_STATES)))
    )
    query = select(people.c.id).where(people.c.active.is_(False), known, ~busy)
    return list(conn.execute(query.order_by(people.c.id)).scalars())


def erase(conn: Connection, ids: Sequence[int]) -> None:
    """Erase numbers, addresses and codes; names and what they did stay in the record."""
    if not ids:
        return
    nothing = {"phone_sealed": "", "phone_mask": "", "phone_index": ""}
    conn.execute(update(people).where(people.c.id.in_(ids)).values(nothing))
    for table in (addresses, bind_codes):
        conn.execute(delete(table).where(table.c.person_id.in_(ids)))
    touch(conn)
