"""Starting with a hundred thousand things pending, and what is lost when things go wrong."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import cycle
from pathlib import Path
from typing import Any

from sqlalchemy import Select, func, insert, select, text, update

from benchmarks import office
from benchmarks.measure import Row, in_turn, number, seconds
from benchmarks.stage import Stage
from bot.clock import WoundClock
from storage.records import MessageKind, MessageState
from storage.sql.database import Database
from storage.sql.schema import migrate
from storage.tables import inbox_items, journal, outbox, tickets
from tests.cast.proof import KEY

QUESTION = "how soon is work going on after a start with 100,000 things pending, and is anything lost?"

PENDING, TIMERS = 100_000, 500
COPIES = 1_000  # ids of made-up tickets begin here
ROUNDS = 5
LIMIT = 1.0
WORK = 0.02  # seconds a message takes to send
DOWN = 5.0
KILL_AT = 100
LEASE = 5  # seconds; what a killed process held is free again after that
PATIENCE = 60.0  # seconds until what must happen is given up
QUIET = 15.0  # seconds without news until the rest is called lost
FALLS_DUE = office.OPENS + timedelta(hours=2)  # two working hours after receipt: `take_over`, to the B角


def measure(stage: Stage) -> Iterator[Row]:
    """First how soon, then what is lost, ours and APScheduler's."""
    yield from _soon(stage)
    count = stage.count(TIMERS)
    for name, accident in ACCIDENTS.items():
        for who, subject in (("ours", _Ours), ("APScheduler job store", _Peer)):
            kept = accident(subject(stage, count))
            lost = count - kept
            yield Row(
                what=f"{name}, {who}",
                figure=f"{kept} of {count} told, {lost} lost",
                target="0 lost" if who == "ours" else "",
                met=lost == 0 if who == "ours" else None,
            )


def _soon(stage: Stage) -> Iterator[Row]:
    few, many = 1_000, stage.count(PENDING)
    kinds = {
        "message claimed, {} pending": (_messages, _message_claimed),
        "ticket decided, {} due": (_tickets, _ticket_decided),
        "message claimed, {} pending, as many tickets due": (_both, _message_claimed),
    }
    for kind, (fill, happened) in kinds.items():
        folders = {size: _filled(stage, size, fill) for size in (few, many)}
        subjects = {str(size): _first(stage, folder, happened) for size, folder in folders.items()}
        found = in_turn(stage.rounds(ROUNDS), subjects)
        least, most = found[str(few)], found[str(many)]
        yield Row(
            what=f"process start to first {kind.format(f'{many:,}')}",
            figure=most,
            unit="s",
            against=f"{number(most.median / least.median)} x that with {few:,}",
            target=f"< {LIMIT:.0f} s",
            met=most.median < LIMIT,
        )


def _filled(stage: Stage, size: int, fill: Callable[[Database, int], None]) -> Path:
    folder = stage.path("pending")
    folder.mkdir()
    database = _database(folder)
    office.fill(database)
    office.take_all(office.context_at(database), office.arrivals(1), 1)
    with database.begin() as conn:
        conn.execute(update(outbox).values(state="delivered", accepted_at=office.OPENS))
        conn.execute(update(tickets).values(next_step_at=None))
    fill(database, size)
    database.close()
    return folder


def _messages(database: Database, size: int) -> None:
    """One message a ticket, spread over everybody."""
    ids = _copies(database, size, next_step_at=None)
    with database.begin() as conn:
        [one] = [dict(row) for row in conn.execute(select(outbox).limit(1)).mappings()]
        # Answers go out at any hour, so it can be measured at any hour.
        one |= {"kind": MessageKind.ANSWER, "state": MessageState.PENDING}
        people = conn.execute(text("SELECT id FROM people")).scalars().all()
        rows = [
            {**one, "id": number, "intent": f"c{number}", "ticket_id": number, "person_id": who}
            for number, who in zip(ids, cycle(people), strict=False)
        ]
        conn.execute(insert(outbox), rows)


def _tickets(database: Database, size: int) -> None:
    """Tickets whose ladder waits to be looked at."""
    _copies(database, size, next_step_at=office.OPENS)


def _copies(database: Database, size: int, next_step_at: datetime | None) -> range:
    """So many tickets like the first one."""
    with database.begin() as conn:
        [one] = [dict(row) for row in conn.execute(select(tickets).order_by(tickets.c.id).limit(1)).mappings()]
        last = conn.execute(select(func.max(tickets.c.id))).scalar_one()
        ids = range(max(last + 1, COPIES), max(last + 1, COPIES) + size)
        named = [{"id": n, "number": f"C{n}", "number_key": f"C{n}", "next_step_at": next_step_at} for n in ids]
        conn.execute(insert(tickets), [one | changed for changed in named])
    return ids


def _both(database: Database, size: int) -> None:
    _messages(database, size)
    _tickets(database, size)


def _first(stage: Stage, folder: Path, happened: Callable[[Database], bool]) -> Callable[[], float]:
    """On a fresh copy each time: from the start of the process until it happened."""

    def once() -> float:
        copy = stage.path("copy")
        subprocess.run(["cp", "-r", str(folder), str(copy)], check=True)
        database = _database(copy, empty=False)
        with _process(["-m", "bot", "run"], {"DUBAN_DATA_DIR": str(copy)}) as process:
            took = seconds(lambda: _wait(lambda: happened(database), process, every=0.002))
        database.close()
        subprocess.run(["rm", "-r", str(copy)], check=True)
        return took

    return once


def _message_claimed(database: Database) -> bool:
    leased = select(outbox.c.id).where(text("state IN ('leased', 'uncertain')")).limit(1)
    return _any(database, leased, select(inbox_items.c.id).limit(1))


def _ticket_decided(database: Database) -> bool:
    return _any(database, select(journal.c.seq).where(journal.c.ticket_id >= COPIES).limit(1))


def _any(database: Database, *queries: "Select[Any]") -> bool:
    with database.read() as conn:
        return any(conn.execute(query).first() is not None for query in queries)


class _Ours:
    """So many tickets whose B角 are to hear at one instant, each B角 of one ticket."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.folder, self.count, self.shift = stage.path("ours"), count, 0.0
        self.folder.mkdir()
        self.database = _database(self.folder)
        office.fill(self.database, accounts=count)
        context = office.context_at(self.database, WoundClock(office.OPENS))
        given = [office.at_moment(one, office.OPENS) for one in office.arrivals(count, accounts=count)]
        office.take_all(context, given, 500)
        with self.database.begin() as conn:
            conn.execute(update(outbox).values(state="delivered", accepted_at=office.OPENS))

    def due_in(self, wait: float) -> None:
        """Let everything fall due so many seconds from now."""
        self.shift = FALLS_DUE.timestamp() - (time.time() + wait)

    @contextmanager
    def serving(self, work: float) -> "Iterator[subprocess.Popen[bytes]]":
        """The bot at work."""
        arguments = ["-m", "benchmarks.worker", str(self.folder), str(self.shift), str(work)]
        with _process(arguments, {"DUBAN_RHYTHM__LEASE_SECONDS": str(LEASE)}) as process:
            yield process

    def told(self) -> int:
        """How many different people found it in their inbox."""
        query = select(func.count()).select_from(inbox_items).where(inbox_items.c.message_key.like("t%:take_over:%"))
        with self.database.read() as conn:
            return conn.execute(query).scalar_one()


class _Peer:
    """So many one-shot jobs in APScheduler's SQLite store."""

    def __init__(self, stage: Stage, count: int) -> None:
        self.folder, self.count, self.grace = stage.path("peer"), count, "default"
        self.folder.mkdir()

    def due_in(self, wait: float) -> None:
        """Store the jobs; storing them one by one takes a while, so they fall due that much later."""
        storing = self.count / 100
        due = time.time() + wait + storing
        arguments = ["add", str(self.folder), str(self.count), str(due), str(WORK), self.grace]
        subprocess.run([sys.executable, "-m", "benchmarks.peers.timers", *arguments], check=True)
        time.sleep(max(0.0, due - wait - time.time()))

    @contextmanager
    def serving(self, work: float) -> "Iterator[subprocess.Popen[bytes]]":
        """The scheduler at work."""
        with _process(["-m", "benchmarks.peers.timers", "serve", str(self.folder)]) as process:
            yield process

    def told(self) -> int:
        """How many different jobs wrote their line."""
        ran = self.folder / "ran.txt"
        return len(set(ran.read_text().split())) if ran.exists() else 0


def _downtime(subject: "_Ours | _Peer") -> int:
    subject.due_in(0.0)
    time.sleep(DOWN)
    with subject.serving(0.0) as process:
        return _told_in_the_end(subject, process)


def _burst(subject: "_Ours | _Peer") -> int:
    subject.due_in(4.0)
    with subject.serving(WORK) as process:
        time.sleep(4.0)
        return _told_in_the_end(subject, process)


def _killed(subject: "_Ours | _Peer") -> int:
    if isinstance(subject, _Peer):
        subject.grace = "none"
    subject.due_in(4.0)
    with subject.serving(WORK) as process:
        _wait(lambda: subject.told() >= min(KILL_AT, subject.count // 2), process)
        process.send_signal(signal.SIGKILL)
    with subject.serving(WORK) as process:
        return _told_in_the_end(subject, process)


ACCIDENTS: dict[str, Callable[["_Ours | _Peer"], int]] = {
    f"down for {DOWN:.0f} s while they fell due": _downtime,
    f"all due at one instant, {WORK * 1000:.0f} ms of work each": _burst,
    f"kill -9 after {KILL_AT}, then started again": _killed,
}


def _told_in_the_end(subject: "_Ours | _Peer", process: "subprocess.Popen[bytes]") -> int:
    """Wait until all are told, or nothing has moved for long: a lease left by the dead must run out first."""
    last, since = -1, time.monotonic()
    while (told := subject.told()) < subject.count and time.monotonic() - since < QUIET:
        if told != last:
            last, since = told, time.monotonic()
        time.sleep(0.05)
    return told


def _wait(happened: Callable[[], bool], process: "subprocess.Popen[bytes]", every: float = 0.01) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError("it did not happen")
        time.sleep(every)


@contextmanager
def _process(
    arguments: Sequence[str], environment: dict[str, str] | None = None
) -> "Iterator[subprocess.Popen[bytes]]":
    command = [sys.executable, *arguments]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=quiet, stderr=quiet) as process:
        try:
            yield process
        finally:
            process.kill()


def _database(folder: Path, *, empty: bool = True) -> Database:
    database = Database(f"sqlite:///{folder / 'duban.sqlite3'}", journal_key=KEY)
    if empty:
        migrate(database)
    return database
