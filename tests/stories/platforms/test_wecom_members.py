"""The operator lets members of 企业微信 be found by the mobile numbers of the register; each confirms it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.base import MemberLookup
from bot.sealing import read_phone, row_of_person
from handlers.chat.asking import AskOutcome, ask_members
from storage.people import register
from storage.records import PersonDraft
from storage.tickets import journal
from tests.cast.bureau import HOMES, KEYS, NAMES
from tests.stories.platforms.rigs import WeComRig, wecom_rig, words

# 甲 is bound, 己 and 庚 share a number, 丁's number belongs to a member who is 甲.
NUMBERS = {"jia": "13800001234", "bing": "13800000003", "ding": "13800000004", "wu": "13900000005"}
NUMBERS |= {"ji": "13800000009", "geng": "13800000009"}
BING, SOMEBODY = "WangWu", "ZhaoLiu"


@pytest.fixture
def rig(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    with wecom_rig(database_url, tmp_path) as opened:
        opened.fake.members |= {BING, SOMEBODY}
        opened.fake.mobiles = {"13800000003": BING, "13800000004": "ZhangSan", "13800000009": SOMEBODY}
        opened.office.add_forest()
        with opened.office.database.begin() as conn:
            for who, number in NUMBERS.items():
                one = KEYS[who]
                row = row_of_person(HOMES[one], NAMES[one])
                phone = opened.office.engine.sealer.sealed_phone(read_phone(number), row)
                register.save_person(conn, PersonDraft(name=NAMES[one], unit_id=HOMES[one], phone=phone))
        yield opened


def asked(rig: WeComRig) -> dict[str, AskOutcome]:
    async def all_of_them() -> dict[str, AskOutcome]:
        way = rig.office.engine.channels["wecom"]
        assert isinstance(way, MemberLookup)
        return {person.name: what async for person, _unit, what in ask_members(rig.office.engine, "wecom", way)}

    return rig.office.play.run(all_of_them())


def ways(rig: WeComRig, who: str) -> list[str]:
    with rig.office.database.read() as conn:
        known = register.load(conn).addresses.get(rig.office.people[who], ())
    return [one.address for one in known if one.channel == "wecom"]


def test_who_has_no_address_is_asked_once_and_bound_by_one_tap(rig: WeComRig) -> None:
    assert asked(rig) == {"丙": AskOutcome.SENT, "丁": AskOutcome.TAKEN, "戊": AskOutcome.NOBODY}
    rig.office.settle()
    question = next(one for one in rig.fake.sent if one.to == BING and one.labels)
    whole = words(one for one in rig.fake.sent if one.to == BING)
    assert "丙（三明市水利局）" in whole
    assert "是我本人" in whole
    assert question.labels == ["是我本人"]
    assert ways(rig, "bing") == []
    rig.taps(BING, question, "是我本人")
    assert ways(rig, "bing") == [BING]
    assert "已完成绑定" in str(rig.card(question))
    assert "丙" not in asked(rig)
    with rig.office.database.read() as conn:
        kinds = [one.kind for one in journal.read(conn, journal.SYSTEM)]
    assert kinds.count("bind_asked") == 1
    assert kinds[-1] == "bound"


def test_by_words_and_only_from_where_it_was_asked(rig: WeComRig) -> None:
    asked(rig)
    rig.office.settle()
    [code] = re.findall("确认 ([0-9A-Z]{8})", words(one for one in rig.fake.sent if one.to == BING))
    rig.writes(SOMEBODY, f"确认 {code}")
    assert "绑定没有成功" in rig.fake.sent[-1].text
    assert ways(rig, "bing") == []
    rig.writes(BING, f"确认{code.lower()}。")
    assert "丙，您好" in rig.fake.sent[-1].text
    assert ways(rig, "bing") == [BING]
    rig.writes(BING, f"确认 {code}")
    assert "您已绑定，无需再绑" in rig.fake.sent[-1].text


def test_nobody_is_asked_again_within_a_week_nor_outside_working_hours(rig: WeComRig) -> None:
    rig.office.at("08-23 21:00")
    assert asked(rig)["丙"] == AskOutcome.SENT
    rig.office.settle()
    assert rig.fake.sent == []
    rig.office.at("08-24 08:00")
    assert {one.to for one in rig.fake.sent} == {BING}
    assert "丙" not in asked(rig)
    rig.office.at("08-31 08:00")
    assert asked(rig)["丙"] == AskOutcome.SENT
    rig.office.settle()
