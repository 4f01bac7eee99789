"""The only list of chat platforms people answer on: how each is read, hooked, and fetched from."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter

from bot.engine import Engine
from handlers.chat.heard import Reader

Fetch = Callable[[asyncio.Event], Coroutine[Any, Any, None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Platform:
    """One chat platform, as this node serves it."""

    name: str  # the same as its channel's
    reader: Reader
    router: APIRouter | None = None  # where the platform posts updates to
    fetch: Fetch | None = None  # the loop that asks the platform for updates, until the event is set


Maker = Callable[[Engine], Platform | None]

PLATFORMS: tuple[Maker, ...] = ()


def platforms(engine: Engine) -> list[Platform]:
    """Build every platform that has its settings."""
    return [one for make in PLATFORMS if (one := make(engine)) is not None]
