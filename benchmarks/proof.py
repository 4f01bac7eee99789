"""The proof: what a root costs with few and with many journals, and how fast everything is held against them."""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy import select

from benchmarks import office
from benchmarks.measure import Row, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage, settled
from bot.actions.context import Context
from bot.actions.tickets.proof.prover import Prover
from bot.actions.tickets.proof.verifying import Verification, unswept
from storage.sql.database import Database
from storage.tables import journal
from storage.tickets.rootfile import RootFile
from tests.cast.proof import KEY

QUESTION = "what does a root cost with 100 times the journals, and how many lines a second does `verify` check?"

SIZES = (1_000, 100_000)
FRESH = 100  # journals that enter with one root
ROUNDS = 7
GROWTH = 1.5
LINES = 20_000  # a second


def measure(stage: Stage) -> Iterator[Row]:
    """Roots over few and many journals, then the check, on both databases."""
    for name, opened in (("SQLite", stage.sqlite), ("PostgreSQL", stage.postgres)):
        first: float | None = None
        for size in map(stage.count, SIZES):
            with opened() as database:
                context, prover = _filled(stage, database, size)
                found = in_turn(stage.rounds(ROUNDS), {"root": _root(context, prover)})["root"]
                first = first or found.median
                yield Row(
                    what=f"a root over {FRESH} new among {size:,} journals, {name}",
                    figure=found.scaled(lambda one: one * 1000),
                    unit="ms",
                    against=f"{number(found.median / first)} x that of {stage.count(SIZES[0]):,}",
                    target=f"<= {GROWTH} x",
                    met=found.median / first <= GROWTH,
                )
                if size == stage.count(SIZES[1]):
                    yield from _checked(stage, name, context, prover)


def _filled(stage: Stage, database: Database, size: int) -> tuple[Context, Prover]:
    office.fill(database)
    context = office.context_at(database)
    office.take_all(context, office.arrivals(size), 500)
    prover = Prover(context, RootFile(Path(stage.path("roots.txt")), KEY))
    while prover.prove_once():
        pass
    return context, prover


def _root(context: Context, prover: Prover) -> Callable[[], float]:
    def once() -> float:
        office.take_all(context, office.arrivals(FRESH), FRESH)
        settled(context.database)
        took = seconds(prover.prove_once)
        if prover.prove_once():
            raise RuntimeError("something was left for another root")
        return took

    return once


def _checked(stage: Stage, name: str, context: Context, prover: Prover) -> Iterator[Row]:
    lines = 0

    def verify() -> float:
        nonlocal lines
        look = Verification(context=context, root_file=prover.file)
        with unswept():
            took = seconds(lambda: _all_holds(look))
        lines = look.lines
        return took

    def bare() -> float:
        return seconds(lambda: _hashed(context.database))

    found = rates(in_turn(stage.rounds(ROUNDS), {"verify": verify, "bare": bare}), 1)
    spread = found["verify"].scaled(lambda one: one * lines)
    yield Row(
        what=f"`verify`: chains, tree, rows, outbox, files of {lines:,} lines, {name}",
        figure=spread,
        unit="lines/s",
        against=f"{number(ratio(found['verify'], found['bare']))} x reading and hashing the lines alone",
        target=f">= {LINES:,}",
        met=spread.median >= LINES,
    )


def _all_holds(look: Verification) -> None:
    faults = [one for one in look.run() if one is not None]
    if faults:
        raise RuntimeError(f"{faults[0]} of an untouched database")


def _hashed(database: Database) -> None:
    with database.read() as conn:
        for row in conn.execute(select(journal)):
            hashlib.sha256("\n".join(map(str, row)).encode()).digest()
