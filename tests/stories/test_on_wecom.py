"""The whole case on 企业微信: the card, a tap, the card as it stands then, an answer in words, the ledger."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.binding import bind
from bot.clock import WoundClock
from handlers.chat.wecom import PATH
from storage.records import TicketState
from tests.fakes import callbacks
from tests.fakes.peer import serving
from tests.fakes.qyapi import CORP, SECRET, QyApi
from tests.stories.platform import NUMBER, House, moment

TOKEN, AES_KEY = "our-callback-token", base64.b64encode(bytes(range(32))).decode().rstrip("=")


@pytest.fixture
def qyapi() -> Iterator[QyApi]:
    peer = QyApi()
    with serving(peer) as peer.url:
        yield peer


@pytest.fixture
def house(database_url: str, tmp_path: Path, qyapi: QyApi) -> Iterator[House]:
    clock = WoundClock(moment("08-23 08:00"))
    qyapi.clock = clock
    secrets = {"secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}
    settings = {"corp_id": CORP, "agent_id": 1000002, "base_url": qyapi.url, **secrets}
    with House(database_url, tmp_path, clock, wecom=settings) as opened:
        bind(opened.engine.context, opened.people["甲"], "wecom", "ZhangSan")
        bind(opened.engine.context, opened.people["乙"], "wecom", "LiSi")
        yield opened


@pytest.fixture
def platform(house: House) -> callbacks.Platform:
    return callbacks.Platform(url=house.serving.url + PATH, token=TOKEN, aes_key=AES_KEY, receiver=CORP)


def now(house: House) -> int:
    return int(house.clock.now().timestamp())


def bring(house: House, platform: callbacks.Platform, xml: str) -> None:
    assert platform.post(xml, now(house)).status_code == 200
    house.settle()


def test_the_case_of_2021_answered_in_time_on_wecom(house: House, platform: callbacks.Platform, qyapi: QyApi) -> None:
    house.at("08-23 10:00")
    house.receive()
    [words, card] = [one for one in qyapi.sent if one.to == "ZhangSan"]
    assert (words.kind, card.kind) == ("text", "template_card")
    assert "请于8月24日18:00前办结,最迟24:00" in words.text
    assert NUMBER in words.text
    assert "水清三明" in card.text
    task = str(card.body["template_card"]["task_id"])

    house.at("08-23 10:30")
    _, code = qyapi.tap(task, f"ack:{house.ticket.id}")
    tapped = callbacks.tap("ZhangSan", task, f"ack:{house.ticket.id}", code, now(house), CORP)
    bring(house, platform, tapped)
    assert house.ticket.state == TicketState.ACKNOWLEDGED
    assert "签收" in str(qyapi.cards[task])

    # The same tap brought again changes nothing and is answered once.
    told = len(qyapi.sent)
    bring(house, platform, tapped)
    assert len(qyapi.sent) == told

    house.at("08-24 09:40")
    bring(house, platform, callbacks.text("ZhangSan", "已修改,链接已更新", now(house), CORP))
    assert house.ticket.state == TicketState.COMPLETED
    assert house.ticket.completed_at == moment("08-24 09:40")
    assert "请将以下内容粘贴到省平台" in qyapi.sent[-1].text

    told = len(qyapi.sent)
    house.at("08-27 18:00")
    assert len(qyapi.sent) == told
    assert {one.data["channel"] for one in house.story("told")} == {"wecom"}
    [done] = house.story("complete")
    assert (done.data["raw"], done.data["via"]) == ("已修改,链接已更新", "wecom")


def test_a_forged_callback_is_never_believed(house: House, platform: callbacks.Platform, qyapi: QyApi) -> None:
    house.at("08-23 10:00")
    house.receive()
    forged = callbacks.text("ZhangSan", "办结", now(house), CORP)
    assert platform.post(forged, now(house), signature="0" * 40).status_code == 403
    house.settle()
    assert house.ticket.state == TicketState.NEW


def test_silence_on_wecom_climbs_the_ladder(house: House, qyapi: QyApi) -> None:
    house.at("08-23 10:00")
    house.receive()
    house.at("08-23 12:00")
    assert "请接手" in [one for one in qyapi.sent if one.to == "LiSi"][-1].text
