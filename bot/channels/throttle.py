"""A pace no faster than a platform allows: so many sends in any stretch of so many seconds."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.clock import Clock

FORGET_FROM = 5_000  # so many addresses are remembered before idle ones are let go


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """At most `count` sends in any `seconds`."""

    count: int
    seconds: float


class TooFast(Exception):
    """The next free place is further away than anybody should wait for it; `seconds` says how far."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"free in {seconds:.1f} s")
        self.seconds = seconds


class Throttle:
    """Hands out the moments at which this process may send, over all and to each address, on time that never jumps."""

    def __init__(
        self, clock: Clock, everyone: Sequence[Rate], each: Callable[[str], Sequence[Rate]], *, patience: float
    ) -> None:
        self._clock, self._each, self._patience = clock, each, patience
        self._everyone = [_Window(rate) for rate in everyone]
        self._addresses: dict[str, list[_Window]] = {}
        self._held: dict[str, float] = {}

    def reserve(self, address: str) -> float:
        """Take the next free place and return the seconds to wait for it; TooFast takes none."""
        now = self._clock.monotonic()
        windows = [*self._everyone, *self._of(address, now)]
        at = max([now, self._held.get(address, now), *(window.earliest() for window in windows)])
        if at - now > self._patience:
            raise TooFast(at - now)
        for window in windows:
            window.take(at)
        return at - now

    def hold(self, address: str, seconds: float) -> None:
        """Send nothing to an address for a while: the platform asked for it."""
        self._held[address] = self._clock.monotonic() + seconds

    def held(self, address: str) -> float:
        """Seconds for which nothing may be sent to an address: asked again by whoever waited for a place."""
        return max(0.0, self._held.get(address, 0.0) - self._clock.monotonic())

    def _of(self, address: str, now: float) -> "list[_Window]":
        if address not in self._addresses:
            if len(self._addresses) >= FORGET_FROM:
                self._forget(now)
            self._addresses[address] = [_Window(rate) for rate in self._each(address)]
        return self._addresses[address]

    def _forget(self, now: float) -> None:
        self._held = {address: until for address, until in self._held.items() if until > now}
        busy = {address: many for address, many in self._addresses.items() if any(not one.idle(now) for one in many)}
        self._addresses = busy


class _Window:
    """The last places taken under one rate.

    A place is never less than `seconds` after the one `count` places before it, in whatever order they are taken:
    among any `count` + 1 places two stand in the same row of such steps, so no stretch holds more than `count`.
    """

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._taken: deque[float] = deque(maxlen=rate.count)

    def earliest(self) -> float:
        full = len(self._taken) == self._rate.count
        return self._taken[0] + self._rate.seconds if full else float("-inf")

    def take(self, at: float) -> None:
        self._taken.append(at)

    def idle(self, now: float) -> bool:
        return not self._taken or max(self._taken) + self._rate.seconds <= now
