"""The two bureaus as people to talk to, by name; nothing is sent. 甲 and 乙 have a second account, 三明河长."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from itertools import count

from sqlalchemy import select

from bot.actions.context import Context
from bot.actions.tickets.intake import Arrival, take_in
from bot.actions.tickets.tickets import answer
from bot.actions.work import begin
from bot.clock import WoundClock
from bot.delivery.wording import Wording
from bot.policies.loading import load
from bot.rules.tickets.arrivals import TicketInput
from bot.rules.tickets.lifecycle import Answer, Verb
from handlers.chat.reply import Conversation, Reply
from storage.records import JournalLine, Role, Ticket
from storage.sql.database import Database
from storage.tables import inbound
from storage.tickets import journal, tickets
from tests.cast import bureau

NUMBER = bureau.NUMBER
START = datetime(2021, 8, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Sanming


@dataclass
class Office:
    """The register by name, a wound clock, and a conversation to talk to."""

    database: Database
    language: str = "zh"
    clock: WoundClock = field(default_factory=lambda: WoundClock(START))
    people: dict[str, int] = field(init=False)
    events: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        with self.database.begin() as conn:
            numbers = {**bureau.water_bureau(conn), **bureau.forest_bureau(conn)}.values()
            duties = {Role.PRIMARY: bureau.YI, Role.BACKUP: bureau.JIA, Role.LEADER: bureau.BING}
            bureau.account(conn, "三明河长", bureau.WATER, duties)
        self.people = {bureau.NAMES[number]: number for number in numbers}
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not in the database."""
        self.context = Context(self.database, self.clock, load(), (time(8), time(20)))
        wording = Wording("en" if self.language == "en" else "zh")
        self.conversation = Conversation(self.context, wording)

    def receive(
        self, *numbers: str, account: str = bureau.ACCOUNT, policy: str | None = None, source: str = "省平台"
    ) -> None:
        """Let tickets come in now."""
        given = {"account_name": account, "platform": bureau.PLATFORM, "problem": "错别字", "policy": policy}
        batch = [
            Arrival(
                event_id=f"{number}:{next(self.events)}",
                raw={"no": number},
                ticket=TicketInput(number=number, received_at=self.clock.now(), **given),
            )
            for number in numbers
        ]
        assert {one.outcome for one in take_in(self.context, source, batch)} == {"created"}

    def say(
        self,
        who: str,
        text: str,
        *,
        at: datetime | None = None,
        event: str = "",
        to: str = "",
        via: str = "telegram",
        behalf: str = "",
    ) -> Reply:
        """Let somebody type something, perhaps in reply to the message about a ticket."""
        return self.conversation.hear(
            person_id=self.people.get(who, 999),
            text=text,
            at=at or self.clock.now(),
            via=via,
            event_id=event or f"e{next(self.events)}",
            reply_to_ticket=self.ticket(to).id if to else None,
            on_behalf_of=behalf,
        )

    def does_close(self, number: str) -> None:
        """Archive a completed ticket, as the desk does in the browser."""
        given = Answer(person_id=self.people["丁"], at=self.clock.now(), via="web")
        with begin(self.context) as work:
            answer(work, self.ticket(number).id, Verb.CLOSE, given)

    def ticket(self, number: str) -> Ticket:
        """The ticket as it stands."""
        with self.database.read() as conn:
            [found] = tickets.by_number(conn, number)
        return found

    def story(self, number: str) -> list[JournalLine]:
        """What people did to the ticket, without what the bot did."""
        with self.database.read() as conn:
            lines = journal.read(conn, self.ticket(number).id)
        return [one for one in lines if one.actor.startswith("person:")]

    def states(self) -> dict[str, str]:
        """Every ticket's state."""
        with self.database.read() as conn:
            return {one.number: str(one.state) for one in tickets.matching(conn)}


def kept(office: Office, event: str) -> dict[str, object]:
    """The raw row of an event."""
    with office.database.read() as conn:
        row = conn.execute(select(inbound).where(inbound.c.event_id == event)).mappings().one()
    return dict(row)
