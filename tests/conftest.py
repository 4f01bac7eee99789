"""Fixtures for all tests: both databases, a wound clock, a small office."""

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.sql.database import Database
from storage.sql.schema import migrate
from tests.cast.office import Office
from tests.cast.proof import KEY
from tests.places import in_memory
from tests.postgres import Postgres, server

os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", in_memory())  # pytest's own name for where `tmp_path` lies


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--sqlite", action="store_true", help="leave out what needs PostgreSQL, which is then not started")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("sqlite"):
        config.hook.pytest_deselected(items=[one for one in items if _needs_postgres(one)])
        items[:] = [one for one in items if not _needs_postgres(one)]


def _needs_postgres(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    params = item.callspec.params if hasattr(item, "callspec") else {}
    return params.get("database_url") == "postgres" or "postgres" in item.fixturenames


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}", journal_key=KEY)
    migrate(database)
    database.close()
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; one per test process."""
    with server(os.environ.get("PYTEST_XDIST_WORKER", "main")) as running:
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a migrated, empty database, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "duban.sqlite3"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        path.chmod(0o600)
        yield f"sqlite:///{path}"
    else:
        with request.getfixturevalue("postgres").fresh() as url:
            yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A migrated, empty database on each backend."""
    opened = Database(database_url, journal_key=KEY)
    yield opened
    opened.close()


@pytest.fixture
def file_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite file, where the other backend would prove nothing more."""
    path = tmp_path / "duban.sqlite3"
    shutil.copy(sqlite_template, path)
    opened = Database(f"sqlite:///{path}", journal_key=KEY)
    yield opened
    opened.close()


@pytest.fixture
def office(database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Office]:
    """A small office at 2021-08-23 08:00; unexpected messages and logged errors fail the test."""
    opened = Office(database_url, tmp_path)
    yield opened
    opened.close()
    assert [one.getMessage() for one in caplog.get_records("call") if one.levelno >= logging.ERROR] == []
