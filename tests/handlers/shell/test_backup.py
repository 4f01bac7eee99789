"""`backup`, `restore` and what becomes of a lost key, as real processes."""

import shutil
import stat
from pathlib import Path

from sqlalchemy import text

from bot.sealing import KEY_FILE
from storage.sql.backup import look
from storage.sql.database import Database
from storage.sql.schema import migrate
from tests.handlers.shell.commands import Shell


def test_a_backup_and_its_key_bring_everything_back(with_ticket: Shell, tmp_path: Path) -> None:
    file = tmp_path / "saved.sqlite3"
    saved = with_ticket("backup", str(file), "--with-key")
    assert saved.code == 0
    key = file.with_name("saved.sqlite3.key")
    assert {stat.S_IMODE(path.stat().st_mode) for path in (file, key)} == {0o600}
    assert "分开保管" in saved.out
    new = Shell(folder=tmp_path / "new")
    refused = new("restore", str(file))
    assert refused.code == 1
    assert "--key" in refused.err
    assert not (new.folder / "duban.sqlite3").exists()
    assert new("restore", str(file), "--key", str(key)).code == 0
    assert new("tickets", "--json").lines == with_ticket("tickets", "--json").lines
    assert new("verify").code == 0
    assert (new.folder / KEY_FILE).read_bytes() == (with_ticket.folder / KEY_FILE).read_bytes()
    again = new("restore", str(file), "--key", str(key))
    assert again.code == 1
    assert "恢复只能在空的地方进行" in again.err


def test_another_key_restores_nothing(with_ticket: Shell, tmp_path: Path) -> None:
    file, key = tmp_path / "saved.sqlite3", tmp_path / "other.key"
    assert with_ticket("backup", str(file)).code == 0
    key.write_text("k" * 43)
    new = Shell(folder=tmp_path / "new")
    refused = new("restore", str(file), "--key", str(key))
    assert refused.code == 1
    assert "解不开" in refused.err
    assert [path.name for path in new.folder.iterdir()] == []


def test_a_lost_key_is_told_and_never_replaced_in_silence(with_ticket: Shell) -> None:
    key = with_ticket.folder / KEY_FILE
    kept = key.read_text()
    key.unlink()
    refused = with_ticket("tickets")
    assert refused.code == 1
    assert "secret.key" in refused.err
    assert not key.exists()
    key.touch(0o600)
    key.write_text("k" * 43)
    assert "解不开" in with_ticket("tickets").err
    key.write_text(kept)
    assert with_ticket("tickets").code == 0


def test_an_upgrade_saves_what_was_there_first(fresh: Shell) -> None:
    fresh.folder.mkdir(mode=0o700)
    old = Database(f"sqlite:///{fresh.folder}/duban.sqlite3")
    migrate(old, "0005")
    with old.begin() as conn:
        conn.execute(text("INSERT INTO units (id, name, desk, jurisdiction) VALUES (7, '水利局', false, '')"))
    old.close()
    (fresh.folder / "duban.sqlite3").chmod(0o600)
    done = fresh("migrate")
    assert done.code == 0
    (saved,) = (fresh.folder / "backups").iterdir()
    assert str(saved) in done.out
    assert look(saved).revision == "0005"
    assert "备份" not in fresh("migrate").out


def test_a_backup_is_made_while_it_runs_and_copying_the_live_file_is_not_needed(
    with_ticket: Shell, tmp_path: Path
) -> None:
    shell = Shell(folder=with_ticket.folder, extra=(("DUBAN_WEB__PORT", "0"),))
    log = tmp_path / "log"
    log.touch()
    with shell.started("run", err=log):
        assert shell("backup", str(tmp_path / "saved.sqlite3")).code == 0
    shutil.rmtree(with_ticket.folder / "backups", ignore_errors=True)
    assert look(tmp_path / "saved.sqlite3").tickets == 1
