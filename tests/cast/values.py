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
from tests.cast import bureau
from tests.cast.bureau import BING, DESK, DING, DUTIES, HOMES, HOUSE, JI, JIA, NAMES, PLATFORM, UNITS, WATER, WU, YI
from tests.rules.calendar.oracle import WORKING, beijing, policy

CITY = DESK  # above the others
PEOPLE = (JIA, YI, BING, DING, WU, JI)
ACCOUNT = 7  # nobody's number
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
    units = [Unit(id=one, name=UNITS[one], parent_id=CITY) for one in (WATER, HOUSE)]
    units.append(Unit(id=CITY, name=UNITS[CITY], desk=True))
    people = {who: Person(id=who, name=NAMES[who], unit_id=HOMES[who], active=who not in inactive) for who in PEOPLE}
    return Directory(
        version=1,
        units={one.id: one for one in units},
        people=people,
        accounts={ACCOUNT: Account(id=ACCOUNT, platform=PLATFORM, name=bureau.ACCOUNT, unit_id=WATER)},
        duties={(ACCOUNT, role): who for role, who in DUTIES.items() if role not in vacant},
        supervisors={WATER: (DING,)} if supervisors is None else supervisors,
        addresses={one: (address(one, usable=one not in unreachable),) for one in PEOPLE},
        leaves={one: tuple(leave for leave in leaves if leave.person_id == one) for one in PEOPLE},
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
        platform=PLATFORM,
        account_name=bureau.ACCOUNT,
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
