"""A backup is one SQLite file, of either database: consistent while others write, and fit to be put into either."""

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import DateTime, MetaData, Table, event, func, insert, inspect, select, text

from storage.sql.database import Connection, Database
from storage.sql.schema import NEWEST, SCRIPTS, current, migrate, upgrade
from storage.sql.trouble import DatabaseRefused
from storage.sql.types import UtcDateTime

PAGE = 2_000  # rows carried at a time
ONE_FILE = "PRAGMA journal_mode=DELETE"  # nothing is kept beside it
VERSION_TABLE = "alembic_version"
FOLDER = "backups"  # under the data folder: what is saved before an upgrade
WRITTEN_TO = "备份写不进 {path}，请检查文件夹是否存在、有没有写权限、磁盘是否已满。"


@dataclass(frozen=True, kw_only=True, slots=True)
class Backup:
    """What a backup holds."""

    path: Path
    revision: str
    tickets: int
    sealed: str  # one sealed phone number, to try a key on; empty where there is none


def save(database: Database, path: Path) -> Backup:
    """Write all there is, as of one moment, to a new file that only its owner can read.

    DatabaseRefused where the file is there already, cannot be written, or the database holds nothing yet.
    """
    if path.exists():
        raise DatabaseRefused(f"{path} 已存在，请换一个文件名，以免盖掉原来的备份。")
    with database.read() as conn:
        revision = current(conn)
    if revision is None:
        raise DatabaseRefused("数据库还是空的，没有可备份的内容。")
    with _drafted(path) as draft:
        if database.sqlite:
            _copy_file(Path(database.file or ""), draft)
        else:
            _copy_rows(database, draft, revision)
    return look(path)


def look(path: Path) -> Backup:
    """Tell what a backup holds; DatabaseRefused where it is none, is damaged, or was made by a later version."""
    if not path.is_file():
        raise DatabaseRefused(f"没有找到备份文件 {path}，请核对路径和文件名。")
    try:
        with closing(_opened(path)) as conn:
            sound = conn.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
            named = {name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
            if not sound or not {VERSION_TABLE, "tickets", "people"} <= named:
                raise DatabaseRefused(f"{path} {'不是督办的备份' if sound else '已损坏'}，请换一个备份。")
            revision = conn.execute("SELECT version_num FROM alembic_version").fetchone()[0]
            tickets = conn.execute("SELECT count(*) FROM tickets").fetchone()[0]
            sealed = conn.execute("SELECT phone_sealed FROM people WHERE phone_sealed != '' LIMIT 1").fetchone()
    except sqlite3.Error:
        raise DatabaseRefused(f"{path} 不是督办的备份，或已损坏，请换一个备份。") from None
    if not any(SCRIPTS.glob(f"versions/{revision}_*.py")):
        raise DatabaseRefused(f"{path} 由更新的程序备份（结构 {revision}，本程序 {NEWEST}），请升级程序后再恢复。")
    return Backup(path=path, revision=revision, tickets=tickets, sealed=sealed[0] if sealed else "")


def restore(backup: Backup, database: Database) -> None:
    """Put a backup into an empty place and bring it to the newest schema; DatabaseRefused where anything is there."""
    if database.sqlite:
        target = Path(database.file or "")
        if any(target.with_name(target.name + beside).exists() for beside in ("", "-wal", "-shm")):
            why = "恢复只能在空的地方进行：请先停掉程序，把原来的数据文件夹改名留存"
            raise DatabaseRefused(f"{target} 已存在，{why}。")
        with _drafted(target) as draft:
            _copy_file(backup.path, draft)
    else:
        _fill(backup, database)
    migrate(database)


def save_before_upgrade(database: Database, folder: Path, now: datetime) -> Path | None:
    """Save a database that an upgrade is about to change, under the data folder; None where nothing will change."""
    with database.read() as conn:
        revision = current(conn)
    if revision is None or revision == NEWEST or not any(SCRIPTS.glob(f"versions/{revision}_*.py")):
        return None
    path = folder / FOLDER / f"before-{NEWEST}-{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}.sqlite3"
    return save(database, path).path


@contextmanager
def _drafted(path: Path) -> Iterator[Path]:
    """Give a name to write to; what is whole then takes the place, which must be free."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    with suppress(OSError):  # told by the next line
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield draft
        with draft.open("rb") as written:
            os.fsync(written.fileno())
        os.link(draft, path)
        _keep_name(path.parent)
    except FileExistsError:
        raise DatabaseRefused(f"{path} 已存在，请换一个文件名。") from None
    except (OSError, sqlite3.Error):
        raise DatabaseRefused(WRITTEN_TO.format(path=path)) from None
    finally:
        with suppress(OSError):
            draft.unlink()


def _keep_name(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)


def _copy_file(source: Path, target: Path) -> None:
    """Copy an SQLite database as of one moment, the pages still in its WAL included."""
    with closing(_opened(source)) as conn, closing(sqlite3.connect(target)) as copy:
        conn.backup(copy)
        copy.execute(ONE_FILE)


def _copy_rows(database: Database, target: Path, revision: str) -> None:
    copy = Database(f"sqlite:///{target}")
    try:
        migrate(copy, revision)
        with database.engine.connect().execution_options(isolation_level="REPEATABLE READ") as conn, copy.begin() as to:
            _carry(conn, to, _tables(conn))
    finally:
        copy.close()
    with closing(sqlite3.connect(target)) as whole:
        whole.execute(ONE_FILE)


def _fill(backup: Backup, database: Database) -> None:
    with database.read() as conn:
        if inspect(conn).get_table_names():
            raise DatabaseRefused(
                "PostgreSQL 的这个库里已有内容，恢复只能在空库里进行：请另建一个库，改设 DUBAN_DATABASE_URL。"
            )
    source = Database(f"sqlite:///{backup.path.resolve()}", read_only=True)
    try:
        with database.begin() as to, source.read() as conn:
            upgrade(to, backup.revision)
            tables = _tables(to)
            _carry(conn, to, tables)
            _count_on(to, tables)
    finally:
        source.close()


def _tables(conn: Connection) -> list[Table]:
    """The tables of a PostgreSQL database as they stand, whatever the schema; moments as this product keeps them."""
    found = MetaData()

    @event.listens_for(found, "column_reflect")
    def _moments(_inspector: object, _table: object, column: dict[str, object]) -> None:
        if isinstance(column["type"], DateTime):
            column["type"] = UtcDateTime()

    found.reflect(conn)
    return [table for table in found.sorted_tables if table.name != VERSION_TABLE]


def _carry(source: Connection, target: Connection, tables: list[Table]) -> None:
    for table in tables:
        target.execute(table.delete())  # what the migrations themselves put there
        rows = source.execution_options(yield_per=PAGE).execute(select(table)).mappings()
        for page in rows.partitions():
            target.execute(insert(table), [dict(row) for row in page])


def _count_on(conn: Connection, tables: list[Table]) -> None:
    """Let PostgreSQL number new rows behind those that were put in."""
    for table in tables:
        if "id" in table.c and table.c.id.autoincrement is not False:
            sequence = conn.execute(select(func.pg_get_serial_sequence(table.name, "id"))).scalar()
            last = conn.execute(select(func.max(table.c.id))).scalar()
            if sequence and last:
                conn.execute(text("SELECT setval(:sequence, :last)"), {"sequence": sequence, "last": last})
