"""公众号: what may be said when, the next way where it may not, and 帮助 answered at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.messages.inbox import look
from bot.reports.story import story_lines
from storage import views
from storage.people import register
from storage.records import InboundState, Message, MessageKind, MessageState
from storage.tickets import inbound
from tests.cast.bureau import NUMBER
from tests.cast.served import ServedOffice
from tests.fakes import callbacks
from tests.fakes.inbox import items_of as inbox_items_of
from tests.stories.platforms.rigs import WeChatRig, wechat_rig

JIA = WeChatRig.addresses["jia"]


@pytest.fixture
def rig(database_url: str, tmp_path: Path) -> Iterator[WeChatRig]:
    with wechat_rig(database_url, tmp_path) as opened:
        yield opened


@pytest.fixture
def without_templates(database_url: str, tmp_path: Path) -> Iterator[WeChatRig]:
    """An account to which no template was granted."""
    with wechat_rig(database_url, tmp_path, template_id="") as opened:
        yield opened


def inbox(office: ServedOffice, who: str) -> list[str]:
    with office.database.read() as conn:
        return [one.text for one in inbox_items_of(conn, office.people[who])]


def test_who_never_wrote_gets_the_notice_by_template_and_who_wrote_gets_words(rig: WeChatRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    [notice] = rig.takes("jia")
    assert notice.kind == "template"
    rig.writes(JIA, "签收")
    assert [one.kind for one in rig.takes("jia")] == ["text"]
    rig.office.receives("FJ-2")
    [told] = rig.takes("jia")
    assert (told.kind, "FJ-2" in told.text) == ("text", True)


def test_without_a_template_the_ticket_goes_the_next_way_at_once(without_templates: WeChatRig) -> None:
    rig, office = without_templates, without_templates.office
    for who in ("jia", "yi"):
        office.bind(who, "inbox")
    office.at("08-23 10:00").receives(NUMBER)
    assert rig.takes("jia") == []
    assert [NUMBER in one for one in inbox(office, "jia")] == [True]
    [message] = [one for one in office.messages(NUMBER) if one.person_id == office.people["jia"]]
    assert (message.state, message.channel) == (MessageState.FAILED, "inbox")
    with office.database.read() as conn:
        ways = register.load(conn).addresses[office.people["jia"]]
    assert [one.usable for one in ways] == [True, True]


def test_whoever_shut_the_template_off_finds_it_in_the_inbox_and_is_not_told_before_opening_it(rig: WeChatRig) -> None:
    rig.fake.refusers |= set(rig.addresses.values())
    rig.office.bind("jia", "inbox")
    rig.office.at("08-23 10:00").receives(NUMBER)
    [line] = [one for one in rig.office.story(NUMBER, "not_told") if one.data["to"] == rig.office.people["jia"]]
    assert line.data["channel"] == "inbox"
    assert "已放入网页收件箱，尚未打开" in line.data["reason"]
    look(rig.office.engine.context, rig.office.people["jia"])
    by_person = {one.data["to"]: one.data["state"] for one in rig.office.story(NUMBER, "told")}
    assert by_person[rig.office.people["jia"]] == MessageState.DELIVERED


def test_help_comes_back_within_the_callback_and_only_there(rig: WeChatRig) -> None:
    assert "可以这样回复" in unsealed(rig, JIA)
    assert rig.fake.sent == []


def test_help_lists_only_what_the_person_may_do(rig: WeChatRig) -> None:
    rig.office.bind("wu", "wechat", "openid-wu")
    assert "督办列表" not in unsealed(rig, JIA)
    assert "督办列表" in unsealed(rig, "openid-wu")


def unsealed(rig: WeChatRig, openid: str) -> str:
    """What comes back within the callback to 帮助."""
    answer = rig.writes(openid, "帮助")
    return rig.platform.unseal(answer.split("<Encrypt><![CDATA[")[1].split("]]>")[0])


def of_person(rig: WeChatRig, who: str, kind: MessageKind = MessageKind.ASSIGNED) -> list[Message]:
    people = rig.office.people
    return [one for one in rig.office.messages(NUMBER) if one.person_id == people[who] and one.kind == kind]


def story(rig: WeChatRig) -> str:
    with rig.office.database.read() as conn:
        told = views.timeline(conn, rig.office.ticket(NUMBER).id)
        calendar = rig.office.engine.context.working(conn).calendar
    return "\n".join(story_lines(told, calendar, rig.office.engine.wording, rig.office.clock.now()))


def test_number_title_and_time_reach_whoever_is_told_by_template(rig: WeChatRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    [notice] = rig.takes("jia")
    assert notice.data == {
        "thing1": "【监测工单】水清三明（微信公众号）收到…",
        "character_string2": NUMBER,
        "time3": "2021年8月24日 18:00",
    }
    rig.office.receives("FJ-2", "FJ-3", "FJ-4")
    [digest] = rig.takes("jia")
    assert digest.data["character_string2"] == "FJ-2,FJ-3,FJ-4"


def test_the_platforms_word_that_it_arrived_is_kept_as_proof(rig: WeChatRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    rig.office.at("08-23 10:01")
    rig.job_ends("jia", "success", times=2)
    [message] = of_person(rig, "jia")
    assert (message.state, message.delivered_at) == (MessageState.DELIVERED, rig.office.moment("08-23 10:01"))
    [line] = rig.office.story(NUMBER, "arrived")
    assert (line.data["to"], line.data["channel"]) == (rig.office.people["jia"], "wechat")
    assert "甲已收到：新工单（平台确认经微信公众号送达）" in story(rig)
    assert [one.state for one in of_person(rig, "yi")] == [MessageState.ACCEPTED]


def test_a_digest_that_arrived_is_proof_for_each_of_its_tickets(rig: WeChatRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER, "FJ-2", "FJ-3")
    rig.job_ends("jia", "success")
    assert [len(rig.office.story(number, "arrived")) for number in (NUMBER, "FJ-2", "FJ-3")] == [1, 1, 1]


@pytest.mark.parametrize(
    ("status", "why", "usable"),
    [
        ("failed:user block", "本人拒收公众号消息", False),
        ("failed: system failed", "平台发送失败", True),
        ("failed:no idea", "原因不明", True),
    ],
)
def test_what_did_not_arrive_goes_the_next_way_with_its_reason(
    rig: WeChatRig, status: str, why: str, usable: bool
) -> None:
    rig.office.bind("jia", "inbox")
    rig.office.at("08-23 10:00").receives(NUMBER)
    rig.job_ends("jia", status, times=2)
    [message] = of_person(rig, "jia")
    assert (message.state, message.channel) == (MessageState.FAILED, "inbox")  # it lies there unopened
    assert [NUMBER in one for one in inbox(rig.office, "jia")] == [True]
    assert f"平台回告未送达（{why}）" in [one.data["reason"] for one in rig.office.story(NUMBER, "not_told")]
    with rig.office.database.read() as conn:
        ways = register.load(conn).addresses[rig.office.people["jia"]]
    assert {one.channel: one.usable for one in ways} == {"wechat": usable, "inbox": True}


def test_where_no_way_is_left_the_next_in_line_hears(rig: WeChatRig) -> None:
    rig.office.bind("bing", "inbox")
    rig.office.at("08-23 10:00").receives(NUMBER)
    for who in ("jia", "yi"):
        rig.job_ends(who, "failed: system failed")
    assert [one.state for who in ("jia", "yi") for one in of_person(rig, who)] == [MessageState.FAILED] * 2
    assert ["无人可通知" in one for one in inbox(rig.office, "bing")] == [True]


def test_a_word_about_somebody_elses_message_changes_nothing(rig: WeChatRig) -> None:
    rig.office.at("08-23 10:00").receives(NUMBER)
    event = callbacks.event(JIA, "TEMPLATESENDJOBFINISH", rig.office.epoch, MsgID=987654, Status="success")
    rig.posts(event)
    rig.office.at("08-23 10:03").settle()
    assert rig.office.story(NUMBER, "arrived") == []
    with rig.office.database.read() as conn:
        assert inbound.in_state(conn, InboundState.WAITING, "update", 10) == []
