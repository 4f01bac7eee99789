"""Whoever can be reached again gets their open tickets at once; whoever is lost leaves them to the next in line."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.people.register import import_register
from bot.channels.telegram.client import hook_path
from bot.rules.people.roster import PersonRow, Roster
from storage.people import register
from storage.records import MessageState
from tests.cast.bureau import NUMBER, UNITS, WATER
from tests.cast.served import ServedOffice
from tests.fakes import callbacks
from tests.fakes.peer import page
from tests.fakes.qyapi import SEND
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import TOKEN
from tests.stories.platforms.rigs import Rig, WeChatRig, WeComRig, wechat_rig, wecom_rig, words

SECRET = "a-secret-that-only-telegram-knows"
NUMBERS = ("FJ-1", "FJ-2")


@pytest.fixture(params=[wecom_rig, wechat_rig], ids=["wecom", "wechat"])
def rig(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Rig]:
    with request.param(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def wecom(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    with wecom_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
def people(fake: FakeTelegram) -> dict[str, Person]:
    return {"jia": fake.person(1001, "甲"), "yi": fake.person(1002, "乙")}


@pytest.fixture
def office(database_url: str, tmp_path: Path, fake: FakeTelegram, people: dict[str, Person]) -> Iterator[ServedOffice]:
    """甲 and 乙 on Telegram."""
    telegram = {"token": TOKEN, "base_url": fake.url, "mode": "webhook", "webhook_secret": SECRET}
    sections = {"telegram": telegram, "web": {"public_url": "https://duban.example.gov.cn"}}
    opened = ServedOffice(database_url, tmp_path, "2021-08-23 08:00", sections)
    fake.clock = lambda: opened.clock.now().timestamp()
    path = hook_path(opened.engine.settings.telegram)
    fake.hook = lambda update: fake.push(update, f"{opened.url}/hooks/telegram/{path}", secret=SECRET)  # type: ignore[attr-defined]
    for who, person in people.items():
        opened.bind(who, "telegram", str(person.id))
    yield opened
    opened.close()


def bring(fake: FakeTelegram, office: ServedOffice, update: dict[str, object]) -> None:
    assert fake.hook(update) == 200  # type: ignore[attr-defined]
    office.settle()


def cards(person: Person, since: int = 0) -> list[str]:
    return [one.text for one in person.sees[since:] if "FJ-" in one.text]


def usable(office: ServedOffice, who: str) -> list[bool]:
    with office.database.read() as conn:
        return [one.usable for one in register.load(conn).addresses[office.people[who]]]


def test_blocked_and_unblocked_on_telegram(office: ServedOffice, fake: FakeTelegram, people: dict[str, Person]) -> None:
    jia, yi = people["jia"], people["yi"]
    office.at("08-23 09:00").receives(NUMBER)
    office.at("08-23 09:10")
    told = len(yi.sees)
    bring(fake, office, jia.blocks())
    # 乙 hears now, and not at the next rung at 11:00.
    [asked] = cards(yi, told)
    assert "【请接手】" in asked
    assert "甲联系不上" in asked
    assert usable(office, "jia") == [False]
    office.at("08-23 09:30")
    seen = len(jia.sees)
    bring(fake, office, jia.unblocks())
    [card] = jia.sees[seen:]
    assert NUMBER in card.text
    assert [label for label, _ in card.buttons] == ["签收", "办结", "为什么"]
    assert usable(office, "jia") == [True]
    # Once: the same again changes nothing, nor does the next word.
    bring(fake, office, jia.unblocks())
    bring(fake, office, jia.says("帮助"))
    assert len(cards(jia, seen)) == 1


def test_several_tickets_are_one_digest_and_late_at_night_too(
    office: ServedOffice, fake: FakeTelegram, people: dict[str, Person]
) -> None:
    jia = people["jia"]
    office.at("08-23 09:00").receives(*NUMBERS)
    bring(fake, office, jia.blocks())
    office.at("08-23 22:30")
    seen = len(jia.sees)
    bring(fake, office, jia.unblocks())
    [digest] = jia.sees[seen:]
    assert all(number in digest.text for number in NUMBERS)


def test_who_says_anything_is_reachable_and_what_they_finish_comes_not_again(
    office: ServedOffice, fake: FakeTelegram, people: dict[str, Person]
) -> None:
    jia = people["jia"]
    office.at("08-23 09:00").receives(*NUMBERS)
    bring(fake, office, jia.blocks())
    office.at("08-23 09:20")
    jia.blocked = False  # the platform's word of it got lost
    seen = len(jia.sees)
    bring(fake, office, jia.says("办结 FJ-1 已整改"))
    answer, card = jia.sees[seen:]
    assert "FJ-1" in answer.text
    assert "FJ-2" in card.text
    assert "FJ-1" not in card.text
    assert usable(office, "jia") == [True]


def test_a_first_binding_brings_what_lies_unopened(
    office: ServedOffice, fake: FakeTelegram, people: dict[str, Person]
) -> None:
    bing = fake.person(1003, "丙")
    office.bind("jia", "inbox")
    office.unbind_chat("jia")
    office.at("08-23 09:00").receives(NUMBER)
    bring(fake, office, people["jia"].start(office.code("jia")))
    bound, card = people["jia"].sees
    assert "已完成绑定" in bound.text
    assert NUMBER in card.text
    # A leader is no worker on it: for them there is nothing to be done anew.
    bring(fake, office, bing.start(office.code("bing")))
    assert cards(bing) == []


def test_a_second_chat_beside_one_that_works_brings_nothing_twice(
    office: ServedOffice, fake: FakeTelegram, people: dict[str, Person]
) -> None:
    office.at("08-23 09:00").receives(NUMBER)
    seen = len(people["jia"].sees)
    office.bind("jia", "console", "甲")
    office.settle()
    assert people["jia"].sees[seen:] == []
    assert [one.step for one in office.messages(NUMBER) if one.person_id == office.people["jia"]] == ["receipt"]


def test_numbers_are_no_codes(office: ServedOffice, fake: FakeTelegram) -> None:
    stranger = fake.person(1009, "路人")
    bring(fake, office, stranger.says("绑定 13800001234"))
    assert "这是手机号，不是绑定码" in stranger.sees[-1].text
    bring(fake, office, stranger.shares_phone("+8613800001234"))
    assert "登记簿里没有您这个手机号" in stranger.sees[-1].text
    assert "绑定码不对" not in words(stranger.sees)


def test_lost_and_back_on_the_platforms_of_tencent(rig: Rig) -> None:
    office, jia = rig.office, rig.addresses["jia"]
    office.at("08-23 09:00").receives(NUMBER)
    for who in ("jia", "yi"):
        rig.takes(who)
    rig.loses("jia")
    office.receives("FJ-2")
    assert usable(office, "jia") == [False]
    said = words(rig.takes("yi"))
    assert "甲联系不上" in said or "【请接手】" in said  # a template cuts the rest
    office.at("08-23 09:30")
    rig.joins(jia)
    rig.posts(callbacks.event(jia, "subscribe", office.epoch))
    shown = words(rig.takes("jia"))
    assert NUMBER in shown
    assert "FJ-2" in shown
    assert usable(office, "jia") == [True]


def test_who_enters_the_app_of_wecom_is_back_without_a_greeting(wecom: WeComRig) -> None:
    office, jia = wecom.office, wecom.addresses["jia"]
    office.at("08-23 09:00").receives(NUMBER)
    wecom.loses("jia")
    office.receives("FJ-2")
    wecom.takes("jia")
    wecom.joins(jia)
    wecom.posts(callbacks.event(jia, "enter_agent", office.epoch))
    assert "FJ-2" in words(shown := wecom.takes("jia"))
    assert "您好" not in words(shown)
    wecom.posts(callbacks.event(jia, "enter_agent", office.epoch + 60))
    assert wecom.takes("jia") == []


def test_who_speaks_before_the_next_round_need_not_wait_for_it(wecom: WeComRig) -> None:
    office = wecom.office
    wecom.fake.fail(SEND, *[page(502)] * 2_000)
    office.at("08-23 10:00").receives(NUMBER)
    office.at("08-23 10:06")
    wecom.fake.forgive(SEND)
    wecom.writes(wecom.addresses["jia"], "帮助")
    assert NUMBER in words(wecom.takes("jia"))
    office.at("08-23 10:20")
    assert wecom.takes("jia") == []


def test_a_window_that_opens_brings_what_could_not_be_said(database_url: str, tmp_path: Path) -> None:
    with wechat_rig(database_url, tmp_path, template_id="") as rig:
        office = rig.office
        office.at("08-23 10:00").receives(NUMBER)
        assert rig.takes("jia") == []
        rig.writes(WeChatRig.addresses["jia"], "在吗")
        assert sum(NUMBER in one.text for one in rig.takes("jia")) >= 1


def test_when_the_next_in_line_is_lost_too_the_one_above_hears(wecom: WeComRig) -> None:
    office = wecom.office
    office.bind("bing", "wecom", "WangWu")
    wecom.joins("WangWu")
    office.at("08-23 09:00").receives(NUMBER)
    wecom.addresses = wecom.addresses | {"bing": "WangWu"}  # type: ignore[misc]
    for who in ("jia", "yi"):
        wecom.loses(who)
    office.receives("FJ-9")
    shown = wecom.takes("bing")
    assert all("甲联系不上、乙联系不上" in one.text for one in shown)
    assert sorted(number for one in shown for number in (NUMBER, "FJ-9") if number in one.text) == [NUMBER, "FJ-9"]


def test_somebody_who_leaves_the_register_leaves_the_tickets_to_the_next(office: ServedOffice) -> None:
    office.at("08-23 09:00").receives(NUMBER)
    row = PersonRow(row=2, unit=UNITS[WATER], name="甲", active=False)
    roster = Roster(units=(), people=(row,), accounts=())
    import_register(office.engine.context, office.engine.sealer, roster)
    office.settle()
    [given] = [one for one in office.messages(NUMBER) if one.step == "reassigned"]
    assert (given.person_id, given.state) == (office.people["yi"], MessageState.ACCEPTED)


def test_an_address_in_the_register_at_last_brings_the_tickets(office: ServedOffice, people: dict[str, Person]) -> None:
    office.bind("jia", "inbox")
    office.unbind_chat("jia")
    office.at("08-23 09:00").receives(NUMBER)
    assert cards(people["jia"]) == []
    row = PersonRow(row=2, unit=UNITS[WATER], name="甲", addresses={"telegram": "1001"})
    import_register(office.engine.context, office.engine.sealer, Roster(units=(), people=(row,), accounts=()))
    office.settle()
    assert [NUMBER in one for one in cards(people["jia"])] == [True]
