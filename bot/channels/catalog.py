"""The only list of channels: which are there with these settings.

A channel's file, and the library behind it, is loaded only where it is set up: commands start faster without. A maker
names the class, so that mypy refuses one that does not keep the contract of `Channel`.
"""

from collections.abc import Callable, Mapping

from bot.channels.base import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.inbox import InboxChannel
from bot.clock import Clock
from settings import Settings
from storage.sql.database import Database

ChannelMaker = Callable[[Settings, Database, Clock], Channel | None]


def _inbox(_settings: Settings, database: Database, clock: Clock) -> Channel | None:
    return InboxChannel(database, clock)


def _console(_settings: Settings, _database: Database, _clock: Clock) -> Channel | None:
    return ConsoleChannel()


def _telegram(settings: Settings, _database: Database, clock: Clock) -> Channel | None:
    if not settings.telegram.configured:
        return None
    from bot.channels.telegram.channel import TelegramChannel

    return TelegramChannel(settings, clock)


def _wecom(settings: Settings, database: Database, clock: Clock) -> Channel | None:
    if not settings.wecom.configured:
        return None
    from bot.channels.wecom.channel import WeComChannel

    return WeComChannel(settings.wecom, database, clock)


def _wechat(settings: Settings, database: Database, clock: Clock) -> Channel | None:
    if not settings.wechat.configured:
        return None
    from bot.channels.wechat.channel import WeChatChannel

    return WeChatChannel(settings.wechat, database, clock)


def _robot(settings: Settings, database: Database, clock: Clock) -> Channel | None:
    if not settings.robots:
        return None
    from bot.channels.robot.channel import RobotChannel

    return RobotChannel(settings.robots, database, clock)


def _mail(settings: Settings, _database: Database, clock: Clock) -> Channel | None:
    if not settings.mail.configured:
        return None
    from bot.channels.mail import MailChannel

    return MailChannel(settings.mail, clock)


CATALOG: Mapping[str, ChannelMaker] = {
    "inbox": _inbox,
    "console": _console,
    "telegram": _telegram,
    "wecom": _wecom,
    "wechat": _wechat,
    "robot": _robot,
    "mail": _mail,
}


def build(settings: Settings, database: Database, clock: Clock) -> dict[str, Channel]:
    """Build every channel that has its settings; a channel without settings is simply absent."""
    made = {name: make(settings, database, clock) for name, make in CATALOG.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
