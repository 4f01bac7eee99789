"""Mail and group robots only say things: who was written to there alone does not count as told."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.channels.base import Abilities, SendFailed
from bot.reports.story import story_lines
from storage import views
from storage.records import MessageState
from tests.cast.office import Office
from tests.fakes.stage import ScriptedStage, gone, refuses, timeout

MAIL = Abilities(two_way=False, tells_doubles=False)
SHUT = SendFailed("出口 IP 不在名单里", unavailable=True, retry_after=timedelta(minutes=5))


@pytest.fixture
def chat() -> ScriptedStage:
    return ScriptedStage(name="chat")


@pytest.fixture
def mail() -> ScriptedStage:
    return ScriptedStage(name="mail", abilities=MAIL)


@pytest.fixture
def other() -> ScriptedStage:
    return ScriptedStage(name="telegram")


@pytest.fixture
def office(
    database_url: str, tmp_path: Path, chat: ScriptedStage, mail: ScriptedStage, other: ScriptedStage
) -> Iterator[Office]:
    """Everybody is reached by chat, else by mail, else by another chat."""
    opened = Office(database_url, tmp_path, stage=[chat, mail, other])
    yield opened
    opened.close()


@pytest.fixture
def two_ways(database_url: str, tmp_path: Path, chat: ScriptedStage, mail: ScriptedStage) -> Iterator[Office]:
    """Everybody is reached by chat, else by mail."""
    opened = Office(database_url, tmp_path, stage=[chat, mail])
    yield opened
    opened.close()


def story(office: Office) -> str:
    engine, ticket = office.engine, office.ticket("FJ-1")
    with office.database.read() as conn:
        calendar = engine.context.working(conn).calendar
        return "\n".join(story_lines(views.timeline(conn, ticket.id), calendar, engine.wording, office.clock.now()))


def test_a_mail_is_followed_by_the_next_way_people_can_answer_on(
    office: Office, chat: ScriptedStage, mail: ScriptedStage, other: ScriptedStage
) -> None:
    chat.script("jia", refuses(SHUT))
    office.receives("FJ-1")
    assert [len(one.texts("jia")) for one in (chat, mail, other)] == [1, 1, 1]
    office.forget()
    [message] = [one for one in office.messages("FJ-1") if one.person_id == office.people["jia"]]
    assert (message.state, message.channel) == (MessageState.ACCEPTED, "telegram")
    assert "经邮件、Telegram" in story(office)
    assert office.story("FJ-1", "step_skipped") == []
    office.says("jia", "办结")


def test_who_can_be_written_to_one_way_only_is_not_told_and_the_next_in_line_hears_at_once(
    two_ways: Office, chat: ScriptedStage, mail: ScriptedStage
) -> None:
    for who in ("jia", "yi"):
        chat.script(who, refuses(gone()))
    two_ways.receives("FJ-1")
    assert [len(mail.texts(who)) for who in ("jia", "yi")] == [1, 1]
    two_ways.expect("bing", "unreached:receipt", at="08-23 08:00")
    two_ways.forget()
    assert {one.state for one in two_ways.messages("FJ-1") if one.step == "receipt" and one.channel == "mail"} == {
        MessageState.FAILED
    }
    assert "只由邮件发出，本人无法在那里回应，不算告知" in story(two_ways)
    two_ways.says("bing", "办结")


def test_a_platform_that_is_shut_for_hours_brings_one_mail_and_not_one_a_round(
    two_ways: Office, chat: ScriptedStage, mail: ScriptedStage
) -> None:
    for who in ("jia", "yi"):
        chat.script(who, *[refuses(SHUT)] * 100)
    two_ways.receives("FJ-1")
    two_ways.at("08-23 09:30")
    assert [len(mail.texts(who)) for who in ("jia", "yi")] == [1, 1]
    two_ways.forget()
    two_ways.says("bing", "办结")
    two_ways.forget()


def test_a_way_that_fails_behind_a_mail_is_tried_again_without_another_mail(
    office: Office, chat: ScriptedStage, mail: ScriptedStage, other: ScriptedStage
) -> None:
    chat.script("jia", refuses(gone()))
    other.script("jia", *[refuses(SendFailed("HTTP 503"))] * 40)
    office.receives("FJ-1")
    office.at("08-23 11:00")
    assert len(mail.texts("jia")) == 1
    assert len(other.texts("jia")) > 5
    other.scripts.clear()
    office.at("08-23 11:10").forget()
    [message] = [one for one in office.messages("FJ-1") if one.person_id == office.people["jia"] and not one.parent_id]
    assert (message.state, message.channel) == (MessageState.ACCEPTED, "telegram")
    office.says("jia", "办结")
    office.forget()


def test_what_may_have_arrived_stays_marked_beyond_a_mail(
    office: Office, chat: ScriptedStage, mail: ScriptedStage, other: ScriptedStage
) -> None:
    chat.abilities = MAIL
    chat.script("jia", *[refuses(timeout())] * 2)
    office.receives("FJ-1")
    office.at("08-23 08:10").forget()
    [by_mail], [by_chat] = mail.texts("jia"), other.texts("jia")
    assert by_mail.startswith("（重复提醒）")
    assert by_chat.startswith("（重复提醒）")
    office.says("jia", "办结")
