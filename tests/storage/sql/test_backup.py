"""A backup holds everything as of one moment, and goes into an empty place only."""

import stat
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text

from storage.sql.backup import look, restore, save, save_before_upgrade
from storage.sql.database import Database
from storage.sql.schema import NEWEST, current, migrate
from storage.sql.trouble import DatabaseRefused
from storage.tables import metadata, units
from tests.cast.office import Office
from tests.cast.proof import KEY, checked
from tests.cast.rows import sh
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgres"])
def empty_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing in it, not even tables."""
    if request.param == "sqlite":
        (tmp_path / "elsewhere").mkdir()
        with closing(Database(f"sqlite:///{tmp_path}/elsewhere/duban.sqlite3", journal_key=KEY)) as database:
            yield database
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.fresh() as url, closing(Database(url, journal_key=KEY)) as database:
        with database.begin() as conn:
            conn.execute(text("DROP SCHEMA public CASCADE"))
            conn.execute(text("CREATE SCHEMA public"))
        yield database


def everything(database: Database) -> dict[str, list[Any]]:
    with database.read() as conn:
        return {
            table.name: [tuple(row) for row in conn.execute(select(table).order_by(*table.primary_key))]
            for table in metadata.sorted_tables
        }


def test_what_is_restored_is_what_was_saved_and_goes_on(office: Office, empty_place: Database, tmp_path: Path) -> None:
    office.receives("FJ-1", "FJ-2")
    office.says("jia", "办结 FJ-1 已删除")
    office.forget()
    backup = save(office.database, tmp_path / "saved.sqlite3")
    assert (backup.tickets, backup.revision) == (2, NEWEST)
    assert stat.S_IMODE(backup.path.stat().st_mode) == 0o600
    before = everything(office.database)
    assert len(before["journal"]) > 5
    restore(look(backup.path), empty_place)
    assert everything(empty_place) == before
    with empty_place.begin() as conn:
        new = conn.execute(insert(units).values(name="新单位").returning(units.c.id)).scalar_one()
    assert new > max(row[0] for row in before["units"])


def test_a_backup_holds_one_moment_though_others_write(database: Database, tmp_path: Path) -> None:
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with database.begin() as conn:  # always two at once
                conn.execute(insert(units), [{"name": f"{number}a"}, {"name": f"{number}b"}])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for turn in range(5):
            path = save(database, tmp_path / f"{turn}.sqlite3").path
            with closing(Database(f"sqlite:///{path}", read_only=True)) as saved, saved.read() as conn:
                names = {name for (name,) in conn.execute(select(units.c.name))}
            assert {name[:-1] + "b" for name in names if name.endswith("a")} == {
                name for name in names if name.endswith("b")
            }
    finally:
        stop.set()
        writer.join()


def test_a_place_with_anything_in_it_is_left_alone(office: Office, database: Database, tmp_path: Path) -> None:
    backup = save(office.database, tmp_path / "saved.sqlite3")
    before = everything(database)
    with pytest.raises(DatabaseRefused, match="恢复只能在空"):
        restore(backup, database)
    assert everything(database) == before


def test_the_rest_of_a_vanished_database_is_not_taken_for_its_own(file_database: Database, tmp_path: Path) -> None:
    backup = save(file_database, tmp_path / "saved.sqlite3")
    target = tmp_path / "new" / "duban.sqlite3"
    target.parent.mkdir()
    target.with_name("duban.sqlite3-wal").write_bytes(b"pages of another database")
    with closing(Database(f"sqlite:///{target}")) as empty, pytest.raises(DatabaseRefused, match="已存在"):
        restore(backup, empty)
    assert not target.exists()


def test_an_older_backup_is_brought_up_to_date(tmp_path: Path, empty_place: Database) -> None:
    old = Database(f"sqlite:///{tmp_path}/old.sqlite3")
    migrate(old, "0005")
    with old.begin() as conn:
        conn.execute(text("INSERT INTO units (id, name, desk, jurisdiction) VALUES (7, '水利局', false, '')"))
    backup = save(old, tmp_path / "saved.sqlite3")
    old.close()
    assert backup.revision == "0005"
    restore(backup, empty_place)
    with empty_place.read() as conn:
        assert current(conn) == NEWEST
        assert conn.execute(select(units.c.id, units.c.name)).all() == [(7, "水利局")]


@pytest.mark.parametrize(
    ("content", "says"), [(b"", "不是督办的备份"), (b"PK\x03\x04 a workbook", "不是督办的备份"), (None, "没有找到")]
)
def test_what_is_no_backup_is_said_to_be_none(content: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatabaseRefused, match=says):
        look(path)


def test_a_damaged_backup_is_refused(office: Office, tmp_path: Path) -> None:
    path = save(office.database, tmp_path / "saved.sqlite3").path
    body = bytearray(path.read_bytes())
    body[8192 : 8192 + 4096] = b"\x5a" * 4096
    path.write_bytes(bytes(body))
    with pytest.raises(DatabaseRefused, match="损坏"):
        look(path)


def test_a_backup_of_a_later_version_waits_for_the_upgrade(database: Database, tmp_path: Path) -> None:
    path = save(database, tmp_path / "saved.sqlite3").path
    with closing(Database(f"sqlite:///{path}")) as later, later.begin() as conn:
        conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DatabaseRefused, match="请升级程序后再恢复"):
        look(path)


def test_neither_a_backup_nor_an_unwritable_place_is_written_over(database: Database, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    with pytest.raises(DatabaseRefused, match="已存在"):
        save(database, kept)
    with pytest.raises(DatabaseRefused, match="写不进"):
        save(database, kept / "below")
    assert kept.read_text() == "mine"
    assert [path.name for path in tmp_path.glob("kept*")] == ["kept"]


def test_before_an_upgrade_what_is_there_is_saved(empty_place: Database, tmp_path: Path) -> None:
    now = sh(8, 23)
    assert save_before_upgrade(empty_place, tmp_path, now) is None
    migrate(empty_place, "0005")
    with empty_place.begin() as conn:
        conn.execute(text("INSERT INTO units (id, name, desk, jurisdiction) VALUES (7, '水利局', false, '')"))
    saved = save_before_upgrade(empty_place, tmp_path, now)
    assert saved is not None
    assert (look(saved).revision, saved.parent.name) == ("0005", "backups")
    migrate(empty_place)
    assert save_before_upgrade(empty_place, tmp_path, now) is None


def test_the_evidence_of_a_restored_place_is_whole(office: Office, empty_place: Database, tmp_path: Path) -> None:
    office.receives("FJ-1")
    office.forget()
    restore(save(office.database, tmp_path / "saved.sqlite3"), empty_place)
    with empty_place.read() as conn:
        chains = list(checked(conn))
    assert len(chains) >= 1
    assert [broken for _, broken in chains if broken] == []
