"""The tick: what it costs when nothing is due, and when much is due at once."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from sqlalchemy import insert, text, update

from benchmarks import office, rowcopy
from benchmarks.measure import Row, Spread, in_turn, number, ratio, seconds
from benchmarks.stage import Opened, Stage, settled
from bot.actions.context import Context
from bot.actions.tickets.watch import tick
from bot.clock import WoundClock
from storage.sql.database import Database
from storage.tables import journal, outbox, tickets

QUESTION = "what does a tick cost, with nothing due, and with a thousand tickets due at once?"

SIZES = (1_000, 100_000, 1_000_000)
LOOKS = 200  # ticks in one round of "nothing due"
DUE = 1_000
ROUNDS = 7
IDLE_MS, GROWTH = 1.0, 1.5
LATER = office.OPENS + timedelta(hours=4)  # 14:00 in Shanghai: two working hours were over by noon, `take_over` is due


def measure(stage: Stage) -> Iterator[Row]:
    """Both questions on both databases."""
    backends = (("SQLite", stage.sqlite, 0.3, 0.1), ("PostgreSQL", stage.postgres, 0.5, 0.2))
    for name, opened, _wanted, _aim in backends:
        yield from _nothing_due(stage, name, opened)
    for name, opened, wanted, aim in backends:
        yield from _much_due(stage, name, opened, wanted, aim)


def _nothing_due(stage: Stage, name: str, opened: Opened) -> Iterator[Row]:
    first: Spread | None = None
    for size in SIZES[:2] if stage.quick else SIZES:
        with opened() as database:
            _open_tickets(database, size)
            context = office.context_at(database)
            found = in_turn(stage.rounds(ROUNDS), {"tick": partial(_look, context)})["tick"]
        figure = found.scaled(lambda one: one * 1000)
        first = first or figure
        growth = figure.median / first.median
        yield Row(
            what=f"nothing due, {size:,} open tickets, {name}",
            figure=figure,
            unit="ms",
            against=f"{number(growth)} x that of {SIZES[0]:,} open",
            target=f"<= {IDLE_MS:.0f} ms, <= {GROWTH} x",
            met=figure.median <= IDLE_MS and growth <= GROWTH,
        )


def _look(context: Context) -> float:
    def looks() -> None:
        for _ in range(LOOKS):
            if tick(context).looked_at:
                raise RuntimeError("something was due")

    return seconds(looks) / LOOKS


def _open_tickets(database: Database, size: int) -> None:
    """Tickets that want a look some day: one taken in as usual, then copied inside the database."""
    office.fill(database)
    office.take_all(office.context_at(database), office.arrivals(1), 1)
    with database.begin() as conn:
        rowcopy.multiply(conn, tickets, size, {"number": "'C-' || n", "number_key": "'C-' || n"})
        conn.execute(update(tickets).values(next_step_at=LATER))
        if not database.sqlite:
            conn.execute(text("ANALYZE"))  # as its autovacuum does after a while


def _much_due(stage: Stage, name: str, opened: Opened, wanted: float, aim: float) -> Iterator[Row]:
    due = stage.count(DUE)
    with opened() as database:
        bench = _Due(database, due)
        found = in_turn(stage.rounds(ROUNDS), {"tick": bench.tick, "core": bench.core})
    yield Row(
        what=f"{due:,} tickets due, decided, journalled, enqueued, {name}",
        figure=found["tick"],
        unit="s",
        against=f"{number(ratio(found['tick'], found['core']))} x Core",
        target=f"<= {wanted} (aim {aim})",
        met=found["tick"].median <= wanted,
    )
    yield Row(what=f"Core, the same {bench.rows:,} rows written, {name}", figure=found["core"], unit="s")


class _Due:
    """Tickets taken in anew for every round, whose next step falls due at one moment."""

    def __init__(self, database: Database, due: int) -> None:
        self.database, self.due, self.rows = database, due, 0
        office.fill(database)
        self._written: rowcopy.Rows = {}

    def tick(self) -> float:
        """Everything due at once; every ticket must have been told about."""
        clock = WoundClock(office.OPENS)
        context = office.context_at(self.database, clock)
        office.take_all(context, office.arrivals(self.due), 500)
        with self.database.begin() as conn:
            conn.execute(update(outbox).values(state="delivered"))
            first = conn.execute(text("SELECT max(id) FROM outbox")).scalar_one()
        clock.wind_to(LATER)
        settled(self.database)
        took = seconds(lambda: tick(context))
        rows = rowcopy.taken_out(self.database)
        fresh = [row for row in rows[outbox] if row["id"] > first]
        if len(fresh) != self.due:
            raise RuntimeError(f"{len(fresh)} messages for {self.due} tickets")
        before = {table: some for table, some in rows.items() if table is not outbox}
        steps = [row for row in rows[journal] if row["seq"] > 2]
        self._written = {**before, outbox: fresh, journal: steps}
        self.rows = len(fresh) + len(steps) + self.due
        return took

    def core(self) -> float:
        """The same rows: tickets updated, journal and messages inserted, one transaction."""
        with self.database.begin() as conn:
            conn.execute(insert(tickets), self._written[tickets])
        changed = [{"b_id": row["id"], **{k: v for k, v in row.items() if k != "id"}} for row in self._written[tickets]]

        def write() -> None:
            with self.database.begin() as conn:
                conn.execute(_UPDATE, changed)
                conn.execute(insert(journal), self._written[journal])
                conn.execute(insert(outbox), self._written[outbox])

        settled(self.database)
        took = seconds(write)
        rowcopy.taken_out(self.database)
        return took


_UPDATE = update(tickets).where(text("id = :b_id"))
