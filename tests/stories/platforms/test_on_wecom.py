"""The whole case on 企业微信: the card, a tap, the card as it stands then, an answer in words, the ledger."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.people.binding import bind
from bot.channels.base import MemberLookup
from bot.clock import WoundClock
from bot.sealing import read_phone
from handlers.chat.asking import AskOutcome, ask_members
from handlers.chat.platforms.wecom import PATH
from storage.people import register
from storage.records import PersonDraft, TicketState
from storage.tickets import journal
from tests.fakes import callbacks
from tests.fakes.peer import serving
from tests.fakes.qyapi import CORP, SECRET, QyApi
from tests.stories.platforms.office import NUMBER, House, moment

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
    [card] = [one for one in qyapi.sent if one.to == "ZhangSan"]
    assert card.kind == "template_card"
    assert "请于8月24日18:00前办结，最迟24:00" in card.text
    assert NUMBER in card.text
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
    bring(house, platform, callbacks.text("ZhangSan", "已修改，链接已更新", now(house), CORP))
    assert house.ticket.state == TicketState.COMPLETED
    assert house.ticket.completed_at == moment("08-24 09:40")
    assert "请将以下内容粘贴到省平台" in qyapi.sent[-1].text

    told = len(qyapi.sent)
    house.at("08-27 18:00")
    assert len(qyapi.sent) == told
    assert {one.data["channel"] for one in house.story("told")} == {"wecom"}
    [done] = house.story("complete")
    assert (done.data["raw"], done.data["via"]) == ("已修改，链接已更新", "wecom")


def test_a_userid_registered_in_other_letters_is_the_same_member(
    house: House, platform: callbacks.Platform, qyapi: QyApi
) -> None:
    bind(house.engine.context, house.people["甲"], "wecom", "zhangsan")
    house.at("08-23 10:00")
    house.receive()
    assert "ZhangSan" in {one.to for one in qyapi.sent}
    bring(house, platform, callbacks.text("ZhangSan", "签收", now(house), CORP))
    assert (house.ticket.state, house.ticket.holder_id) == (TicketState.ACKNOWLEDGED, house.people["甲"])


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


def test_documents_and_pictures_sent_to_the_app_are_evidence(
    house: House, platform: callbacks.Platform, qyapi: QyApi
) -> None:
    house.at("08-23 10:00")
    house.receive()
    qyapi.uploads |= {"m-1": ("x", b"\xff\xd8\xff picture"), "m-2": ("整改说明.docx", b"PK word")}
    base = {"ToUserName": CORP, "FromUserName": "ZhangSan", "CreateTime": now(house)}
    bring(house, platform, callbacks.update(**base, MediaId="m-1", MsgId=9001, MsgType="image"))
    bring(
        house, platform, callbacks.update(**base, MediaId="m-2", MsgId=9002, MsgType="file", FileName="整改说明.docx")
    )
    assert [one.data["name"] for one in house.story("file")] == ["9001.jpg", "整改说明.docx"]
    assert "佐证" in qyapi.sent[-1].text


class TestFoundByNumber:
    """The operator lets members be found by the mobile numbers of the register; each confirms it."""

    @pytest.fixture
    def numbered(self, house: House, qyapi: QyApi) -> House:
        qyapi.members |= {"WangWu", "ZhaoLiu"}
        qyapi.mobiles = {"13800000003": "WangWu", "13800000004": "ZhangSan", "13800000009": "ZhaoLiu"}
        numbers = {"甲": "13800001234", "丙": "13800000003", "丁": "13800000004"}
        with house.engine.database.begin() as conn:
            people = register.load(conn).people
            for name, number in numbers.items():
                phone = house.engine.sealer.sealed_phone(read_phone(number))
                unit = people[house.people[name]].unit_id
                register.save_person(conn, PersonDraft(name=name, unit_id=unit, phone=phone))
            for name, number in {"戊": "13900000005", "己": "13800000009", "庚": "13800000009"}.items():
                phone = house.engine.sealer.sealed_phone(read_phone(number))
                register.save_person(conn, PersonDraft(name=name, unit_id=unit, phone=phone))
        return house

    def asked(self, house: House) -> dict[str, AskOutcome]:
        async def all_of_them() -> dict[str, AskOutcome]:
            way = house.engine.channels["wecom"]
            assert isinstance(way, MemberLookup)
            return {person.name: what async for person, _unit, what in ask_members(house.engine, "wecom", way)}

        return house.play.run(all_of_them())

    def ways(self, house: House, name: str) -> list[str]:
        with house.engine.database.read() as conn:
            known = register.load(conn).addresses.get(house.people[name], ())
        return [one.address for one in known if one.channel == "wecom"]

    def test_who_has_no_address_is_asked_once_and_bound_by_one_tap(
        self, numbered: House, platform: callbacks.Platform, qyapi: QyApi
    ) -> None:
        # 甲 is bound, 己 and 庚 share a number, 丁's number belongs to a member who is 甲.
        assert self.asked(numbered) == {
            "丙": AskOutcome.SENT,
            "丁": AskOutcome.TAKEN,
            "戊": AskOutcome.NOBODY,
        }
        numbered.settle()
        question = next(one for one in qyapi.sent if one.to == "WangWu" and one.labels)
        whole = "".join(one.text for one in qyapi.sent if one.to == "WangWu")
        assert "丙（市水利局）" in whole
        assert "是我本人" in whole
        assert question.labels == ["是我本人"]
        assert self.ways(numbered, "丙") == []

        task, [action] = str(question.body["template_card"]["task_id"]), question.buttons
        _, code = qyapi.tap(task, action)
        bring(numbered, platform, callbacks.tap("WangWu", task, action, code, now(numbered), CORP))
        assert self.ways(numbered, "丙") == ["WangWu"]
        assert "已完成绑定" in str(qyapi.cards[task])
        assert "丙" not in self.asked(numbered)
        with numbered.engine.database.read() as conn:
            kinds = [one.kind for one in journal.read(conn, journal.SYSTEM)]
        assert kinds.count("bind_asked") == 1
        assert kinds[-1] == "bound"

    def test_by_words_and_only_from_where_it_was_asked(
        self, numbered: House, platform: callbacks.Platform, qyapi: QyApi
    ) -> None:
        self.asked(numbered)
        numbered.settle()
        [code] = re.findall("确认 ([0-9A-Z]{8})", "".join(one.text for one in qyapi.sent if one.to == "WangWu"))
        bring(numbered, platform, callbacks.text("ZhaoLiu", f"确认 {code}", now(numbered), CORP))
        assert "绑定没有成功" in qyapi.sent[-1].text
        assert self.ways(numbered, "丙") == []
        bring(numbered, platform, callbacks.text("WangWu", f"确认{code.lower()}。", now(numbered), CORP))
        assert "丙，您好" in qyapi.sent[-1].text
        assert self.ways(numbered, "丙") == ["WangWu"]
        bring(numbered, platform, callbacks.text("WangWu", f"确认 {code}", now(numbered), CORP))
        assert "您已绑定，无需再绑" in qyapi.sent[-1].text

    def test_nobody_is_asked_again_within_a_week_nor_outside_working_hours(self, numbered: House, qyapi: QyApi) -> None:
        numbered.at("08-23 21:00")
        told = len(qyapi.sent)
        assert self.asked(numbered)["丙"] == AskOutcome.SENT
        numbered.settle()
        assert len(qyapi.sent) == told
        numbered.at("08-24 08:00")
        assert [one.to for one in qyapi.sent[told:]] == ["WangWu"] * (len(qyapi.sent) - told)
        assert len(qyapi.sent) > told
        assert "丙" not in self.asked(numbered)
        numbered.at("08-31 08:00")
        assert self.asked(numbered)["丙"] == AskOutcome.SENT
