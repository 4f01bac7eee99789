"""Brings a database to the newest schema, and tells where it stands."""

from pathlib import Path

from sqlalchemy import inspect, text

from storage.sql.database import Connection, Database
from storage.sql.trouble import DatabaseRefused, told

NEWEST = "0012"  # the revision this code is written for; a test holds it against the scripts
SCRIPTS = Path(__file__).parents[1] / "migrations"
MIGRATION_LOCK = 2_021_0823  # PostgreSQL advisory lock: one node migrates, the others wait


def migrate(database: Database, revision: str = NEWEST) -> None:
    """Bring the schema to the revision in one transaction; a failure leaves it as it was.

    DatabaseRefused where the database cannot be used, or was made by a later version of this code.
    """
    with told(database.file):
        with database.read() as conn:
            stands = current(conn)
        if stands == revision:
            return
        if stands is not None and not any(SCRIPTS.glob(f"versions/{stands}_*.py")):
            raise DatabaseRefused(f"数据库由更新的程序建立（结构 {stands}，本程序 {NEWEST}），请升级程序后再用。")
        with database.begin() as conn:
            if not database.sqlite:
                conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
            _upgrade(conn, revision)


def current(conn: Connection) -> str | None:
    """Return the schema revision of the database; None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _upgrade(conn: Connection, revision: str) -> None:
    # Loaded here: at nearly every start there is nothing to do, and it takes a tenth of the time.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["connection"] = conn
    command.upgrade(config, revision)
