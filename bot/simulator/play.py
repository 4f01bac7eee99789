"""Plays the real engine through time on a wound clock: who would hear what when."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar

from bot.channels.base import Abilities, Channel, Outgoing, Receipt, SendFailed
from bot.clock import WoundClock
from bot.engine import Engine
from bot.rules.calendar.hours import DAY
from bot.rules.calendar.zone import at, shanghai_day
from storage.messages import outbox
from storage.records import Message, MessageKind, Ticket
from storage.sql.database import Connection
from storage.tickets import tickets

STAGE = Abilities(two_way=True, tells_doubles=True, buttons=True, attachments=True)
T = TypeVar("T")

ROUNDS = 50  # at one instant: more would mean that the engine argues with itself


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message that went out."""

    at: datetime
    person_id: int
    channel: str
    message: Message
    text: str
    buttons: tuple[str, ...] = ()  # what can be pressed under it
    told: tuple[Message, ...] = ()  # inside a digest


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketChange:
    """A ticket that is new, in another state than before, or due on another day."""

    at: datetime
    ticket: Ticket


@dataclass(kw_only=True)
class StageChannel:
    """A channel that keeps what it is given; addresses in `dead` refuse for good."""

    name: str
    inner: Channel | None = None  # also gets every message, so that people can read it afterwards
    dead: frozenset[str] = frozenset()
    abilities: Abilities = STAGE
    kept: list[Outgoing] = field(default_factory=list)

    def take(self) -> list[Outgoing]:
        """Hand over what was sent since the last time."""
        taken, self.kept = self.kept, []
        return taken

    async def send(self, message: Outgoing) -> Receipt:
        """Keep the message, or refuse."""
        if message.address in self.dead:
            raise SendFailed("地址已失效", permanent=True)
        self.kept.append(message)
        return await self.inner.send(message) if self.inner else Receipt(provider_id=message.key)

    async def check(self) -> Sequence[str]:
        """Nothing to check."""
        return ()

    async def close(self) -> None:
        """Nothing to give back."""


class Play:
    """An engine on a wound clock, advanced from one moment that matters to the next."""

    def __init__(
        self, engine: Engine, clock: WoundClock, stage: Sequence[StageChannel], beats: Sequence[Callable[[], object]]
    ) -> None:
        self.engine, self.clock = engine, clock
        self._stage, self._beats = stage, beats
        self._states: dict[int, tuple[str, date | None]] = {}
        self._loop = asyncio.Runner()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something on the loop the channels live on."""
        return self._loop.run(work)

    def break_address(self, channel: str, address: str) -> None:
        """Let every send there fail for good."""
        for one in self._stage:
            if one.name == channel:
                one.dead |= {address}

    def close(self) -> None:
        """Close the engine."""
        self._loop.run(self.engine.close())
        self._loop.close()

    def until(self, moment: datetime) -> Iterator[Sent | TicketChange]:
        """Let everything happen up to and including the moment, in order."""
        while True:
            yield from self.settle()
            following = self._following()
            if following is None or following > moment:
                break
            self.clock.wind_to(max(following, self.clock.now()))
        self.clock.wind_to(max(moment, self.clock.now()))
        yield from self.settle()

    def settle(self) -> Iterator[Sent | TicketChange]:
        """Let everything happen that is due at this very moment."""
        for _ in range(ROUNDS):
            for beat in self._beats:
                beat()
            ticked = self.engine.tick()
            yield from self._changes()
            handled = self._loop.run(self.engine.sender.drain())
            yield from self._sent()
            if not handled and not ticked.looked_at:
                return
        raise RuntimeError("the engine does not come to rest at " + self.clock.now().isoformat())

    def skip_to(self, moment: datetime) -> None:
        """Let time pass while nothing runs."""
        self.clock.wind_to(moment)

    def _following(self) -> datetime | None:
        with self.engine.database.read() as conn:
            looks = (tickets.next_look(conn), outbox.next_due(conn), *self._openings(conn))
        return min((look for look in looks if look is not None and look > self.clock.now()), default=None)

    def _openings(self, conn: Connection) -> Iterator[datetime]:
        """What happens once a day or week happens when offices open, or when messages may go out again."""
        context, now = self.engine.context, self.clock.now()
        calendars, today = context.calendars(conn), shanghai_day(now)
        for day in (today, today + DAY):
            yield calendars.of(None).next_sending(max(now, at(day, time(0))))
            yield from (calendars.of(unit).opening(day) for unit in (None, *context.directory(conn).units))

    def _changes(self) -> list[TicketChange]:
        with self.engine.database.read() as conn:
            found = tickets.matching(conn)
        fresh = [one for one in found if self._states.get(one.id) != (one.state, one.due_day)]
        self._states |= {one.id: (one.state, one.due_day) for one in fresh}
        return [TicketChange(at=self.clock.now(), ticket=one) for one in fresh]

    def _sent(self) -> list[Sent]:
        with self.engine.database.read() as conn:
            return [self._one_sent(conn, channel.name, one) for channel in self._stage for one in channel.take()]

    def _one_sent(self, conn: Connection, channel: str, outgoing: Outgoing) -> Sent:
        message = outbox.by_intent(conn, outgoing.key)
        told = outbox.children(conn, message.id) if message.kind == MessageKind.DIGEST else []
        return Sent(
            at=self.clock.now(),
            person_id=message.person_id,
            channel=channel,
            message=message,
            text=outgoing.text,
            buttons=tuple(button.label for button in outgoing.buttons),
            told=tuple(told),
        )
