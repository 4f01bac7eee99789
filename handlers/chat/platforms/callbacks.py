"""The door for callbacks of 企业微信 and 公众号: nothing unsigned is believed, nothing answered before it is kept."""

import asyncio
import hashlib
import hmac
import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import fromstring
from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from bot.actions.messages.updates import Arrived
from bot.engine import Engine
from handlers.chat.platforms.keeping import Keeper

log = logging.getLogger(__name__)

BODY_LIMIT = 256 * 1024  # bytes
NONCE_LIMIT, ECHO_LIMIT = 128, 4096
BODY_SECONDS, KEEP_SECONDS = 4, 4  # the platforms wait five, then bring it again
CALLBACK_MAX_AGE = timedelta(minutes=15)  # a repetition may carry the time of the first try
EVENT_ID_LIMIT = 128

Query = Mapping[str, str]


class Turned(Exception):
    """A request that is turned away, with its HTTP status."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


class Door:
    """Knows the token and the key of one app; opens what the platform signed and sealed with them."""

    def __init__(self, token: str, crypto: Any) -> None:
        self._token = token
        self.crypto = crypto

    def check(self, signature: str, query: Query, now: datetime, *signed: str) -> None:
        """Raise Turned unless token, time, nonce and what is signed give this signature, and the time is fresh."""
        timestamp, nonce = query.get("timestamp", ""), query.get("nonce", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 10 and len(nonce) <= NONCE_LIMIT):
            raise Turned(400, "timestamp or nonce")
        text = "".join(sorted((self._token, timestamp, nonce, *signed)))
        right = hashlib.sha1(text.encode(errors="replace")).hexdigest()  # noqa: S324 (the platforms chose SHA-1)
        if not hmac.compare_digest(right.encode(), signature.encode(errors="replace")):
            raise Turned(403, "signature")
        if abs(now - datetime.fromtimestamp(int(timestamp), UTC)) > CALLBACK_MAX_AGE:
            raise Turned(403, "age")

    def open(self, query: Query, body: bytes, now: datetime) -> str:
        """Return the XML inside a signed and sealed body; plain ones are turned away."""
        # Nothing unsigned is parsed: what is signed is found by its tag alone.
        sealed = _sealed_in(body)
        signature = query.get("msg_signature", "")
        self.check(signature, query, now, sealed)
        if not sealed:
            raise Turned(400, "nothing sealed")
        try:
            inner = self.crypto.decrypt_message({"Encrypt": sealed}, signature, query["timestamp"], query["nonce"])
        except Exception as error:  # the library has no family of its own: eight kinds were seen
            raise Turned(400, type(error).__name__) from None
        return str(inner)


def fields_of(xml: str | bytes) -> dict[str, str]:
    """Return the plain fields of an update; Turned for XML that is broken or brings its own definitions."""
    return {one.tag: (one.text or "").strip() for one in _parsed(xml) if len(one) == 0}


def event_id(fields: Mapping[str, str], xml: str) -> str:
    """Return what is the same for the same update brought again, and differs for two taps in one second."""
    if fields.get("MsgId"):
        found = f"msg:{fields['MsgId']}"
    elif fields.get("FromUserName") or fields.get("Event"):
        names = ("FromUserName", "CreateTime", "Event", "EventKey")
        last = fields.get("TaskId") or fields.get("MsgID", "")
        found = "ev:" + "|".join([*(fields.get(name, "") for name in names), last])
    else:
        found = f"odd:{_digest(xml)}"
    return found if len(found) <= EVENT_ID_LIMIT else f"{found.partition(':')[0]}:{_digest(found)}"


def router(
    path: str,
    engine: Engine,
    channel: str,
    *,
    echo: Callable[[Query], str],
    take: Callable[[Query, bytes], Coroutine[Any, Any, tuple[str, str, Response]]],
) -> APIRouter:
    """Make a platform's two routes: `echo` proves that the URL is ours, `take` gives event id, raw text and answer."""
    routes, keeper = APIRouter(), Keeper(engine.context)

    @routes.get(path, include_in_schema=False)
    async def verify(request: Request) -> Response:
        try:
            return plain(echo(request.query_params))
        except Turned as turned:
            return _turned(channel, turned)
        except Exception as error:
            return _broken(channel, error)

    @routes.post(path, include_in_schema=False)
    async def hear(request: Request) -> Response:
        try:
            event, raw, answer = await take(request.query_params, await _body(request))
        except Turned as turned:
            return _turned(channel, turned)
        except Exception as error:
            return _broken(channel, error)
        return answer if await _kept(keeper, channel, event, raw) else plain("", 503)

    return routes


def stored(xml: str, query: Query, **more: object) -> str:
    """Return an update as it is kept."""
    meta = {name: query[name] for name in ("timestamp", "nonce") if name in query}
    return json.dumps({"xml": xml, **meta, **more}, ensure_ascii=False)


def plain(text: str, status: int = 200) -> Response:
    """A short answer that no browser takes for a page."""
    return Response(text, status, {"X-Content-Type-Options": "nosniff"}, "text/plain; charset=utf-8")


async def _body(request: Request) -> bytes:
    length = request.headers.get("content-length", "0")
    if length.isascii() and length.isdigit() and int(length) > BODY_LIMIT:
        raise Turned(413, "body")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for piece in request.stream():
                body += piece
                if len(body) > BODY_LIMIT:
                    raise Turned(413, "body")
    except (TimeoutError, ClientDisconnect):
        raise Turned(408, "body") from None
    return bytes(body)


async def _kept(keeper: Keeper, channel: str, event: str, raw: str) -> bool:
    """Commit the update; False makes the platform bring it again."""
    try:
        async with asyncio.timeout(KEEP_SECONDS):
            await keeper.keep(Arrived(channel=channel, event_id=event, raw=raw))
    except Exception as error:
        _broken(channel, error)
        return False
    return True


def _turned(channel: str, turned: Turned) -> Response:
    log.warning("callback turned away: %s", turned, extra={"action": "callback", "channel": channel})
    return plain("", turned.status)


def _broken(channel: str, error: Exception) -> Response:
    # The update itself may be in the error's text, so only its name is logged.
    log.error("update not kept", extra={"action": "keep", "channel": channel, "error": type(error).__name__})
    return plain("", 503)


def _sealed_in(body: bytes) -> str:
    _, _, behind = body.partition(b"<Encrypt>")
    inside, end, _ = behind.partition(b"</Encrypt>")
    text = inside.strip().removeprefix(b"<![CDATA[").removesuffix(b"]]>").strip() if end else b""
    return text.decode("ascii", "replace")


def _parsed(xml: str | bytes) -> Element:
    try:
        root: Element = fromstring(xml, forbid_dtd=True)
    except Exception as error:  # broken, definitions of its own, unknown or lying encodings
        raise Turned(400, type(error).__name__) from None
    return root


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
