"""The migrations and the tables tell the same story, on both databases."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.sql.database import Database
from storage.sql.schema import NEWEST, SCRIPTS, current, migrate
from storage.tables import metadata
from tests.cast.proof import KEY


def test_all_migrations_together_equal_the_tables(database: Database) -> None:
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_database_stands_at_the_newest_revision(database: Database) -> None:
    with database.read() as conn:
        assert current(conn) == NEWEST == ScriptDirectory(str(SCRIPTS)).get_current_head()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.read() as conn:
        assert current(conn) == NEWEST


def test_the_journal_survives_its_rebuilding(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/old.sqlite3", journal_key=KEY)
    migrate(database, "0005")
    row = {"ticket_id": 7, "seq": 1, "at": "2021-08-23T02:00:00.000000Z", "kind": "received", "actor": "bot"}
    row |= {"data": "{}", "previous_hash": "", "hash": "ab"}
    with database.begin() as conn:
        conn.execute(text(f"INSERT INTO journal ({', '.join(row)}) VALUES (:{', :'.join(row)})"), row)
    migrate(database)
    with database.read() as conn:
        assert [dict(one) for one in conn.execute(text("SELECT * FROM journal")).mappings()] == [row]
        assert (
            "WITHOUT ROWID" in conn.execute(text("SELECT sql FROM sqlite_master WHERE name = 'journal'")).scalar_one()
        )
    database.close()
