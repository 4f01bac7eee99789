"""The engine and its transactions: SQLite with one writer, or PostgreSQL by URL."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, ParamSpec, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import StaticPool

from storage.records import JournalKey
from storage.sql.trouble import URL_INVALID, DatabaseRefused

__all__ = ["Connection", "Database", "driven", "file_of", "journal_key"]

P = ParamSpec("P")
T = TypeVar("T")

POSTGRES = "postgresql+psycopg://"
MEMORY_URLS = ("sqlite://", "sqlite:///:memory:")
BUSY_TIMEOUT_MS = 15_000
CHECKPOINT_PAGES = 4_000  # 16 MB: of pages written again and again only the last state is carried over


class Database:
    """Owns the connections; every write of the product goes through `begin`."""

    def __init__(
        self, url: str, *, pool_size: int = 8, read_only: bool = False, journal_key: JournalKey | None = None
    ) -> None:
        """DatabaseRefused where the URL is not one of these two kinds; without a key no journal can be written."""
        self.url = _driver_url(url)
        self.sqlite = self.url.startswith("sqlite:")
        try:
            self.file = make_url(self.url).database or "" if self.sqlite else None  # path of SQLite's file
            self.engine = _sqlite_engine(self.url, read_only) if self.sqlite else _postgres_engine(self.url, pool_size)
        except (ArgumentError, ValueError):
            raise DatabaseRefused(URL_INVALID) from None
        # Every connection carries it: who appends to a journal must not have to be handed the key through all floors.
        self.engine.update_execution_options(journal_key=journal_key)
        # SQLite has one writer: threads queue here instead of polling the file lock.
        self._write_lock: AbstractContextManager[Any] = threading.RLock() if self.sqlite else nullcontext()
        self._writer: Connection | None = None
        self._writers = ThreadPoolExecutor(1 if self.sqlite else min(pool_size, 4), thread_name_prefix="write")
        # Readers of a file never wait for its writer; a database in memory has one connection for all.
        aside = self.sqlite and self.url not in MEMORY_URLS
        self._readers = ThreadPoolExecutor(1, thread_name_prefix="read") if aside else self._writers

    def use_journal_key(self, key: JournalKey) -> None:
        """Append to journals with this key from now on; to be said before anything is appended."""
        self.engine.update_execution_options(journal_key=key)
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a writing transaction: committed on leaving, rolled back on any exception."""
        if not self.sqlite:
            with self.engine.begin() as conn:
                yield conn
            return
        with self._write_lock:
            # Always the same one: its pages stay in memory, and it need not be fetched and given back.
            self._writer = self._writer or self.engine.connect()
            with self._writer.begin():
                # IMMEDIATE: a writer takes the lock before it reads, so it never loses it half-way.
                driven(self._writer, "BEGIN IMMEDIATE")
                yield self._writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a reading transaction: one consistent view, never waits for the writer."""
        with self.engine.begin() as conn:
            if self.sqlite:
                driven(conn, "BEGIN")  # its driver opens none by itself
            yield conn

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Open a reading transaction all of whose statements see the same moment."""
        with self.engine.connect() as conn:
            if not self.sqlite:
                conn = conn.execution_options(isolation_level="REPEATABLE READ")
            with conn.begin():
                if self.sqlite:
                    driven(conn, "BEGIN")
                conn.execute(text("SELECT 1"))  # the first statement sets the moment on PostgreSQL
                yield conn

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a storage-touching function off the event loop, on the writer thread(s)."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, lambda: function(*args, **kwargs))

    async def look(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a function that only reads off the event loop, where possible beside a write that is under way."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, lambda: function(*args, **kwargs))

    def answers(self) -> bool:
        """Whether the database answers a trivial question now."""
        with self.read() as conn:
            return bool(conn.execute(text("SELECT 1")).scalar_one() == 1)

    def close(self) -> None:
        """Give back threads and connections."""
        for threads in {self._writers, self._readers}:
            threads.shutdown(wait=True, cancel_futures=True)
        if self._writer is not None:
            self._writer.close()
        self.engine.dispose()


def journal_key(conn: Connection) -> JournalKey:
    """Return the key this database was opened with; RuntimeError where it was opened without one."""
    key: JournalKey | None = conn.get_execution_options().get("journal_key")
    if key is None:
        raise RuntimeError("the database was opened without the key of its journals")
    return key


def driven(conn: Connection, sql: str, *rows: Any) -> Any:
    """Give the driver a statement in its own words, and return its cursor; for one row, or for each of many.

    SQLAlchemy's account of a statement takes longer than SQLite takes to carry it out. Errors are SQLAlchemy's.
    """
    cursor = conn.connection.cursor()
    try:
        if len(rows) > 1:
            cursor.executemany(sql, rows)
        else:
            cursor.execute(sql, *rows)
    except conn.dialect.loaded_dbapi.Error as error:
        lost = conn.dialect.is_disconnect(error, conn.connection.dbapi_connection, cursor)
        if lost:
            conn.invalidate(error)
        # Without parameters: they hold what people wrote.
        raise DBAPIError.instance(
            sql, None, error, conn.dialect.loaded_dbapi.Error, hide_parameters=True, connection_invalidated=lost
        ) from error
    return cursor


def file_of(url: str) -> str | None:
    """Return the path of SQLite's file; None for other databases, and for URLs that are none."""
    try:
        return make_url(url).database if url.startswith("sqlite:") else None
    except (ArgumentError, ValueError):
        return None


def _driver_url(url: str) -> str:
    for plain in ("postgresql://", "postgres://"):
        if url.startswith(plain):
            return POSTGRES + url.removeprefix(plain)
    if not url.startswith(("sqlite:", POSTGRES)):
        raise DatabaseRefused(URL_INVALID)
    return url


def _postgres_engine(url: str, pool_size: int) -> Engine:
    return create_engine(url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True)


def _sqlite_engine(url: str, read_only: bool) -> Engine:
    memory = url in MEMORY_URLS
    if read_only and not memory:
        url = f"sqlite:///file:{quote(make_url(url).database or '')}?mode=ro&uri=true"
    options: dict[str, Any] = {"poolclass": StaticPool} if memory else {"pool_size": 8, "max_overflow": 8}
    engine = create_engine(url, connect_args={"check_same_thread": False, "isolation_level": None}, **options)
    event.listen(engine, "connect", _on_reading_connect if read_only else _on_connect)
    return engine


def _on_connect(connection: Any, _record: Any) -> None:
    # FULL: a commit that was answered for survives a power cut; the evidence depends on it.
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        f"wal_autocheckpoint={CHECKPOINT_PAGES}",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _on_reading_connect(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
