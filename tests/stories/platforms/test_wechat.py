"""公众号 over real HTTP both ways: it answers who wrote, and where it may not write the next way is taken."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.clock import WoundClock
from handlers.chat.platforms import wechat
from settings import WeChat
from storage.records import MessageState, TicketState
from tests.fakes import callbacks, mpapi
from tests.fakes.callbacks import Platform
from tests.fakes.inbox import items_of as inbox_items_of
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import serving
from tests.stories.platforms.bureau import Bureau, bureau

KEY, TOKEN, ZHANG = "A" * 43, "callback-token", "openid-zhang-san"


class Stage:
    """The bureau and 公众号 around it."""

    def __init__(self, house: Bureau, fake: MpApi) -> None:
        self.house, self.fake = house, fake
        self.platform = Platform(
            url=house.url + wechat.PATH,
            token=TOKEN,
            aes_key=KEY,
            receiver=mpapi.APP,
            query={"encrypt_type": "aes", "signature": "x", "openid": ZHANG},
        )

    async def writes(self, text: str) -> str:
        """The person writes; returns what came back within the callback."""
        self.fake.hear(ZHANG)
        answer = self.platform.post(callbacks.text(ZHANG, text, self.house.at, "gh_1"), self.house.at)
        assert answer.status_code == 200
        await self.house.works()
        return answer.text

    def take(self) -> list[str]:
        taken, self.fake.sent = [one.text for one in self.fake.sent], []
        return taken

    def inbox(self, name: str) -> list[str]:
        with self.house.engine.database.read() as conn:
            return [item.text for item in inbox_items_of(conn, self.house.people[name])]


@pytest.fixture
async def stage(database_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    clock, fake = WoundClock(Bureau.moment("08-23 10:00")), MpApi()
    fake.clock = clock
    with serving(fake) as url:
        secrets = {"secret": SecretStr(mpapi.SECRET), "token": SecretStr(TOKEN), "aes_key": SecretStr(KEY)}
        section = WeChat(app_id=mpapi.APP, base_url=url, **secrets)
        with bureau(database_url, tmp_path, clock, wechat=section) as house:
            house.settle_in({"甲": {"wechat": ZHANG, "inbox": ""}, "乙": {"inbox": ""}, "戊": {"inbox": ""}})
            yield Stage(house, fake)
            for channel in house.engine.channels.values():
                await channel.close()


async def test_outside_the_window_the_ticket_goes_the_next_way_at_once(stage: Stage) -> None:
    await stage.house.receives("FJ-1")
    assert stage.take() == []
    assert "FJ-1" in stage.inbox("甲")[0]
    [message] = stage.house.messages("甲")
    assert (message.state, message.channel) == (MessageState.ACCEPTED, "inbox")
    with stage.house.engine.database.read() as conn:
        ways = stage.house.engine.context.directory(conn).addresses[stage.house.people["甲"]]
    assert [one.usable for one in ways] == [True, True]


async def test_within_it_the_whole_case_is_talked_through(stage: Stage) -> None:
    await stage.writes("我的工单")
    stage.take()
    await stage.house.receives("FJ-1", problem="链接打不开")
    [ticket] = stage.take()
    assert "FJ-1" in ticket
    assert "链接打不开" in ticket
    stage.house.clock.wind_to(stage.house.moment("08-23 10:20"))
    await stage.writes("签收")
    assert "签收" in stage.take()[0]
    await stage.writes("办结 链接已更正")
    assert stage.house.ticket("FJ-1").state == TicketState.COMPLETED
    assert "链接已更正" in "\n".join(stage.take())
    kinds = [one.kind for one in stage.house.story("FJ-1")]
    assert [kinds.count(one) for one in ("acknowledge", "complete")] == [1, 1]


async def test_help_comes_back_within_the_callback_and_only_there(stage: Stage) -> None:
    answer = await stage.writes("帮助")
    sealed = answer.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert "可以这样回复" in stage.platform.unseal(sealed)
    assert stage.take() == []


async def test_strangers_get_no_help_but_one_hint(stage: Stage) -> None:
    stage.fake.followers.add("openid-stranger")
    for _ in range(2):
        stage.fake.hear("openid-stranger")
        answer = stage.platform.post(callbacks.text("openid-stranger", "帮助", stage.house.at), stage.house.at)
        assert answer.text == "success"
        await stage.house.works()
    assert len(stage.take()) == 1


async def test_who_unfollows_is_no_longer_reached_here(stage: Stage) -> None:
    stage.platform.post(callbacks.event(ZHANG, "unsubscribe", stage.house.at), stage.house.at)
    await stage.house.works()
    with stage.house.engine.database.read() as conn:
        ways = stage.house.engine.context.directory(conn).addresses[stage.house.people["甲"]]
    assert [one.usable for one in ways if one.channel == "wechat"] == [False]
