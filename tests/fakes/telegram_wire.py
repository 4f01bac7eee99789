"""What goes over the wire of the fake Bot API: requests read, answers written, and the ways they go wrong."""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

TOKEN = "123456789:AAFakeTokenOfTheTests-0123456789_abc"
HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
BOT_ID = 123456789
USERNAME = "duban_test_bot"

NAME = re.compile(r'(?<!file)name="([^"]*)"')
FILENAME = re.compile(r'filename="([^"]*)"')
MEDIA_TYPE = re.compile(r"Content-Type: ([^\r\n;]+)", re.IGNORECASE)


@dataclass(kw_only=True)
class Shown:
    """A message as it stands in a chat now."""

    chat: int
    id: int
    text: str
    sender: int
    buttons: list[tuple[str, str]] = field(default_factory=list)  # label, action
    keyboard: dict[str, Any] | None = None
    document: tuple[str, bytes] | None = None
    reply_to: int | None = None
    edits: int = 0

    @property
    def key(self) -> str:
        """The message's id as the product writes it."""
        return f"{self.chat}:{self.id}"


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A file that came as one part of a multipart request."""

    name: str
    media_type: str
    body: bytes = field(repr=False)


@dataclass(kw_only=True)
class Call:
    """One request to the Bot API."""

    method: str
    params: dict[str, Any]
    files: dict[str, Upload]
    at: float  # seconds that never jump

    def number(self, name: str) -> int | None:
        """A parameter that is a number; None where it is missing or something else."""
        text = str(self.params.get(name, ""))
        return int(text) if text.removeprefix("-").isdigit() else None

    def object(self, name: str) -> Any:
        """A parameter that came as JSON text."""
        value = self.params.get(name)
        return json.loads(value) if isinstance(value, str) else value


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    body: bytes
    media_type: str = "application/json"


class Refused(Exception):
    """The Bot API says no."""

    def __init__(self, status: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.answer = refusal(status, description, **parameters)


@dataclass(kw_only=True)
class Fault:
    """One way a call goes wrong; used up after `times` calls of `method` (to `chat`)."""

    method: str
    executed: bool = False  # whether the call did what it says before it went wrong
    shown: bool = True  # whether what it did can be seen by people
    wait: float = 0  # answered so many seconds later
    cut: bool = False  # the connection is torn instead of an answer
    drip: float = 0  # the answer takes so many seconds, byte by byte
    answer: Answer | None = None
    chat: int | None = None
    times: int = 1

    def meets(self, call: Call) -> bool:
        """Whether this call is to go wrong."""
        return (
            self.times > 0 and self.method == call.method and (self.chat is None or call.number("chat_id") == self.chat)
        )


def success(result: object) -> Answer:
    """What the Bot API answers when it did as asked."""
    return Answer(status=200, body=json.dumps({"ok": True, "result": result}).encode())


def refusal(status: int, description: str, **parameters: int) -> Answer:
    """What the Bot API answers when it did not."""
    body: dict[str, Any] = {"ok": False, "error_code": status, "description": description}
    if parameters:
        body["parameters"] = parameters
    return Answer(status=status, body=json.dumps(body).encode())


async def read_body(receive: Any) -> bytes:
    """The whole body of an ASGI request."""
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def read_call(method: str, scope: Mapping[str, Any], body: bytes, at: float) -> Call:
    """Parameters from the query, a form, a multipart form or JSON."""
    headers = dict(scope["headers"])
    kind = headers.get(b"content-type", b"").decode()
    params: dict[str, Any] = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
    files: dict[str, Upload] = {}
    if kind.startswith("multipart/"):
        _read_parts(kind, body, params, files)
    elif kind.startswith("application/json"):
        params |= json.loads(body or b"{}")
    else:
        params |= dict(parse_qsl(body.decode(), keep_blank_values=True))
    return Call(method=method, params=params, files=files, at=at)


async def write(send: Any, answer: Answer, drip: float = 0) -> None:
    """Write an answer, the body byte by byte if it is to take long."""
    headers = [(b"content-type", answer.media_type.encode()), (b"content-length", str(len(answer.body)).encode())]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    for place in range(len(answer.body) if drip else 0):
        await send({"type": "http.response.body", "body": answer.body[place : place + 1], "more_body": True})
        await asyncio.sleep(drip / len(answer.body))
    await send({"type": "http.response.body", "body": b"" if drip else answer.body})


def _read_parts(kind: str, body: bytes, params: dict[str, Any], files: dict[str, Upload]) -> None:
    boundary = b"\r\n--" + kind.partition("boundary=")[2].strip('"').encode()
    for part in (b"\r\n" + body).split(boundary)[1:-1]:
        head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        said = head.decode()
        name = NAME.search(said)[1]  # type: ignore[index]
        if filename := FILENAME.search(said):
            media_type = MEDIA_TYPE.search(said)
            files[name] = Upload(name=filename[1], media_type=media_type[1] if media_type else "", body=content)
        else:
            params[name] = content.decode()
