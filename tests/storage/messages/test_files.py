"""Files: kept once, given back as they were."""

from datetime import UTC, datetime

import pytest

from storage.messages import files
from storage.sql.database import Database

NOW = datetime(2021, 8, 30, 1, tzinfo=UTC)


def test_a_file_comes_back_as_it_was_kept(database: Database) -> None:
    body = bytes(range(256)) * 40
    with database.begin() as conn:
        number = files.keep(conn, "督办周报.xlsx", "application/x", body, NOW)
    with database.read() as conn:
        found = files.load(conn, number)
    assert (found.name, found.media_type, found.body, found.created_at) == ("督办周报.xlsx", "application/x", body, NOW)
    assert "body" not in repr(found)


def test_the_same_bytes_are_stored_once(database: Database) -> None:
    with database.begin() as conn:
        first = files.keep(conn, "甲.xlsx", "application/x", b"one", NOW)
        other = files.keep(conn, "乙.xlsx", "application/x", b"two", NOW)
        again = files.keep(conn, "丙.xlsx", "application/x", b"one", NOW)
    with database.begin() as conn:
        later = files.keep(conn, "丁.xlsx", "application/x", b"two", NOW)
    assert (again, later) == (first, other)
    assert first != other


def test_a_file_nobody_kept_is_a_key_error(database: Database) -> None:
    with database.read() as conn, pytest.raises(KeyError):
        files.load(conn, 1)
