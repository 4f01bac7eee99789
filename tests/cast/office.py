"""A small office on a real database and a wound clock: let time pass, say something, expect who hears what.

Expectations are exclusive: a message that nobody expected fails the test at its end.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

from pydantic import SecretStr

from bot.actions.messages import updates
from bot.actions.people.register import RegisterReport, import_register, preview_register
from bot.actions.tickets.intake import Arrival, ArrivalResult, take_in
from bot.actions.tickets.tickets import answer
from bot.actions.work import begin
from bot.clock import WoundClock
from bot.engine import open_engine
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.people.roster import AccountRow, PersonRow, Roster
from bot.rules.tickets.arrivals import TicketInput, event_id
from bot.rules.tickets.lifecycle import Answer, Verb
from bot.simulator.play import Play, Sent
from handlers.chat.listen import Listener
from handlers.chat.platforms.heard import Heard
from handlers.chat.reply import Conversation, Reply
from settings import Settings
from storage.messages import outbox
from storage.people import addresses, leaves, register
from storage.records import (
    JournalLine,
    Message,
    MessageKind,
    MessageState,
    Role,
    Ticket,
)
from storage.sql.database import Connection, Database
from storage.tickets import journal, tickets
from tests.cast import bureau
from tests.cast.proof import checked
from tests.cast.rows import open_of_person
from tests.fakes.stage import ScriptedStage

KEY = "only-for-tests-only-for-tests-only-for-tests"
SOURCE = "省平台"


class Office:
    """The water bureau of 2021 (tests/cast/bureau.py), each person on every channel of a stage."""

    def __init__(
        self,
        url: str,
        folder: Path,
        start: str = "2021-08-23 08:00",
        *,
        stage: Sequence[ScriptedStage] = (),
        sections: Mapping[str, Any] | None = None,
    ) -> None:
        """With settings of channels, real ones take the place of the stage."""
        self.year = start[:4]
        stage = stage or ([] if sections else [ScriptedStage(name="chat")])
        self.stage = {one.name: one for one in stage}
        self._sections = sections or {}
        self.clock = WoundClock(self.moment(start))
        self._url, self._folder = url, folder
        self._heard: list[Sent] = []
        self._updates: list[Sent] = []
        self._said = 0
        self._open()
        with self.database.begin() as conn:
            self.people = bureau.water_bureau(conn)
            for who in self.people:
                self._reach(conn, who)

    def moment(self, text: str) -> datetime:
        """ "08-23 10:00" in the office's first year, on a clock in Shanghai."""
        full = text if text[4] == "-" else f"{self.year}-{text}"
        return datetime.fromisoformat(full).replace(tzinfo=SHANGHAI).astimezone(UTC)

    # What happens.

    def at(self, moment: str) -> Self:
        """Let time pass, with everything that happens in it."""
        return self._keep(self.play.until(self.moment(moment)))

    def passes(self, span: timedelta) -> Self:
        """Let so much time pass."""
        return self._keep(self.play.until(self.clock.now() + span))

    def down_until(self, moment: str) -> Self:
        """Let time pass while nothing runs; then start again."""
        self.play.skip_to(self.moment(moment))
        return self.settle()

    def reopen(self) -> Self:
        """Go on as a new process on the same database would."""
        self.play.close()
        self._open()
        return self

    def settle(self) -> Self:
        """Let everything happen that is due at this very moment."""
        self._keep(self.play.settle())
        return self

    def receives(
        self,
        *numbers: str,
        source: str = SOURCE,
        account: str = bureau.ACCOUNT,
        at: str = "",
        settle: bool = True,
        **given: str,
    ) -> list[ArrivalResult]:
        """Take tickets in, as one batch; received before now where `at` says so."""
        received = self.moment(at) if at else self.clock.now()
        arrivals = []
        for number in numbers:
            fields = {"account_name": account, "platform": bureau.PLATFORM, **given}
            raw = {"number": number, **fields, "received_at": received.isoformat()}
            ticket = TicketInput(number=number, received_at=received, **fields)
            arrivals.append(Arrival(event_id=event_id(source, raw), raw=raw, ticket=ticket))
        taken = take_in(self.engine.context, source, arrivals)
        if settle:
            self.settle()
        return taken

    def says(self, who: str, text: str, at: str = "") -> Reply:
        """Let a person answer in words."""
        self._said += 1
        reply = self._conversation.hear(
            person_id=self.people[who],
            text=text,
            at=self.moment(at) if at else self.clock.now(),
            via="chat",
            event_id=f"said:{self._said}",
        )
        self.settle()
        return reply

    def taps(self, who: str, action: str, at: str = "") -> Reply:
        """Let a person press a button by its code."""
        self._said += 1
        reply = self._conversation.hear(
            person_id=self.people[who],
            text="",
            at=self.moment(at) if at else self.clock.now(),
            via="chat",
            event_id=f"tap:{self._said}",
            action=action,
        )
        self.settle()
        return reply

    def listens(self, channel: str, **events: Heard) -> None:
        """Let the platform of a channel bring what people did, by event id."""
        for event in events:
            assert updates.keep(self.engine.context, channel, event, event)
        self.play.run(Listener(self.engine, {channel: Script(**events)}).work())

    def does(self, who: str, verb: Verb, number: str, text: str = "") -> Ticket:
        """Let a person move a ticket; MoveRefused says why not."""
        given = Answer(person_id=self.people[who], at=self.clock.now(), text=text, via="test")
        with begin(self.engine.context) as work:
            [ticket] = tickets.by_number(work.conn, number)
            return answer(work, ticket.id, verb, given)

    # How the office differs from the usual one.

    def vacate(self, role: Role) -> None:
        """Leave a duty of 水清三明 vacant."""
        with self.database.begin() as conn:
            register.set_duty(conn, bureau.WATER_ACCOUNT, role, None)

    def imports(
        self,
        *,
        duties: Mapping[Role, str] | None = None,
        joined: Mapping[str, str] | None = None,
        left: Sequence[str] = (),
        preview: bool = False,
    ) -> RegisterReport:
        """Import a register file: newcomers of the water bureau by key and name, leavers by key, duties by name."""
        way = next(iter(self.stage))
        newcomers = [
            PersonRow(row=row, name=name, unit=bureau.UNITS[bureau.WATER], addresses={way: f"{way}:{key}"})
            for row, (key, name) in enumerate((joined or {}).items(), 2)
        ]
        leavers = [
            PersonRow(row=50 + row, name=bureau.NAMES[number], unit=bureau.UNITS[bureau.HOMES[number]], active=False)
            for row, number in enumerate(self.people[one] for one in left)
        ]
        unit, account = bureau.UNITS[bureau.WATER], bureau.ACCOUNT
        row = AccountRow(row=2, platform=bureau.PLATFORM, name=account, unit=unit, duties=duties or {})
        roster = Roster(people=(*newcomers, *leavers), accounts=(row,))
        take = preview_register if preview else import_register
        report = take(self.engine.context, self.engine.sealer, roster)
        assert report.refused == ()
        if preview:
            return report
        with self.database.read() as conn:
            known = {person.name: person.id for person in register.load(conn).people.values()}
        self.people |= {key: known[name] for key, name in (joined or {}).items()}
        self.settle()
        return report

    def add_forest(self) -> Self:
        """A second bureau: 庚 A角 and 辛 B角 of 三明林业, overseen by 己."""
        with self.database.begin() as conn:
            more = bureau.forest_bureau(conn)
            self.people |= more
            for who in more:
                self._reach(conn, who)
        return self

    def unsupervised(self) -> None:
        """Nobody oversees the water bureau."""
        with self.database.begin() as conn:
            register.set_supervisors(conn, {bureau.WATER: []})

    def on_leave(self, who: str, since: str, until: str, deputy: str | None = None) -> None:
        """Note a leave."""
        with self.database.begin() as conn:
            stand_in = self.people[deputy] if deputy else None
            leaves.add(conn, self.people[who], self.moment(since), self.moment(until), stand_in)

    def breaks(self, *who: str) -> None:
        """Every send to these people fails for good from now on."""
        for channel in self.stage.values():
            channel.dead |= {f"{channel.name}:{one}" for one in who}

    def rebind(self, who: str, address: str) -> None:
        """Bind a person to a new address on the first channel."""
        with self.database.begin() as conn:
            addresses.bind(conn, self.people[who], next(iter(self.stage)), address, self.clock.now())

    def unbind(self, *who: str) -> None:
        """These people have no way left in the register."""
        with self.database.begin() as conn:
            directory = register.load(conn)
            for one in who:
                for way in directory.addresses[self.people[one]]:
                    addresses.disable(conn, way.id)

    # What is expected.

    def expect(self, who: str, label: str, *, at: str = "", says: str = "") -> Sent:
        """Take one message out of those heard; fails when there is none like it.

        The label is the step; "unreached:<step>", "notice:<which>" and "digest" for those kinds.
        """
        for place, one in enumerate(self._heard):
            fits = self._who(one) == who and label_of(one.message) == label and at in ("", self._local(one.at))
            if fits and says in one.text:
                return self._heard.pop(place)
        raise AssertionError(f"{who} did not hear {label} {at} {says}; heard were {self.heard}")

    def updates(self, who: str) -> list[str]:
        """What a person was told, since the last look, of what colleagues did: quiet, so no test has to expect it."""
        theirs = [one for one in self._updates if self._who(one) == who]
        self._updates = [one for one in self._updates if self._who(one) != who]
        return [one.text for one in theirs]

    def forget(self) -> Self:
        """Whatever was heard so far is not what matters."""
        self._heard.clear()
        return self

    def expect_silence(self) -> None:
        """Nothing was heard beyond what was expected."""
        assert not self.heard, f"nobody expected {self.heard}"

    @property
    def heard(self) -> list[str]:
        """What was heard and not yet expected, a line each."""
        return [f"{self._local(one.at)} {self._who(one)} {label_of(one.message)}" for one in self._heard]

    def ticket(self, number: str) -> Ticket:
        """The one ticket of that number as it stands."""
        with self.database.read() as conn:
            [found] = tickets.by_number(conn, number)
        return found

    def story(self, number: str, *kinds: str) -> list[JournalLine]:
        """The journal of a ticket, or its lines of some kinds."""
        with self.database.read() as conn:
            lines = journal.read(conn, self.ticket(number).id)
        return [one for one in lines if not kinds or one.kind in kinds]

    def messages(self, number: str) -> list[Message]:
        """Every message ever put about a ticket."""
        with self.database.read() as conn:
            return outbox.of_ticket(conn, self.ticket(number).id)

    def close(self) -> None:
        """End the play and look whether anything is left that should not be."""
        try:
            self.expect_silence()
            with self.database.read() as conn:
                open_ends = [one for who in self.people.values() for one in open_of_person(conn, who)]
                assert [one for one in open_ends if one.state == MessageState.LEASED or self._is_due(one)] == []
                assert [broken for _, broken in checked(conn) if broken] == []
        finally:
            self.play.close()

    def _open(self) -> None:
        given = {"data_dir": self._folder, "database_url": SecretStr(self._url), "secret_key": SecretStr(KEY)}
        settings = Settings(**given, **self._sections)
        self.engine = open_engine(settings, clock=self.clock, channels=self.stage or None)
        self.database: Database = self.engine.database
        self.play = Play(self.engine, self.clock, list(self.stage.values()), beats=())
        self._conversation = Conversation(self.engine.context, self.engine.wording)

    def _is_due(self, one: Message) -> bool:
        return one.state == MessageState.PENDING and one.not_before <= self.clock.now()

    def _keep(self, happened: object) -> Self:
        sent = [one for one in happened if isinstance(one, Sent)]
        self._updates += [one for one in sent if _is_update(one)]
        self._heard += [one for one in sent if not _is_update(one)]
        return self

    def _who(self, sent: Sent) -> str:
        return next(name for name, number in self.people.items() if number == sent.person_id)

    def _local(self, moment: datetime) -> str:
        local = moment.astimezone(SHANGHAI)
        return f"{local:%m-%d %H:%M}" if f"{local:%Y}" == self.year else f"{local:%Y-%m-%d %H:%M}"

    def _reach(self, conn: Connection, who: str) -> None:
        for preference, way in enumerate(self.stage):
            addresses.bind(conn, self.people[who], way, f"{way}:{who}", self.clock.now(), preference)


class Script:
    """Reads raw updates as what the test wrote."""

    def __init__(self, **events: Heard) -> None:
        self._events = events

    def read(self, raw: str) -> Heard | None:
        """Return the event of that name."""
        return self._events[raw]


def _is_update(sent: Sent) -> bool:
    return all(one.kind == MessageKind.UPDATE for one in (sent.told or (sent.message,)))


def pressable(sent: Sent) -> dict[str, str]:
    """The buttons under a message: label -> code."""
    return dict(json.loads(sent.message.payload)["buttons"])


def label_of(message: Message) -> str:
    """What a message is about, in a word."""
    if message.kind in (MessageKind.DIGEST, MessageKind.BRIEF):
        return str(message.kind)
    if message.kind == MessageKind.NOTIFICATION:
        return f"notice:{message.params.notice}"
    return f"unreached:{message.step}" if message.kind == MessageKind.UNREACHED else message.step
