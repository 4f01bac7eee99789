"""企业微信, incoming: the callback of our app and what its updates say."""

from fastapi import APIRouter, Response
from wechatpy.enterprise.crypto import WeChatCrypto

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

CHANNEL = "wecom"
PATH = "/hooks/wecom/callback"
# Whoever enters the app can be reached; only the first time asks for a greeting.
OPENED = {"subscribe": HeardKind.START, "unsubscribe": HeardKind.BLOCKED, "enter_agent": HeardKind.OTHER}


def hook(engine: Engine) -> APIRouter | None:
    """Make the callback's routes; None when 企业微信 is not set up."""
    settings = engine.settings.wecom
    if not (settings.configured and settings.token and settings.aes_key):
        return None
    token = settings.token.get_secret_value()
    door = Door(token, WeChatCrypto(token, settings.aes_key.get_secret_value(), settings.corp_id))

    def echo(query: Query) -> str:
        sealed, signature = query.get("echostr", "")[:ECHO_LIMIT], query.get("msg_signature", "")
        door.check(signature, query, engine.clock.now(), sealed)
        try:
            return str(door.crypto.check_signature(signature, query["timestamp"], query["nonce"], sealed))
        except Exception as error:
            raise Turned(400, type(error).__name__) from None

    async def take(query: Query, body: bytes) -> tuple[str, str, Response]:
        xml = door.open(query, body, engine.clock.now())
        return event_id(fields_of(xml), xml), stored(xml, query), plain("")

    return router(PATH, engine, CHANNEL, echo=echo, take=take)


def read(raw: str) -> Heard | None:
    """Return what was heard; None for what concerns nobody, ValueError for what is not understood."""
    fields, _ = opened(raw)
    if fields.get("MsgType") != "event":
        return said(fields)
    event, key = fields.get("Event", ""), fields.get("EventKey", "")
    if event == "template_card_event":
        card, callback = fields.get("TaskId", ""), fields.get("ResponseCode", "")
        return heard(HeardKind.TAP, fields, action=key, card=card, callback=callback)
    if event == "click":
        return heard(HeardKind.TEXT, fields, text=key)  # an entry of the app's menu is what the person would type
    if event in OPENED:
        return heard(OPENED[event], fields)
    return None
