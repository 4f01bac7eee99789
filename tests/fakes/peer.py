"""A real HTTP server that stands in for a platform: it can be late, cut the line, answer rubbish, or lose things."""

import asyncio
import json
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.fakes.serving import Serving

HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"


@dataclass(frozen=True, kw_only=True)
class Call:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, kw_only=True)
class Answer:
    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json; charset=utf-8"),)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What goes wrong with one call: before it is carried out, or after."""

    executes: bool  # whether the platform did what was asked
    seconds: float = 0  # waits so long before it answers
    cut: bool = False  # closes the connection without an answer
    status: int = 0  # answers with this and a page of HTML
    answer: Any = None  # answers with this instead


def late(seconds: float) -> Fault:
    """Does what was asked, and answers when nobody listens any more."""
    return Fault(executes=True, seconds=seconds)


def cut(*, executed: bool) -> Fault:
    return Fault(executes=executed, cut=True)


def page(status: int, *, executed: bool = False) -> Fault:
    return Fault(executes=executed, status=status)


def code(errcode: int, errmsg: str = "refused") -> Fault:
    return Fault(executes=False, answer={"errcode": errcode, "errmsg": errmsg})


Handler = Callable[[Call], dict[str, Any] | Answer]


class Peer:
    """Routes to handlers, with faults waiting per path; every call is logged."""

    def __init__(self) -> None:
        self.url = ""
        self.calls: list[Call] = []
        self.routes: dict[str, Handler] = {}
        self._faults: dict[str, deque[Fault]] = defaultdict(deque)
        self._lock = threading.Lock()

    def fail(self, path: str, *faults: Fault) -> None:
        """Let the next calls of a path go wrong, one fault each."""
        self._faults[path].extend(faults)

    def forgive(self, path: str) -> None:
        """Let nothing more go wrong with a path."""
        self._faults[path].clear()

    def counted(self, path: str) -> int:
        """How often a path was called."""
        return sum(call.path == path for call in self.calls)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        call = await _read(scope, receive)
        with self._lock:
            self.calls.append(call)
            faults = self._faults[call.path]
            fault = faults.popleft() if faults else Fault(executes=True)
        answer = self._carry_out(call, fault)
        if fault.seconds:
            await asyncio.sleep(fault.seconds)
        if fault.cut:
            send.__self__.transport.abort()
            return
        await _write(send, answer)

    def _carry_out(self, call: Call, fault: Fault) -> Answer:
        handler = self.routes.get(call.path)
        if handler is None:
            return Answer(body=b"not found", status=404)
        told = handler(call) if fault.executes else {}
        if fault.status:
            return Answer(body=HTML, status=fault.status, headers=(("content-type", "text/html"),))
        told = fault.answer if fault.answer is not None else told
        return told if isinstance(told, Answer) else Answer(body=json.dumps(told, ensure_ascii=False).encode())


@contextmanager
def serving(app: Any, port: int = 0) -> Iterator[str]:
    """Serve an ASGI application on this machine while the block lasts; yields its URL."""
    with Serving(app, port) as served:
        yield served.url


async def _read(scope: Any, receive: Any) -> Call:
    body = bytearray()
    while True:
        event = await receive()
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    return Call(
        method=scope["method"],
        path=scope["path"],
        query=dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True)),
        headers={name.decode(): value.decode("latin-1") for name, value in scope["headers"]},
        body=bytes(body),
    )


async def _write(send: Any, answer: Answer) -> None:
    headers = [*answer.headers, ("content-length", str(len(answer.body)))]
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": answer.status, "headers": raw})
    await send({"type": "http.response.body", "body": answer.body})
