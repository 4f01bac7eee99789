"""The seed's office on a real chat platform: engine, hook and listener over real HTTP, on a wound clock."""

from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bot.actions.people.binding import new_code
from bot.actions.tickets.intake import Arrival, take_in
from bot.clock import WoundClock
from bot.engine import open_engine
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.people.matching import name_key
from bot.rules.tickets.arrivals import TicketInput, event_id
from bot.simulator.play import Play
from handlers.chat.catalog import platforms
from handlers.chat.listen import Listener
from handlers.web.server import build
from settings import Settings
from storage.people import register
from storage.records import AccountDraft, JournalLine, PersonDraft, Role, Ticket, UnitDraft
from storage.tickets import journal, tickets
from tests.fakes.serving import Serving

NUMBER = "FJ-20210823-01"
NAMES = ("甲", "乙", "丙", "丁")


def moment(text: str) -> datetime:
    """ "08-23 10:00" in 2021 in Shanghai."""
    return datetime.fromisoformat(f"2021-{text}").replace(tzinfo=SHANGHAI)


class House:
    """甲 A角, 乙 B角, 丙 leader, 丁 desk; nobody has an address until they are bound."""

    def __init__(self, url: str, folder: Path, clock: WoundClock, **more: Any) -> None:
        self.clock = clock
        settings = Settings(data_dir=folder, database_url=url, **more)
        self.engine = open_engine(settings, clock=clock)
        self.play = Play(self.engine, clock, [], [])
        spoken = platforms(self.engine)
        self._listener = Listener(self.engine, {one.name: one.reader for one in spoken})
        self.serving = Serving(build(self.engine, [one.router for one in spoken if one.router]))
        self.people = self._fill()

    def __enter__(self) -> Self:
        self.serving.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self.serving.__exit__(*problem)
        self.play.close()

    def settle(self) -> None:
        """Let everything happen that is due or was brought."""
        self.play.run(self._listener.work())
        list(self.play.settle())

    def at(self, text: str) -> None:
        """Let time pass."""
        list(self.play.until(moment(text)))

    def code(self, name: str) -> str:
        """Make a bind code for a person."""
        return new_code(self.engine.context, self.people[name])

    def receive(self, number: str = NUMBER) -> None:
        """The ticket of 23 August comes in, or one like it."""
        given = TicketInput(number=number, account_name="水清三明", received_at=moment("08-23 10:00"), problem="错别字")
        raw = {"number": number}
        take_in(self.engine.context, "省平台", [Arrival(event_id=event_id("省平台", raw), raw=raw, ticket=given)])
        self.settle()

    @property
    def ticket(self) -> Ticket:
        with self.engine.database.read() as conn:
            [found] = tickets.by_number(conn, NUMBER)
        return found

    def story(self, kind: str, number: str = NUMBER) -> list[JournalLine]:
        """The journal lines of a kind."""
        with self.engine.database.read() as conn:
            [ticket] = tickets.by_number(conn, number)
            return [one for one in journal.read(conn, ticket.id) if one.kind == kind]

    def _fill(self) -> dict[str, int]:
        with self.engine.database.begin() as conn:
            desk = register.save_unit(conn, UnitDraft(name="市政府办", desk=True))
            water = register.save_unit(conn, UnitDraft(name="市水利局", parent_id=desk))
            units = {"丁": desk}
            people = {
                name: register.save_person(conn, PersonDraft(name=name, unit_id=units.get(name, water)))
                for name in NAMES
            }
            draft = AccountDraft(platform="微信公众号", name="水清三明", name_key=name_key("水清三明"), unit_id=water)
            account = register.save_account(conn, draft)
            for role, name in zip(Role, NAMES, strict=False):
                register.set_duty(conn, account, role, people[name])
        return people
