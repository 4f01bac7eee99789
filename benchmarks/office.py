"""A made-up office of the size of the sample city, and the tickets it is sent."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import count

from benchmarks.chat import Chat
from bot.actions.context import Context
from bot.actions.tickets.intake import Arrival, ArrivalOutcome, take_in
from bot.clock import Clock, WoundClock
from bot.policies.loading import load
from bot.rules.people.matching import name_key
from bot.rules.tickets.arrivals import TicketInput, event_id
from storage.people import addresses, register
from storage.records import AccountDraft, AddressDraft, PersonDraft, Role, UnitDraft
from storage.sql.database import Database

SOURCE = "省平台"
PLATFORM = "微信公众号"
ACCOUNTS = 177  # 42 websites and 135 new-media accounts
OPENS = datetime(2021, 8, 23, 2, tzinfo=UTC)  # Monday, 10:00 in Shanghai: messages may go out
PROBLEM = "“推进全市河湖长制工作高质量发展”一文中，“水利部们”疑似错别字，建议改为“水利部门”。"

_numbers = count(1)


def context_at(database: Database, clock: Clock | None = None) -> Context:
    """The product's own context, at the opening of the day unless a clock is given."""
    return Context(database, clock or WoundClock(OPENS), load(), (time(8), time(20)))


def fill(database: Database, accounts: int = ACCOUNTS) -> None:
    """A desk, a supervising bureau, and so many accounts, each with A, B and leader in a chat."""
    with database.begin() as conn:
        desk = register.save_unit(conn, UnitDraft(name="市政府办公室", desk=True))
        units = [UnitDraft(name=f"单位{one}", parent_id=desk) for one in range(accounts)]
        unit_ids = list(register.save_units(conn, units).values())
        drafts = [PersonDraft(name=role.value, unit_id=unit) for unit in unit_ids for role in Role]
        drafts += [PersonDraft(name=name, unit_id=desk) for name in ("值班", "督导")]
        people = register.save_people(conn, drafts)
        addresses.bind_all(
            conn,
            [
                AddressDraft(person_id=one, channel=Chat.name, address=str(one), bound_at=OPENS)
                for one in people.values()
            ],
        )
        named = [
            AccountDraft(platform=PLATFORM, name=name_of(one), name_key=name_key(name_of(one)), unit_id=unit)
            for one, unit in enumerate(unit_ids)
        ]
        keys = register.save_accounts(conn, named)
        duties = {
            (keys[PLATFORM, draft.name_key], role): people[draft.unit_id, role.value]
            for draft in named
            for role in Role
        }
        register.set_duties(conn, dict(duties))
        register.set_supervisors(conn, {desk: [people[desk, "督导"]]})


def name_of(account: int) -> str:
    """The name of the account of that place in the list."""
    return f"账号{account}"


def rows(many: int, received: datetime = OPENS, accounts: int = ACCOUNTS) -> Iterator[dict[str, str]]:
    """Rows as they stand in a platform's spreadsheet, received one after the other within some hours before."""
    for place in range(many):
        number = next(_numbers)
        at = received - timedelta(seconds=place % 7200)
        yield {
            "工单编号": f"FJ-{number:08d}",
            "平台": PLATFORM,
            "账号名称": name_of(place % accounts),
            "收到时间": (at + timedelta(hours=8)).strftime("%Y-%m-%d %H:%M:%S"),
            "问题类型": "内容监测",
            "问题级别": "一般",
            "存在问题": PROBLEM,
            "推荐修改": "水利部门",
            "链接": f"https://example.test/article/{number}",
        }


def arrivals(many: int, received: datetime = OPENS, accounts: int = ACCOUNTS) -> list[Arrival]:
    """The same rows, read."""
    return [_arrival(row) for row in rows(many, received, accounts)]


def at_moment(given: Arrival, received: datetime) -> Arrival:
    """The same arrival, received at that moment."""
    return replace(given, ticket=replace(given.ticket, received_at=received)) if given.ticket else given


def take_all(context: Context, given: Sequence[Arrival], batch: int) -> int:
    """Take everything in, by batches; every single one must become a ticket."""
    created = 0
    for first in range(0, len(given), batch):
        taken = take_in(context, SOURCE, given[first : first + batch])
        created += sum(one.outcome == ArrivalOutcome.CREATED and one.matched for one in taken)
    if created != len(given):
        raise RuntimeError(f"only {created} of {len(given)} became tickets")
    return created


def _arrival(row: dict[str, str]) -> Arrival:
    at = datetime.strptime(row["收到时间"] + "+0800", "%Y-%m-%d %H:%M:%S%z")
    ticket = TicketInput(
        number=row["工单编号"],
        account_name=row["账号名称"],
        received_at=at.astimezone(UTC),
        platform=row["平台"],
        problem=row["存在问题"],
        problem_class=row["问题类型"],
        severity=row["问题级别"],
        suggestion=row["推荐修改"],
        url=row["链接"],
    )
    return Arrival(event_id=event_id(SOURCE, row), raw=row, ticket=ticket)
