"""The far end of every channel: settings that lead there, two people's addresses, and what these people saw."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from bot.clock import SystemClock
from tests.fakes import mpapi, qyapi, robots, telegram_wire
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import Peer, late, serving
from tests.fakes.qyapi import QyApi
from tests.fakes.robots import Robots
from tests.fakes.smtp import mail_server
from tests.fakes.telegram import FakeTelegram
from tests.waiting import HELD

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
MANY = 99


@dataclass(frozen=True, kw_only=True)
class Copy:
    """One copy as somebody saw it, or one part of it."""

    text: str
    part: str = ""
    mark: str = ""  # copies with the same mark are the same to whoever gets them


@dataclass(frozen=True, kw_only=True)
class FarEnd:
    """Where a channel leads."""

    channel: str
    addresses: tuple[str, str]
    seen: Callable[[], Sequence[Copy]]
    sections: Mapping[str, Any] = field(default_factory=dict)
    tells: bool = True  # else it lies in the inbox too, and counts as told once opened there
    tells_doubles: bool = False  # shows one copy, however often it is sent
    last_part: str = ""  # a copy in parts is whole when this one is there
    hold: Callable[[], None] | None = None  # from now on everything is taken, and no answer comes
    free: Callable[[], None] = lambda: None  # answers come again
    secrets: Sequence[str] = ()


@contextmanager
def telegram() -> Iterator[FarEnd]:
    """Two people who pressed start."""
    with FakeTelegram() as fake:
        people = [fake.person(number) for number in (1001, 1002)]
        yield FarEnd(
            channel="telegram",
            addresses=("1001", "1002"),
            sections={"telegram": {"token": telegram_wire.TOKEN, "base_url": fake.url}},
            seen=lambda: [Copy(text=one.text) for person in people for one in person.sees],
            hold=lambda: fake.late("sendMessage", HELD, times=MANY),
            free=fake.faults.clear,
            secrets=(telegram_wire.TOKEN,),
        )


@contextmanager
def wecom() -> Iterator[FarEnd]:
    """Two members; the platform drops what has the same bytes."""
    fake = QyApi()
    with serving(fake) as url:
        secrets = {"secret": qyapi.SECRET, "token": "callback", "aes_key": AES_KEY}
        yield FarEnd(
            channel="wecom",
            addresses=("ZhangSan", "LiSi"),
            sections={"wecom": {"corp_id": qyapi.CORP, "agent_id": qyapi.AGENT, "base_url": url, **secrets}},
            seen=lambda: [Copy(text=one.text, part=one.kind) for one in fake.sent],
            tells_doubles=True,
            last_part="template_card",
            secrets=(qyapi.SECRET, AES_KEY, "token-1"),
            **_held(fake, qyapi.SEND),
        )


@contextmanager
def wechat() -> Iterator[FarEnd]:
    """Two followers who have just written."""
    with _account() as (fake, section):
        for openid in sorted(fake.followers):
            fake.hear(openid)
        yield FarEnd(
            channel="wechat",
            addresses=("openid-zhang-san", "openid-li-si"),
            sections={"wechat": section},
            seen=lambda: [Copy(text=one.text) for one in fake.sent],
            secrets=(mpapi.SECRET, AES_KEY, "token-1"),
            **_held(fake, mpapi.CUSTOM),
        )


@contextmanager
def wechat_notice() -> Iterator[FarEnd]:
    """Two followers who said nothing for days; the platform drops a template message with the same client_msg_id."""
    with _account() as (fake, section):
        yield FarEnd(
            channel="wechat",
            addresses=("openid-zhang-san", "openid-li-si"),
            sections={"wechat": section},
            seen=lambda: [Copy(text="\n".join((one.data or {}).values())) for one in fake.sent],
            tells_doubles=True,
            secrets=(mpapi.SECRET, AES_KEY, "token-1"),
            **_held(fake, mpapi.NOTICE),
        )


@contextmanager
def mail() -> Iterator[FarEnd]:
    """Two mailboxes; programs that read mail know a copy by its Message-ID."""
    with mail_server() as server:

        def seen() -> list[Copy]:
            mails = [one.mail for one in server.got]
            return [Copy(text=str(one.get_content()), mark=str(one["Message-ID"])) for one in mails]

        yield FarEnd(
            channel="mail",
            tells=False,
            addresses=("jia@example.org", "yi@example.org"),
            sections={"mail": {"host": "127.0.0.1", "port": server.port, "sender": "d@example.org", "tls": "none"}},
            seen=seen,
            hold=lambda: setattr(server, "after_data", "silent"),
            free=lambda: setattr(server, "after_data", ""),
        )


def robot(kind: str) -> Callable[[], AbstractContextManager[FarEnd]]:
    """Two groups with a robot each."""
    path = {"wecom": robots.WECOM, "dingtalk": robots.DINGTALK, "feishu": robots.FEISHU}[kind]
    query = {"wecom": f"?key={robots.KEY}", "dingtalk": f"?access_token={robots.KEY}", "feishu": ""}[kind]

    @contextmanager
    def made() -> Iterator[FarEnd]:
        fake = Robots()
        fake.clock = SystemClock()
        with serving(fake) as url:
            one = {"kind": kind, "url": url + path + query, "secret": None if kind == "wecom" else robots.SECRET}
            yield FarEnd(
                channel="robot",
                tells=False,
                addresses=("jia", "yi"),
                sections={"robots": {"jia": one, "yi": one}},
                seen=lambda: [Copy(text=text) for _, text in fake.said],
                secrets=(robots.KEY, robots.SECRET, "token-1"),
                **_held(fake, path),
            )

    return made


FAR_ENDS: Mapping[str, Callable[[], AbstractContextManager[FarEnd]]] = {
    "telegram": telegram,
    "wecom": wecom,
    "wechat": wechat,
    "wechat-notice": wechat_notice,
    "robot-wecom": robot("wecom"),
    "robot-dingtalk": robot("dingtalk"),
    "robot-feishu": robot("feishu"),
    "mail": mail,
}


@contextmanager
def _account() -> Iterator[tuple[MpApi, dict[str, str]]]:
    fake = MpApi()
    with serving(fake) as url:
        secrets = {"secret": mpapi.SECRET, "token": "callback", "aes_key": AES_KEY}
        yield fake, {"app_id": mpapi.APP, "base_url": url, "template_id": mpapi.TEMPLATE, **secrets}


def _held(fake: Peer, path: str) -> dict[str, Any]:
    return {"hold": lambda: fake.fail(path, *[late(HELD)] * MANY), "free": lambda: fake.forgive(path)}
