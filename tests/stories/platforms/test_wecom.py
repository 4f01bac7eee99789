"""水清三明 by 企业微信, over real HTTP both ways: ticket, card, tap, reply, picture, ledger."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.clock import WoundClock
from bot.rules.calendar.zone import SHANGHAI
from handlers.chat.platforms import wecom
from settings import WeCom
from storage.messages import files
from storage.records import MessageState, TicketState
from tests.fakes import callbacks, qyapi
from tests.fakes.callbacks import Platform
from tests.fakes.peer import late, serving
from tests.fakes.qyapi import QyApi, Sent
from tests.stories.platforms.bureau import Bureau, bureau

KEY, TOKEN = "A" * 43, "callback-token"
PROBLEM = {"problem": "链接打不开", "suggestion": "更正链接"}


class Stage:
    """The bureau and 企业微信 around it."""

    def __init__(self, house: Bureau, fake: QyApi) -> None:
        self.house, self.fake = house, fake
        url = house.url + wecom.PATH
        self._platform = Platform(url=url, token=TOKEN, aes_key=KEY, receiver=qyapi.CORP)

    def take(self, member: str) -> list[Sent]:
        """What a member's phone showed since the last look."""
        taken = [one for one in self.fake.sent if one.to == member]
        self.fake.sent = [one for one in self.fake.sent if one.to != member]
        return taken

    async def brings(self, xml: str, times: int = 1) -> None:
        """The platform brings an update, and we work."""
        for _ in range(times):
            assert self._platform.post(xml, self.house.at).status_code == 200
        await self.house.works()

    async def taps(self, member: str, card: Sent, label: str, times: int = 1) -> None:
        task_id, keys = card.body["template_card"]["task_id"], dict(zip(card.labels, card.buttons, strict=True))
        _, code = self.fake.tap(task_id, keys[label])
        await self.brings(callbacks.tap(member, task_id, keys[label], code, self.house.at), times)

    async def writes(self, member: str, text: str) -> None:
        await self.brings(callbacks.text(member, text, self.house.at))


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    clock, fake = WoundClock(Bureau.moment("08-23 10:00")), QyApi()
    fake.clock = clock
    with serving(fake) as url:
        section = WeCom(
            corp_id=qyapi.CORP,
            secret=SecretStr(qyapi.SECRET),
            agent_id=qyapi.AGENT,
            token=SecretStr(TOKEN),
            aes_key=SecretStr(KEY),
            base_url=url,
            read_seconds=0.5,
        )
        with bureau(database_url, tmp_path, clock, wecom=section) as house:
            ways = {"甲": {"wecom": "ZhangSan"}, "乙": {"wecom": "LiSi"}, "戊": {"inbox": ""}}
            house.settle_in(ways)
            yield Stage(house, fake)
            for channel in house.engine.channels.values():
                await channel.close()


async def test_the_whole_case(stage: Stage) -> None:
    house, fake = stage.house, stage.fake
    # The ticket is told to both, with a card to press.
    await house.receives("FJ-1", **PROBLEM)
    *text, card = stage.take("ZhangSan")
    whole = "\n".join(one.text for one in (*text, card))
    assert "FJ-1" in whole
    assert "链接打不开" in whole
    assert "8月24日" in whole
    assert card.labels[:2] == ["签收", "办结"]
    assert stage.take("LiSi")

    # One tap, brought twice: acknowledged once, and the card says so.
    house.clock.wind_to(house.moment("08-23 10:20"))
    await stage.taps("ZhangSan", card, "签收", times=2)
    ticket = house.ticket("FJ-1")
    assert (ticket.state, ticket.holder_id) == (TicketState.ACKNOWLEDGED, house.people["甲"])
    assert ticket.acknowledged_at == house.moment("08-23 10:20")
    shown = fake.cards[card.body["template_card"]["task_id"]]
    assert "签收" in shown["main_title"]["title"] + shown["sub_title_text"]
    assert "ack:1" not in [one["key"] for one in shown["button_list"]]

    # A picture is evidence.
    stage.take("ZhangSan")
    fake.uploads["m-1"] = ("x", b"\xff\xd8\xff picture")
    base = {"FromUserName": "ZhangSan", "CreateTime": house.at, "MediaId": "m-1", "MsgId": 9001}
    await stage.brings(callbacks.update(**base, MsgType="image"))
    [kept] = stage.take("ZhangSan")
    assert "FJ-1" in kept.text
    with house.engine.database.read() as conn:
        assert files.load(conn, 1).body == b"\xff\xd8\xff picture"

    # Done in words; the ladder stops, the answer gives the text to paste.
    house.clock.wind_to(house.moment("08-24 09:30"))
    await stage.writes("ZhangSan", "已整改，链接已更正")
    ticket = house.ticket("FJ-1")
    assert (ticket.state, ticket.completed_at) == (TicketState.COMPLETED, house.moment("08-24 09:30"))
    answer = "\n".join(one.text for one in stage.take("ZhangSan"))
    assert "链接已更正" in answer
    fake.sent.clear()
    await house.works("09-10 18:00")
    assert fake.sent == []

    # The ledger says accepted and never more; the story names channel and person.
    assert {one.state for one in house.messages("甲")} == {MessageState.ACCEPTED}
    kinds = [one.kind for one in house.story("FJ-1")]
    assert {one: kinds.count(one) for one in ("acknowledge", "complete", "file")} == {
        "acknowledge": 1,
        "complete": 1,
        "file": 1,
    }, (kinds, house.messages("甲"))


async def test_the_answer_of_the_platform_lost_is_one_card_on_the_phone(stage: Stage) -> None:
    stage.fake.fail(qyapi.SEND, late(0.8), late(0.8))
    await stage.house.receives("FJ-1")
    assert {one.state for one in stage.house.messages("甲")} == {MessageState.UNCERTAIN}
    await stage.house.works("08-23 10:05")
    assert {one.state for one in stage.house.messages("甲")} == {MessageState.ACCEPTED}
    assert len([one for one in stage.take("ZhangSan") if one.kind == "template_card"]) == 1


async def test_who_left_the_corporation_is_no_longer_tried_and_the_desk_hears(stage: Stage) -> None:
    stage.fake.members.remove("ZhangSan")
    await stage.house.receives("FJ-1")
    await stage.house.works()
    assert [one.state for one in stage.house.messages("甲")] == [MessageState.FAILED]
    with stage.house.engine.database.read() as conn:
        ways = stage.house.engine.context.directory(conn).addresses[stage.house.people["甲"]]
    assert [one.usable for one in ways] == [False]


async def test_an_untrusted_ip_keeps_messages_until_it_is_mended(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    stage.fake.trusted = False
    await stage.house.receives("FJ-1")
    assert {one.state for one in stage.house.messages("甲")} == {MessageState.PENDING}
    assert "企业可信IP" in caplog.text
    stage.fake.trusted = True
    await stage.house.works("08-23 10:06")
    assert {one.state for one in stage.house.messages("甲")} == {MessageState.ACCEPTED}


async def test_a_stranger_is_told_once_how_to_be_known_and_a_code_does_it(stage: Stage) -> None:
    stage.fake.members.add("WangWu")
    for text in ("你好", "在吗"):
        await stage.writes("WangWu", text)
    assert len(stage.take("WangWu")) == 1


async def test_the_moment_counts_that_the_platform_says(stage: Stage) -> None:
    house = stage.house
    await house.receives("FJ-1")
    said_at = int(house.moment("08-24 17:59").timestamp())
    house.clock.wind_to(house.moment("08-24 18:05"))
    await stage.brings(callbacks.text("ZhangSan", "办结 FJ-1 已更正", said_at))
    completed = house.ticket("FJ-1").completed_at
    assert completed is not None
    assert completed.astimezone(SHANGHAI) == house.moment("08-24 17:59")
