"""The journal proves itself: whatever is changed behind its back, the first broken line is named."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import delete, insert, select, text, update

from storage.records import JournalDraft, Ticket
from storage.sql.database import Connection, Database
from storage.tables import journal as lines
from storage.tables import meta
from storage.tables import tickets as ticket_rows
from storage.tickets import journal, tickets
from storage.tickets.chains import Broken
from storage.tickets.journal import SYSTEM
from tests.cast.proof import KEY, checked
from tests.cast.rows import office, put_ticket, sh

NOT_AS_HASHED, MISSING, END = "内容与校验值不符", "缺少这一行", "末尾缺行，或工单与流水的末行不符"


def draft(number: int) -> JournalDraft:
    return JournalDraft(kind="told", at=sh(8, 23, 10, number), actor="bot", data={"步骤": f"第{number}步", "n": number})


def write(conn: Connection, ticket: Ticket, *drafts: JournalDraft) -> Ticket:
    """Append lines as the actions do."""
    head, rows = journal.chain(ticket, drafts, KEY)
    tickets.save(conn, [ticket], [head])
    journal.write(conn, rows)
    return replace(ticket, version=ticket.version + 1, journal_seq=head[0], journal_hash=head[1])


@pytest.fixture
def ticket(database: Database) -> Ticket:
    """A ticket with five lines, written in two goes, and another with none."""
    with database.begin() as conn:
        office(conn)
        put_ticket(conn, sh(8, 23), None)
        one = write(conn, put_ticket(conn, sh(8, 23), None), *map(draft, (1, 2, 3)))
        return write(conn, one, draft(4), draft(5))


def broken(database: Database) -> list[Broken]:
    with database.read() as conn:
        return [found for _, found in checked(conn) if found is not None]


def tamper(database: Database, statement: object) -> None:
    with database.begin() as conn:
        assert conn.execute(statement).rowcount == 1


def test_lines_are_chained_and_read_back_as_written(database: Database, ticket: Ticket) -> None:
    with database.read() as conn:
        found = journal.read(conn, ticket.id)
        stored = conn.execute(select(lines).where(lines.c.ticket_id == ticket.id).order_by(lines.c.seq)).all()
        assert {number for number, _ in checked(conn)} == {SYSTEM, ticket.id, ticket.id - 1}
    assert [(one.seq, one.kind, one.at, dict(one.data)) for one in found] == [
        (number, "told", draft(number).at, dict(draft(number).data)) for number in range(1, 6)
    ]
    assert [row.previous_hash for row in stored] == ["", *(row.hash for row in stored[:-1])]
    assert (ticket.journal_seq, ticket.journal_hash) == (5, stored[-1].hash)
    assert broken(database) == []


CHANGES: dict[str, dict[str, object]] = {
    "data": {"data": '{"n":3,"步骤":"别的"}'},
    "kind": {"kind": "not_told"},
    "actor": {"actor": "person:1"},
    "at": {"at": sh(8, 23, 10, 4)},
    "hash": {"hash": "0" * 64},
    "previous": {"previous_hash": "0" * 64},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_changed_line_is_named(database: Database, ticket: Ticket, change: dict[str, object]) -> None:
    third = (lines.c.ticket_id == ticket.id, lines.c.seq == 3)
    tamper(database, update(lines).where(*third).values(**change))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=3, reason=NOT_AS_HASHED)]


def test_a_line_changed_together_with_its_hash_breaks_the_next(database: Database, ticket: Ticket) -> None:
    with database.begin() as conn:
        _, rows = journal.chain(replace(ticket, journal_seq=0, journal_hash=""), [draft(1), draft(2), draft(7)], KEY)
        conn.execute(delete(lines).where(lines.c.ticket_id == ticket.id, lines.c.seq == 3))
        conn.execute(insert(lines), [rows[2]])
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=4, reason=NOT_AS_HASHED)]


def test_a_last_line_changed_together_with_its_hash_is_named(database: Database, ticket: Ticket) -> None:
    with database.begin() as conn:
        _, rows = journal.chain(replace(ticket, journal_seq=0, journal_hash=""), list(map(draft, (1, 2, 3, 4, 8))), KEY)
        conn.execute(delete(lines).where(lines.c.ticket_id == ticket.id, lines.c.seq == 5))
        conn.execute(insert(lines), [rows[4]])
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=5, reason=END)]


@pytest.mark.parametrize("change", ["at = 'gestern'", "data = x'00ff'", "hash = x'00'"])
def test_a_line_made_unreadable_is_named(database: Database, ticket: Ticket, change: str) -> None:
    with database.begin() as conn:
        if conn.dialect.name != "sqlite":
            pytest.skip("only SQLite holds anything in any column")
        conn.execute(text(f"UPDATE journal SET {change} WHERE ticket_id = {ticket.id} AND seq = 3"))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=3, reason=NOT_AS_HASHED)]


@pytest.mark.parametrize(("seq", "reason"), [(1, MISSING), (3, MISSING), (5, END)])
def test_a_missing_line_is_named(database: Database, ticket: Ticket, seq: int, reason: str) -> None:
    tamper(database, delete(lines).where(lines.c.ticket_id == ticket.id, lines.c.seq == seq))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=seq, reason=reason)]


def test_a_cut_tail_is_named_where_the_cut_is(database: Database, ticket: Ticket) -> None:
    with database.begin() as conn:
        conn.execute(delete(lines).where(lines.c.ticket_id == ticket.id, lines.c.seq >= 3))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=3, reason=END)]


def test_a_line_too_many_is_named(database: Database, ticket: Ticket) -> None:
    with database.begin() as conn:
        _, rows = journal.chain(ticket, [draft(6)], KEY)
        journal.write(conn, rows)
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=6, reason=END)]


def test_two_lines_swapped_are_named(database: Database, ticket: Ticket) -> None:
    with database.begin() as conn:
        for frm, to in ((2, 99), (4, 2), (99, 4)):
            conn.execute(update(lines).where(lines.c.ticket_id == ticket.id, lines.c.seq == frm).values(seq=to))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=2, reason=NOT_AS_HASHED)]


def test_a_line_moved_to_another_ticket_breaks_both(database: Database, ticket: Ticket) -> None:
    last = (lines.c.ticket_id == ticket.id, lines.c.seq == 5)
    tamper(database, update(lines).where(*last).values(ticket_id=ticket.id - 1, seq=1))
    assert [(one.ticket_id, one.seq) for one in broken(database)] == [(ticket.id - 1, 1), (ticket.id, 5)]


def test_a_changed_head_is_named(database: Database, ticket: Ticket) -> None:
    here = ticket_rows.c.id == ticket.id
    tamper(database, update(ticket_rows).where(here).values(journal_hash="0" * 64))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=5, reason=END)]


def test_a_story_whose_ticket_is_gone_is_named(database: Database, ticket: Ticket) -> None:
    tamper(database, delete(ticket_rows).where(ticket_rows.c.id == ticket.id))
    assert broken(database) == [Broken(ticket_id=ticket.id, seq=1, reason="流水还在，工单已不见")]


HOUSE_CHANGES: list[tuple[Callable[[], object], int, str]] = [
    (lambda: update(lines).where(lines.c.ticket_id == SYSTEM, lines.c.seq == 2).values(actor="?"), 2, NOT_AS_HASHED),
    (lambda: delete(lines).where(lines.c.ticket_id == SYSTEM, lines.c.seq == 1), 1, MISSING),
    (lambda: delete(lines).where(lines.c.ticket_id == SYSTEM, lines.c.seq == 3), 3, END),
    (lambda: delete(meta).where(meta.c.key == "house_journal"), 1, END),
]


@pytest.mark.parametrize(("change", "seq", "reason"), HOUSE_CHANGES, ids=["changed", "missing", "cut", "headless"])
def test_the_journal_of_the_house_proves_itself_too(
    database: Database, change: Callable[[], object], seq: int, reason: str
) -> None:
    for number in (1, 2, 3):
        with database.begin() as conn:
            journal.write_system(conn, [draft(number)])
    assert broken(database) == []
    with database.read() as conn:
        assert [one.seq for one in journal.read(conn, SYSTEM)] == [1, 2, 3]
    tamper(database, change())
    assert broken(database) == [Broken(ticket_id=SYSTEM, seq=seq, reason=reason)]
