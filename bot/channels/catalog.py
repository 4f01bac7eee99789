"""The only list of channels: which are there with these settings."""

from collections.abc import Callable, Mapping

from bot.channels.base import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.inbox import InboxChannel
from bot.channels.telegram import TelegramChannel
from bot.clock import Clock
from settings import Settings
from storage.database import Database

Maker = Callable[[Settings, Database, Clock], Channel | None]

CATALOG: Mapping[str, Maker] = {
    "inbox": lambda settings, database, clock: InboxChannel(database, clock),
    "telegram": lambda settings, database, clock: (
        TelegramChannel(settings, clock) if settings.telegram.configured else None
    ),
    "console": lambda settings, database, clock: ConsoleChannel(),
}


def build(settings: Settings, database: Database, clock: Clock) -> dict[str, Channel]:
    """Build every channel that has its settings; a channel without settings is simply absent."""
    made = {name: make(settings, database, clock) for name, make in CATALOG.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
