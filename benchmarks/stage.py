"""Where a benchmark plays: durable databases under a temporary directory, thrown away afterwards."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from storage.sql.database import Database
from storage.sql.schema import migrate
from tests.cast.proof import KEY
from tests.postgres import Postgres, server

Opened = Callable[[], AbstractContextManager[Database]]


@dataclass(kw_only=True)
class Stage:
    """Makes fresh databases; the PostgreSQL server starts when it is first asked for."""

    quick: bool
    folder: Path
    _open: ExitStack = field(default_factory=ExitStack)
    _postgres: Postgres | None = None
    _count: int = 0

    def rounds(self, many: int) -> int:
        """So many rounds, or two when it has to be quick."""
        return 2 if self.quick else many

    def count(self, many: int) -> int:
        """So many pieces, or a tenth when it has to be quick."""
        return many // 10 if self.quick else many

    def path(self, name: str) -> Path:
        """A new name in the directory."""
        self._count += 1
        return self.folder / f"{self._count}-{name}"

    @contextmanager
    def sqlite(self) -> Iterator[Database]:
        """A migrated, empty SQLite file with the product's own settings: WAL, synchronous FULL."""
        path = self.path("duban.sqlite3")
        shutil.copy(self._template(), path)
        database = Database(f"sqlite:///{path}", journal_key=KEY)
        try:
            yield database
        finally:
            database.close()
            for leftover in path.parent.glob(path.name + "*"):
                leftover.unlink()

    @contextmanager
    def postgres(self) -> Iterator[Database]:
        """A migrated, empty PostgreSQL database, fsync on."""
        if self._postgres is None:
            self._postgres = self._open.enter_context(server("benchmarks", durable=True))
        with self._postgres.fresh() as url:
            database = Database(url, journal_key=KEY)
            try:
                yield database
            finally:
                database.close()

    def _template(self) -> Path:
        path = self.folder / "template.sqlite3"
        if not path.exists():
            database = Database(f"sqlite:///{path}", journal_key=KEY)
            migrate(database)
            database.close()
        return path


def settled(database: Database) -> None:
    """Write back what setting up left in SQLite's log, so that no measurement pays for it."""
    if database.sqlite:
        with database.engine.connect() as conn:
            conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")


@contextmanager
def stage(*, quick: bool) -> Iterator[Stage]:
    """A stage in a directory of its own; TMPDIR says on which disk."""
    with tempfile.TemporaryDirectory(prefix="duban-bench-") as folder, ExitStack() as stack:
        yield Stage(quick=quick, folder=Path(folder), _open=stack)
