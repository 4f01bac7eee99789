"""The product as a real process, and a house with one veto-class ticket whose steps are due at this very moment."""

import asyncio
import json
import signal
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from sqlalchemy import select, update

from bot.actions.tickets.intake import Arrival, take_in
from bot.clock import Clock, SystemClock, WoundClock
from bot.engine import Engine, open_engine
from bot.failpoints import VARIABLE
from bot.rules.tickets.arrivals import TicketInput
from settings import Settings
from storage.messages import outbox
from storage.people import addresses
from storage.records import Message, MessageState
from storage.sql.database import Database
from storage.tables import inbox_items
from storage.tables import outbox as messages
from storage.tickets import journal, tickets
from tests.cast import bureau
from tests.cast.proof import KEY as JOURNAL_KEY
from tests.cast.proof import checked
from tests.processes import Process, World, command, environment
from tests.waiting import LONG

ROOT = Path(__file__).parents[2]
KEY = "only-for-tests-only-for-tests-only-for-tests"


@dataclass(frozen=True, kw_only=True)
class House:
    """One database, its data folder and its people."""

    url: str
    folder: Path
    people: Mapping[str, int]
    sections: Mapping[str, Any] = field(default_factory=dict)  # settings of channels

    @contextmanager
    def engine(self, clock: Clock | None = None) -> Iterator[Engine]:
        """The engine in this process, on the machine's clock unless another is given."""
        opened = open_engine(self.settings, clock=clock)
        yield opened
        opened.database.close()

    @property
    def settings(self) -> Settings:
        """As the process gets them."""
        given = {"data_dir": self.folder, "database_url": SecretStr(self.url), "secret_key": SecretStr(KEY)}
        return Settings(**given, **self.sections)

    def running(self, *words: str, failpoint: str = "", **more: str) -> AbstractContextManager[Process]:
        """Run `python -m bot …`, killed at the failpoint if it comes there, and at the end in any case.

        `more` are further settings by their names.
        """
        settings = {name.upper(): json.dumps(section) for name, section in self.sections.items()}
        settings |= {"DATABASE_URL": self.url, "SECRET_KEY": KEY, "RHYTHM__TICK_SECONDS": "0.2", "LOG_LEVEL": "DEBUG"}
        settings |= {name.upper(): value for name, value in more.items()}
        own = environment(self.folder, settings) | {VARIABLE: failpoint}
        return command(World(environment=own, err=self.log), *(words or ("run",)))

    def killed(self, *words: str, failpoint: str) -> None:
        """Run until the failpoint kills the process, as `kill -9` would."""
        with self.running(*words, failpoint=failpoint) as process:
            process.join(LONG)
            assert process.exitcode == -signal.SIGKILL, self.log.read_text()

    def go_on(self) -> None:
        """What a restarted process does: tick, and send everything that is due."""

        async def send() -> None:
            await engine.sender.drain()
            for channel in engine.channels.values():
                await channel.close()

        self.let_leases_run_out()
        with self.engine() as engine:
            engine.tick()
            asyncio.run(send())

    @property
    def log(self) -> Path:
        """What the processes logged."""
        return self.folder.with_name("process.log")

    def let_leases_run_out(self) -> None:
        """As if the time of every lease had passed; the waiting itself proves nothing."""
        past = SystemClock().now() - timedelta(seconds=1)
        with self.database() as database, database.begin() as conn:
            conn.execute(update(messages).where(messages.c.lease_until.is_not(None)).values(lease_until=past))

    @contextmanager
    def database(self) -> Iterator[Database]:
        """The database, looked at from outside."""
        opened = Database(self.url, journal_key=JOURNAL_KEY)
        yield opened
        opened.close()

    def shown(self) -> list[tuple[str, str]]:
        """Key and text of every copy in the web inbox about a ticket; a real day may bring notices of the calendar."""
        with self.database() as database, database.read() as conn:
            found = conn.execute(select(inbox_items.c.message_key, inbox_items.c.text))
            return [(key, text) for key, text in found if not key.startswith("calendar:")]

    def copies(self) -> list[str]:
        """The keys of what is shown."""
        return [key for key, _ in self.shown()]

    def messages(self) -> list[Message]:
        """Every message about a ticket."""
        with self.database() as database, database.read() as conn:
            return [one for each in tickets.matching(conn) for one in outbox.of_ticket(conn, each.id)]

    def assert_told_in_the_stories(self) -> None:
        """Every story proves itself, and each message that went out or lies in an inbox is told in one once."""
        with self.database() as database, database.read() as conn:
            told = [line for each in tickets.matching(conn) for line in journal.read(conn, each.id)]
            broken = [found for _, found in checked(conn) if found is not None]
        assert broken == []
        for kind, state in (("told", MessageState.ACCEPTED), ("not_told", MessageState.FAILED)):
            lines = [line.data["message"] for line in told if line.kind == kind]
            assert sorted(lines) == sorted(one.id for one in self.messages() if one.state == state)

    def assert_whole(self) -> None:
        """Nothing lost, nothing twice, and every copy in the web inbox stands in a story once."""
        self.assert_told_in_the_stories()
        by_state = defaultdict(set)
        for one in self.messages():
            by_state[one.state].add(one.intent)
        # Everybody has the web inbox alone: what lies there unopened has told nobody.
        assert set(by_state) <= {MessageState.FAILED, MessageState.SUPERSEDED, MessageState.UNCERTAIN}
        copies, maybe = self.copies(), by_state[MessageState.UNCERTAIN]
        assert sorted(by_state[MessageState.FAILED]) == sorted(key for key in copies if key not in maybe)
        assert set(copies) <= by_state[MessageState.FAILED] | maybe


def furnish(
    url: str, folder: Path, numbers: Sequence[str] = ("FJ-1",), ways: Mapping[str, tuple[str, str]] | None = None
) -> House:
    """Fill the register, and take in tickets that came twenty minutes ago and were not told to anybody yet.

    Everybody has the web inbox; some have `ways` before it, by key: channel and address.
    """
    now = SystemClock().now()
    house = House(url=url, folder=folder, people=_people(url, now, ways or {}))
    # Twenty minutes in the life of a two-hour ticket: the receipt waits in the outbox, `take_over` is due at a tick.
    engine = open_engine(house.settings, clock=WoundClock(now - timedelta(minutes=20)))
    take_in(engine.context, "省平台", [arrival(number, engine.clock.now()) for number in numbers])
    engine.database.close()
    return house


def arrival(number: str, received_at: datetime) -> Arrival:
    """A veto-class ticket of 水清三明: its messages go out at any hour."""
    given = TicketInput(
        number=number, account_name=bureau.ACCOUNT, platform=bureau.PLATFORM, received_at=received_at, policy="veto_now"
    )
    return Arrival(event_id=f"{number}@{received_at.isoformat()}", raw={"number": number}, ticket=given)


def _people(url: str, now: datetime, ways: Mapping[str, tuple[str, str]]) -> dict[str, int]:
    database = Database(url, journal_key=JOURNAL_KEY)
    with database.begin() as conn:
        people = bureau.water_bureau(conn)
        for who in people.values():
            addresses.bind(conn, who, "inbox", str(who), now)
        for key, (channel, address) in ways.items():
            addresses.bind(conn, people[key], channel, address, now, -1)
    database.close()
    return people
