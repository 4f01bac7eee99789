"""A small office that people talk to: 甲 and 乙 of 水利局 with two accounts, 丙 leads, 戊 oversees, 丁 is the desk."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from itertools import count

from bot.actions.context import Context
from bot.actions.tickets.intake import Arrival, take_in
from bot.actions.tickets.tickets import answer
from bot.actions.work import begin
from bot.clock import WoundClock
from bot.delivery.wording import Wording
from bot.policies.loading import load
from bot.rules.calendar.zone import at
from bot.rules.people.matching import name_key
from bot.rules.tickets.arrivals import TicketInput
from bot.rules.tickets.lifecycle import Answer, Verb
from handlers.chat.reply import Conversation, Reply
from storage.people import register
from storage.records import AccountDraft, JournalLine, PersonDraft, Role, Ticket, UnitDraft
from storage.sql.database import Database
from storage.tickets import journal, tickets

START = datetime(2021, 8, 23, 2, 0, tzinfo=UTC)  # Monday 10:00 in Sanming


def sh(month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of 2021 in Asia/Shanghai."""
    return at(date(2021, month, day), time(hour, minute))


@dataclass
class Office:
    """The register by name, a wound clock, and a conversation to talk to."""

    database: Database
    language: str = "zh"
    clock: WoundClock = field(default_factory=lambda: WoundClock(START))
    people: dict[str, int] = field(default_factory=dict)
    events: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        with self.database.begin() as conn:
            desk = register.save_unit(conn, UnitDraft(name="市政府办公室", desk=True))
            water = register.save_unit(conn, UnitDraft(name="市水利局", parent_id=desk))
            forest = register.save_unit(conn, UnitDraft(name="市林业局", parent_id=desk))
            homes = {"甲": water, "乙": water, "丙": water, "戊": water, "丁": desk, "己": forest}
            for name, unit in homes.items():
                self.people[name] = register.save_person(conn, PersonDraft(name=name, unit_id=unit))
            duties = {"水清三明": ("甲", "乙", "丙"), "三明河长": ("乙", "甲", "丙"), "三明林业": ("己", "己", "己")}
            for name, trio in duties.items():
                unit = homes[trio[0]]
                draft = AccountDraft(platform="微信公众号", name=name, name_key=name_key(name), unit_id=unit)
                account = register.save_account(conn, draft)
                for role, who in zip((Role.PRIMARY, Role.BACKUP, Role.LEADER), trio, strict=True):
                    register.set_duty(conn, account, role, self.people[who])
            register.add_supervisor(conn, water, self.people["戊"])
        self.restart()

    def restart(self) -> None:
        """Forget everything that is not in the database."""
        self.context = Context(self.database, self.clock, load(), (time(8), time(20)))
        wording = Wording("en" if self.language == "en" else "zh")
        self.conversation = Conversation(self.context, wording)

    def receive(
        self, *numbers: str, account: str = "水清三明", policy: str | None = None, source: str = "省平台"
    ) -> None:
        """Let tickets come in now."""
        given = {"account_name": account, "platform": "微信公众号", "problem": "错别字", "policy": policy}
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
