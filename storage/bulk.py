"""One INSERT or UPDATE for very many rows, without what SQLAlchemy keeps account of for each of them."""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Insert, Update
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import Connection

Row = tuple[Any, ...]
Convert = Callable[[Any], Any]


class Bulk:
    """Holds a statement, compiled once for each kind of database it meets.

    Rows are tuples in the order of `names`, converted as their columns do it. Every column with a default of ours
    must be named. SQLAlchemy's own executemany spends 4 to 8 µs a row on accounts, this one 1 to 2.
    """

    def __init__(self, statement: Callable[[Dialect], Insert | Update], names: Sequence[str]) -> None:
        self._statement, self._names = statement, tuple(names)
        self._ready: dict[str, tuple[str, Callable[[Iterable[Row]], Sequence[Any]]]] = {}

    def run(self, conn: Connection, rows: Sequence[Row]) -> int:
        """Carry the statement out for every row, and return how many rows of the table it met."""
        if not rows:
            return 0
        ready = self._ready.get(conn.dialect.name)
        if ready is None:
            ready = self._ready[conn.dialect.name] = self._prepare(conn.dialect)
        sql, arrange = ready
        return conn.exec_driver_sql(sql, arrange(rows)).rowcount

    def _prepare(self, dialect: Dialect) -> tuple[str, Callable[[Iterable[Row]], Sequence[Any]]]:
        compiled = self._statement(dialect).compile(dialect=dialect, column_keys=self._names)
        if not isinstance(compiled, SQLCompiler) or set(compiled.binds) != set(self._names):
            raise ValueError(f"rows of {self._names} do not fit {compiled}")
        types = {name: bind.type.dialect_impl(dialect) for name, bind in compiled.binds.items()}
        converts = [types[name].bind_processor(dialect) for name in self._names]
        if compiled.positional:
            places = [self._names.index(name) for name in compiled.positiontup or ()]
            return str(compiled), lambda rows: [*map(itemgetter(*places), _converted(rows, converts))]
        return str(compiled), lambda rows: [
            dict(zip(self._names, row, strict=True)) for row in _converted(rows, converts)
        ]


def _converted(rows: Iterable[Row], converts: Sequence[Convert | None]) -> Iterable[Row]:
    # Column by column: the loop over the rows then runs inside the interpreter.
    columns = zip(zip(*rows, strict=True), converts, strict=True)
    return zip(*(column if convert is None else map(convert, column) for column, convert in columns), strict=True)
