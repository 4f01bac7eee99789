"""The only list of channels: which are there with these settings."""

from collections.abc import Callable, Mapping
from importlib import import_module

from bot.channels.base import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.inbox import InboxChannel
from bot.clock import Clock
from settings import Settings
from storage.sql.database import Database

ChannelMaker = Callable[[Settings, Database, Clock], Channel | None]


def _when(wanted: Callable[[Settings], bool], module: str) -> ChannelMaker:
    """Load a channel's file, and the library behind it, only where it is set up: commands start faster without."""

    def make(settings: Settings, database: Database, clock: Clock) -> Channel | None:
        if not wanted(settings):
            return None
        made: Channel = import_module(module).make(settings, database, clock)
        return made

    return make


CATALOG: Mapping[str, ChannelMaker] = {
    "inbox": lambda settings, database, clock: InboxChannel(database, clock),
    "console": lambda settings, database, clock: ConsoleChannel(),
    "telegram": _when(lambda settings: settings.telegram.configured, "bot.channels.telegram.channel"),
    "wecom": _when(lambda settings: settings.wecom.configured, "bot.channels.wecom.channel"),
    "wechat": _when(lambda settings: settings.wechat.configured, "bot.channels.wechat.channel"),
    "robot": _when(lambda settings: bool(settings.robots), "bot.channels.robot.channel"),
    "mail": _when(lambda settings: settings.mail.configured, "bot.channels.mail"),
}


def build(settings: Settings, database: Database, clock: Clock) -> dict[str, Channel]:
    """Build every channel that has its settings; a channel without settings is simply absent."""
    made = {name: make(settings, database, clock) for name, make in CATALOG.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
