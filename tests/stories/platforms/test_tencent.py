"""水清三明 by 企业微信 and by 公众号, over real HTTP both ways: ticket, answer, picture, ledger."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.messages import files
from storage.people import register
from storage.records import MessageKind, MessageState, TicketState
from tests.cast.bureau import NUMBER
from tests.fakes import callbacks
from tests.fakes.inbox import items_of
from tests.stories.platforms.rigs import Rig, wechat_rig, wecom_rig, words


@pytest.fixture(params=[wecom_rig, wechat_rig], ids=["wecom", "wechat"])
def rig(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Rig]:
    with request.param(database_url, tmp_path) as opened:
        yield opened


def test_the_case_of_2021_answered_in_time(rig: Rig) -> None:
    office = rig.office
    office.at("08-23 10:00").receives(NUMBER, problem="链接打不开", suggestion="更正链接")
    shown = rig.takes("jia")
    assert NUMBER in words(shown)
    assert "8月24日" in words(shown)
    assert NUMBER in words(rig.takes("yi"))

    # Brought twice by the platform, it is done once.
    office.at("08-23 10:30")
    rig.acknowledges("jia", shown[-1], times=2)
    ticket = office.ticket(NUMBER)
    assert (ticket.state, ticket.holder_id) == (TicketState.ACKNOWLEDGED, office.people["jia"])
    assert ticket.acknowledged_at == office.moment("08-23 10:30")
    assert len(office.story(NUMBER, "acknowledge")) == 1
    assert len(rig.takes("jia")) <= 1

    office.at("08-24 09:40")
    rig.writes(rig.addresses["jia"], "已修改，链接已更新")
    ticket = office.ticket(NUMBER)
    assert (ticket.state, ticket.completed_at) == (TicketState.COMPLETED, office.moment("08-24 09:40"))
    assert "请将以下内容粘贴到省平台" in words(rig.takes("jia"))

    # 乙 hears that there is nothing to do; nothing more is said, and the ledger says accepted and never more.
    office.at("08-24 09:45")
    assert "已由甲于8月24日" in words(rig.takes("yi"))
    rig.fake.sent.clear()
    office.at("09-10 18:00")
    assert rig.fake.sent == []
    said = [one for one in office.messages(NUMBER) if one.kind != MessageKind.CARD]
    assert {one.state for one in said} == {MessageState.ACCEPTED}
    assert {one.data["channel"] for one in office.story(NUMBER, "told")} == {rig.channel}
    [done] = office.story(NUMBER, "complete")
    assert (done.data["raw"], done.data["via"]) == ("已修改，链接已更新", rig.channel)


def test_silence_climbs_the_ladder(rig: Rig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    assert "请接手" not in words(rig.takes("yi"))
    rig.office.at("08-23 12:00")
    assert "接手" in words(rig.takes("yi"))


def test_a_picture_is_evidence(rig: Rig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    rig.sends(rig.addresses["jia"], 9001, b"\xff\xd8\xff picture")
    assert f"作为工单 {NUMBER} 的佐证" in words(rig.takes("jia"))
    [kept] = rig.office.story(NUMBER, "file")
    assert kept.data["name"] == "9001.jpg"
    with rig.office.database.read() as conn:
        assert files.load(conn, 1).body == b"\xff\xd8\xff picture"


def test_a_forged_callback_is_never_believed(rig: Rig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    forged = callbacks.text(rig.addresses["jia"], "办结 已改", rig.office.epoch, rig.platform.receiver)
    assert rig.platform.post(forged, rig.office.epoch, signature="0" * 40).status_code == 403
    rig.office.settle()
    assert rig.office.ticket(NUMBER).state == TicketState.NEW


def test_a_stranger_is_told_once_how_to_be_known_and_nothing_else(rig: Rig) -> None:
    rig.joins("stranger")
    for said in ("你好", "帮助", "我的工单"):
        assert rig.writes("stranger", said) in ("", "success")
    assert ["还没有绑定" in one.text for one in rig.fake.sent] == [True]


def test_the_moment_counts_that_the_platform_says(rig: Rig) -> None:
    office = rig.office
    office.at("08-23 10:00").receives(NUMBER)
    office.at("08-24 18:05")
    said_at = int(office.moment("08-24 17:59").timestamp())
    rig.writes(rig.addresses["jia"], f"办结 {NUMBER} 已更正", at=said_at)
    assert office.ticket(NUMBER).completed_at == office.moment("08-24 17:59")


def test_who_has_left_is_no_longer_tried_and_the_desk_hears(rig: Rig) -> None:
    office = rig.office
    office.bind("wu", "inbox")
    rig.loses("jia")
    office.at("08-23 10:00").receives(NUMBER)
    with office.database.read() as conn:
        ways = register.load(conn).addresses[office.people["jia"]]
    assert [one.usable for one in ways] == [False]
    assert rig.takes("jia") == []
    with office.database.read() as conn:
        told = [one.text for one in items_of(conn, office.people["wu"])]
    assert ["联系方式已失效" in one for one in told] == [True]
