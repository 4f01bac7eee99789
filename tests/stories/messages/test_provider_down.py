"""A platform that is down for hours: another way at once where there is one, else one digest when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.people.binding import bind
from bot.clock import WoundClock
from tests.cast.rows import open_of_person
from tests.fakes.peer import Fault, cut, page, serving
from tests.fakes.qyapi import CORP, SECRET, SEND, QyApi
from tests.stories.platforms.office import House, moment

FOR_HOURS = 2_000
NUMBERS = tuple(f"FJ-{place}" for place in range(1, 7))


@pytest.fixture
def qyapi() -> Iterator[QyApi]:
    peer = QyApi()
    with serving(peer) as peer.url:
        yield peer


@pytest.fixture
def house(database_url: str, tmp_path: Path, qyapi: QyApi) -> Iterator[House]:
    clock = WoundClock(moment("08-23 08:00"))
    qyapi.clock = clock
    settings = {"corp_id": CORP, "agent_id": 1000002, "base_url": qyapi.url, "secret": SECRET}
    settings |= {"token": "our-callback-token", "aes_key": "A" * 43}
    with House(database_url, tmp_path, clock, wecom=settings) as opened:
        bind(opened.engine.context, opened.people["甲"], "wecom", "ZhangSan")
        bind(opened.engine.context, opened.people["乙"], "wecom", "LiSi")
        yield opened


def shut(qyapi: QyApi, fault: Fault) -> None:
    qyapi.fail(SEND, *[fault] * FOR_HOURS)


def come_in(house: House) -> None:
    for place, number in enumerate(NUMBERS):
        house.at(f"08-23 10:{place:02}")
        house.receive(number)


@pytest.mark.parametrize("fault", [cut(executed=False), page(502)], ids=["cut", "page"])
def test_back_after_hours_it_brings_one_digest_a_person(house: House, qyapi: QyApi, fault: Fault) -> None:
    shut(qyapi, fault)
    come_in(house)
    house.at("08-23 13:58")
    assert qyapi.sent == []
    qyapi.forgive(SEND)
    house.at("08-23 14:30")
    [to_jia] = [one for one in qyapi.sent if one.to == "ZhangSan"]
    [to_yi] = [one for one in qyapi.sent if one.to == "LiSi"]
    assert all(number in to_jia.text and number in to_yi.text for number in NUMBERS)
    assert "6件" in to_jia.text
    with house.engine.database.read() as conn:
        assert open_of_person(conn, house.people["甲"]) == []


def test_with_another_way_the_people_hear_there(house: House, qyapi: QyApi) -> None:
    for name in ("甲", "乙"):
        bind(house.engine.context, house.people[name], "inbox", str(house.people[name]))
    shut(qyapi, cut(executed=False))
    come_in(house)
    house.at("08-23 10:15")
    for number in NUMBERS:
        told = [one for one in house.story("told", number) if one.data["state"] == "accepted"]
        assert {(one.data["to"], one.data["channel"]) for one in told} == {
            (house.people["甲"], "inbox"),
            (house.people["乙"], "inbox"),
        }
    qyapi.forgive(SEND)
    house.at("08-23 11:30")
    assert qyapi.sent == []
