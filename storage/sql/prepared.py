"""Statements compiled once and carried out without what SQLAlchemy keeps account of at every use.

For what happens with every ticket and every message: its own execution costs 15 to 70 µs a statement and 4 to 8
a row, these 3 and 1.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Dialect, Insert, Select, Update, bindparam, func, select
from sqlalchemy.sql.compiler import SQLCompiler

from storage.sql.database import Connection, driven
from storage.sql.types import Texts

Row = Sequence[Any]
Convert = Callable[[Any], Any]
Statement = Insert | Update | Select[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ready:
    """A statement in the words of one kind of database, and what its driver wants to be given."""

    sql: str
    converts: tuple[tuple[int, Convert], ...]  # by place in a row
    arrange: Callable[[Row], Any] | None  # None: as the values stand

    def given(self, rows: Sequence[Row]) -> Iterable[Any]:
        if self.converts:
            rows = _columns_converted(rows, self.converts) if len(rows) > 1 else [_converted(rows[0], self.converts)]
        return rows if self.arrange is None else map(self.arrange, rows)


class Prepared:
    """Holds a statement, compiled once for each kind of database it meets.

    Values are rows in the order of `names`, converted as their columns do it. Every column with a default of ours
    must be named.
    """

    def __init__(self, statement: Callable[[Dialect], Statement], names: Sequence[str]) -> None:
        self._statement, self._names = statement, tuple(names)
        self._ready: dict[str, _Ready] = {}

    def _given(self, conn: Connection, rows: Sequence[Row]) -> Any:
        ready = self._ready.get(conn.dialect.name)
        if ready is None:
            ready = self._ready[conn.dialect.name] = self._prepare(conn.dialect)
        return driven(conn, ready.sql, *ready.given(rows))

    def _prepare(self, dialect: Dialect) -> _Ready:
        compiled = self._statement(dialect).compile(dialect=dialect, column_keys=self._names or None)
        if not isinstance(compiled, SQLCompiler) or set(compiled.binds) != set(self._names):
            raise ValueError(f"rows of {self._names} do not fit {compiled}")
        types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        processors = ((place, types[name].bind_processor(dialect)) for place, name in enumerate(self._names))
        return _Ready(
            sql=str(compiled),
            converts=tuple((place, one) for place, one in processors if one is not None),
            arrange=self._arranged(compiled),
        )

    def _arranged(self, compiled: SQLCompiler) -> Callable[[Row], Any] | None:
        names = self._names
        if not compiled.positional:
            return lambda row: dict(zip(names, row, strict=True))
        wanted = tuple(compiled.positiontup or ())
        return None if wanted == names else itemgetter(*map(names.index, wanted))


class Bulk(Prepared):
    """An INSERT or UPDATE for one row or very many."""

    def run(self, conn: Connection, rows: Sequence[Row]) -> int:
        """Carry the statement out for every row, and return how many rows of the table it met."""
        return int(self._given(conn, rows).rowcount) if rows else 0


class Lookup(Prepared):
    """A statement whose rows are plain texts and numbers; they come back as the driver gives them."""

    def all(self, conn: Connection, *values: Any) -> list[tuple[Any, ...]]:
        """Return all rows for these values of its names."""
        found: list[tuple[Any, ...]] = self._given(conn, (values,)).fetchall()
        return found

    def first(self, conn: Connection, *values: Any) -> tuple[Any, ...] | None:
        """Return the first row for these values, or None."""
        return next(iter(self.all(conn, *values)), None)


def one_of(dialect: Dialect, column: Column[str], name: str) -> ColumnElement[bool]:
    """The condition "the column holds one of the texts of the sequence given by that name"."""
    # The statement is the same for one text and for a thousand, so it is compiled and planned once.
    given = bindparam(name, type_=Texts())
    if dialect.name == "sqlite":
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == func.any(given)


def _converted(row: Row, converts: Iterable[tuple[int, Convert]]) -> Row:
    values = list(row)
    for place, convert in converts:
        values[place] = convert(values[place])
    return values


def _columns_converted(rows: Sequence[Row], converts: Iterable[tuple[int, Convert]]) -> Sequence[Row]:
    # Column by column: the loop over the rows then runs inside the interpreter.
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, convert in converts:
        columns[place] = map(convert, columns[place])
    return list(zip(*columns, strict=True))
