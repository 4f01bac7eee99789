"""Brings a database to the newest schema, and tells where it stands."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from storage.database import Connection, Database

SCRIPTS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 2_021_0823  # PostgreSQL advisory lock: one node migrates, the others wait


def migrate(database: Database, revision: str = "head") -> None:
    """Bring the schema to the revision in one transaction; a failure leaves it as it was."""
    with database.begin() as conn:
        if not database.sqlite:
            conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        config = _config()
        config.attributes["connection"] = conn
        command.upgrade(config, revision)


def current(conn: Connection) -> str | None:
    """Return the schema revision of the database; None for an empty one."""
    return MigrationContext.configure(conn).get_current_revision()


def newest() -> str:
    """Return the revision this code is written for."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("no migration found")
    return head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    return config
