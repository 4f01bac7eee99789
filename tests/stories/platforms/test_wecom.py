"""企业微信: cards, members by any spelling, files, and what becomes of a message the platform is in doubt about."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.records import MessageState, TicketState
from tests.cast.bureau import NUMBER
from tests.fakes import qyapi
from tests.fakes.peer import late
from tests.stories.platforms.rigs import WeComRig, wecom_rig, words
from tests.waiting import HASTY, HELD

ZHANG = WeComRig.addresses["jia"]


@pytest.fixture
def rig(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    with wecom_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def hasty(database_url: str, tmp_path: Path) -> Iterator[WeComRig]:
    """An app that does not wait long for an answer."""
    with wecom_rig(database_url, tmp_path, read_seconds=HASTY) as opened:
        yield opened


def states(rig: WeComRig) -> set[MessageState]:
    """Where the messages to 甲 stand."""
    return {one.state for one in rig.office.messages(NUMBER) if one.person_id == rig.office.people["jia"]}


def test_the_card_is_pressed_and_then_shows_the_new_state(rig: WeComRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    [card] = rig.takes("jia")
    assert card.kind == "template_card"
    assert "请于8月24日18:00前办结，最迟24:00" in card.text
    assert card.labels[:2] == ["签收", "办结"]
    rig.taps(ZHANG, card, "签收", times=2)
    shown = rig.card(card)
    assert "签收" in shown["main_title"]["title"] + shown["sub_title_text"]
    assert f"ack:{rig.office.ticket(NUMBER).id}" not in [one["key"] for one in shown["button_list"]]
    assert rig.takes("jia") == []


def test_a_userid_registered_in_other_letters_is_the_same_member(rig: WeComRig) -> None:
    rig.office.bind("jia", "wecom", "zhangsan")
    rig.office.at("08-23 10:00").receives(NUMBER)
    assert rig.takes("jia")
    rig.writes(ZHANG, "签收")
    ticket = rig.office.ticket(NUMBER)
    assert (ticket.state, ticket.holder_id) == (TicketState.ACKNOWLEDGED, rig.office.people["jia"])


def test_a_document_sent_to_the_app_is_evidence_under_its_own_name(rig: WeComRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    rig.sends(ZHANG, 9002, b"PK word", name="整改说明.docx")
    assert [one.data["name"] for one in rig.office.story(NUMBER, "file")] == ["整改说明.docx"]
    assert "佐证" in words(rig.takes("jia"))


def test_the_answer_of_the_platform_lost_is_one_card_on_the_phone(hasty: WeComRig) -> None:
    hasty.fake.fail(qyapi.SEND, late(HELD), late(HELD))
    hasty.office.at("08-23 10:00").receives(NUMBER)
    assert states(hasty) == {MessageState.UNCERTAIN}
    hasty.office.at("08-23 10:05")
    assert states(hasty) == {MessageState.ACCEPTED}
    assert [one.kind for one in hasty.takes("jia")] == ["template_card"]


def test_an_untrusted_ip_keeps_messages_until_it_is_mended(rig: WeComRig, caplog: pytest.LogCaptureFixture) -> None:
    rig.fake.trusted = False
    rig.office.at("08-23 10:00").receives(NUMBER)
    assert states(rig) == {MessageState.PENDING}
    assert "企业可信IP" in caplog.text
    rig.fake.trusted = True
    rig.office.at("08-23 10:06")
    assert states(rig) == {MessageState.ACCEPTED}
