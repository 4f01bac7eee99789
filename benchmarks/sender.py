"""Draining the outbox into a chat that is a table."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, func, insert, select, update

from benchmarks import office, rowcopy
from benchmarks.chat import Chat
from benchmarks.measure import Row, Spread, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Opened, Stage, settled
from bot.actions.context import Context
from bot.actions.messages import dispatch
from bot.delivery.sender import Sender
from bot.delivery.wording import Wording
from storage.records import MessageState
from storage.sql.database import Database
from storage.tables import inbox_items, journal, tickets
from storage.tables import outbox as messages

QUESTION = "how many messages a second are claimed, worded, sent to a chat that is a table, and journalled?"

MESSAGES = 1_000
SENT = (1_000, 1_000_000)
LOOKS = 200  # claims in one round of "nothing to send"
IDLE_MS, GROWTH = 1.0, 1.5
ROUNDS = 5


def measure(stage: Stage) -> Iterator[Row]:
    """Nothing to send first, then the sender beside Core, which writes the inbox rows alone, one commit each."""
    count = stage.count(MESSAGES)
    backends = (("SQLite", stage.sqlite), ("PostgreSQL", stage.postgres))
    for name, opened in backends:
        yield from _nothing_to_send(stage, name, opened)
    for name, opened in backends:
        with opened() as database:
            subjects = {"sender": _sender(database, count), "core": _core(database)}
            found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
        against = f"{number(ratio(found['sender'], found['core']))} x Core"
        yield Row(
            what=f"{count:,} messages drained, {name}", figure=found["sender"], unit="messages/s", against=against
        )
        yield Row(what=f"Core, the inbox rows alone, {name}", figure=found["core"], unit="messages/s")


def _nothing_to_send(stage: Stage, name: str, opened: Opened) -> Iterator[Row]:
    first: Spread | None = None
    for size in SENT[:1] if stage.quick else SENT:
        with opened() as database:
            office.fill(database)
            context = office.context_at(database)
            office.take_all(context, office.arrivals(1), 1)
            with database.begin() as conn:
                conn.execute(update(messages).values(state=MessageState.DELIVERED))
                conn.execute(delete(messages).where(messages.c.id != 1))
                rowcopy.multiply(conn, messages, size, {"intent": "'c' || n"})
            found = in_turn(stage.rounds(ROUNDS), {"claim": partial(_look, context)})["claim"]
        figure = found.scaled(lambda one: one * 1000)
        first = first or figure
        growth = figure.median / first.median
        yield Row(
            what=f"nothing to send, {size:,} sent before, {name}",
            figure=figure,
            unit="ms",
            against=f"{number(growth)} x that of {SENT[0]:,} sent",
            target=f"<= {IDLE_MS:.0f} ms, <= {GROWTH} x",
            met=figure.median <= IDLE_MS and growth <= GROWTH,
        )


def _look(context: Context) -> float:
    def looks() -> None:
        for _ in range(LOOKS):
            if dispatch.claim(context, "benchmark", timedelta(seconds=60), 3).messages:
                raise RuntimeError("something was to be sent")

    return seconds(looks) / LOOKS


def _sender(database: Database, count: int) -> Callable[[], float]:
    # A and B of every account hear of one ticket each: nothing is bundled.
    office.fill(database, accounts=count // 2)
    context = office.context_at(database)
    chat = Chat(database, context.clock)

    def once() -> float:
        _empty(database)
        office.take_all(context, office.arrivals(count // 2, accounts=count // 2), 500)
        sender = Sender(context, {Chat.name: chat}, Wording("zh"), holder="benchmark")
        settled(database)
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

        settled(database)
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
