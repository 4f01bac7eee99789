"""Seals and signs callbacks as the platforms do, by the platforms' description and without their library."""

import base64
import hashlib
import secrets
import ssl
import struct
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from tests.waiting import LONG

BLOCK = 32
# Loads no certificates, which takes long: all here is plain HTTP.
PLAINLY: Any = {"timeout": LONG, "verify": ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), "trust_env": False}
numbers = count(1)


@dataclass(kw_only=True)
class Platform:
    """One side of the secret a platform and our app share."""

    url: str
    token: str
    aes_key: str
    receiver: str  # corp id, app id
    signed_in: str = "msg_signature"
    query: dict[str, str] = field(default_factory=dict)  # goes with every POST

    def seal(self, xml: str | bytes, receiver: str | None = None) -> str:
        """Encrypt what is inside."""
        body = xml.encode() if isinstance(xml, str) else xml
        whole = secrets.token_bytes(16) + struct.pack("!I", len(body)) + body
        whole += (self.receiver if receiver is None else receiver).encode()
        padding = BLOCK - len(whole) % BLOCK
        return base64.b64encode(self._cipher().encryptor().update(whole + bytes([padding]) * padding)).decode()

    def unseal(self, sealed: str) -> str:
        """Decrypt an answer of ours."""
        whole = self._cipher().decryptor().update(base64.b64decode(sealed))
        whole = whole[16 : -whole[-1]]
        [length] = struct.unpack("!I", whole[:4])
        assert whole[4 + length :].decode() == self.receiver
        return whole[4 : 4 + length].decode()

    def sign(self, timestamp: str, nonce: str, *signed: str) -> str:
        return hashlib.sha1("".join(sorted([self.token, timestamp, nonce, *signed])).encode()).hexdigest()

    def request(self, xml: str | bytes, at: int, **changes: Any) -> tuple[dict[str, str], bytes]:
        """Query and body of a callback; `changes` replace parts of it."""
        sealed = changes.get("sealed") or self.seal(xml, changes.get("receiver"))
        timestamp, nonce = str(changes.get("timestamp", at)), changes.get("nonce", secrets.token_hex(5))
        query = {**self.query, "timestamp": timestamp, "nonce": nonce}
        query["msg_signature"] = changes.get("signature", self.sign(timestamp, nonce, sealed))
        outer = (
            f"<xml><ToUserName><![CDATA[{self.receiver}]]></ToUserName><Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
        )
        body = changes.get("body", outer)
        return query, body.encode() if isinstance(body, str) else body

    def post(self, xml: str | bytes, at: int, **changes: Any) -> httpx.Response:
        """Bring an update to our hook."""
        query, body = self.request(xml, at, **changes)
        return httpx.post(self.url, params=query, content=body, **PLAINLY)

    def verify(self, at: int, echo: str = "5927782489442352469", **changes: str) -> httpx.Response:
        """Ask whether the URL is ours, as on saving the settings in the console."""
        timestamp, nonce = str(changes.get("timestamp", at)), "n1"
        sent = self.seal(echo) if self.signed_in == "msg_signature" else echo
        signed = (sent,) if self.signed_in == "msg_signature" else ()
        signature = changes.get("signature", self.sign(timestamp, nonce, *signed))
        query = {self.signed_in: signature, "timestamp": timestamp, "nonce": nonce, "echostr": sent}
        return httpx.get(self.url, params=query, **PLAINLY)

    def _cipher(self) -> "Cipher[modes.CBC]":
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def update(**fields: object) -> str:
    """The XML of an update."""
    return "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"


def text(sender: str, content: str, at: int, receiver: str = "us") -> str:
    return update(
        ToUserName=receiver, FromUserName=sender, CreateTime=at, MsgType="text", Content=content, MsgId=next(numbers)
    )


def tap(sender: str, task_id: str, action: str, response_code: str, at: int, receiver: str = "us") -> str:
    return update(
        ToUserName=receiver,
        FromUserName=sender,
        CreateTime=at,
        MsgType="event",
        Event="template_card_event",
        EventKey=action,
        TaskId=task_id,
        CardType="button_interaction",
        ResponseCode=response_code,
        AgentID=1000002,
    )


def event(sender: str, name: str, at: int, key: str = "", **more: object) -> str:
    return update(
        ToUserName="us", FromUserName=sender, CreateTime=at, MsgType="event", Event=name, EventKey=key, **more
    )
