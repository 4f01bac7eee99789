"""公众号, incoming: the callback of our account, instant answers within it, and what its updates say."""

import asyncio
import logging
from collections.abc import Callable

from fastapi import APIRouter, Response
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import TextReply

from bot.engine import Engine
from handlers.chat.platforms.callbacks import (
    ECHO_LIMIT,
    Door,
    Query,
    Turned,
    event_id,
    fields_of,
    plain,
    router,
    stored,
)
from handlers.chat.platforms.heard import Heard, HeardKind
from handlers.chat.platforms.tencent import heard, opened, said

log = logging.getLogger(__name__)

CHANNEL = "wechat"
PATH = "/hooks/wechat/callback"
SCENE = "qrscene_"  # goes before the code in the QR code a new follower scanned
EMPTY_ANSWER = "success"
INSTANT_SECONDS = 1  # of the five the platform waits; the rest is for keeping the update

Instant = Callable[[Heard], str | None]


def hook(engine: Engine, instant: Instant | None = None) -> APIRouter | None:
    """Make the callback's routes; None when 公众号 is not set up.

    `instant` gives the text for what can be answered at once and changes nothing; such an update is kept with a
    mark, which `read` returns as details["answered"], so that nobody answers it again.
    """
    settings = engine.settings.wechat
    if not (settings.configured and settings.token and settings.aes_key):
        return None
    token = settings.token.get_secret_value()
    door = Door(token, WeChatCrypto(token, settings.aes_key.get_secret_value(), settings.app_id))

    def echo(query: Query) -> str:
        door.check(query.get("signature", ""), query, engine.clock.now())
        return query.get("echostr", "")[:ECHO_LIMIT]

    async def take(query: Query, body: bytes) -> tuple[str, str, Response]:
        if query.get("encrypt_type") != "aes":
            raise Turned(403, "plaintext mode")
        xml = door.open(query, body, engine.clock.now())
        fields = fields_of(xml)
        text = await _at_once(stored(xml, query), instant) if instant else None
        answer = _reply(door, fields, text, query) if text else plain(EMPTY_ANSWER)
        return event_id(fields, xml), stored(xml, query, **({"answered": True} if text else {})), answer

    return router(PATH, engine, CHANNEL, echo=echo, take=take)


def read(raw: str) -> Heard | None:
    """Return what was heard; None for what concerns nobody, ValueError for what is not understood."""
    fields, kept = opened(raw)
    if fields.get("MsgType") == "event":
        return _event(fields)
    words = said(fields)
    if not kept.get("answered"):
        return words
    return heard(words.kind, fields, text=words.text, files=words.files, details={"answered": "1"})


def _event(fields: dict[str, str]) -> Heard | None:
    event, key = fields.get("Event", ""), fields.get("EventKey", "")
    if event == "subscribe":
        return heard(HeardKind.START, fields, text=key.removeprefix(SCENE))
    if event == "SCAN":
        return heard(HeardKind.START, fields, text=key)
    if event == "CLICK":
        return heard(HeardKind.TEXT, fields, text=key)  # an entry of the menu is what the person would type
    if event == "TEMPLATESENDJOBFINISH":
        return heard(HeardKind.OUTCOME, fields | {"MsgId": fields.get("MsgID", "")}, text=fields.get("Status", ""))
    return heard(HeardKind.BLOCKED, fields) if event == "unsubscribe" else None


async def _at_once(raw: str, instant: Instant) -> str | None:
    try:
        words = read(raw)
        if words is None or words.kind != HeardKind.TEXT:
            return None
        # It asks the database: in a thread, so that one that hangs holds up neither this callback nor the others.
        async with asyncio.timeout(INSTANT_SECONDS):
            return await asyncio.to_thread(instant, words)
    except Exception as error:
        # Then it is answered like everything else, a moment later.
        log.warning("no instant answer", extra={"action": "instant", "error": type(error).__name__})
        return None


def _reply(door: Door, fields: dict[str, str], text: str, query: Query) -> Response:
    reply = TextReply(
        source=fields.get("ToUserName", ""),
        target=fields.get("FromUserName", ""),
        time=int(query["timestamp"]),
        content=text.replace("]]>", "]] >"),
    )
    sealed = door.crypto.encrypt_message(reply.render(), query["nonce"], query["timestamp"])
    return Response(sealed, media_type="application/xml")
