"""Statements compiled once and carried out without what SQLAlchemy keeps account of at every use.

For what happens with every ticket and every message: its own execution costs 15 to 70 µs a statement and 4 to 8
a row, these 3 and 1.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, ColumnElement, Dialect, Insert, Select, Update, bindparam, func, select
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import Connection, driven
from storage.types import Texts

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]
Statement = Insert | Update | Select[Any]
Ready = tuple[str, Callable[[Iterable[Row]], Iterable[Any]]]


class Prepared:
    """Holds a statement, compiled once for each kind of database it meets.

    Values are tuples in the order of `names`, converted as their columns do it. Every column with a default of ours
    must be named.
    """

    def __init__(self, statement: Callable[[Dialect], Statement], names: Sequence[str]) -> None:
        self._statement, self._names = statement, tuple(names)
        self._ready: dict[str, Ready] = {}

    def _given(self, conn: Connection, rows: Sequence[Row]) -> Any:
        ready = self._ready.get(conn.dialect.name)
        if ready is None:
            ready = self._ready[conn.dialect.name] = self._prepare(conn.dialect)
        sql, arrange = ready
        return driven(conn, sql, *arrange(rows))

    def _prepare(self, dialect: Dialect) -> Ready:
        compiled = self._statement(dialect).compile(dialect=dialect, column_keys=self._names or None)
        if not isinstance(compiled, SQLCompiler) or set(compiled.binds) != set(self._names):
            raise ValueError(f"rows of {self._names} do not fit {compiled}")
        types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        converts = [types[name].bind_processor(dialect) for name in self._names]
        if compiled.positional:
            places = [self._names.index(name) for name in compiled.positiontup or ()]
            pick = itemgetter(*places) if len(places) > 1 else tuple
            return str(compiled), lambda rows: map(pick, _converted(rows, converts))
        return str(compiled), lambda rows: (
            dict(zip(self._names, row, strict=True)) for row in _converted(rows, converts)
        )


class Bulk(Prepared):
    """An INSERT or UPDATE for one row or very many."""

    def run(self, conn: Connection, rows: Sequence[Row]) -> int:
        """Carry the statement out for every row, and return how many rows of the table it met."""
        return int(self._given(conn, rows).rowcount) if rows else 0


class Lookup(Prepared):
    """A SELECT of plain texts and numbers, which come back as the driver gives them."""

    def all(self, conn: Connection, *values: Any) -> list[Row]:
        """Return all rows for these values of its names."""
        found: list[Row] = self._given(conn, (values,)).fetchall()
        return found

    def first(self, conn: Connection, *values: Any) -> Row | None:
        """Return the first row for these values, or None."""
        return next(iter(self.all(conn, *values)), None)


def one_of(dialect: Dialect, column: Column[str], name: str) -> ColumnElement[bool]:
    """The condition "the column holds one of the texts of the sequence given by that name"."""
    # The statement is the same for one text and for a thousand, so it is compiled and planned once.
    given = bindparam(name, type_=Texts())
    if dialect.name == "sqlite":
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == func.any(given)


def _converted(rows: Iterable[Row], converts: Sequence[Convert | None]) -> Iterable[Row]:
    # Column by column: the loop over the rows then runs inside the interpreter.
    columns = zip(zip(*rows, strict=True), converts, strict=True)
    return zip(*(column if convert is None else map(convert, column) for column, convert in columns), strict=True)
