"""公众号: what may be said when, the next way where it may not, and 帮助 answered at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.actions.messages.inbox import look
from storage.people import register
from storage.records import MessageState
from tests.cast.bureau import NUMBER
from tests.cast.served import ServedOffice
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
