"""The tree and its file at the edges: old journals, two nodes, another algorithm, torn lines."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from bot.actions.context import Context
from bot.actions.tickets.proof.prover import Prover
from bot.actions.tickets.proof.verifying import Verification
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.rules.tickets.proof.tree import grown, root_of
from bot.sealing import Sealer
from storage.records import JournalDraft, Leaf, MacAlgorithm
from storage.sql.database import Database
from storage.sql.schema import NEWEST, migrate
from storage.tables import journal as lines
from storage.tickets import journal, roots
from storage.tickets.chains import hashed
from storage.tickets.rootfile import RootFile, RootFileRefused
from tests.cast.proof import KEY, SECRET

NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)
SM3 = Sealer(SECRET).journal_key(MacAlgorithm.SM3)


def context_on(database: Database) -> Context:
    return Context(database, WoundClock(NOW), load(), (NOW.time(), NOW.time()))


def written(database: Database, *numbers: int) -> None:
    for number in numbers:
        with database.begin() as conn:
            journal.write_system(conn, [JournalDraft(kind="bound", at=NOW, actor="bot", data={"n": number})])


def faults(database: Database, file: RootFile) -> list[str]:
    look = Verification(context=context_on(database), root_file=file)
    return [one.reason for one in look.run() if one is not None]


def test_a_root_is_the_one_of_the_whole_tree_however_it_grew() -> None:
    leaves = [Leaf(ticket_id=one, seq=1, head=f"{one:064x}") for one in range(23)]
    whole = grown((), 0, leaves, KEY, KEY.algorithm)
    for first in range(23):
        begun = grown((), 0, leaves[:first], KEY, KEY.algorithm)
        assert grown(begun, first, leaves[first:], KEY, KEY.algorithm) == whole
    assert len(whole) == bin(23).count("1")
    changed = [*leaves[:7], replace(leaves[7], head="0" * 64), *leaves[8:]]
    other = grown((), 0, changed, KEY, KEY.algorithm)
    assert root_of(other, 23, 23, KEY, KEY.algorithm) != root_of(whole, 23, 23, KEY, KEY.algorithm)
    assert root_of(whole, 23, 24, KEY, KEY.algorithm) != root_of(whole, 23, 23, KEY, KEY.algorithm)


def test_what_waits_when_nothing_changed_costs_no_root(database: Database, tmp_path: Path) -> None:
    prover = Prover(context_on(database), RootFile(tmp_path / "roots.txt", KEY))
    written(database, 1)
    assert prover.prove_once() is False
    before = prover.file.path.read_bytes()
    assert prover.prove_once() is False
    assert prover.file.path.read_bytes() == before


def test_two_nodes_file_every_root_each_in_its_own_file(database: Database, tmp_path: Path) -> None:
    one, other = (Prover(context_on(database), RootFile(tmp_path / name, KEY)) for name in ("one.txt", "other.txt"))
    for number, node in enumerate((one, other, one, other)):
        written(database, number)
        node.prove_once()
    one.prove_once()
    told = [[line.split()[:3] for line in node.file.path.read_text().splitlines()[1:]] for node in (one, other)]
    assert [line[0] for line in told[0]] == ["1", "2", "3", "4"]
    assert told[1] == told[0][1:]  # it joined when there was one root already
    assert faults(database, one.file) == faults(database, other.file) == []


def test_the_algorithm_may_change_on_the_way(database_url: str, tmp_path: Path) -> None:
    path = tmp_path / "roots.txt"
    for key, number in ((KEY, 1), (SM3, 2), (KEY, 3)):
        database = Database(database_url, journal_key=key)
        written(database, number)
        Prover(context_on(database), RootFile(path, key)).prove_once()
        assert faults(database, RootFile(path, key)) == []
        database.close()
    stranger = Sealer("another secret of nobody, made up for this").journal_key(MacAlgorithm.SHA256)
    database = Database(database_url, journal_key=stranger)
    assert faults(database, RootFile(path, stranger))[0] == "内容与校验值不符"
    database.close()


def test_a_line_that_a_power_cut_tore_hinders_nobody(file_database: Database, tmp_path: Path) -> None:
    prover = Prover(context_on(file_database), RootFile(tmp_path / "roots.txt", KEY))
    written(file_database, 1)
    prover.prove_once()
    with prover.file.path.open("a") as file:
        file.write("2 2021-08-23T02:00")
    written(file_database, 2)
    Prover(context_on(file_database), prover.file).prove_once()
    assert faults(file_database, prover.file) == []
    assert [line.split()[0] for line in prover.file.path.read_text().splitlines()] == ["0", "1", "2", "2"]


def test_a_file_that_cannot_be_written_is_told_once_and_made_good_later(
    file_database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "away"
    prover = Prover(context_on(file_database), RootFile(folder / "roots.txt", KEY))
    for number in (1, 2):
        written(file_database, number)
        assert prover.prove_once() is False
    assert ["读写不了" in one.getMessage() for one in caplog.records if one.levelname == "ERROR"] == [True]
    with pytest.raises(RootFileRefused, match="DUBAN_ROOTS_PATH"), prover.file.held():
        pass
    folder.mkdir()
    prover.prove_once()
    assert faults(file_database, prover.file) == []


def test_journals_from_before_the_key_stay_valid_and_cannot_be_rewritten(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/old.sqlite3", journal_key=KEY)
    migrate(database, "0007")
    rows = old_lines(3)
    with database.begin() as conn:
        conn.execute(insert(lines), rows)
        conn.execute(text("INSERT INTO meta VALUES ('house_journal', :value)"), {"value": f"3 {rows[-1]['hash']}"})
    migrate(database, NEWEST)
    with database.read() as conn:
        assert [tuple(one) for one in conn.execute(text("SELECT * FROM plain_chains"))] == [(0, 3)]
    prover = Prover(context_on(database), RootFile(tmp_path / "roots.txt", KEY))
    written(database, 4)
    prover.prove_once()
    assert faults(database, prover.file) == []
    with database.read() as conn:
        assert roots.last(conn).lines == 4
    with database.begin() as conn:
        conn.execute(text("DELETE FROM journal WHERE seq = 4"))
        changed = old_lines(4, actor="somebody")
        for row in changed:
            conn.execute(text("DELETE FROM journal WHERE seq = :seq"), {"seq": row["seq"]})
        conn.execute(insert(lines), changed)
        conn.execute(text("UPDATE meta SET value = :v WHERE key = 'house_journal'"), {"v": f"4 {changed[-1]['hash']}"})
    assert faults(database, prover.file) == ["内容与校验值不符"]
    with database.begin() as conn:
        conn.execute(text("UPDATE plain_chains SET seq = 4"))
    assert faults(database, prover.file) == ["启用密钥校验的起点被改动过"]
    database.close()


def old_lines(count: int, actor: str = "bot") -> list[dict[str, object]]:
    """A journal as earlier versions hashed it."""
    previous, rows = "", []
    for seq in range(1, count + 1):
        row: dict[str, object] = {"ticket_id": 0, "seq": seq, "at": NOW, "kind": "bound", "actor": actor, "data": "{}"}
        row["previous_hash"] = previous
        previous = hashlib.sha256(hashed(row)).hexdigest()
        rows.append({**row, "hash": previous})
    return rows
