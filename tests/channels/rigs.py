"""What a channel needs to be tried out: settings, an address that works, one that never will, and eyes at the far end.

A new channel gets its contract test by one entry here, with a fake server where it talks to one.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, redirect_stderr
from dataclasses import dataclass

from pydantic import SecretStr

from bot.channels.base import Channel
from bot.channels.catalog import CATALOG
from bot.clock import Clock
from settings import Mail, Robot, Settings, Telegram, WeChat, WeCom
from storage.people import register
from storage.records import PersonDraft, UnitDraft
from storage.sql.database import Database
from tests.fakes import mpapi, qyapi, robots, telegram_wire
from tests.fakes.inbox import items_of as inbox_items_of
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import serving
from tests.fakes.qyapi import QyApi
from tests.fakes.robots import Robots
from tests.fakes.smtp import mail_server
from tests.fakes.telegram import FakeTelegram

AES_KEY = "A" * 43


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One copy as the person sees it; labels are None where buttons cannot be seen."""

    text: str
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class Rig:
    """A channel with both its ends."""

    channel: Channel
    good: str
    bad: tuple[str, ...]  # refused for good; empty where every address is taken
    seen: Callable[[], Sequence[Seen]]  # oldest first


Maker = Callable[[Database, Clock], AbstractContextManager[Rig]]


@contextmanager
def inbox(database: Database, clock: Clock) -> Iterator[Rig]:
    """The web inbox of one person."""
    with database.begin() as conn:
        unit = register.save_unit(conn, UnitDraft(name="三明市水利局"))
        person = register.save_person(conn, PersonDraft(name="甲", unit_id=unit))

    def seen() -> list[Seen]:
        with database.read() as conn:
            return [Seen(text=item.text, labels=item.labels) for item in inbox_items_of(conn, person)]

    channel = made("inbox", Settings(), database, clock)
    yield Rig(channel=channel, good=str(person), bad=("chat:jia", "", "-1", "²", "999999", "9" * 40), seen=seen)


@contextmanager
def console(database: Database, clock: Clock) -> Iterator[Rig]:
    """A screen somebody looks at."""
    screen = io.StringIO()

    def seen() -> list[Seen]:
        copies = screen.getvalue().split("→ 甲\n")[1:]
        return [Seen(text=one.removesuffix("\n\n")) for one in copies]

    with redirect_stderr(screen):
        channel = made("console", Settings(), database, clock)
    yield Rig(channel=channel, good="甲", bad=(), seen=seen)


@contextmanager
def telegram(database: Database, clock: Clock) -> Iterator[Rig]:
    """Telegram, somebody who pressed start, somebody who blocked the bot, and somebody who never wrote."""
    with FakeTelegram() as fake:
        fake.person(1001, "甲")
        fake.person(1002, "乙").blocked = True
        fake.person(1003, "丙", started=False)
        section = Telegram(token=SecretStr(telegram_wire.TOKEN), base_url=fake.url)

        def seen() -> list[Seen]:
            return [Seen(text=one.text, labels=tuple(label for label, _ in one.buttons)) for one in fake.sent]

        channel = made("telegram", Settings(telegram=section), database, clock)
        yield Rig(channel=channel, good="1001", bad=("1002", "1003", "1009", "", "甲", "@jia", "²"), seen=seen)


@contextmanager
def wecom(database: Database, clock: Clock) -> Iterator[Rig]:
    """企业微信 and one of its members."""
    fake = QyApi()
    fake.clock = clock
    with serving(fake) as url:
        section = WeCom(
            corp_id=qyapi.CORP,
            secret=SecretStr(qyapi.SECRET),
            agent_id=qyapi.AGENT,
            token=SecretStr("callback"),
            aes_key=SecretStr(AES_KEY),
            base_url=url,
        )

        def seen() -> list[Seen]:
            return [Seen(text=one.text, labels=tuple(one.labels)) for one in fake.sent]

        channel = made("wecom", Settings(wecom=section), database, clock)
        yield Rig(channel=channel, good="ZhangSan", bad=("@all", "ZhangSan|LiSi", "", "Nobody"), seen=seen)


@contextmanager
def wechat(database: Database, clock: Clock) -> Iterator[Rig]:
    """公众号 and a follower who has just written."""
    fake = MpApi()
    fake.clock = clock
    fake.hear("openid-zhang-san")
    with serving(fake) as url:
        secrets = {"secret": SecretStr(mpapi.SECRET), "token": SecretStr("callback"), "aes_key": SecretStr(AES_KEY)}
        section = WeChat(app_id=mpapi.APP, base_url=url, **secrets)
        channel = made("wechat", Settings(wechat=section), database, clock)
        bad = ("", "openid-nobody", "张三")
        yield Rig(
            channel=channel, good="openid-zhang-san", bad=bad, seen=lambda: [Seen(text=o.text) for o in fake.sent]
        )


@contextmanager
def robot(database: Database, clock: Clock) -> Iterator[Rig]:
    """A group robot of 飞书."""
    fake = Robots()
    fake.clock = clock
    with serving(fake) as url:
        section = Robot(kind="feishu", url=SecretStr(url + robots.FEISHU), secret=SecretStr(robots.SECRET))
        channel = made("robot", Settings(robots={"desk": section}), database, clock)
        yield Rig(
            channel=channel, good="desk", bad=("", "nobody"), seen=lambda: [Seen(text=text) for _, text in fake.said]
        )


@contextmanager
def mail(database: Database, clock: Clock) -> Iterator[Rig]:
    """A mailbox."""
    with mail_server() as server:
        section = Mail(host="127.0.0.1", port=server.port, sender="duban@example.org", tls="none")

        def seen() -> list[Seen]:
            bodies = [one.mail.get_body() for one in server.got]
            texts = [body.get_content().replace("\r\n", "\n") for body in bodies if body is not None]
            return [Seen(text=text.removesuffix("\n")) for text in texts]

        channel = made("mail", Settings(mail=section), database, clock)
        yield Rig(channel=channel, good="jia@example.org", bad=("", "nobody", "a@b@c"), seen=seen)


RIGS: Mapping[str, Maker] = {
    "inbox": inbox,
    "console": console,
    "telegram": telegram,
    "wecom": wecom,
    "wechat": wechat,
    "robot": robot,
    "mail": mail,
}


def made(name: str, settings: Settings, database: Database, clock: Clock) -> Channel:
    """Build a channel through the catalog, as the engine does."""
    channel = CATALOG[name](settings, database, clock)
    assert channel is not None
    return channel
