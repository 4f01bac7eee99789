"""The three providers of group robots: how each is spoken to, and what its codes mean."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bot.channels.cutting import inert, unlinked

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class RobotRequest:
    query: Mapping[str, str]
    body: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kind:
    """One provider."""

    word: str
    ask: Callable[[str, str, datetime], RobotRequest]  # text, secret (or nothing), now
    inert: Callable[[str], str]  # takes from a text what this provider would follow
    too_fast: Mapping[int, timedelta]  # code -> how long to be silent
    gone: frozenset[int]  # the robot was removed from its group
    wrong: Mapping[int, str]  # what the operator has to put right


def _wecom(text: str, _secret: str, _now: datetime) -> RobotRequest:
    return RobotRequest(query={}, body={"msgtype": "text", "text": {"content": text}})


def _dingtalk(text: str, secret: str, now: datetime) -> RobotRequest:
    body = {"msgtype": "text", "text": {"content": text}}
    if not secret:
        return RobotRequest(query={}, body=body)
    timestamp = str(int(now.timestamp() * 1000))
    sign = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
    return RobotRequest(query={"timestamp": timestamp, "sign": base64.b64encode(sign).decode()}, body=body)


def _feishu(text: str, secret: str, now: datetime) -> RobotRequest:
    body = {"msg_type": "text", "content": {"text": text}}
    if not secret:
        return RobotRequest(query={}, body=body)
    timestamp = str(int(now.timestamp()))
    # Here the secret is part of the key, and nothing is signed with it.
    sign = hmac.new(f"{timestamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return RobotRequest(query={}, body={"timestamp": timestamp, "sign": base64.b64encode(sign).decode(), **body})


KINDS: Mapping[str, Kind] = {
    "wecom": Kind(
        word="企业微信",
        ask=_wecom,
        inert=unlinked,
        too_fast={45009: MINUTE, 45033: MINUTE},
        gone=frozenset({93000}),
        wrong={},
    ),
    "dingtalk": Kind(
        word="钉钉",
        ask=_dingtalk,
        inert=unlinked,
        too_fast={130101: 10 * MINUTE, 130102: 10 * MINUTE, 410100: MINUTE},
        gone=frozenset({300005, 400101}),
        wrong={
            310000: "安全设置不通过，请核对加签密钥（SECRET）、关键词和 IP 段",
            400102: "机器人已被停用，请在群设置里启用",
        },
    ),
    "feishu": Kind(
        word="飞书",
        ask=_feishu,
        inert=inert,
        too_fast={9499: MINUTE, 11232: MINUTE},
        gone=frozenset({19001}),
        wrong={
            19021: "签名不对，请核对 SECRET 和本机时间",
            19022: "本机的出口 IP 不在机器人的白名单里",
            19024: "消息里没有机器人要求的关键词，请在安全设置里改用签名校验",
        },
    ),
}
