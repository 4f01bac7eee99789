"""What views answer, on both databases."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, insert

from storage import views
from storage.people.register import set_duty
from storage.records import (
    JournalDraft,
    MessageKind,
    MessageState,
    Request,
    RequestKind,
    Role,
    TicketFacts,
    TicketState,
)
from storage.sql.database import Connection, Database
from storage.tables import inbound
from storage.tickets import journal, requests
from tests.cast.proof import KEY
from tests.cast.rows import DING, FOREST, JI, JIA, WATER, WU, YI, office, put_message, put_ticket, sh

SINCE, UNTIL = sh(8, 30, 0), sh(9, 6, 0)  # the week 2021-W35


def week(conn: Connection, unit_ids: frozenset[int] | None = None) -> list[TicketFacts]:
    return views.weekly_facts(conn, SINCE, UNTIL, unit_ids)


def test_the_facts_of_a_week_are_what_was_open_or_answered_in_it(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        wanted = [
            put_ticket(conn, sh(8, 2), date(2021, 8, 3)),
            put_ticket(conn, sh(8, 23), date(2021, 8, 24), sh(9, 2, 16)),
            put_ticket(conn, sh(8, 27), date(2021, 8, 30), sh(9, 6, 0)),
            put_ticket(conn, sh(8, 27, 11), date(2021, 8, 30), SINCE, state=TicketState.CLOSED),
            put_ticket(conn, sh(8, 30), date(2021, 8, 31), state=TicketState.VOID, closed_at=sh(9, 1)),
            put_ticket(conn, sh(9, 5, 23), date(2021, 9, 6), account_id=None, unit_id=None),
            put_ticket(
                conn,
                sh(
                    9,
                    5,
                    23,
                ),
                None,
                state=TicketState.RETURNED,
            ),
        ]
        put_ticket(conn, UNTIL, date(2021, 9, 7))
        put_ticket(conn, sh(8, 23), date(2021, 8, 24), SINCE - timedelta(microseconds=1))
        put_ticket(conn, sh(8, 23), date(2021, 8, 24), state=TicketState.VOID, closed_at=sh(8, 29))
    with database.read() as conn:
        found = week(conn)
    assert [one.ticket for one in found] == wanted
    assert [one.unit for one in found] == ["市水利局"] * 5 + ["", "市水利局"]


def test_the_facts_of_some_units_only(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        put_ticket(conn, sh(8, 30), date(2021, 8, 31))
        forest = put_ticket(conn, sh(8, 30), date(2021, 8, 31), account_id=2, unit_id=FOREST)
        put_ticket(conn, sh(8, 30), date(2021, 8, 31), account_id=None, unit_id=None)
    with database.read() as conn:
        assert [one.ticket for one in week(conn, frozenset({FOREST}))] == [forest]
        assert len(week(conn, frozenset({FOREST, WATER}))) == 2
        assert week(conn, frozenset()) == []


def test_who_was_told_is_what_a_channel_took(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        late = put_ticket(conn, sh(8, 30), date(2021, 8, 31))
        put_message(conn, late, JIA, "receipt", sh(8, 30, 10, 1), kind=MessageKind.ASSIGNED)
        put_message(conn, late, YI, "receipt", sh(8, 30, 10, 2), MessageState.DELIVERED, MessageKind.ASSIGNED)
        put_message(conn, late, WU, "target_passed", sh(8, 31, 18), MessageState.FAILED)
        put_message(conn, late, DING, "overdue", sh(9, 1, 8), MessageState.UNCERTAIN)
        put_message(conn, late, JIA, "last_call", sh(9, 1, 8), MessageState.SUPERSEDED)
        put_message(conn, late, JIA, "", sh(9, 1, 9), kind=MessageKind.ANSWER)
        put_message(conn, late, JIA, "slip_red", sh(9, 1, 9), MessageState.PENDING)
    with database.read() as conn:
        [found] = week(conn)
    assert {one.unit_id for one in found.told} == {WATER}
    assert [(one.person, one.step, one.at, one.kind) for one in found.told] == [
        ("甲", "receipt", sh(8, 30, 10, 1), MessageKind.ASSIGNED),
        ("乙", "receipt", sh(8, 30, 10, 2), MessageKind.ASSIGNED),
    ]


def test_what_was_told_in_a_digest_counts_when_the_digest_was_taken(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        late = put_ticket(conn, sh(8, 30), date(2021, 8, 31))
        sent = put_message(conn, None, DING, "", sh(9, 1, 8), kind=MessageKind.DIGEST)
        lost = put_message(conn, None, WU, "", sh(9, 1, 8), MessageState.FAILED, MessageKind.DIGEST)
        put_message(conn, late, DING, "overdue", sh(9, 1, 7), MessageState.BUNDLED, parent_id=sent)
        put_message(conn, late, WU, "overdue", sh(9, 1, 7), MessageState.BUNDLED, parent_id=lost)
    with database.read() as conn:
        [found] = week(conn)
    assert [(one.person, one.step, one.at) for one in found.told] == [("丁", "overdue", sh(9, 1, 8))]


def test_who_is_responsible_and_what_was_asked_is_told(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        set_duty(conn, 1, Role.PRIMARY, JIA)
        set_duty(conn, 1, Role.BACKUP, YI)
        mine = put_ticket(conn, sh(8, 30), date(2021, 8, 31))
        put_ticket(conn, sh(8, 30, 11), date(2021, 8, 31), account_id=None, unit_id=None)
        asked = [
            Request(id=place, ticket_id=mine.id, kind=kind, asked_by=JIA, asked_at=sh(8, 30, 12))
            for place, kind in enumerate(RequestKind, 1)
        ]
        requests.add(conn, asked)
    with database.read() as conn:
        found, nobodys = week(conn)
    assert (found.primary, found.backup, list(found.requests)) == ("甲", "乙", asked)
    assert (nobodys.primary, nobodys.backup, nobodys.requests) == ("", "", ())


def test_tellings_are_read_for_late_tickets_only(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        in_time = put_ticket(conn, sh(8, 30), date(2021, 8, 31), sh(8, 31))
        still = put_ticket(conn, sh(9, 3), date(2021, 9, 6))
        late = put_ticket(conn, sh(9, 3), date(2021, 9, 3), sh(9, 5))
        for one in (in_time, still, late):
            put_message(conn, one, JIA, "receipt", one.received_at)
    with database.read() as conn:
        assert {one.ticket.id: len(one.told) for one in week(conn)} == {in_time.id: 0, still.id: 0, late.id: 1}


def test_the_facts_of_many_tickets_take_few_queries(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        for _ in range(30):
            put_message(conn, put_ticket(conn, sh(8, 30), date(2021, 8, 31)), JIA, "receipt", sh(8, 30))
    statements: list[str] = []
    with database.read() as conn:
        event.listen(conn, "before_cursor_execute", lambda *args: statements.append(args[2]))
        assert sum(len(one.told) for one in week(conn)) == 30
    assert len(statements) == 5


def test_the_story_of_a_ticket_is_whole(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        ticket = put_ticket(conn, sh(8, 23), date(2021, 8, 24), sh(9, 2, 16), completed_by=JIA)
        digest = put_message(conn, None, DING, "", sh(8, 25, 8), kind=MessageKind.DIGEST)
        put_message(conn, ticket, JIA, "receipt", sh(8, 23, 10, 1), kind=MessageKind.ASSIGNED)
        put_message(conn, ticket, DING, "overdue", sh(8, 25, 7), MessageState.BUNDLED, parent_id=digest)
        drafts = [
            JournalDraft(kind="received", at=sh(8, 23), actor="source:省平台"),
            JournalDraft(
                kind="step_skipped", at=sh(8, 23), actor="bot", data={"instead": [JI], "notes": [f"on_leave:{YI}"]}
            ),
            JournalDraft(kind="complete", at=sh(9, 2, 16), actor=f"person:{JIA} via person:{WU}"),
        ]
        _, rows = journal.chain(ticket, drafts, KEY)
        journal.write(conn, rows)
        raw = {
            "kind": "ticket",
            "source": "省平台",
            "state": "settled",
            "ticket_id": ticket.id,
            "received_at": sh(8, 23),
        }
        conn.execute(insert(inbound), [raw | {"event_id": name, "raw": f'{{"号"："{name}"}}'} for name in ("a", "b")])
        put_ticket(conn, sh(8, 24), date(2021, 8, 25))
    with database.read() as conn:
        story = views.timeline(conn, ticket.id)
    assert (story.ticket, story.unit) == (ticket, "市水利局")
    assert [line.kind for line in story.lines] == ["received", "step_skipped", "complete"]
    assert [(one.person, one.message.step) for one in story.messages] == [("甲", "receipt"), ("丁", "overdue")]
    assert story.messages[0].carrier.accepted_at == sh(8, 23, 10, 1)
    assert (story.messages[1].carrier.id, story.messages[1].carrier.accepted_at) == (digest, sh(8, 25, 8))
    assert [one.event_id for one in story.evidence] == ["a", "b"]
    assert story.names == {JIA: "甲", YI: "乙", DING: "丁", WU: "戊", JI: "己"}


def test_the_story_of_an_unknown_ticket_is_a_key_error(database: Database) -> None:
    with database.read() as conn, pytest.raises(KeyError):
        views.timeline(conn, 1)


def test_the_overview_puts_the_first_due_first(database: Database) -> None:
    with database.begin() as conn:
        office(conn)
        unpublished = put_ticket(conn, sh(8, 1), None)
        later = put_ticket(conn, sh(8, 2), date(2021, 9, 2), state=TicketState.DISPUTED)
        first = put_ticket(conn, sh(8, 30), date(2021, 8, 31), account_id=2, unit_id=FOREST)
        second = put_ticket(conn, sh(8, 31), date(2021, 9, 1), state=TicketState.RETURNED)
        for state in (TicketState.COMPLETED, TicketState.CLOSED, TicketState.VOID):
            put_ticket(conn, sh(8, 2), date(2021, 8, 3), state=state)
    with database.read() as conn:
        assert views.overview(conn) == [first, second, later, unpublished]
        assert views.overview(conn, limit=2) == [first, second]
        assert views.overview(conn, overdue_at=sh(9, 2, 0)) == [first, second]
        assert views.overview(conn, overdue_at=sh(9, 1, 23, 59)) == [first]
        assert views.overview(conn, unit_ids=frozenset({WATER})) == [second, later, unpublished]


def test_open_tickets_are_found_by_their_index_on_sqlite(sqlite_template: Path) -> None:
    plans: list[str] = []

    def explain(conn: Connection, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        if not statement.startswith("EXPLAIN"):
            plans.extend(row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters))

    database = Database(f"sqlite:///{sqlite_template}", journal_key=KEY)
    with database.read() as conn:
        event.listen(conn, "before_cursor_execute", explain)
        views.overview(conn)
        assert any("ix_tickets_open" in plan for plan in plans), plans
        plans.clear()
        week(conn)
        assert sum("ix_tickets_completed_at" in plan for plan in plans) == 2, plans
    database.close()
