"""企业微信 and 公众号 around the office: both post sealed callbacks to us, and show people what we send."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from handlers.chat.platforms import wechat, wecom
from tests.cast.served import ServedOffice
from tests.fakes import callbacks, mpapi, qyapi
from tests.fakes.callbacks import Platform
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import serving
from tests.fakes.qyapi import QyApi

SECRETS = {"token": "our-callback-token", "aes_key": "A" * 43}
START = "2021-08-23 08:00"


@dataclass(kw_only=True)
class Rig:
    """One platform; 甲 and 乙 are bound to it."""

    channel: ClassVar[str]
    addresses: ClassVar[dict[str, str]]
    office: ServedOffice
    platform: Platform
    fake: Any

    def posts(self, xml: str, times: int = 1) -> str:
        """The platform brings an update; returns what came back within the callback."""
        for _ in range(times):
            answer = self.platform.post(xml, self.office.epoch)
            assert answer.status_code == 200
        self.office.settle()
        return answer.text

    def hears(self, address: str) -> None:
        """What happens on the platform's side when somebody writes."""

    def writes(self, address: str, words: str, times: int = 1, at: int | None = None) -> str:
        """Somebody writes; returns what came back within the callback."""
        self.hears(address)
        return self.posts(callbacks.text(address, words, at or self.office.epoch, self.platform.receiver), times)

    def sends(self, address: str, number: int, body: bytes, name: str = "") -> None:
        """Somebody sends a picture, or a file that has a name."""
        self.hears(address)
        self.fake.uploads[f"m-{number}"] = (name or "x", body)
        kind = {"MsgType": "file", "FileName": name} if name else {"MsgType": "image"}
        base = {"ToUserName": self.platform.receiver, "FromUserName": address, "CreateTime": self.office.epoch}
        self.posts(callbacks.update(**base, MediaId=f"m-{number}", MsgId=number, **kind))

    def takes(self, who: str) -> list[Any]:
        """What somebody saw since the last look."""
        mine, others = [], []
        for one in self.fake.sent:
            (mine if one.to == self.addresses[who] else others).append(one)
        self.fake.sent[:] = others
        return mine

    def acknowledges(self, who: str, shown: Any, times: int = 1) -> None:
        """Take the ticket in this platform's own way."""
        raise NotImplementedError

    def joins(self, address: str) -> None:
        """Somebody comes to the platform."""
        raise NotImplementedError

    def loses(self, who: str) -> None:
        """Somebody leaves the platform."""
        raise NotImplementedError


class WeComRig(Rig):
    """企业微信: cards with buttons."""

    channel = "wecom"
    addresses: ClassVar[dict[str, str]] = {"jia": "ZhangSan", "yi": "LiSi"}
    fake: QyApi

    def acknowledges(self, who: str, shown: Any, times: int = 1) -> None:
        """By the button on the card."""
        self.taps(self.addresses[who], shown, "签收", times)

    def taps(self, address: str, card: qyapi.Sent, label: str, times: int = 1) -> None:
        """Press a button; the platform may bring the tap several times."""
        task_id, keys = card.body["template_card"]["task_id"], dict(zip(card.labels, card.buttons, strict=True))
        _, code = self.fake.tap(task_id, keys[label])
        update = callbacks.tap(address, task_id, keys[label], code, self.office.epoch, self.platform.receiver)
        self.posts(update, times)

    def card(self, shown: qyapi.Sent) -> dict[str, Any]:
        """A card as it looks now."""
        return self.fake.cards[shown.body["template_card"]["task_id"]]

    def joins(self, address: str) -> None:
        """Into the corporation."""
        self.fake.members.add(address)

    def loses(self, who: str) -> None:
        """Out of the corporation; found out by the next message."""
        self.fake.members.remove(self.addresses[who])


class WeChatRig(Rig):
    """公众号: words; whoever wrote may be answered for two days, others get a notice by template."""

    channel = "wechat"
    addresses: ClassVar[dict[str, str]] = {"jia": "openid-zhang-san", "yi": "openid-li-si"}
    fake: MpApi

    def hears(self, address: str) -> None:
        """Opens the window."""
        self.fake.hear(address)

    def acknowledges(self, who: str, shown: Any, times: int = 1) -> None:
        """In words: there are no buttons."""
        self.writes(self.addresses[who], "签收", times)

    def job_ends(self, who: str, status: str, times: int = 1) -> None:
        """The platform tells what became of the template message it took last for somebody."""
        address, number = next(job for job in reversed(self.fake.jobs) if job[0] == self.addresses[who])
        self.fake.jobs.remove((address, number))
        self.posts(
            callbacks.event(address, "TEMPLATESENDJOBFINISH", self.office.epoch, MsgID=number, Status=status), times
        )

    def joins(self, address: str) -> None:
        """As a follower."""
        self.fake.followers.add(address)

    def loses(self, who: str) -> None:
        """Unfollowing is told at once."""
        self.fake.followers.remove(self.addresses[who])
        self.posts(callbacks.event(self.addresses[who], "unsubscribe", self.office.epoch))


@contextmanager
def wecom_rig(database_url: str, folder: Path, **settings: Any) -> Iterator[WeComRig]:
    """企业微信 with our app."""
    fake = QyApi()
    with serving(fake) as url:
        section = {"corp_id": qyapi.CORP, "secret": qyapi.SECRET, "agent_id": qyapi.AGENT, "base_url": url}
        office = ServedOffice(database_url, folder, START, {"wecom": section | SECRETS | settings})
        platform = Platform(url=office.url + wecom.PATH, receiver=qyapi.CORP, **SECRETS)
        yield _settled(WeComRig(office=office, fake=fake, platform=platform))
        office.close()


@contextmanager
def wechat_rig(database_url: str, folder: Path, **settings: Any) -> Iterator[WeChatRig]:
    """公众号 with our account."""
    fake = MpApi()
    with serving(fake) as url:
        section = {"app_id": mpapi.APP, "secret": mpapi.SECRET, "template_id": mpapi.TEMPLATE, "base_url": url}
        office = ServedOffice(database_url, folder, START, {"wechat": section | SECRETS | settings})
        query = {"encrypt_type": "aes", "signature": "x", "openid": WeChatRig.addresses["jia"]}
        platform = Platform(
            url=office.url + wechat.PATH, receiver=mpapi.APP, signed_in="signature", query=query, **SECRETS
        )
        yield _settled(WeChatRig(office=office, fake=fake, platform=platform))
        office.close()


def words(shown: Iterable[Any]) -> str:
    """What somebody read, in templates too."""
    return "\n".join(one.text or "\n".join(one.data.values()) for one in shown)


def _settled(rig: Any) -> Any:
    rig.fake.clock = rig.office.clock
    for who, address in rig.addresses.items():
        rig.office.bind(who, rig.channel, address)
    return rig
