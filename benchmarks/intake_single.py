"""Tickets one by one, each in a durable transaction of its own."""

import asyncio
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from benchmarks import office, rowcopy
from benchmarks.measure import Row, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage, settled
from bot.actions.tickets.intake import Arrival, ArrivalResult, take_in
from bot.batching import Together
from storage.sql.database import Database
from storage.tables import inbound, journal, outbox, tickets

QUESTION = "how many tickets a second come in one by one, with raw row, deadline, journal and messages?"

TICKETS = 1_000
ROUNDS = 7
CALLERS = 10
PEER = Path(__file__).parent / "peers" / "django_helpdesk.py"
PEER_PYTHON = "BENCH_DJANGO_PYTHON"  # the Python of an environment in which django-helpdesk is installed


def measure(stage: Stage) -> Iterator[Row]:
    """SQLite beside Core and django-helpdesk, then PostgreSQL beside Core."""
    count = stage.count(TICKETS)
    with ExitStack() as stack:
        here = stack.enter_context(stage.sqlite())
        there = stack.enter_context(stage.sqlite())
        bare = stack.enter_context(stage.sqlite())
        plain = stack.enter_context(stage.sqlite())
        subjects = {
            "ours": _ours(here, count),
            "callers": _callers(there, count),
            "core": _core(bare, count),
            "driver": _driver(plain, count),
        }
        if os.environ.get(PEER_PYTHON):
            subjects["django"] = stack.enter_context(_peer(stage, count))
            subjects["installed"] = stack.enter_context(_peer(stage, count, "as-installed"))
        found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
    peer = found.get("django")
    for name, what in (("ours", "one caller"), ("callers", f"{CALLERS} callers at once")):
        against = f"{number(ratio(found[name], found['core']))} x Core"
        faster = ratio(found[name], peer) if peer else 0.0
        yield Row(
            what=f"take_in, SQLite, {what}",
            figure=found[name],
            unit="tickets/s",
            against=f"{number(faster)} x django-helpdesk, {against}" if peer else against,
            target=">= 1 x django-helpdesk",
            met=faster >= 1 if peer else None,
        )
    yield Row(what="Core, the bare ticket row, SQLite", figure=found["core"], unit="tickets/s")
    share = f"{number(ratio(found['driver'], peer))} x django-helpdesk" if peer else ""
    what = "the driver alone, all rows of a ticket, nothing read or decided"
    yield Row(what=what, figure=found["driver"], unit="tickets/s", against=share)
    if peer:
        yield Row(what="django-helpdesk Ticket.objects.create, SQLite set as ours", figure=peer, unit="tickets/s")
        against = f"one caller of ours {number(ratio(found['ours'], found['installed']))} x that"
        what = "django-helpdesk as installed, with its own journal on disk"
        yield Row(what=what, figure=found["installed"], unit="tickets/s", against=against)
    else:
        yield Row(what="django-helpdesk", figure=f"not measured: set {PEER_PYTHON}")
    yield from _postgres(stage, count)


def _postgres(stage: Stage, count: int) -> Iterator[Row]:
    with stage.postgres() as here, stage.postgres() as bare:
        subjects = {"ours": _ours(here, count), "core": _core(bare, count)}
        found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
    against = f"{number(ratio(found['ours'], found['core']))} x Core"
    yield Row(what="take_in, PostgreSQL", figure=found["ours"], unit="tickets/s", against=against)
    yield Row(what="Core, the bare ticket row, PostgreSQL", figure=found["core"], unit="tickets/s")


def _ours(database: Database, count: int) -> Callable[[], float]:
    office.fill(database)
    context = office.context_at(database)

    def once() -> float:
        given = office.arrivals(count)
        settled(database)
        return seconds(lambda: office.take_all(context, given, batch=1))

    return once


def _callers(database: Database, count: int) -> Callable[[], float]:
    """As they come by HTTP: each caller is answered when its own ticket is durable, then brings the next."""
    office.fill(database)
    context = office.context_at(database)

    async def taken(many: Sequence[Arrival]) -> Sequence[ArrivalResult]:
        return await database.run(take_in, context, office.SOURCE, many)

    async def bring(given: Sequence[Arrival]) -> None:
        together, waiting = Together(taken), iter(given)

        async def one_after_the_other() -> None:
            for one in waiting:
                await together(one)

        await asyncio.gather(*(one_after_the_other() for _ in range(CALLERS)))

    def once() -> float:
        given = office.arrivals(count)
        settled(database)
        return seconds(lambda: asyncio.run(bring(given)))

    return once


def _core(database: Database, count: int) -> Callable[[], float]:
    """The same tickets, nothing beside them: one INSERT, one commit each."""
    office.fill(database)
    context = office.context_at(database)

    def once() -> float:
        office.take_all(context, office.arrivals(count), batch=500)
        copies = rowcopy.taken_out(database)[tickets]
        settled(database)

        def all_rows() -> None:
            for row in copies:
                with database.begin() as conn:
                    conn.execute(insert(tickets), row)

        return _emptied(database, seconds(all_rows))

    return once


def _driver(database: Database, count: int) -> Callable[[], float]:
    """What the disk and SQLite take for the very rows of our tickets: the floor under any code above them."""
    office.fill(database)
    context = office.context_at(database)

    def once() -> float:
        office.take_all(context, office.arrivals(count), batch=500)
        with database.begin() as conn:
            plain = conn.connection.dbapi_connection
        if plain is None:
            raise RuntimeError("no connection")
        groups = _taken_out_by_ticket(plain)
        settled(database)

        def all_rows() -> None:
            for statements in groups:
                plain.execute("BEGIN IMMEDIATE")
                for sql, row in statements:
                    plain.execute(sql, row)
                plain.execute("COMMIT")

        return _emptied(database, seconds(all_rows))

    return once


def _emptied(database: Database, took: float) -> float:
    """Leave nothing behind, or the next round would take out and put back this round's rows too."""
    rowcopy.taken_out(database)
    return took


def _taken_out_by_ticket(plain: Any) -> list[list[tuple[str, Sequence[object]]]]:
    """Take the rows out as SQLite holds them, with the statements that put them back, ticket by ticket."""
    groups: dict[int, list[tuple[str, Sequence[object]]]] = {}
    for table in (tickets, inbound, journal, outbox):
        names = [column.name for column in table.columns]
        owner = names.index("id" if table is tickets else "ticket_id")
        sql = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
        for row in plain.execute(f"SELECT {', '.join(names)} FROM {table.name}"):
            groups.setdefault(row[owner], []).append((sql, row))
    for table in (outbox, journal, inbound, tickets):
        plain.execute(f"DELETE FROM {table.name}")
    return list(groups.values())


@contextmanager
def _peer(stage: Stage, count: int, *options: str) -> Iterator[Callable[[], float]]:
    folder = stage.path("django")
    folder.mkdir()
    command = [os.environ[PEER_PYTHON], "-W", "ignore", str(PEER), str(folder), *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        if process.stdin is None or process.stdout is None or not process.stdout.readline().startswith("ready"):
            raise RuntimeError("django-helpdesk did not start")
        asked, answered = process.stdin, process.stdout

        def once() -> float:
            print(count, file=asked, flush=True)
            return float(answered.readline())

        yield once
        asked.close()
