"""A platform that is down for hours: another way at once where there is one, else one digest when it is back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cast.rows import open_of_person
from tests.fakes.peer import Fault, cut, page
from tests.fakes.qyapi import SEND
from tests.stories.platforms.rigs import WeComRig, wecom_rig

FOR_HOURS = 2_000
NUMBERS = tuple(f"FJ-{place}" for place in range(1, 7))


@pytest.fixture
def rig(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    with wecom_rig(database_url, tmp_path) as opened:
        yield opened


def goes_down(rig: WeComRig, fault: Fault) -> None:
    rig.fake.fail(SEND, *[fault] * FOR_HOURS)


def come_in(rig: WeComRig) -> None:
    for place, number in enumerate(NUMBERS):
        rig.office.at(f"08-23 10:{place:02}").receives(number)


@pytest.mark.parametrize("fault", [cut(executed=False), page(502)], ids=["cut", "page"])
def test_back_after_hours_it_brings_one_digest_a_person(rig: WeComRig, fault: Fault) -> None:
    goes_down(rig, fault)
    come_in(rig)
    rig.office.at("08-23 13:58")
    assert rig.fake.sent == []
    rig.fake.forgive(SEND)
    rig.office.at("08-23 14:30")
    (to_jia, card), (to_yi, _) = rig.takes("jia"), rig.takes("yi")
    assert (to_jia.kind, card.labels) == ("text", ["全部签收", "1", "2", "3", "4", "5"])
    assert all(number in to_jia.text and number in to_yi.text for number in NUMBERS)
    assert "6件" in to_jia.text
    with rig.office.database.read() as conn:
        assert open_of_person(conn, rig.office.people["jia"]) == []


def test_with_the_web_inbox_behind_it_still_comes_to_the_chat_once(rig: WeComRig) -> None:
    office = rig.office
    for who in ("jia", "yi"):
        office.bind(who, "inbox")
    goes_down(rig, cut(executed=False))
    come_in(rig)
    office.at("08-23 10:15")
    assert [one for number in NUMBERS for one in office.story(number, "told") if one.data["state"] == "accepted"] == []
    rig.fake.forgive(SEND)
    office.at("08-23 11:30")
    # The buttons of a digest come as a card behind it.
    [to_jia], [to_yi] = ([one for one in rig.takes(who) if one.kind == "text"] for who in ("jia", "yi"))
    assert all(number in to_jia.text and number in to_yi.text for number in NUMBERS)
