"""Keeps the door open for whoever has something to say: half-open connections end, or make room."""

import asyncio
import resource

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 5  # from the first byte, or none, to the last of a request's head
MOST_CONNECTIONS = 200
BACKLOG = 64  # so many connections are taken up at once, before any of them can be put out again


def most_connections() -> int:
    """Return how many connections may stand: a quarter of the file handles at most.

    As many as one go takes up, and as many that are put out but not closed yet, may stand besides; so do our own files.
    """
    handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return MOST_CONNECTIONS if handles == resource.RLIM_INFINITY else min(MOST_CONNECTIONS, handles // 4)


class GuardedProtocol(H11Protocol):
    """HTTP whose head must come in time; where too many stand, the oldest that asked nothing yet makes room."""

    _deadline: asyncio.TimerHandle | None = None
    _since = 0.0  # of the event loop's clock: when it began to be waited for

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a head from now on; put another out, or this one, where there are too many."""
        super().connection_made(transport)
        self._await_head()
        if len(self.connections) > most_connections():
            self._make_room()

    def data_received(self, data: bytes) -> None:
        """Wait no longer where these bytes end a head."""
        if self._deadline is None and self._asks_nothing:
            self._await_head()
        super().data_received(data)
        if not self._asks_nothing:
            self._forget_deadline()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._forget_deadline()
        super().connection_lost(exc)

    @property
    def _asks_nothing(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _await_head(self) -> None:
        self._since = self.loop.time()
        self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _forget_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _make_room(self) -> None:
        idle = [
            one
            for one in self.connections
            if isinstance(one, GuardedProtocol) and one._asks_nothing and not one.transport.is_closing()
        ]
        oldest = min(idle, key=lambda one: one._since, default=self)
        oldest.transport.abort()
