"""From an update to its answer: `run` as a process, people writing to it by Telegram's webhook, at a steady pace."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Column, select

from benchmarks import telegram
from benchmarks.measure import Row, Spread
from benchmarks.stage import Stage
from bot.channels.telegram.client import HOOKS, hook_path
from bot.rules.calendar.zone import SHANGHAI
from storage.people import addresses, register
from storage.records import AddressDraft, MessageKind, PersonDraft, UnitDraft
from storage.sql.database import Database
from storage.sql.schema import migrate
from storage.tables import inbound, outbox
from tests.cast.proof import KEY

QUESTION = "how long does a person wait for the answer while updates come at a steady pace, committed before 200?"

PEOPLE, ROUNDS = 900, 3
SLOW, FAST = 25, 300  # updates a second; Telegram lets a bot send 30 messages a second, and we stay below
LONGEST, PATIENCE = 1.0, 120.0
AT_ONCE = 20
BOUND = datetime(2021, 8, 23, tzinfo=SHANGHAI)


def measure(stage: Stage) -> Iterator[Row]:
    """One person, one question: from the commit of the question to the platform's receipt of the answer."""
    people = stage.count(PEOPLE)
    for pace, column, until in (
        (SLOW, outbox.c.accepted_at, "at the platform"),
        (FAST, outbox.c.created_at, "in the outbox"),
    ):
        rounds = [_round(stage, people, pace, column) for _ in range(stage.rounds(ROUNDS))]
        for name, which in (("half", people // 2), ("all", people - 1)):
            found = Spread(values=tuple(waits[which] for waits in rounds))
            what = f"{people} questions, {pace} a second, {name} answers {until} after"
            yield Row(what=what, figure=found, unit="s", target=f"< {LONGEST:g}", met=found.median < LONGEST)


def _round(stage: Stage, people: int, pace: int, column: "Column[datetime]") -> list[float]:
    folder = stage.path("answers")
    folder.mkdir()
    database = Database(f"sqlite:///{folder / 'duban.sqlite3'}", journal_key=KEY)
    migrate(database)
    _fill(database, people)
    with telegram.server(people) as url, _running(folder, url) as door:
        path = f"{HOOKS}/{hook_path(telegram.settings_of(url).telegram)}"
        requests = [telegram.push(door, path, telegram.told(one, one, "我的工单")) for one in range(1, people + 1)]
        command = [sys.executable, "-m", "benchmarks.knock", *door.split(":"), str(AT_ONCE), str(pace)]
        done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, check=True)
        if json.loads(done.stdout)["statuses"] != {"200": people}:
            raise RuntimeError(done.stdout)
        waits = _waits(database, people, column)
    database.close()
    return sorted(waits)


def _fill(database: Database, people: int) -> None:
    with database.begin() as conn:
        desk = register.save_unit(conn, UnitDraft(name="市政府办", desk=True))
        # Not at the desk: that is told of a missing schedule at the start.
        unit = register.save_unit(conn, UnitDraft(name="市水利局", parent_id=desk))
        found = register.save_people(conn, [PersonDraft(name=f"人员{one}", unit_id=unit) for one in range(people)])
        addresses.bind_all(
            conn,
            [
                AddressDraft(person_id=person, channel="telegram", address=str(place), bound_at=BOUND)
                for place, person in enumerate(found.values(), 1)
            ],
        )


def _waits(database: Database, people: int, column: "Column[datetime]") -> list[float]:
    """Seconds from question to answer, one a person."""
    went = select(outbox.c.params, column).where(outbox.c.kind == MessageKind.ANSWER, column.is_not(None))
    until = time.monotonic() + PATIENCE
    answers: dict[int, datetime] = {}
    while len(answers) < people:
        if time.monotonic() > until:
            raise RuntimeError(f"only {len(answers)} of {people} were answered")
        time.sleep(0.2)
        with database.read() as conn:
            answers = {int(params["to"]["address"]): at for params, at in conn.execute(went)}
    with database.read() as conn:
        came = conn.execute(select(inbound.c.raw, inbound.c.received_at).where(inbound.c.kind == "update")).all()
    return [(answers[json.loads(raw)["message"]["from"]["id"]] - at) / timedelta(seconds=1) for raw, at in came]


@contextmanager
def _running(folder: Path, url: str) -> Iterator[str]:
    """`python -m bot run` on that directory; yields host:port once it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = {"DATA_DIR": str(folder), "WEB__PORT": str(port), "TELEGRAM__BASE_URL": url}
    given |= {"TELEGRAM__TOKEN": telegram.TOKEN, "TELEGRAM__WEBHOOK_SECRET": telegram.SECRET}
    given |= {"TELEGRAM__MODE": "webhook", "WEB__PUBLIC_URL": "https://duban.example.test"}
    environment = os.environ | {f"DUBAN_{name}": value for name, value in given.items()}
    with subprocess.Popen([sys.executable, "-m", "bot", "run"], env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            while not _ready(f"http://127.0.0.1:{port}/readyz"):
                time.sleep(0.05)
            yield f"127.0.0.1:{port}"
        finally:
            process.terminate()


def _ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
