"""What a channel needs to be tried out: settings, an address that works, one that never will, and eyes at the far end.

A new channel gets its contract test by one entry here, with a fake server where it talks to one.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stderr
from dataclasses import dataclass

from bot.channels.base import Channel
from bot.channels.catalog import CATALOG
from bot.clock import Clock
from settings import Settings
from storage import inbox_items, register
from storage.database import Database
from storage.records import PersonDraft, UnitDraft


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One copy as the person sees it; labels are None where buttons cannot be seen."""

    text: str
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A channel with both its ends."""

    channel: Channel
    good: str
    bad: tuple[str, ...]  # refused for good; empty where every address is taken
    seen: Callable[[], Sequence[Seen]]  # oldest first


Maker = Callable[[Database, Clock], AbstractContextManager[Rig]]


@contextmanager
def inbox(database: Database, clock: Clock) -> Iterator[Rig]:
    """The web inbox of one person."""
    with database.begin() as conn:
        unit = register.save_unit(conn, UnitDraft(name="三明市水利局"))
        person = register.save_person(conn, PersonDraft(name="甲", unit_id=unit))

    def seen() -> list[Seen]:
        with database.read() as conn:
            found = inbox_items.of_person(conn, person)[::-1]
        return [Seen(text=one.text, labels=tuple(button["label"] for button in one.buttons)) for one in found]

    channel = made("inbox", Settings(), database, clock)
    yield Rig(channel=channel, good=str(person), bad=("chat:jia", "", "-1", "²", "999999", "9" * 40), seen=seen)


@contextmanager
def console(database: Database, clock: Clock) -> Iterator[Rig]:
    """A screen somebody looks at."""
    screen = io.StringIO()

    def seen() -> list[Seen]:
        copies = screen.getvalue().split("→ 甲\n")[1:]
        return [Seen(text=one.removesuffix("\n\n")) for one in copies]

    with redirect_stderr(screen):
        channel = made("console", Settings(), database, clock)
    yield Rig(channel=channel, good="甲", bad=(), seen=seen)


RIGS: Mapping[str, Maker] = {"inbox": inbox, "console": console}


def made(name: str, settings: Settings, database: Database, clock: Clock) -> Channel:
    """Build a channel through the catalog, as the engine does."""
    channel = CATALOG[name](settings, database, clock)
    assert channel is not None
    return channel
