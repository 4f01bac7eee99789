"""The tree over all journals as the database keeps it: what waits to enter, the leaves in order, the roots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, func, insert, select

from storage.records import Leaf, MacAlgorithm, Root
from storage.sql.database import Connection
from storage.tables import plain_chains, proof_leaves, proof_roots, unproved

PAGE_SIZE = 5_000
_FIELDS = [field.name for field in fields(Leaf)]
_LEAF = [proof_leaves.c[name] for name in _FIELDS]
_ROOT = [proof_roots.c[field.name] for field in fields(Root)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """What is to enter the tree, in order; `lines` of all journals are new."""

    ids: list[int]
    leaves: list[Leaf]
    lines: int


def hold(conn: Connection) -> None:
    """Make one root at a time: other nodes wait until this transaction ends."""
    if conn.dialect.name != "sqlite":
        conn.execute(select(func.pg_advisory_xact_lock(func.hashtext("proof_roots"))))


def waits(conn: Connection) -> bool:
    """Whether a line was written since the last root."""
    return conn.execute(select(unproved.c.id).limit(1)).first() is not None


def waiting(conn: Connection, limit: int) -> Waiting:
    """Return what waits, a journal once: where it stands by now."""
    rows = conn.execute(select(unproved).order_by(unproved.c.id).limit(limit)).all()
    heads = {row.ticket_id: row for row in rows}
    old = select(plain_chains.c.ticket_id, plain_chains.c.seq).where(plain_chains.c.ticket_id.in_(list(heads)))
    plain: dict[int, int] = dict(conn.execute(old).all()) if heads else {}
    leaves = [
        Leaf(ticket_id=number, seq=row.seq, head=row.head, plain=plain.get(number, 0)) for number, row in heads.items()
    ]
    return Waiting(ids=[row.id for row in rows], leaves=leaves, lines=sum(row.lines for row in rows))


def keep(conn: Connection, root: Root, waited: Waiting) -> None:
    """Write a root with its new leaves, which wait no longer."""
    first = root.leaves - len(waited.leaves)
    rows = [
        {"place": place, **{name: getattr(leaf, name) for name in _FIELDS}}
        for place, leaf in enumerate(waited.leaves, first)
    ]
    conn.execute(insert(proof_leaves), rows)
    conn.execute(delete(unproved).where(unproved.c.id.in_(waited.ids)))
    values = {column.name: getattr(root, column.name) for column in _ROOT}
    conn.execute(insert(proof_roots), {**values, "peaks": " ".join(root.peaks)})


def last(conn: Connection) -> Root | None:
    """Return the newest root; None before the first."""
    row = conn.execute(select(*_ROOT).order_by(proof_roots.c.number.desc()).limit(1)).mappings().first()
    return _root(row) if row is not None else None


def after(conn: Connection, number: int) -> Iterator[Root]:
    """Return the roots after that number, in order."""
    query = select(*_ROOT).order_by(proof_roots.c.number).limit(PAGE_SIZE)
    while page := [_root(row) for row in conn.execute(query.where(proof_roots.c.number > number)).mappings()]:
        yield from page
        number = page[-1].number


def leaves(conn: Connection) -> Iterator[tuple[int, Leaf]]:
    """Return every leaf with its place, in order."""
    place = -1
    query = select(proof_leaves.c.place, *_LEAF).order_by(proof_leaves.c.place).limit(PAGE_SIZE)
    while page := conn.execute(query.where(proof_leaves.c.place > place)).all():
        for place, *values in page:
            yield place, Leaf(**dict(zip(_FIELDS, values, strict=True)))


def by_number(conn: Connection, number: int) -> Root | None:
    """Return one root; None where there is none of that number."""
    row = conn.execute(select(*_ROOT).where(proof_roots.c.number == number)).mappings().first()
    return _root(row) if row is not None else None


def filed(conn: Connection, file: str) -> int:
    """Return how far a root file had come when its node last said so; 0 where it never did."""
    query = select(proof_roots.c.filed).where(proof_roots.c.file == file).order_by(proof_roots.c.number.desc())
    return conn.execute(query.limit(1)).scalar_one_or_none() or 0


def filed_at(conn: Connection, place: str) -> str | None:
    """Return the name of a file that was written at a place (a path on a machine); None where there never was one."""
    query = select(proof_roots.c.file).where(proof_roots.c.file.startswith(f"{place}:", autoescape=True))
    name: str | None = conn.execute(query.limit(1)).scalar_one_or_none()
    return name


def unentered(conn: Connection) -> dict[int, tuple[int, str]]:
    """Return where the journals stand that wait to enter the tree."""
    rows: Sequence[Any] = conn.execute(select(unproved).order_by(unproved.c.id)).all()
    return {row.ticket_id: (row.seq, row.head) for row in rows}


def _root(row: Any) -> Root:
    given = {**row, "algorithm": MacAlgorithm(row["algorithm"]), "peaks": tuple(row["peaks"].split())}
    return Root(**given)
