"""The case on 公众号: what can be said when, an honest no elsewhere, and 帮助 answered at once."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.people.binding import bind
from bot.clock import WoundClock
from handlers.chat.platforms.wechat import PATH
from storage.records import TicketState
from tests.fakes import callbacks
from tests.fakes.mpapi import APP, SECRET, TEMPLATE, MpApi
from tests.fakes.peer import serving
from tests.stories.platforms.office import NUMBER, House, moment

TOKEN, AES_KEY = "our-callback-token", base64.b64encode(bytes(range(32))).decode().rstrip("=")
JIA, YI = "openid-zhang-san", "openid-li-si"


@pytest.fixture
def mpapi() -> Iterator[MpApi]:
    peer = MpApi()
    with serving(peer) as peer.url:
        yield peer


@pytest.fixture
def house(database_url: str, tmp_path: Path, mpapi: MpApi) -> Iterator[House]:
    clock = WoundClock(moment("08-23 08:00"))
    mpapi.clock = clock
    secrets = {"secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}
    settings = {"app_id": APP, "template_id": TEMPLATE, "base_url": mpapi.url, **secrets}
    with House(database_url, tmp_path, clock, wechat=settings) as opened:
        bind(opened.engine.context, opened.people["甲"], "wechat", JIA)
        bind(opened.engine.context, opened.people["乙"], "wechat", YI)
        yield opened


@pytest.fixture
def platform(house: House) -> callbacks.Platform:
    url = house.serving.url + PATH
    aes = {"encrypt_type": "aes", "openid": JIA}
    return callbacks.Platform(url=url, token=TOKEN, aes_key=AES_KEY, receiver=APP, signed_in="signature", query=aes)


def now(house: House) -> int:
    return int(house.clock.now().timestamp())


def says(house: House, platform: callbacks.Platform, mpapi: MpApi, words: str) -> str:
    """Let 甲 write something; returns what came back within the callback itself."""
    mpapi.hear(JIA)
    answer = platform.post(callbacks.text(JIA, words, now(house), APP), now(house))
    assert answer.status_code == 200
    house.settle()
    return answer.text


def test_the_case_of_2021_answered_in_time_on_wechat(house: House, platform: callbacks.Platform, mpapi: MpApi) -> None:
    # Nobody wrote to the account yet, so only the notice by template may go out.
    house.at("08-23 10:00")
    house.receive()
    notices = [one for one in mpapi.sent if one.to == JIA]
    assert [one.kind for one in notices] == ["template"]
    assert NUMBER in str(notices[0].data)

    # 甲 writes; from then on the bot may answer for 48 hours.
    house.at("08-24 09:40")
    says(house, platform, mpapi, "已修改，链接已更新")
    assert house.ticket.state == TicketState.COMPLETED
    answer = [one for one in mpapi.sent if one.to == JIA][-1]
    assert answer.kind == "text"
    assert "请将以下内容粘贴到省平台" in answer.text
    assert {one.data["channel"] for one in house.story("told")} == {"wechat"}


def test_help_is_answered_within_the_callback_and_only_there(
    house: House, platform: callbacks.Platform, mpapi: MpApi
) -> None:
    house.at("08-23 10:00")
    sealed = says(house, platform, mpapi, "帮助")
    assert "<Encrypt>" in sealed
    assert mpapi.sent == []


def test_where_wechat_may_not_speak_the_inbox_is_told_and_the_story_says_so(
    house: House, platform: callbacks.Platform, mpapi: MpApi
) -> None:
    mpapi.refusers |= {JIA, YI}
    bind(house.engine.context, house.people["甲"], "inbox", str(house.people["甲"]))
    house.at("08-23 10:00")
    house.receive()
    by_person = {one.data["to"]: one.data["channel"] for one in house.story("told")}
    assert by_person.get(house.people["甲"]) == "inbox"


def test_help_lists_only_what_the_person_may_do(house: House, platform: callbacks.Platform, mpapi: MpApi) -> None:
    house.at("08-23 10:00")
    bind(house.engine.context, house.people["丁"], "wechat", "openid-ding")
    told = {}
    for openid in (JIA, "openid-ding"):
        answer = platform.post(callbacks.text(openid, "帮助", now(house), APP), now(house)).text
        told[openid] = platform.unseal(answer.split("<Encrypt><![CDATA[")[1].split("]]>")[0])
    assert "督办列表" not in told[JIA]
    assert "督办列表" in told["openid-ding"]


def test_a_picture_sent_to_the_account_is_evidence(house: House, platform: callbacks.Platform, mpapi: MpApi) -> None:
    house.at("08-23 10:00")
    house.receive()
    mpapi.hear(JIA)
    mpapi.uploads["m-1"] = ("x", b"\xff\xd8\xff picture")
    base = {"ToUserName": APP, "FromUserName": JIA, "CreateTime": now(house), "MediaId": "m-1", "MsgId": 9001}
    assert platform.post(callbacks.update(**base, MsgType="image"), now(house)).status_code == 200
    house.settle()
    assert f"作为工单 {NUMBER} 的佐证" in mpapi.sent[-1].text
    assert len(house.story("file")) == 1
