"""For every recipient of a morning brief the numbers equal what the database holds."""

from datetime import date, time, timedelta
from random import Random

import pytest
from sqlalchemy import TextClause, bindparam, insert, select, text

from bot.actions.context import Context
from bot.actions.reports import morning
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.reports.morning import text as brief_text
from bot.rules.calendar.zone import at
from bot.rules.reports.morning import Brief
from storage.messages import outbox
from storage.people import leaves, register
from storage.records import OPEN_STATES, MessageState, RequestKind, Role, TicketState
from storage.sql.database import Connection, Database
from storage.sql.types import UtcDateTime
from storage.tables import accounts, people, requests, supervisors, tickets, units
from storage.tables import outbox as messages
from tests.cast.rows import DESK, FOREST, WATER, office, put_ticket, sh, stamp

NOW = sh(8, 31, 8)  # a Tuesday
UNITS, ACCOUNTS, TICKETS = 6, 10, 80
STATES = (*OPEN_STATES, *(TicketState.ACKNOWLEDGED,) * 2, TicketState.COMPLETED, TicketState.VOID)


def random_office(conn: Connection, chance: Random) -> None:
    """Units in a tree, people anywhere with any duty, tickets in every state, requests, leaves."""
    office(conn)
    stamp(conn)
    made = range(10, 10 + UNITS)
    parents = [DESK, WATER, FOREST, *made]
    for place, unit in enumerate(made):
        parent = chance.choice(parents[: 3 + place])
        conn.execute(insert(units), {"id": unit, "name": f"单位{unit}", "parent_id": parent, "desk": False})
    everywhere = [WATER, FOREST, *made]
    crowd = range(20, 50)
    rows = [{"id": one, "name": f"人{one}", "unit_id": chance.choice(everywhere)} for one in crowd]
    conn.execute(insert(people), rows)
    for number in range(10, 10 + ACCOUNTS):
        row = {"id": number, "platform": "微信公众号", "name": f"号{number}", "name_key": f"号{number}"}
        conn.execute(insert(accounts), row | {"unit_id": chance.choice(everywhere)})
        for role in Role:
            register.set_duty(conn, number, role, chance.choice([*crowd, None]))
    pairs = {(chance.choice(everywhere), chance.choice(crowd)) for _ in range(8)}
    conn.execute(insert(supervisors), [{"unit_id": unit, "person_id": who} for unit, who in pairs])
    unit_of = {row["id"]: row["unit_id"] for row in rows}
    for person in chance.sample(crowd, 10):
        since = NOW + timedelta(hours=chance.randint(-60, 12))
        until = since + timedelta(hours=chance.randint(1, 90))
        # Powers pass on within a unit; that they pass no further is proved with the rights themselves.
        near = [one for one in crowd if unit_of[one] == unit_of[person]]
        leaves.add(conn, person, since, until, chance.choice([*near, None]))
    for _ in range(TICKETS):
        random_ticket(conn, chance)
    register.touch(conn)


def random_ticket(conn: Connection, chance: Random) -> None:
    account = chance.choice([None, *range(10, 10 + ACCOUNTS)])
    where = select(accounts.c.unit_id).where(accounts.c.id == account)
    due = chance.choice([None, *(date(2021, 8, day) for day in (27, 30, 31, 31))])
    one = put_ticket(
        conn,
        sh(8, 26),
        due,
        account_id=account,
        unit_id=conn.execute(where).scalar_one() if account else None,
        state=chance.choice(STATES),
        target_at=at(due, time(chance.choice([7, 18]))) if due else None,
        steps_taken=chance.choice([(), ("receipt",), ("receipt", "take_over")]),
    )
    if one.state.open and chance.random() < 0.4:
        kinds = chance.sample(list(RequestKind), chance.randint(1, 2))
        rows = [
            {"ticket_id": one.id, "kind": kind, "asked_by": chance.randint(20, 49), "asked_at": NOW, "text": "理由"}
            for kind in kinds
        ]
        conn.execute(insert(requests), rows)


AREA = """
WITH RECURSIVE acting(id) AS (
    SELECT :who
    UNION SELECT person_id FROM leaves WHERE deputy_id = :who AND starts_at <= :now AND ends_at > :now
), below(id) AS (
    SELECT unit_id FROM supervisors WHERE person_id IN (SELECT id FROM acting)
    UNION SELECT units.id FROM units JOIN below ON units.parent_id = below.id
)
SELECT tickets.id FROM tickets WHERE state NOT IN ('completed', 'closed', 'void') AND (
    EXISTS (SELECT 1 FROM people JOIN units ON units.id = unit_id WHERE desk AND people.id IN (SELECT id FROM acting))
    OR unit_id IN (SELECT id FROM below)
    OR account_id IN (SELECT account_id FROM duties WHERE role = 'leader' AND person_id IN (SELECT id FROM acting))
)
"""


@pytest.mark.parametrize("seed", range(6))
def test_the_numbers_equal_what_the_database_holds(database: Database, seed: int) -> None:
    with database.begin() as conn:
        random_office(conn, Random(seed))
    context = Context(database, WoundClock(NOW), load(), (time(8), time(20)))
    briefs: dict[str, Brief] = {}

    def write(brief: Brief) -> str:
        words = brief_text(brief)
        briefs[words] = brief
        return words

    morning.plan(context, write)
    with database.read() as conn:
        ids = conn.execute(select(messages.c.id)).scalars().all()
        sent = {one.person_id: one for one in outbox.by_ids(conn, ids).values()}
    assert sum(one.state == MessageState.PENDING for one in sent.values()) > 5
    with database.read() as conn:
        assert set(sent) == readers(conn)
        for person, one in sent.items():
            wanted = counted(conn, person)
            brief = briefs.get(one.params.text)
            if brief is None:
                assert wanted == (0, 0, 0)
                continue
            assert (len(brief.due), len(brief.stuck), len(brief.decisions)) == wanted
            for heading, count in zip(("今日到期", "逾期或停滞", "等您答复"), wanted, strict=True):
                assert (f"{heading}{count}件" in one.params.text) == bool(count)


def readers(conn: Connection) -> set[int]:
    """Leaders, supervisors and the desk, or the deputies of those on leave."""
    above = "SELECT person_id FROM duties WHERE role = 'leader' UNION SELECT person_id FROM supervisors"
    above += " UNION SELECT people.id FROM people JOIN units ON units.id = unit_id WHERE desk"
    running = at_the_opening("SELECT person_id, deputy_id FROM leaves WHERE starts_at <= :now AND ends_at > :now")
    away = dict(conn.execute(running).all())
    named = (away.get(who, who) for who in conn.execute(text(above)).scalars())
    return {who for who in named if who is not None and who not in away}


def counted(conn: Connection, person: int) -> tuple[int, int, int]:
    """Due today, stuck, and what the person may decide, counted in SQL."""
    seen = conn.execute(at_the_opening(AREA), {"who": person}).scalars().all()
    open_ones = conn.execute(select(tickets).where(tickets.c.id.in_(seen))).all()
    late = [one for one in open_ones if one.target_at is not None and one.target_at <= NOW]
    due = [one for one in open_ones if one.due_day == NOW.date() and one not in late]
    waiting = [one for one in open_ones if one.due_day is None and one.state == "new" and "take" in one.steps_taken]
    acting = at_the_opening(
        "SELECT person_id FROM leaves WHERE deputy_id = :who AND starts_at <= :now AND ends_at > :now"
    )
    selves = {person, *conn.execute(acting, {"who": person}).scalars()}
    of_desk = text("SELECT people.id FROM people JOIN units ON units.id = unit_id WHERE desk")
    desk = not selves.isdisjoint(conn.execute(of_desk).scalars())
    overseen = overseen_units(conn, selves)
    asked = conn.execute(
        select(requests.c.kind, requests.c.asked_by, tickets.c.unit_id, tickets.c.account_id, tickets.c.holder_id)
        .join(tickets, tickets.c.id == requests.c.ticket_id)
        .where(tickets.c.id.in_(seen))
    ).all()
    mine = [
        one
        for one in asked
        # Nobody decides about an account they serve themselves, or for somebody who does.
        if selves.isdisjoint(workers(conn, one.account_id, one.holder_id))
        and (desk or (one.unit_id in overseen and one.kind != RequestKind.TRANSFER and one.asked_by != person))
    ]
    return len(due), len(late) + len(waiting), len(mine)


def workers(conn: Connection, account: int | None, holder: int | None) -> set[int]:
    served = text("SELECT person_id FROM duties WHERE account_id = :account AND role IN ('primary', 'backup')")
    return {*conn.execute(served, {"account": account or 0}).scalars(), *([holder] if holder else [])}


def overseen_units(conn: Connection, selves: set[int]) -> set[int]:
    found = set(conn.execute(select(supervisors.c.unit_id).where(supervisors.c.person_id.in_(selves))).scalars())
    while True:
        more = set(conn.execute(select(units.c.id).where(units.c.parent_id.in_(found))).scalars()) - found
        if not more:
            return found
        found |= more


def at_the_opening(query: str) -> TextClause:
    return text(query).bindparams(bindparam("now", NOW, UtcDateTime()))
