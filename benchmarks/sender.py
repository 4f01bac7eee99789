"""Draining the outbox into the web inbox."""

import asyncio
from collections.abc import Callable, Iterator

from sqlalchemy import delete, func, insert, select

from benchmarks import office
from benchmarks.measure import Row, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage
from bot.channels.inbox import InboxChannel
from bot.delivery.sender import Sender
from bot.delivery.wording import Wording
from storage.database import Database
from storage.records import MessageState
from storage.tables import inbox_items, journal, tickets
from storage.tables import outbox as messages

QUESTION = "how many messages a second are claimed, worded, sent to the web inbox, and journalled?"

MESSAGES = 1_000
ROUNDS = 5


def measure(stage: Stage) -> Iterator[Row]:
    """The sender beside bare Core, which writes the inbox rows alone, one durable commit each."""
    count = stage.count(MESSAGES)
    for name, opened in (("SQLite", stage.sqlite), ("PostgreSQL", stage.postgres)):
        with opened() as database:
            subjects = {"sender": _sender(database, count), "core": _core(database)}
            found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
        against = f"{number(ratio(found['sender'], found['core']))} x Core"
        yield Row(
            what=f"{count:,} messages drained, {name}", figure=found["sender"], unit="messages/s", against=against
        )
        yield Row(what=f"Core, the inbox rows alone, {name}", figure=found["core"], unit="messages/s")


def _sender(database: Database, count: int) -> Callable[[], float]:
    # A and B of every account hear of one ticket each: nothing is bundled.
    office.fill(database, accounts=count // 2)
    context = office.context_at(database)
    inbox = InboxChannel(database, context.clock)

    def once() -> float:
        _empty(database)
        office.take_all(context, office.arrivals(count // 2, accounts=count // 2), 500)
        sender = Sender(context, {"inbox": inbox}, Wording("zh"), holder="benchmark")
        took = seconds(lambda: asyncio.run(sender.drain()))
        _all_sent(database, count)
        return took

    return once


def _core(database: Database) -> Callable[[], float]:
    def once() -> float:
        with database.begin() as conn:
            rows = [dict(row) for row in conn.execute(select(inbox_items)).mappings()]
            conn.execute(delete(inbox_items))

        def all_rows() -> None:
            for row in rows:
                with database.begin() as conn:
                    conn.execute(insert(inbox_items), row)

        return seconds(all_rows)

    return once


def _empty(database: Database) -> None:
    with database.begin() as conn:
        for table in (inbox_items, messages, journal, tickets):
            conn.execute(delete(table))


def _all_sent(database: Database, count: int) -> None:
    with database.read() as conn:
        accepted = conn.execute(select(func.count()).where(messages.c.state == MessageState.ACCEPTED)).scalar_one()
        shown = conn.execute(select(func.count()).select_from(inbox_items)).scalar_one()
    if (accepted, shown) != (count, count):
        raise RuntimeError(f"{accepted} accepted and {shown} shown of {count}")
