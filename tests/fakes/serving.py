"""Serves an ASGI application on a real socket of 127.0.0.1, in a thread of its own."""

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from tests.waiting import LONG

T = TypeVar("T")

Transports = dict[tuple[str, int], asyncio.Transport]


class Serving:
    """A server that is up when the `with` block begins and down as soon as it ends, without uvicorn's slow stop."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self._port = port
        options: dict[str, Any] = {"ws": "none", "lifespan": "off", "interface": "asgi3", "log_config": None}
        self._config = uvicorn.Config(app, log_level="critical", access_log=False, **options)
        self._transports: Transports = {}
        self._up, self._down = threading.Event(), asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", self._port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread.start()
        assert self._up.wait(LONG), "the server did not start"
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread.is_alive():
            self.call(self._down.set)
            self._thread.join(LONG)

    def cut(self, scope: Any) -> None:
        """Tear the connection of a request, as a broken line does."""
        transport = self._transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()

    def soon(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start work on the server's own loop."""
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, T], seconds: float = LONG) -> T:
        """Do work on the server's own loop and return its result; never from that loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def call(self, function: Callable[[], None]) -> None:
        """Call something on the server's own loop."""
        self._loop.call_soon_threadsafe(function)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._config.load()
        state = ServerState()
        server = await self._loop.create_server(
            lambda: _Cuttable(self._config, state, self._transports), sock=self._socket
        )
        self._up.set()
        await self._down.wait()
        server.close()
        for transport in list(self._transports.values()):
            transport.abort()
        # A closed transport gives its socket back at the loop's next turn.
        await asyncio.sleep(0)


class _Cuttable(H11Protocol):
    """Remembers its transport, so that a test can cut it."""

    def __init__(self, config: uvicorn.Config, state: ServerState, transports: Transports) -> None:
        super().__init__(config=config, server_state=state, app_state={})
        self._open = transports

    def connection_made(self, transport: Any) -> None:
        self._open[transport.get_extra_info("peername")[:2]] = transport
        # Head and body are written one after the other: without this the body waits 40 ms for the other side's receipt.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._open.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)
