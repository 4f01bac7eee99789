"""The water bureau of 2021 with real platforms: our application served, messages out and callbacks in over HTTP."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.actions.tickets.intake import Arrival, take_in
from bot.clock import WoundClock
from bot.engine import Engine, open_engine
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.people.matching import name_key
from bot.rules.tickets.arrivals import TicketInput, event_id
from handlers.chat.catalog import platforms
from handlers.chat.listen import Listener
from handlers.web.server import build
from settings import Settings
from storage.messages import outbox
from storage.people import addresses, register
from storage.records import AccountDraft, JournalLine, Message, PersonDraft, Role, Ticket, UnitDraft
from storage.tickets import journal, tickets
from tests.fakes.peer import serving

PLATFORM, ACCOUNT = "微信公众号", "水清三明"


class Bureau:
    """甲 is A角, 乙 is B角; each person's ways are given as channel → address, the preferred first."""

    def __init__(self, engine: Engine, clock: WoundClock, url: str) -> None:
        self.engine, self.clock, self.url = engine, clock, url
        self._listener = Listener(engine, {one.name: one.reader for one in platforms(engine)})
        self.people: dict[str, int] = {}

    @property
    def at(self) -> int:
        """Now, as the platforms count."""
        return int(self.clock.now().timestamp())

    @staticmethod
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(f"2021-{text}").replace(tzinfo=SHANGHAI)

    def settle_in(self, ways: Mapping[str, Mapping[str, str]]) -> None:
        """Fill the register."""
        now = self.clock.now()
        with self.engine.database.begin() as conn:
            desk = register.save_unit(conn, UnitDraft(name="三明市人民政府办公室", desk=True))
            water = register.save_unit(conn, UnitDraft(name="三明市水利局", parent_id=desk))
            for name, unit in (("甲", water), ("乙", water), ("戊", desk)):
                self.people[name] = register.save_person(conn, PersonDraft(name=name, unit_id=unit))
                for preference, (channel, address) in enumerate(ways.get(name, {}).items()):
                    address = address or str(self.people[name])
                    addresses.bind(conn, self.people[name], channel, address, now, preference)
            draft = AccountDraft(platform=PLATFORM, name=ACCOUNT, name_key=name_key(ACCOUNT), unit_id=water)
            account = register.save_account(conn, draft)
            register.set_duty(conn, account, Role.PRIMARY, self.people["甲"])
            register.set_duty(conn, account, Role.BACKUP, self.people["乙"])

    async def receives(self, number: str, **given: str) -> None:
        """A ticket comes in and is told."""
        received = self.clock.now()
        ticket = TicketInput(number=number, received_at=received, account_name=ACCOUNT, platform=PLATFORM, **given)
        raw = {"number": number, "received_at": received.isoformat()}
        take_in(self.engine.context, "省平台", [Arrival(event_id=event_id("省平台", raw), raw=raw, ticket=ticket)])
        await self.works()

    async def works(self, until: str = "") -> None:
        """Listen, look at what is due and send, now or after time has passed."""
        if until:
            self.clock.wind_to(self.moment(until))
        await self._listener.work()
        self.engine.tick()
        await self.engine.sender.drain()

    def ticket(self, number: str) -> Ticket:
        with self.engine.database.read() as conn:
            return next(one for one in tickets.by_ids(conn, [1, 2, 3]).values() if one.number == number)

    def story(self, number: str) -> list[JournalLine]:
        with self.engine.database.read() as conn:
            assert [broken for _, broken in journal.verify(conn) if broken] == []
            return journal.read(conn, self.ticket(number).id)

    def messages(self, name: str) -> list[Message]:
        with self.engine.database.read() as conn:
            return [one for one in outbox.of_ticket(conn, 1) if one.person_id == self.people[name]]


@contextmanager
def bureau(url: str, folder: Path, clock: WoundClock, **sections: Any) -> Iterator[Bureau]:
    """Our application on a database, served while the block lasts."""
    settings = Settings(
        data_dir=folder, database_url=SecretStr(url), secret_key=SecretStr("only for tests " * 4), **sections
    )
    with ExitStack() as stack:
        engine = open_engine(settings, clock=clock)
        stack.callback(engine.database.close)
        routers = [one.router for one in platforms(engine) if one.router is not None]
        yield Bureau(engine, clock, stack.enter_context(serving(build(engine, routers))))
