"""An insider with the database and the root file, but not the key: whatever is changed, `verify` names it first.

Each attack is made on a running history (two tickets, one completed with a picture, told messages, a bound person)
in the words of SQL, and looked at by a real process.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.actions.messages import evidence
from bot.actions.people import binding
from bot.actions.tickets.tickets import answer
from bot.actions.work import begin
from bot.engine import root_file
from bot.rules.tickets.lifecycle import Answer, Verb
from storage.sql.database import Connection
from storage.tables import journal, metadata
from storage.tickets import chains
from storage.tickets.chains import hashed
from tests.cast import bureau
from tests.faults.process import House, furnish
from tests.waiting import LONG

FIRST, SECOND = "FJ-1", "FJ-2"


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    said: str

    @property
    def first(self) -> str:
        """The first thing that was named."""
        return self.said.splitlines()[0]


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> House:
    """A history with everything that is proved in it, proved."""
    ways = {who: ("console", who) for who in ("jia", "yi", "bing", "ding", "wu")}
    made = furnish(database_url, tmp_path / "data", (FIRST, SECOND), ways)
    go_on(made)
    return made


def go_on(house: House, verb: Verb = Verb.COMPLETE, number: int = 1) -> None:
    """Let people do something, tell what is due, and prove it."""
    house.go_on()
    with house.engine() as engine:
        now = engine.clock.now()
        picture = evidence.SentFile(name="改后.png", media_type="image/png", body=f"{verb}{number}".encode())
        evidence.attach(engine.context, bureau.JIA, now, [picture], number, "inbox")
        with begin(engine.context) as work:
            answer(work, number, verb, Answer(person_id=bureau.JIA, at=now, text="已整改", via="inbox"))
        binding.bind(engine.context, bureau.YI, "mail", f"{verb}@example.test")
        engine.prove()


def verify(house: House, *more: str) -> Ran:
    """A process of its own, which says what it found."""
    house.log.write_text("")
    with house.running("verify", *more) as process:
        process.join(LONG)
        assert process.exitcode is not None
        told = [line for line in house.log.read_text().splitlines() if not line.startswith("{")]
        return Ran(code=process.exitcode, said="\n".join(told))


@contextmanager
def attacked(house: House) -> Iterator[Connection]:
    """The database in the hands of somebody who knows how it is made."""
    with house.database() as database, database.begin() as conn:
        yield conn


def rechained(conn: Connection, ticket_id: int) -> None:
    """Make a journal a whole chain of plain hashes again, with its head, as before there was a key."""
    previous, lines = "", next(one.lines for one in chains.chains(conn) if one.ticket_id == ticket_id)
    for line in lines:
        line["previous_hash"] = previous
        previous = hashlib.sha256(hashed(line)).hexdigest()
        conn.execute(
            journal.update()
            .where(journal.c.ticket_id == ticket_id, journal.c.seq == line["seq"])
            .values(previous_hash=line["previous_hash"], hash=previous, data=line["data"], at=line["at"])
        )
    conn.execute(text("UPDATE tickets SET journal_hash = :head WHERE id = :id"), {"head": previous, "id": ticket_id})


def root_lines(house: House) -> list[str]:
    return root_file(house.settings).read_text("ascii").splitlines()


def test_what_nobody_touched_holds_and_shows_its_number(house: House) -> None:
    ran = verify(house)
    assert ran.code == 0, ran.said
    assert "均完整" in ran.said
    number, _at, root = root_lines(house)[-1].split()[:3]
    assert f"存证号：{number}-{root[:16]}" in ran.said
    assert root_file(house.settings).stat().st_mode & 0o777 == 0o600


def history_rewritten(conn: Connection) -> None:
    where = "WHERE ticket_id = 1 AND kind = 'complete'"
    data = json.loads(conn.execute(text(f"SELECT data FROM journal {where}")).scalar_one())
    data["stands"]["completed_at"] = "2021-08-24T02:00:00.000000+00:00"
    conn.execute(text(f"UPDATE journal SET data = :data {where}"), {"data": json.dumps(data, ensure_ascii=False)})
    rechained(conn, 1)


def marked_as_old(conn: Connection) -> None:
    history_rewritten(conn)
    conn.execute(text("INSERT INTO plain_chains (ticket_id, seq) SELECT id, journal_seq FROM tickets WHERE id = 1"))


def tail_cut(conn: Connection) -> None:
    seq, head = conn.execute(text("SELECT seq, hash FROM journal WHERE ticket_id = 1 ORDER BY seq")).all()[-2]
    conn.execute(text("DELETE FROM journal WHERE ticket_id = 1 AND seq > :seq"), {"seq": seq})
    conn.execute(
        text("UPDATE tickets SET journal_seq = :seq, journal_hash = :head WHERE id = 1"), {"seq": seq, "head": head}
    )


def ticket_deleted(conn: Connection) -> None:
    conn.execute(text("DELETE FROM journal WHERE ticket_id = 2"))
    conn.execute(text("DELETE FROM outbox WHERE ticket_id = 2"))
    conn.execute(text("DELETE FROM tickets WHERE id = 2"))


def ticket_deleted_from_the_tree_too(conn: Connection) -> None:
    ticket_deleted(conn)
    conn.execute(text("DELETE FROM proof_leaves WHERE ticket_id = 2"))


def leaf_changed_into_another(conn: Connection) -> None:
    ticket_deleted(conn)
    conn.execute(text("UPDATE proof_leaves SET ticket_id = 1 WHERE ticket_id = 2"))


def system_journal_wiped(conn: Connection) -> None:
    conn.execute(text("DELETE FROM journal WHERE ticket_id = 0"))
    conn.execute(text("DELETE FROM meta WHERE key = 'house_journal'"))


def completed_earlier(conn: Connection) -> None:
    conn.execute(text("UPDATE tickets SET completed_at = created_at WHERE id = 1"))


def limit_moved(conn: Connection) -> None:
    conn.execute(text("UPDATE tickets SET due_at = (SELECT max(not_before) FROM outbox) WHERE id = 2"))


def state_changed(conn: Connection) -> None:
    conn.execute(text("UPDATE tickets SET state = 'void' WHERE id = 2"))


def line_moved_in_time(conn: Connection) -> None:
    conn.execute(
        text(
            "UPDATE journal SET at = (SELECT created_at FROM tickets WHERE id = 1) "
            "WHERE ticket_id = 1 AND kind = 'complete'"
        )
    )


def said_to_be_sent(conn: Connection) -> None:
    conn.execute(text("DELETE FROM outbox WHERE id < 0"))
    number = conn.execute(
        text("SELECT max(id) FROM outbox WHERE ticket_id = 2 AND state NOT IN ('accepted', 'delivered')")
    ).scalar()
    assert number is not None
    conn.execute(text("UPDATE outbox SET state = 'accepted', accepted_at = created_at WHERE id = :id"), {"id": number})


def said_to_be_sent_earlier(conn: Connection) -> None:
    conn.execute(
        text("UPDATE outbox SET accepted_at = created_at WHERE ticket_id = 2 AND state IN ('accepted', 'delivered')")
    )


def message_deleted(conn: Connection) -> None:
    conn.execute(
        text(
            "DELETE FROM outbox WHERE id = "
            "(SELECT min(id) FROM outbox WHERE ticket_id = 2 AND state IN ('accepted', 'delivered'))"
        )
    )


def picture_changed(conn: Connection) -> None:
    body = b"another picture"
    conn.execute(
        text("UPDATE files SET body = :body, sha256 = :sha256"),
        {"body": body, "sha256": hashlib.sha256(body).hexdigest()},
    )


def picture_taken_away(conn: Connection) -> None:
    conn.execute(text("DELETE FROM evidence"))


def root_changed(conn: Connection) -> None:
    conn.execute(text("UPDATE proof_roots SET root = :root WHERE number = 1"), {"root": "0" * 64})


Attack = Callable[[Connection], None]
ATTACKS: list[tuple[Attack, str]] = [
    (history_rewritten, "工单FJ-1的流水：第1行，内容与校验值不符"),
    (marked_as_old, "工单FJ-1的流水：第1行，启用密钥校验的起点被改动过"),
    (tail_cut, "工单FJ-1的流水：第"),
    (ticket_deleted, "已不存在的工单（内部序号2）的流水：第1行，存证时有"),
    (ticket_deleted_from_the_tree_too, "存证树缺第"),
    (leaf_changed_into_another, "存证第1号.*与重算的根不符"),
    (system_journal_wiped, "登记簿与日历的流水：第1行，存证时有"),
    (completed_earlier, "工单FJ-1的流水：第.*行，工单的办结时间"),
    (limit_moved, "工单FJ-2的流水：第1行，工单的时限"),
    (state_changed, "工单FJ-2的流水：第1行，工单的状态"),
    (line_moved_in_time, "工单FJ-1的流水：第.*行，内容与校验值不符"),
    (said_to_be_sent, "工单FJ-2的流水：第.*行，消息.*发件箱记为已发出，流水里没有"),
    (said_to_be_sent_earlier, "工单FJ-2的流水：第.*行，消息.*发件箱里的发出时间与流水不符"),
    (message_deleted, "工单FJ-2的流水：第.*行，流水里的消息.*在发件箱里不见了"),
    (picture_changed, "工单FJ-1的流水：第.*行，附件.*的内容被改动"),
    (picture_taken_away, "工单FJ-1的流水：第.*行，附件.*不见了"),
    (root_changed, "存证第1号.*与重算的根不符"),
]


@pytest.mark.parametrize(("attack", "named"), ATTACKS, ids=[one.__name__ for one, _ in ATTACKS])
def test_what_was_changed_in_the_database_is_named_first(house: House, attack: Attack, named: str) -> None:
    with attacked(house) as conn:
        attack(conn)
    ran = verify(house)
    assert ran.code == 1
    assert re.search(named, ran.first), ran.said


def cut(house: House, lines: int) -> None:
    """Leave so many lines of the root file."""
    kept = root_file(house.settings).read_bytes().splitlines(keepends=True)[:lines]
    root_file(house.settings).write_bytes(b"".join(kept))


def without(house: House, place: int) -> None:
    lines = root_file(house.settings).read_text("ascii").splitlines(keepends=True)
    root_file(house.settings).write_text("".join(lines[: place - 1] + lines[place:]), "ascii")


def replaced(house: House, place: int, root: str) -> None:
    lines = [line.split() for line in root_lines(house)]
    lines[place - 1][2] = root
    root_file(house.settings).write_text("".join(" ".join(line) + "\n" for line in lines), "ascii")


FILE_ATTACKS: list[tuple[str, Callable[[House], None], str]] = [
    ("truncated", lambda house: cut(house, 2), "存证文件末尾缺行：数据库记着它写到第2号，现在只到第1号"),
    ("emptied", lambda house: cut(house, 0), "不见了或被清空"),
    ("taken away", lambda house: root_file(house.settings).unlink(), "不见了或被清空"),
    ("a line gone", lambda house: without(house, 2), "第2行：与前一行接不上"),
    ("a root changed", lambda house: replaced(house, 2, "0" * 64), "第2行：内容与校验值不符"),
]


@pytest.mark.parametrize(("attack", "named"), [one[1:] for one in FILE_ATTACKS], ids=[one[0] for one in FILE_ATTACKS])
def test_what_was_changed_in_the_root_file_is_named(house: House, attack: Callable[[House], None], named: str) -> None:
    go_on(house, Verb.ACKNOWLEDGE, 2)  # a second and a third root: the file had come to the second by then
    with house.engine() as engine:
        binding.bind(engine.context, bureau.BING, "mail", "bing@example.test")
        engine.prove()
    assert len(root_lines(house)) == 4
    attack(house)
    ran = verify(house)
    assert ran.code == 1
    assert named in ran.first, ran.said
    with house.running("tickets") as process:
        process.join(LONG)  # whoever runs on does not cover it up
    assert named in verify(house).said


def test_an_older_database_put_back_is_named_and_not_gone_on_from(house: House, tmp_path: Path) -> None:
    old = saved(house)
    go_on(house, Verb.ACKNOWLEDGE, 2)
    put_back(house, old)
    named = "数据库比存证文件旧：存证文件记到第2号，数据库只到第1号"
    ran = verify(house)
    assert ran.code == 1
    assert ran.first.startswith(named)
    with house.running("check") as process:
        process.join(LONG)
    assert f"流水没有在存证：{named}" in house.log.read_text()
    before = root_lines(house)
    with house.engine() as engine:
        binding.bind(engine.context, bureau.BING, "mail", "bing@example.test")
        assert engine.prove() is False
    assert root_lines(house) == before
    assert named in verify(house).said


def test_a_backup_put_back_is_answered_for_by_name_and_shown_ever_after(house: House) -> None:
    old = saved(house)
    go_on(house, Verb.ACKNOWLEDGE, 2)
    put_back(house, old)
    assert verify(house).code == 1
    accepted = verify(house, "--accept", "硬盘坏了，恢复昨晚的备份")
    assert accepted.code == 0, accepted.said
    with house.engine() as engine:
        binding.bind(engine.context, bureau.BING, "mail", "bing@example.test")
        engine.prove()
    again = verify(house)
    assert again.code == 0, again.said
    assert "经人确认后继续；此前记下的1个存证号（至第2号）不再有效" in again.said


@pytest.mark.parametrize("lines", [2, 0, None], ids=["cut", "emptied", "gone"])
def test_a_lost_root_file_is_answered_for_by_name_and_shown_ever_after(house: House, lines: int | None) -> None:
    go_on(house, Verb.ACKNOWLEDGE, 2)
    with house.engine() as engine:
        binding.bind(engine.context, bureau.BING, "mail", "bing@example.test")
        engine.prove()
    if lines is None:
        root_file(house.settings).unlink()
    else:
        cut(house, lines)
    assert verify(house).code == 1
    accepted = verify(house, "--accept", "换了硬盘")
    assert accepted.code == 0, accepted.said
    with house.engine() as engine:
        binding.bind(engine.context, bureau.BING, "mail", "another@example.test")
        engine.prove()
    again = verify(house)
    assert again.code == 0, again.said
    assert "存证第3号之后曾中断，经人确认后继续" in again.said
    nothing = verify(house, "--accept", "再来一次")
    assert "没有要确认的" in nothing.said


@pytest.mark.parametrize("short", [True, False], ids=["short form", "whole"])
def test_a_root_that_somebody_kept_binds(house: House, short: bool) -> None:
    number, _at, root = root_lines(house)[-1].split()[:3]
    kept = f"{number}-{root[:16]}" if short else root
    go_on(house, Verb.ACKNOWLEDGE, 2)
    assert verify(house, "--since", kept).code == 0
    assert verify(house, "--since", number).code == 0
    strange = verify(house, "--since", f"{number}-{'0' * 16}")
    assert strange.code == 1
    assert "现在的记录接不上这个存证号" in strange.first
    assert "不是存证号" in verify(house, "--since", "昨天").first


def test_database_and_file_put_back_together_are_found_by_a_root_that_somebody_kept(house: House) -> None:
    old, roots = saved(house), root_file(house.settings).read_bytes()
    go_on(house, Verb.ACKNOWLEDGE, 2)
    number, _at, root = root_lines(house)[-1].split()[:3]
    put_back(house, old)
    root_file(house.settings).write_bytes(roots)
    assert verify(house).code == 0  # nothing on this machine tells
    assert "现在的记录接不上这个存证号" in verify(house, "--since", f"{number}-{root[:16]}").first


def test_killed_between_database_and_file_the_next_tick_files_it(house: House) -> None:
    before = len(root_lines(house))
    with house.engine() as engine:
        binding.bind(engine.context, bureau.BING, "mail", "bing@example.test")
    house.killed("tickets", failpoint="before_root_filed")
    assert len(root_lines(house)) == before
    assert verify(house).code == 0
    with house.running("tickets") as process:
        process.join(LONG)
    assert len(root_lines(house)) == before + 1
    assert verify(house).code == 0


def saved(house: House) -> dict[str, list[dict[str, object]]]:
    """Every row of every table."""
    with house.database() as database, database.read() as conn:
        return {
            one.name: [dict(row) for row in conn.execute(one.select()).mappings()] for one in metadata.sorted_tables
        }


def put_back(house: House, rows: dict[str, list[dict[str, object]]]) -> None:
    """The tables as they were."""
    with attacked(house) as conn:
        if conn.dialect.name == "sqlite":
            conn.execute(text("PRAGMA defer_foreign_keys=ON"))
        for table in reversed(metadata.sorted_tables):
            conn.execute(table.delete())
        for table in metadata.sorted_tables:
            if rows[table.name]:
                conn.execute(table.insert(), rows[table.name])
