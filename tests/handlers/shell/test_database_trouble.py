"""A database that cannot be used: one Chinese sentence with the fix, no password, no traceback."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from storage.sql.database import Database
from storage.sql.schema import NEWEST, migrate
from storage.sql.trouble import NO_RIGHT, NOT_REACHED, URL_INVALID, DatabaseRefused
from tests.handlers.shell.commands import Shell
from tests.postgres import Postgres

SERVER = "postgresql://duban:geheim@127.0.0.1:1/duban"


def refused(url: str) -> str:
    """What whoever opens the database is told."""
    with pytest.raises(DatabaseRefused) as found, closing(Database(url)) as database:
        migrate(database)
    return str(found.value)


def broken(path: Path, content: bytes) -> str:
    path.write_bytes(content)
    return f"sqlite:///{path}"


@pytest.mark.parametrize("url", ["nonsense", "mysql://a:b@h/x", "postgresql://a:b@h:port/x", "sqlite-over-there", ""])
def test_a_url_of_another_kind_is_told_with_the_right_form(url: str) -> None:
    assert refused(url) == URL_INVALID


def test_a_server_that_does_not_answer_is_told_without_the_password() -> None:
    assert refused(SERVER) == NOT_REACHED
    assert "geheim" not in NOT_REACHED


def test_a_user_who_may_make_no_tables_is_told(postgres: Postgres) -> None:
    with postgres.fresh() as url:
        with closing(Database(url)) as database, database.begin() as conn:
            conn.exec_driver_sql("DROP SCHEMA public CASCADE")
            conn.exec_driver_sql("CREATE SCHEMA public")
            conn.exec_driver_sql("DROP ROLE IF EXISTS duban_reader")
            conn.exec_driver_sql("CREATE ROLE duban_reader")
            conn.exec_driver_sql("GRANT USAGE ON SCHEMA public TO duban_reader")
        assert refused(f"{url}{'&' if '?' in url else '?'}options=-crole%3Dduban_reader") == NO_RIGHT


def test_a_file_that_is_no_database_or_cannot_be_opened_is_named(tmp_path: Path) -> None:
    path = tmp_path / "duban.sqlite3"
    assert refused(broken(path, b"no database, " * 100)) == f"数据库文件 {path} 不是数据库，可能已损坏，请用备份恢复。"
    gone = tmp_path / "none" / "duban.sqlite3"
    assert refused(f"sqlite:///{gone}") == f"数据库文件 {gone} 打不开，请检查文件夹是否存在、有没有读写权限。"


def test_a_database_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "duban.sqlite3"
    with closing(Database(f"sqlite:///{path}")) as database:
        migrate(database)
        with database.begin() as conn:
            conn.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    assert refused(f"sqlite:///{path}") == f"数据库由更新的程序建立（结构 9999，本程序 {NEWEST}），请升级程序后再用。"


def test_the_shell_says_it_in_one_line(tmp_path: Path) -> None:
    for words in (("tickets",), ("migrate",), ("deadline", "2021-08-23 10:00"), ("run",)):
        ran = Shell(folder=tmp_path, extra=(("DUBAN_DATABASE_URL", SERVER),))(*words)
        assert (ran.code, ran.out, ran.err.strip()) == (1, "", NOT_REACHED)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = Shell(folder=tmp_path / "x", extra=(("DUBAN_DATA_DIR", f"{tmp_path}/file/data"),))("tickets")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"数据目录 {tmp_path}/file/data 无法建立，请检查")


def test_damage_found_in_the_middle_is_told_too(tmp_path: Path) -> None:
    shell = Shell(folder=tmp_path / "data")
    assert shell("migrate").code == 0
    with closing(sqlite3.connect(tmp_path / "data" / "duban.sqlite3")) as other:
        # As a damaged disk leaves it: the schema is readable, a table behind it is not.
        other.execute("PRAGMA writable_schema = ON")
        other.execute("UPDATE sqlite_master SET rootpage = 1 WHERE name = 'tickets'")
        other.commit()
    ran = shell("tickets")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.strip().endswith("已损坏，请用备份恢复。")
