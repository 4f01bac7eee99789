"""The only place that reads the machine's clock."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time; injected wherever time is needed."""

    def now(self) -> datetime:
        """Aware UTC moment."""

    def monotonic(self) -> float:
        """Seconds that never jump, for leases held by this process."""

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Aware UTC moment."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass."""
        await asyncio.sleep(seconds)


class WoundClock:
    """A clock wound by hand: for the simulator, the demo and the tests."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("naive datetime refused")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """Aware UTC moment."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the epoch of the wound time."""
        return self._now.timestamp()

    async def sleep(self, seconds: float) -> None:
        """Let so much time pass, which takes none; who sleeps at the same time sleeps through it together."""
        until = self._now + timedelta(seconds=seconds)
        await asyncio.sleep(0)
        self._now = max(self._now, until)

    def wind_to(self, moment: datetime) -> None:
        """Set the clock; going back is refused with ValueError."""
        moment = moment.astimezone(UTC)
        if moment < self._now:
            raise ValueError("a wound clock only goes forward")
        self._now = moment

    def wind(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.wind_to(self._now + by)
