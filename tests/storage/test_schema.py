"""The migrations and the tables tell the same story, on both databases."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from storage.database import Database
from storage.schema import current, migrate, newest
from storage.tables import metadata


def test_all_migrations_together_equal_the_tables(database: Database) -> None:
    with database.read() as conn:
        context = MigrationContext.configure(conn, opts={"compare_type": False})
        assert compare_metadata(context, metadata) == []


def test_a_migrated_database_stands_at_the_newest_revision(database: Database) -> None:
    with database.read() as conn:
        assert current(conn) == newest()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    migrate(database)
    with database.read() as conn:
        assert current(conn) == newest()
