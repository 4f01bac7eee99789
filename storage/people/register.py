"""Units, people, accounts, duties, addresses, leave: the register, read whole at one version.

Every writer here counts the version up in its own transaction, so no reader keeps an old register.
"""

import secrets
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

from sqlalchemy import BigInteger, Text, bindparam, cast, delete, insert, select

from storage.records import (
    Account,
    AccountDraft,
    Address,
    Directory,
    Leave,
    Person,
    PersonDraft,
    Role,
    Unit,
    UnitDraft,
)
from storage.sql.database import Connection
from storage.sql.prepared import Lookup
from storage.sql.upsert import insert_into, upsert, upsert_ids
from storage.tables import accounts, addresses, duties, leaves, meta, people, supervisors, units

VERSION_KEY = "register_version"
# The low bits are random: a version that was rolled back is never handed out again for other contents.
VERSION_SALT = 1 << 20

_VERSION = Lookup(lambda _: select(meta.c.value).where(meta.c.key == bindparam("key")), ("key",))

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Register:
    """Keeps the last Directory read, and reads it again only when the version moved."""

    def __init__(self) -> None:
        self._last: Directory | None = None

    def directory(self, conn: Connection) -> Directory:
        """Return the register as this transaction sees it."""
        last = self._last
        if last is None or last.version != version(conn):
            self._last = last = load(conn)
        return last


def version(conn: Connection) -> int:
    """Return the register's version; 0 for one that was never written."""
    found = _VERSION.first(conn, VERSION_KEY)
    return int(found[0]) if found else 0


def touch(conn: Connection) -> None:
    """Count the version up: every reader loads the register again."""
    salt = secrets.randbelow(VERSION_SALT)
    query = insert_into(conn, meta).values(key=VERSION_KEY, value=str(VERSION_SALT + salt))
    counted = (cast(meta.c.value, BigInteger) // VERSION_SALT + 1) * VERSION_SALT + salt
    conn.execute(query.on_conflict_do_update(index_elements=[meta.c.key], set_={"value": cast(counted, Text)}))


def load(conn: Connection) -> Directory:
    """Read the whole register; references in it are complete."""
    while True:
        before = version(conn)
        found = _load(conn, before)
        # PostgreSQL shows each statement the newest rows: a write in between would mix two registers.
        if conn.dialect.name == "sqlite" or version(conn) == before:
            return found


def save_unit(conn: Connection, draft: UnitDraft) -> int:
    """Write a unit and return its id."""
    return save_units(conn, [draft])[draft.name]


def save_units(conn: Connection, drafts: Iterable[UnitDraft]) -> dict[str, int]:
    """Write units and return their ids by name."""
    names = ("name", "parent_id", "desk", "jurisdiction")
    rows = [{name: getattr(draft, name) for name in names} for draft in drafts]
    touch(conn)
    return {name: new for (name,), new in upsert_ids(conn, units, ("name",), rows).items()}


def save_person(conn: Connection, draft: PersonDraft) -> int:
    """Write a person and return the id."""
    return save_people(conn, [draft])[draft.unit_id, draft.name]


def save_people(conn: Connection, drafts: Iterable[PersonDraft]) -> dict[tuple[int, str], int]:
    """Write people and return their ids by unit id and name; a draft without a phone leaves the stored one."""
    plain, phoned = [], []
    for draft in drafts:
        row = {"name": draft.name, "unit_id": draft.unit_id, "active": draft.active}
        if draft.phone is None:
            plain.append(row)
        else:
            sealed = {
                "phone_sealed": draft.phone.sealed,
                "phone_mask": draft.phone.mask,
                "phone_index": draft.phone.index,
            }
            phoned.append({**row, **sealed})
    touch(conn)
    keys = ("unit_id", "name")
    written = upsert_ids(conn, people, keys, plain) | upsert_ids(conn, people, keys, phoned)
    return {(unit, name): new for (unit, name), new in written.items()}


def save_account(conn: Connection, draft: AccountDraft) -> int:
    """Write an account and return its id."""
    return save_accounts(conn, [draft])[draft.platform, draft.name_key]


def save_accounts(conn: Connection, drafts: Iterable[AccountDraft]) -> dict[tuple[str, str], int]:
    """Write accounts and return their ids by platform and name key."""
    names = ("platform", "name", "name_key", "unit_id", "state", "verified_entity")
    rows = [{name: getattr(draft, name) for name in names} for draft in drafts]
    touch(conn)
    written = upsert_ids(conn, accounts, ("platform", "name_key"), rows)
    return {(platform, key): new for (platform, key), new in written.items()}


def set_duty(conn: Connection, account_id: int, role: Role, person_id: int | None) -> None:
    """Give a duty to a person; None leaves it vacant."""
    set_duties(conn, {(account_id, role): person_id})


def set_duties(conn: Connection, wanted: Mapping[tuple[int, Role], int | None]) -> None:
    """Give duties to people by account and role; None leaves one vacant."""
    vacant = [{"b_account": account, "b_role": role} for (account, role), who in wanted.items() if who is None]
    if vacant:
        here = (duties.c.account_id == bindparam("b_account")) & (duties.c.role == bindparam("b_role"))
        conn.execute(delete(duties).where(here), vacant)
    rows = [
        {"account_id": account, "role": role, "person_id": who}
        for (account, role), who in wanted.items()
        if who is not None
    ]
    upsert(conn, duties, ("account_id", "role"), rows)
    touch(conn)


def add_supervisor(conn: Connection, unit_id: int, person_id: int) -> None:
    """Let a person supervise a unit, beside those who do."""
    conn.execute(insert_into(conn, supervisors).on_conflict_do_nothing(), {"unit_id": unit_id, "person_id": person_id})
    touch(conn)


def set_supervisors(conn: Connection, wanted: Mapping[int, Iterable[int]]) -> None:
    """Let exactly these people supervise each unit."""
    if not wanted:
        return
    here = supervisors.c.unit_id == bindparam("b_unit")
    conn.execute(delete(supervisors).where(here), [{"b_unit": one} for one in wanted])
    rows = [{"unit_id": unit, "person_id": who} for unit, people_ in wanted.items() for who in dict.fromkeys(people_)]
    if rows:
        conn.execute(insert(supervisors), rows)
    touch(conn)


def _load(conn: Connection, at_version: int) -> Directory:
    found_accounts, keys = _accounts(conn)
    names = ("id", "person_id", "channel", "address", "preference", "usable")
    address_query = select(*(addresses.c[name] for name in names))
    address_rows = conn.execute(address_query.order_by(addresses.c.preference, addresses.c.id))
    leave_rows = conn.execute(
        select(leaves.c.person_id, leaves.c.starts_at, leaves.c.ends_at, leaves.c.deputy_id).order_by(
            leaves.c.starts_at
        )
    )
    supervisor_rows = conn.execute(select(supervisors).order_by(supervisors.c.unit_id, supervisors.c.person_id))
    return Directory(
        version=at_version,
        units={row.id: Unit(**row._mapping) for row in conn.execute(select(units))},
        people=_people(conn),
        accounts=found_accounts,
        account_keys=keys,
        duties={(row.account_id, Role(row.role)): row.person_id for row in conn.execute(select(duties))},
        supervisors=_grouped((row.unit_id, row.person_id) for row in supervisor_rows),
        addresses=_grouped((row.person_id, Address(**row._mapping)) for row in address_rows),
        leaves=_grouped((row.person_id, Leave(**row._mapping)) for row in leave_rows),
    )


def _people(conn: Connection) -> dict[int, Person]:
    query = select(people.c.id, people.c.name, people.c.unit_id, people.c.active, people.c.phone_mask)
    return {row.id: Person(**row._mapping) for row in conn.execute(query)}


def _accounts(conn: Connection) -> tuple[dict[int, Account], dict[tuple[str, str], int]]:
    c = accounts.c
    found: dict[int, Account] = {}
    keys: dict[tuple[str, str], int] = {}
    query = select(c.id, c.platform, c.name, c.unit_id, c.state, c.verified_entity, c.name_key)
    for *values, name_key in conn.execute(query):
        account_id, platform, name, unit_id, state, verified = values
        found[account_id] = Account(
            id=account_id, platform=platform, name=name, unit_id=unit_id, state=state, verified_entity=verified
        )
        keys[platform, name_key] = account_id
    return found, keys


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, tuple[V, ...]]:
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return {key: tuple(values) for key, values in groups.items()}
