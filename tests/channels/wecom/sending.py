"""What the tests of the way out over 企业微信 share: messages, settings, and failures caught."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import Attachment, Button, Outgoing, Receipt, SendFailed
from bot.channels.wecom.channel import WeComChannel
from settings import WeCom
from tests.fakes import qyapi as api

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
ACK, WHY = Button(label="签收", action="ack:12"), Button(label="为什么", action="why:12")
NOTICE = Outgoing(
    key="t12:receipt:0:p7", address="ZhangSan", text="工单 A-1 已到\n请于8月24日18:00前办结", buttons=(ACK, WHY)
)
# What a proxy or a sign-in page may say with status 200: none of it is a zero of theirs.
NOT_THEIRS: list[Any] = [{"message": "login required"}, {}, {"errcode": None}, {"errcode": "no"}, [], 0]
PLAIN = Outgoing(key="n:1", address="ZhangSan", text="每周汇总")
SHEET = Attachment(id=1, name="周报.xlsx", media_type="application/x", body=b"123456")


def settings(url: str, **given: Any) -> WeCom:
    """Of a corporation whose app is set up."""
    values = {"corp_id": api.CORP, "secret": SecretStr(api.SECRET), "agent_id": api.AGENT, "base_url": url}
    values |= {"token": SecretStr("callback"), "aes_key": SecretStr(AES_KEY)}
    return WeCom(**(values | given))


async def ending(channel: WeComChannel, message: Outgoing) -> Receipt | SendFailed:
    """How a send ends."""
    try:
        return await channel.send(message)
    except SendFailed as failed:
        return failed


async def failing(channel: WeComChannel, message: Outgoing = NOTICE) -> SendFailed:
    """Why a send fails."""
    with pytest.raises(SendFailed) as failed:
        await channel.send(message)
    return failed.value


def notice(**given: Any) -> Outgoing:
    """The notice, but for what is given."""
    return replace(NOTICE, **given)
