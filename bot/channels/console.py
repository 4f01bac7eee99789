"""Prints messages: for a first look without any account."""

import asyncio
import sys
from collections.abc import Sequence
from typing import TextIO

from bot.channels.base import Abilities, Outgoing, Receipt


class ConsoleChannel:
    """Writes each message once to a stream."""

    name = "console"
    abilities = Abilities(two_way=True, tells_doubles=True)

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._seen: set[str] = set()

    async def send(self, message: Outgoing) -> Receipt:
        """Print the message."""
        if message.key not in self._seen:
            self._seen.add(message.key)
            await asyncio.to_thread(self._print, message)
        return Receipt(provider_id=message.key, delivered=True)

    async def check(self) -> Sequence[str]:
        """A stream needs no check."""
        return ()

    async def close(self) -> None:
        """The stream stays open: it is not ours."""

    def _print(self, message: Outgoing) -> None:
        print(f"→ {message.address}\n{message.text}\n", file=self._stream, flush=True)
