"""A small made-up office and its tickets, as values and as rows put straight into the tables."""

from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert, select, update

from bot.policies.loading import encode, load
from bot.rules.calendar.zone import at
from storage.messages import claims, outbox
from storage.messages.outbox import COLUMNS, Settlement
from storage.records import DeadlineStatus, Message, MessageDraft, MessageKind, MessageState, Ticket, TicketState
from storage.sql.database import Connection
from storage.tables import accounts, people, policies, supervisors, units
from storage.tables import outbox as messages
from storage.tickets import tickets

DESK, WATER, FOREST = 1, 2, 3  # units: the desk above two bureaus
JIA, YI, DING, WU, JI = 1, 2, 3, 4, 5  # 甲 乙 of water, 丁 of the desk, 戊 oversees water, 己 oversees forest

ids = count(1)


def sh(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of 2021 in Asia/Shanghai."""
    return at(date(2021, month, day), time(hour, minute))


def office(conn: Connection) -> None:
    """Three units, five people, two accounts, one policy."""
    conn.execute(
        insert(units),
        [
            {"id": DESK, "name": "市政府办公室", "parent_id": None, "desk": True},
            {"id": WATER, "name": "市水利局", "parent_id": DESK, "desk": False},
            {"id": FOREST, "name": "市林业局", "parent_id": DESK, "desk": False},
        ],
    )
    rows = [(JIA, "甲", WATER), (YI, "乙", WATER), (DING, "丁", DESK), (WU, "戊", WATER), (JI, "己", FOREST)]
    conn.execute(insert(people), [{"id": number, "name": name, "unit_id": unit} for number, name, unit in rows])
    conn.execute(
        insert(accounts),
        [
            {"id": 1, "platform": "微信公众号", "name": "水清三明", "name_key": "水清三明", "unit_id": WATER},
            {"id": 2, "platform": "新浪微博", "name": "三明林业", "name_key": "三明林业", "unit_id": FOREST},
        ],
    )
    conn.execute(insert(supervisors), [{"unit_id": WATER, "person_id": WU}, {"unit_id": FOREST, "person_id": JI}])
    conn.execute(insert(policies), {"key": "k", "name": "monitor_1wd", "body": "{}"})


def stamp(conn: Connection, name: str = "monitor_1wd") -> None:
    """Let the office's one policy be a shipped one."""
    policy = load().named(name)
    assert policy is not None
    conn.execute(update(policies).where(policies.c.key == "k").values(body=encode(policy)))


def ticket(received: datetime, due: date | None, done: datetime | None = None, **given: Any) -> Ticket:
    """A ticket of 水清三明 judged at the end of its due day; without one its schedule is unpublished."""
    number = next(ids)
    values: dict[str, Any] = {
        "id": number,
        "source": "省平台",
        "number": f"FJ-{number}",
        "policy": "monitor_1wd",
        "policy_key": "k",
        "account_id": 1,
        "unit_id": WATER,
        "platform": "微信公众号",
        "account_name": "水清三明",
        "received_at": received,
        "created_at": received,
        "deadline_status": DeadlineStatus.OK if due else DeadlineStatus.UNPUBLISHED,
        "calendar_revision": "base",
        "due_day": due,
        "due_at": at(due + timedelta(1), time(0)) if due else None,
        "state": TicketState.COMPLETED if done else TicketState.NEW,
        "completed_at": done,
        **given,
    }
    return Ticket(**values)


def put_ticket(
    conn: Connection, received: datetime, due: date | None, done: datetime | None = None, **given: Any
) -> Ticket:
    """Insert one ticket."""
    one = ticket(received, due, done, **given)
    tickets.insert_all(conn, [one])
    return one


def put_message(
    conn: Connection,
    ticket: Ticket | None,
    person_id: int,
    step: str,
    moment: datetime,
    state: MessageState = MessageState.ACCEPTED,
    kind: MessageKind = MessageKind.REMINDER,
    parent_id: int | None = None,
) -> int:
    """Insert one message with its result and return its id."""
    intent = f"t{ticket.id if ticket else 0}:{step}:0:p{person_id}:{next(ids)}"
    draft = MessageDraft(
        intent=intent, person_id=person_id, kind=kind, ticket_id=ticket.id if ticket else None, step=step
    )
    outbox.put(conn, [draft], moment)
    number: int = conn.execute(select(messages.c.id).where(messages.c.intent == intent)).scalar_one()
    if state != MessageState.PENDING:
        claims.claim(conn, moment, (moment, moment + timedelta(minutes=1)), "test")
        accepted = moment if state in (MessageState.ACCEPTED, MessageState.DELIVERED) else None
        settled = outbox.settle(
            conn, [Settlement(id=number, fence=1, state=state, accepted_at=accepted, parent_id=parent_id)]
        )
        assert len(settled) == 1
    return number


def open_of_person(conn: Connection, person_id: int) -> list[Message]:
    """Return the messages for a person that have not reached an end."""
    waiting = (MessageState.PENDING, MessageState.LEASED, MessageState.UNCERTAIN)
    query = select(*COLUMNS).where(messages.c.person_id == person_id, messages.c.state.in_(waiting))
    return outbox.read(conn, query.order_by(messages.c.id))
