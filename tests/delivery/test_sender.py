"""What the sender makes of every answer a platform can give."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.channels.base import Abilities, SendFailed
from bot.delivery.sender import IN_FLIGHT
from bot.rules.tickets.lifecycle import Verb
from storage.messages.outbox import put
from storage.people import register
from storage.records import MessageDraft, MessageKind, MessageState, TextParams
from storage.tables import outbox
from tests.cast.office import Office
from tests.fakes.stage import ScriptedStage, after, arrives_but, down, gone, refuses, timeout

TELLS = Abilities(two_way=True, tells_doubles=True, buttons=True)
CANNOT_TELL = Abilities(two_way=True, tells_doubles=False)


@pytest.fixture
def pair(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Everybody has two ways: wecom, which removes doubles, then chat, which cannot."""
    stage = [ScriptedStage(name="wecom", abilities=TELLS), ScriptedStage(name="chat", abilities=CANNOT_TELL)]
    opened = Office(database_url, tmp_path, "2021-08-23 10:00", stage=stage)
    yield opened
    opened.close()


@pytest.fixture
def plain(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Everybody has one way, which cannot tell doubles."""
    stage = [ScriptedStage(name="chat", abilities=CANNOT_TELL)]
    opened = Office(database_url, tmp_path, "2021-08-23 10:00", stage=stage)
    yield opened
    opened.close()


def states(office: Office, who: str, number: str = "FJ-1") -> list[str]:
    """The states of the messages about a ticket to a person."""
    theirs = [one for one in office.messages(number) if one.person_id == office.people[who]]
    return [one.state for one in theirs if one.kind not in (MessageKind.UPDATE, MessageKind.CARD)]


def told(office: Office, who: str) -> list[tuple[str, str]]:
    """(channel, state) of every try in the ticket's story."""
    lines = office.story("FJ-1", "told", "not_told")
    return [(one.data["channel"], one.data["state"]) for one in lines if one.data["to"] == office.people[who]]


def test_only_what_is_going_out_now_is_stored_as_perhaps_gone_out(plain: Office) -> None:
    chat, falsely = plain.stage["chat"], list[int]()

    def count() -> None:
        with plain.database.read() as conn:
            query = select(outbox.c.intent).where(outbox.c.payload != "", outbox.c.state == MessageState.LEASED)
            falsely.append(len(set(conn.execute(query).scalars()) - {one.key for one in chat.tried}))

    waiting = [f"answer:{number}" for number in range(60)]
    drafts = [
        MessageDraft(intent=one, person_id=plain.people["jia"], kind=MessageKind.ANSWER, params=TextParams(text=one))
        for one in waiting
    ]
    chat.script("jia", *[after(count)] * len(waiting))
    with plain.database.begin() as conn:
        put(conn, drafts, plain.clock.now())
    plain.settle()
    plain.forget()
    assert len(falsely) == len(waiting)
    # After kill -9 these would be marked as perhaps repeated though they never went out: they have a place in flight.
    assert max(falsely) < IN_FLIGHT


def test_taken_and_timed_out_is_sent_once_more_with_a_mark(plain: Office) -> None:
    plain.stage["chat"].script("jia", arrives_but(timeout()))
    plain.receives("FJ-1")
    first = plain.expect("jia", "receipt", at="08-23 10:00")
    assert states(plain, "jia") == [MessageState.UNCERTAIN]
    plain.at("08-23 10:10")
    second = plain.expect("jia", "receipt", at="08-23 10:01", says="（重复提醒）")
    assert second.text == "（重复提醒）" + first.text
    assert told(plain, "jia") == [("chat", "uncertain"), ("chat", "accepted")]
    plain.expect("yi", "receipt")
    plain.says("jia", "办结")


def test_where_the_channel_tells_doubles_the_second_send_is_the_same_to_the_byte(pair: Office) -> None:
    pair.stage["wecom"].script("jia", arrives_but(timeout()))
    pair.receives("FJ-1")
    pair.at("08-23 10:10")
    first, second = (one for one in pair.stage["wecom"].tried if one.address == "wecom:jia")
    assert first == second
    pair.expect("jia", "receipt")
    pair.expect("yi", "receipt")
    pair.says("jia", "办结")


def test_timing_out_again_and_again_makes_two_copies_and_no_more(plain: Office) -> None:
    plain.stage["chat"].script("jia", *[arrives_but(timeout())] * 9)
    plain.receives("FJ-1")
    plain.expect("yi", "receipt")
    plain.at("08-23 11:59")
    for _ in range(2):
        plain.expect("jia", "receipt")
    plain.expect_silence()
    [lost] = [one for one in plain.messages("FJ-1") if one.person_id == plain.people["jia"]]
    assert lost.state == MessageState.FAILED
    assert "不能确定是否送达" in lost.reason
    plain.says("jia", "办结")


def test_two_timeouts_on_one_way_and_the_next_way_is_taken_with_a_mark(database_url: str, tmp_path: Path) -> None:
    stage = [ScriptedStage(name=name, abilities=CANNOT_TELL) for name in ("chat", "mail")]
    office = Office(database_url, tmp_path, "2021-08-23 10:00", stage=stage)
    office.stage["chat"].script("jia", refuses(timeout()), refuses(timeout()))
    office.receives("FJ-1")
    office.at("08-23 10:10")
    assert office.expect("jia", "receipt", says="（重复提醒）").channel == "mail"
    office.expect("yi", "receipt")
    office.says("jia", "办结")
    office.close()


def test_a_clean_refusal_after_a_timeout_leaves_the_doubt(plain: Office) -> None:
    plain.stage["chat"].script("jia", arrives_but(timeout()), down())
    plain.receives("FJ-1")
    plain.at("08-23 10:10")
    plain.expect("jia", "receipt")
    plain.expect("jia", "receipt", says="（重复提醒）")
    plain.expect("yi", "receipt")
    assert [state for _, state in told(plain, "jia")] == ["uncertain", "uncertain", "accepted"]
    plain.says("jia", "办结")


def test_a_quota_is_honoured_to_the_second_and_is_no_fault_of_the_way(plain: Office) -> None:
    quota = refuses(SendFailed("HTTP 429", retry_after=timedelta(minutes=1)))
    plain.stage["chat"].script("jia", *[quota] * 8)
    plain.receives("FJ-1")
    plain.expect("yi", "receipt")
    plain.at("08-23 10:07").expect_silence()
    plain.at("08-23 10:08")
    one = plain.expect("jia", "receipt", at="08-23 10:08")
    assert "重复" not in one.text
    plain.says("jia", "办结")


def test_a_platform_out_of_order_is_asked_more_and_more_seldom_then_left(pair: Office) -> None:
    pair.stage["wecom"].script("jia", *[down()] * 5)
    pair.receives("FJ-1")
    pair.expect("yi", "receipt")
    pair.at("08-23 10:30")
    one = pair.expect("jia", "receipt", at="08-23 10:03")  # after 15 + 30 + 60 + 120 seconds
    assert one.channel == "chat"
    assert "重复" not in one.text
    assert len(pair.stage["wecom"].texts("jia")) == 5
    with pair.database.read() as conn:
        assert all(way.usable for way in register.load(conn).addresses[pair.people["jia"]])
    pair.says("jia", "办结")


def test_a_dead_address_is_left_at_once_for_the_next_way(pair: Office) -> None:
    pair.stage["wecom"].script("jia", refuses(gone()))
    pair.receives("FJ-1")
    assert pair.expect("jia", "receipt", at="08-23 10:00").channel == "chat"
    pair.expect("yi", "receipt")
    pair.expect("wu", "notice:contact_lost", says="甲的企业微信联系方式已失效")
    with pair.database.read() as conn:
        usable = {way.channel: way.usable for way in register.load(conn).addresses[pair.people["jia"]]}
    assert usable == {"wecom": False, "chat": True}
    pair.says("jia", "办结")


def test_one_dead_address_met_twice_at_once_is_told_once(plain: Office) -> None:
    plain.breaks("jia")
    plain.receives("FJ-1", "FJ-2")
    plain.expect("wu", "notice:contact_lost")
    for _ in range(2):
        plain.expect("yi", "receipt")
        plain.expect("yi", "unreached:holder_lost")
    for number in ("FJ-1", "FJ-2"):
        plain.says("yi", f"办结 {number}")


def test_bound_anew_while_the_old_address_failed_the_new_one_stands(plain: Office) -> None:
    async def rebound_then_gone(_stage: object, _message: object) -> None:
        plain.rebind("jia", "chat:new")
        raise gone()

    plain.stage["chat"].script("jia", rebound_then_gone)
    plain.receives("FJ-1")
    plain.expect("yi", "receipt")
    plain.receives("FJ-2")
    plain.expect("jia", "receipt", says="FJ-2")
    plain.expect("yi", "receipt")
    for number in ("FJ-1", "FJ-2"):
        plain.says("yi", f"办结 {number}")


def test_a_moved_address_is_followed(plain: Office) -> None:
    plain.stage["chat"].script("jia", refuses(SendFailed("群已升级", moved_to="chat:moved")))
    plain.receives("FJ-1")
    plain.expect("jia", "receipt", at="08-23 10:00")
    assert plain.stage["chat"].tried[-1].address == "chat:moved"
    plain.expect("yi", "receipt")
    plain.says("jia", "办结")


def test_with_no_way_left_the_next_in_line_is_told_why(pair: Office) -> None:
    pair.breaks("jia", "yi")
    pair.receives("FJ-1")
    pair.expect("bing", "unreached:receipt", at="08-23 10:00", says="甲联系不上、乙联系不上")
    for channel in ("企业微信", "chat"):
        for name in ("甲", "乙"):
            pair.expect("wu", "notice:contact_lost", says=f"{name}的{channel}")
    assert states(pair, "jia") == [MessageState.FAILED]
    assert told(pair, "jia") == [("chat", "failed")]
    assert "地址已失效" in str(pair.story("FJ-1", "not_told")[0].data["reason"])
    pair.says("bing", "办结")


def test_lost_by_exhaustion_the_next_in_line_is_told_too(plain: Office) -> None:
    for who in ("jia", "yi", "bing"):
        plain.stage["chat"].script(who, *[down()] * 11)
    plain.receives("FJ-1")
    plain.at("08-23 10:30")
    plain.expect("ding", "unreached:receipt", at="08-23 10:07", says="甲联系不上、乙联系不上、丙联系不上")
    plain.says("ding", "工单 FJ-1")
    # Tried again in rounds all the while; when the way is open again, nobody hears any more that it was shut.
    plain.at("08-23 12:00").expect("jia", "receipt", at="08-23 10:35")
    plain.expect("yi", "receipt", at="08-23 10:35")
    plain.expect("yi", "take_over", at="08-23 12:00")
    assert MessageState.SUPERSEDED in states(plain, "bing")
    plain.says("yi", "办结")


def test_reached_after_all_the_leader_is_not_told_that_nobody_was(plain: Office) -> None:
    for who in ("jia", "yi", "bing"):
        plain.stage["chat"].script(who, *[down()] * 5)
    plain.receives("FJ-1")
    plain.at("08-23 11:00")
    plain.expect("jia", "receipt", at="08-23 10:05")
    plain.expect("yi", "receipt", at="08-23 10:05")
    plain.expect_silence()
    [line] = [one for one in plain.messages("FJ-1") if one.person_id == plain.people["bing"]]
    assert (line.state, line.reason) == (MessageState.SUPERSEDED, "已经联系上")
    plain.says("yi", "办结")


def test_answered_while_under_way_nothing_more_goes_out(pair: Office) -> None:
    async def answered_then_gone(stage: ScriptedStage, _message: object) -> None:
        while not stage.texts("yi"):
            await asyncio.sleep(0.001)
        pair.does("yi", Verb.COMPLETE, "FJ-1")
        raise gone()

    pair.stage["wecom"].script("jia", answered_then_gone)
    pair.receives("FJ-1")
    pair.expect("yi", "receipt")
    pair.expect("wu", "notice:contact_lost")
    pair.at("08-23 18:00").expect_silence()
    assert states(pair, "jia") == [MessageState.SUPERSEDED]
    assert told(pair, "jia") == []


def test_answered_between_timeout_and_second_send_it_is_withdrawn(plain: Office) -> None:
    plain.stage["chat"].script("jia", arrives_but(timeout()))
    plain.receives("FJ-1")
    plain.expect("jia", "receipt")
    plain.expect("yi", "receipt")
    plain.says("jia", "办结")
    plain.at("08-23 18:00").expect_silence()
    assert states(plain, "jia") == [MessageState.UNCERTAIN]


def test_an_uncertain_message_gives_way_to_a_newer_one_about_the_ticket(plain: Office) -> None:
    plain.stage["chat"].script("yi", refuses(timeout()))
    plain.receives("FJ-1")
    plain.expect("jia", "receipt")
    plain.down_until("08-23 12:00").expect("yi", "take_over", at="08-23 12:00")
    plain.at("08-23 18:00").expect_silence()
    assert states(plain, "yi") == [MessageState.UNCERTAIN, MessageState.ACCEPTED]
    plain.says("jia", "办结")
