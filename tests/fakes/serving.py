"""Serves an ASGI application on a real socket of 127.0.0.1, in a thread of its own."""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

T = TypeVar("T")

Peer = tuple[str, int]


class Serving:
    """A server that is up when the `with` block begins, and down when it ends."""

    def __init__(self, app: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._transports: dict[Peer, asyncio.Transport] = {}
        protocol = type("Cuttable", (_Cuttable,), {"transports": self._transports})
        options: dict[str, Any] = {"http": protocol, "ws": "none", "lifespan": "off", "interface": "asgi3"}
        config = uvicorn.Config(app, log_level="critical", access_log=False, log_config=None, **options)
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in range(1000):
            if self._server.started:
                return self
            time.sleep(0.005)
        raise RuntimeError("the server did not start")

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10)
        self._socket.close()

    def cut(self, scope: Any) -> None:
        """Tear the connection of a request, as a broken line does."""
        transport = self._transports.get(tuple(scope["client"]))
        if transport is not None:
            transport.abort()

    def soon(self, work: Coroutine[Any, Any, Any]) -> None:
        """Start work on the server's own loop."""
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop)

    def wait(self, work: Coroutine[Any, Any, T], seconds: float = 30) -> T:
        """Do work on the server's own loop and return its result; never from that loop."""
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(seconds)

    def call(self, function: Any) -> None:
        """Call something on the server's own loop."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(function)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])
        for transport in list(self._transports.values()):
            transport.abort()
        # A closed transport gives its socket back at the loop's next turn.
        await asyncio.sleep(0)


class _Cuttable(H11Protocol):
    """Remembers its transport, so that a test can cut it."""

    transports: dict[Peer, asyncio.Transport]

    def connection_made(self, transport: Any) -> None:
        self.transports[transport.get_extra_info("peername")[:2]] = transport
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.transports.pop(self.transport.get_extra_info("peername")[:2], None)
        super().connection_lost(exc)
