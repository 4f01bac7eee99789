"""The only list of chat platforms people answer on: how each is read, hooked, and fetched from.

The libraries behind a platform are loaded only where it is set up: the bot starts in half the time without.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from bot.actions.messages import updates
from bot.actions.people.abilities import abilities_of
from bot.engine import Engine
from handlers.chat.answers.helping import help_text
from handlers.chat.parse import parse
from handlers.chat.platforms.heard import Heard, Reader

Fetch = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """One chat platform, as this node serves it."""

    name: str  # the same as its channel's
    reader: Reader
    router: APIRouter | None = None  # where the platform posts updates to
    fetch: Fetch | None = None  # the loop that asks the platform for updates, until the event is set


PlatformMaker = Callable[[Engine], Platform | None]


def _telegram(engine: Engine) -> Platform | None:
    if "telegram" not in engine.channels:
        return None
    from bot.channels.telegram.channel import TelegramChannel
    from handlers.chat.platforms.telegram import TelegramReader
    from handlers.chat.platforms.telegram_hook import Registration, router
    from handlers.chat.platforms.telegram_menu import CommandMenu
    from handlers.chat.platforms.telegram_poll import Poller

    channel = engine.channels["telegram"]
    if not isinstance(channel, TelegramChannel):
        return None
    settings, context, client = engine.settings, engine.context, channel.client
    reader, menu = TelegramReader(client), CommandMenu(client, engine.wording)
    if settings.telegram.mode == "polling":
        poller = Poller(context, client, holder=engine.holder, menu=menu)
        return Platform(name=channel.name, reader=reader, fetch=poller.run)
    registration = Registration(settings, context, client, holder=engine.holder, menu=menu)
    return Platform(name=channel.name, reader=reader, router=router(settings, context), fetch=registration.run)


def _wecom(engine: Engine) -> Platform | None:
    if "wecom" not in engine.channels:
        return None
    from handlers.chat.platforms import wecom

    return Platform(name=wecom.CHANNEL, reader=wecom, router=wecom.hook(engine))


def _wechat(engine: Engine) -> Platform | None:
    if "wechat" not in engine.channels:
        return None
    from handlers.chat.platforms import wechat

    return Platform(name=wechat.CHANNEL, reader=wechat, router=wechat.hook(engine, instant=_help(engine)))


def _help(engine: Engine) -> Callable[[Heard], str | None]:
    """Tell people we know at once how to use the bot: it changes nothing, and answers later are few."""

    def instant(heard: Heard) -> str | None:
        if parse(heard.text).command != "help":
            return None
        known = updates.speaker(engine.context, "wechat", heard.address, "").person
        return help_text(engine.wording, abilities_of(engine.context, known.id)) if known else None

    return instant


PLATFORMS: tuple[PlatformMaker, ...] = (_telegram, _wecom, _wechat)


def platforms(engine: Engine) -> list[Platform]:
    """Build every platform that has its settings."""
    return [one for make in PLATFORMS if (one := make(engine)) is not None]
