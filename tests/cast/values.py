"""The small values the rules' tests share: one office as plain records, its ticket, its messages."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from bot.rules.calendar.deadline import compute
from storage.records import (
    Account,
    Address,
    DeadlineStatus,
    Directory,
    Leave,
    Message,
    MessageKind,
    MessageState,
    Person,
    Role,
    StepParams,
    Ticket,
    Unit,
)
from tests.rules.calendar.oracle import WORKING, beijing, policy

CITY, WATER, HOUSE = 1, 2, 3  # the desk; the bureau below it; the house that oversees the bureau
JIA, YI, BING, DING, WU, JI = 1, 2, 3, 4, 5, 6  # A角, B角, leader, supervisor, desk, and 己 without duty
UNIT_OF = {JIA: WATER, YI: WATER, BING: WATER, DING: HOUSE, WU: CITY, JI: HOUSE}
ROLES = {Role.PRIMARY: JIA, Role.BACKUP: YI, Role.LEADER: BING}
ACCOUNT = 7
NOON = beijing("2021-08-24 12:00")


def directory(
    *,
    vacant: Collection[Role] = (),
    inactive: Collection[int] = (),
    unreachable: Collection[int] = (),
    leaves: Iterable[Leave] = (),
    supervisors: dict[int, tuple[int, ...]] | None = None,
) -> Directory:
    """The register of the office."""
    units = [Unit(id=CITY, name="市府办", desk=True), Unit(id=WATER, name="水利局", parent_id=CITY)]
    units.append(Unit(id=HOUSE, name="督查室", parent_id=CITY))
    names = dict(zip(UNIT_OF, "甲乙丙丁戊己", strict=True))
    people = {one: Person(id=one, name=names[one], unit_id=UNIT_OF[one], active=one not in inactive) for one in UNIT_OF}
    return Directory(
        version=1,
        units={one.id: one for one in units},
        people=people,
        accounts={ACCOUNT: Account(id=ACCOUNT, platform="微信公众号", name="水清三明", unit_id=WATER)},
        duties={(ACCOUNT, role): who for role, who in ROLES.items() if role not in vacant},
        supervisors={WATER: (DING,)} if supervisors is None else supervisors,
        addresses={one: (address(one, usable=one not in unreachable),) for one in UNIT_OF},
        leaves={one: tuple(leave for leave in leaves if leave.person_id == one) for one in UNIT_OF},
    )


def address(person_id: int, channel: str = "chat", usable: bool = True) -> Address:
    """Where a person can be reached."""
    return Address(id=person_id, person_id=person_id, channel=channel, address=f"{channel}:{person_id}", usable=usable)


def away(person_id: int, deputy_id: int | None = None) -> Leave:
    """On leave on 23 and 24 August."""
    start, end = beijing("2021-08-23 00:00"), beijing("2021-08-25 00:00")
    return Leave(person_id=person_id, starts_at=start, ends_at=end, deputy_id=deputy_id)


def ticket(received: str = "2021-08-23 10:00", policy_name: str = "monitor_1wd", **given: Any) -> Ticket:
    """A new ticket of 水清三明 with its deadline."""
    deadline = compute(policy(policy_name), beijing(received), WORKING)
    base = Ticket(
        id=12,
        source="省平台",
        number="FJ-12",
        policy=policy_name,
        policy_key="k",
        account_id=ACCOUNT,
        unit_id=WATER,
        platform="微信公众号",
        account_name="水清三明",
        received_at=deadline.received_at,
        created_at=deadline.received_at,
        deadline_status=DeadlineStatus(deadline.status),
        calendar_revision=deadline.calendar_revision,
        due_day=deadline.due_day,
        target_at=deadline.target_at,
        due_at=deadline.due_at,
        earliest_day=deadline.earliest_day,
    )
    return replace(base, **given)


def message(number: int, person_id: int = JIA, **given: Any) -> Message:
    """A claimed reminder about the ticket."""
    moment: datetime = given.pop("at", NOON)
    values: dict[str, Any] = {
        "id": number,
        "intent": f"m{number}",
        "person_id": person_id,
        "kind": MessageKind.REMINDER,
        "ticket_id": 12,
        "step": "last_call",
        "urgency": 5,
        "params": StepParams(),
        "created_at": moment,
        "not_before": moment,
        "state": MessageState.LEASED,
    }
    return Message(**(values | given))


def day(text: str) -> date:
    """ "08-24" of 2021."""
    return date.fromisoformat(f"2021-{text}")
