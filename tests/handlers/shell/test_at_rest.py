"""What lies on the disk: modes, a changed key, and both of them under kills."""

import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from bot.sealing import KEY_FILE, NEXT_KEY_FILE, KeyRefused, Sealer
from tests.handlers.shell.commands import Shell
from tests.waiting import LONG

NEW_KEY = "a quite new key of forty characters and more"


def modes(folder: Path) -> dict[str, int]:
    found = {one.name: stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}
    return {**found, ".": stat.S_IMODE(folder.stat().st_mode)}


def test_everything_is_made_for_its_owner_alone(fresh: Shell) -> None:
    before = os.umask(0)
    try:
        assert fresh("migrate").code == 0
        assert fresh("check").code in (0, 1)
    finally:
        os.umask(before)
    assert {one & 0o077 for one in modes(fresh.folder).values()} == {0}


@pytest.mark.parametrize("name", ["", "duban.sqlite3", "duban.sqlite3-wal", "duban.sqlite3-shm", KEY_FILE])
@pytest.mark.parametrize("mode", [0o010, 0o040, 0o004, 0o002])
def test_wider_modes_are_refused_and_the_sentence_helps(with_register: Shell, name: str, mode: int) -> None:
    path = with_register.folder / name
    # Held open, the database keeps what stands beside it.
    with closing(sqlite3.connect(with_register.folder / "duban.sqlite3")) as held:
        held.execute("SELECT count(*) FROM people").fetchall()
        own = 0o700 if path.is_dir() else 0o600
        assert path.exists(), name
        os.chmod(path, own | mode)
        ran = with_register("tickets")
        assert ran.code == 1
        assert f"chmod {own:o} {path}" in ran.err
        assert "Traceback" not in ran.err
        os.chmod(path, own)
        assert with_register("tickets").code == 0


def phones(folder: Path) -> list[tuple[str, str, int, str]]:
    with closing(sqlite3.connect(folder / "duban.sqlite3")) as conn:
        query = "SELECT phone_sealed, phone_index, unit_id, name FROM people WHERE phone_sealed != '' ORDER BY id"
        return conn.execute(query).fetchall()


def opened(folder: Path, key: str) -> list[str]:
    sealer = Sealer(key)
    numbers = [sealer.unseal(sealed, f"people:{unit}:{name}") for sealed, _, unit, name in phones(folder)]
    assert [sealer.index(one) for one in numbers] == [index for _, index, _, _ in phones(folder)]
    return numbers


def key_of(folder: Path) -> str:
    return (folder / KEY_FILE).read_text().strip()


def test_a_new_key_opens_everything_and_the_old_one_nothing(with_register: Shell) -> None:
    folder, old = with_register.folder, key_of(with_register.folder)
    numbers = opened(folder, old)
    assert numbers
    ran = with_register("rekey")
    assert ran.code == 0, ran.err
    assert f"手机号{len(numbers)}个" in ran.out
    assert key_of(folder) != old
    assert opened(folder, key_of(folder)) == numbers
    with pytest.raises(KeyRefused):
        opened(folder, old)
    assert not (folder / NEXT_KEY_FILE).exists()
    assert with_register("verify").code == 0
    assert with_register("check").code in (0, 1)


@pytest.mark.parametrize("place", ["before_commit", "after_rekey"])
def test_a_change_of_the_key_that_is_killed_is_ended_by_the_next(with_register: Shell, place: str) -> None:
    folder, numbers = with_register.folder, opened(with_register.folder, key_of(with_register.folder))
    killed = replace(with_register, extra=(("DUBAN_FAILPOINT", place),))
    with killed.started("rekey", err=folder.parent / "err") as process:
        process.join(LONG)
        assert process.exitcode == -9
    refused = with_register("tickets")
    assert refused.code == 1
    assert "rekey" in refused.err
    assert with_register("rekey").code == 0
    assert opened(folder, key_of(folder)) == numbers
    assert with_register("tickets").code == 0


def test_a_key_of_the_environment_is_changed_with_a_file(with_register: Shell, tmp_path: Path) -> None:
    folder, numbers = with_register.folder, opened(with_register.folder, key_of(with_register.folder))
    given = replace(with_register, extra=(("DUBAN_SECRET_KEY", key_of(folder)),))
    file = tmp_path / "new"
    file.write_text(NEW_KEY + "\n")
    assert given("rekey").code == 1
    assert with_register("rekey", "--new-key-file", str(file)).code == 1
    assert given("rekey", "--new-key-file", str(file)).code == 0
    assert opened(folder, NEW_KEY) == numbers
    assert not (folder / NEXT_KEY_FILE).exists()


def test_a_number_moved_to_another_row_does_not_open(with_register: Shell) -> None:
    folder = with_register.folder
    with closing(sqlite3.connect(folder / "duban.sqlite3")) as conn:
        rows = conn.execute("SELECT id, phone_sealed FROM people WHERE phone_sealed != ''").fetchall()
        conn.execute("UPDATE people SET phone_sealed = ? WHERE id = ?", (rows[1][1], rows[0][0]))
        conn.commit()
    ran = with_register("rekey")
    assert ran.code == 1
    assert "解不开" in ran.err
