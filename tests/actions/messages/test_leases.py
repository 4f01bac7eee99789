"""Leases and fences: whoever slept past its lease writes nothing and sends nothing; what it left is taken up again."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.actions.messages import dispatch, results
from bot.actions.messages.dispatch import LEASE_LOST, ClaimedBatch
from bot.actions.messages.results import Result
from bot.channels.base import Abilities
from bot.delivery.attempts import Attempt, Attempts
from bot.delivery.sender import Sender
from bot.rules.messages.retry import MAX_ATTEMPTS
from bot.rules.tickets.lifecycle import Verb
from storage.messages import outbox
from storage.messages.outbox import Settlement
from storage.records import Message, MessageDraft, MessageKind, MessageState, TextParams
from tests.cast.office import Office
from tests.fakes.stage import ScriptedStage, after, down, gone, hangs, refuses
from tests.waiting import LONG

LEASE = timedelta(seconds=60)
PAST = "08-23 10:02"


@pytest.fixture
def plain(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Everybody has one way, which cannot tell doubles."""
    stage = [ScriptedStage(name="chat", abilities=Abilities(two_way=True, tells_doubles=False))]
    opened = Office(database_url, tmp_path, "2021-08-23 10:00", stage=stage)
    yield opened
    opened.close()


def claim(office: Office, holder: str = "sleeper") -> ClaimedBatch:
    """Claim as another node would, and go no further."""
    return dispatch.claim(office.engine.context, holder, LEASE, digest_from=3)


def tries_of(office: Office) -> Attempts:
    """What the sender of a node words and addresses by."""
    return Attempts(office.stage, office.engine.wording, office.clock)


def message_to(load: ClaimedBatch, office: Office, who: str) -> Message:
    """The claimed message to a person."""
    [found] = [one for one in load.messages if one.person_id == office.people[who]]
    return found


def stored(office: Office, message: Message) -> Message:
    """The message as it stands in the table."""
    with office.database.read() as conn:
        return outbox.by_ids(conn, [message.id])[message.id]


def accepted(message: Message, office: Office) -> Result:
    """As if the platform had just taken it."""
    ended = Settlement(id=message.id, fence=message.fence, state=MessageState.ACCEPTED, accepted_at=office.clock.now())
    return Result(message=message, settlement=ended)


def test_claimed_is_not_claimed_again_before_the_lease_is_over(plain: Office) -> None:
    plain.receives("FJ-1", settle=False)
    load = claim(plain)
    assert len(load.messages) == 2
    assert claim(plain, "other").messages == ()
    plain.at("08-23 10:00").expect_silence()
    plain.down_until("08-23 10:01")
    plain.expect("jia", "receipt", at="08-23 10:01")
    plain.expect("yi", "receipt", at="08-23 10:01")
    plain.says("jia", "办结")


def test_a_node_that_slept_past_its_lease_changes_nothing(plain: Office) -> None:
    plain.receives("FJ-1", settle=False)
    theirs = message_to(claim(plain), plain, "jia")
    plain.down_until(PAST)
    plain.expect("jia", "receipt")
    plain.expect("yi", "receipt")
    before, story = stored(plain, theirs), plain.story("FJ-1")
    context = plain.engine.context
    assert dispatch.why_obsolete(context, [(theirs, ())]) == [LEASE_LOST]
    dispatch.prepare(context, [theirs])
    results.settle(context, [accepted(theirs, plain)])
    results.settle(
        context, [Result(message=theirs, settlement=Settlement(id=theirs.id, fence=1, state=MessageState.FAILED))]
    )
    assert stored(plain, theirs) == before
    assert plain.story("FJ-1") == story
    plain.says("jia", "办结")


def states(office: Office, number: str) -> set[MessageState]:
    """Where the messages stand that bring a ticket."""
    return {one.state for one in office.messages(number) if one.kind == MessageKind.ASSIGNED}


def test_a_node_that_wakes_while_another_holds_the_message_does_not_send(plain: Office) -> None:
    plain.receives("FJ-1", settle=False)
    theirs = message_to(claim(plain), plain, "jia")
    plain.clock.wind(2 * LEASE)
    claim(plain, "other")
    assert dispatch.why_obsolete(plain.engine.context, [(theirs, ())]) == [LEASE_LOST]
    plain.clock.wind(2 * LEASE)
    plain.settle().expect("jia", "receipt")
    plain.expect("yi", "receipt")
    plain.says("jia", "办结")


def test_finished_between_claim_and_send_it_is_withdrawn(plain: Office) -> None:
    plain.receives("FJ-1", settle=False)
    theirs = message_to(claim(plain), plain, "jia")
    assert dispatch.why_obsolete(plain.engine.context, [(theirs, ())]) == [""]
    plain.does("yi", Verb.COMPLETE, "FJ-1")
    assert dispatch.why_obsolete(plain.engine.context, [(theirs, ())]) == ["工单已办结"]
    plain.down_until(PAST).expect_silence()
    assert states(plain, "FJ-1") == {MessageState.SUPERSEDED}


def test_a_digest_left_by_a_crash_is_sent_once_without_what_is_finished(plain: Office) -> None:
    plain.receives("FJ-1", "FJ-2", "FJ-3", settle=False)
    load = claim(plain)
    assert [one.kind for one in load.messages] == [MessageKind.DIGEST] * 2
    plain.does("jia", Verb.COMPLETE, "FJ-2")
    plain.down_until(PAST)
    for who in ("jia", "yi"):
        one = plain.expect(who, "digest", says="2件")
        assert "FJ-2" not in one.text
    assert states(plain, "FJ-2") == {MessageState.SUPERSEDED}
    assert plain.story("FJ-2", "told") == []
    assert len(plain.story("FJ-1", "told")) == 2
    for number in ("FJ-1", "FJ-3"):
        plain.says("jia", f"办结 {number}")


def test_a_digest_left_by_a_crash_is_not_sent_when_all_is_finished(plain: Office) -> None:
    plain.receives("FJ-1", "FJ-2", "FJ-3", settle=False)
    claim(plain)
    for number in ("FJ-1", "FJ-2", "FJ-3"):
        plain.does("jia", Verb.COMPLETE, number)
    plain.down_until(PAST).expect_silence()


def test_cut_short_again_and_again_it_is_given_up_before_it_makes_a_copy_each_time(plain: Office) -> None:
    plain.receives("FJ-1", settle=False)
    for _ in range(MAX_ATTEMPTS):
        tries = [tries_of(plain).first(one, load) for load in [claim(plain)] for one in load.messages]
        dispatch.prepare(plain.engine.context, [one.message for one in tries if isinstance(one, Attempt)])
        plain.clock.wind(2 * LEASE)
    plain.settle().expect("bing", "unreached:receipt")
    assert {one.state for one in plain.messages("FJ-1") if one.step == "receipt"} >= {MessageState.FAILED}
    assert all("不能确定是否送达" in str(one.data["reason"]) for one in plain.story("FJ-1", "not_told"))
    plain.says("bing", "办结")


def test_a_digest_that_may_have_arrived_is_sent_again_as_it_was(plain: Office) -> None:
    plain.stage["chat"].script("jia", refuses(RuntimeError("reset")))
    plain.receives("FJ-1", "FJ-2", "FJ-3")
    plain.expect("yi", "digest")
    plain.does("yi", Verb.COMPLETE, "FJ-2")
    plain.at(PAST).expect("jia", "digest", says="（重复提醒）您有3件")
    for number in ("FJ-1", "FJ-3"):
        plain.says("jia", f"办结 {number}")


def test_a_digest_that_fails_for_good_takes_what_it_told_with_it(plain: Office) -> None:
    plain.breaks("jia", "yi")
    plain.receives("FJ-1", "FJ-2", "FJ-3")
    plain.expect("bing", "digest", at="08-23 10:00", says="经办人员联系不上")
    for _ in range(2):
        plain.expect("wu", "notice:contact_lost")
    for number in ("FJ-1", "FJ-2", "FJ-3"):
        assert [one.state for one in plain.messages(number)] == [MessageState.FAILED] * 2 + [MessageState.BUNDLED]
        assert len(plain.story(number, "not_told")) == 2
        assert len(plain.story(number, "step_skipped")) == 1
        plain.says("bing", f"办结 {number}")


def test_a_digest_refused_for_a_while_is_worded_anew(plain: Office) -> None:
    plain.stage["chat"].script("jia", down())
    plain.receives("FJ-1", "FJ-2", "FJ-3")
    plain.expect("yi", "digest")
    plain.does("yi", Verb.COMPLETE, "FJ-2")
    plain.at(PAST).expect("jia", "digest", says="2件")
    for number in ("FJ-1", "FJ-3"):
        plain.says("jia", f"办结 {number}")


def test_nothing_new_goes_out_when_the_lease_is_nearly_over(plain: Office) -> None:
    texts = [f"第{number}条" for number in range(25)]
    with plain.database.begin() as conn:
        drafts = [
            MessageDraft(
                intent=f"answer:{text}",
                person_id=plain.people["jia"],
                kind=MessageKind.ANSWER,
                params=TextParams(text=text),
            )
            for text in texts
        ]
        outbox.put(conn, drafts, plain.clock.now())
    slow = after(lambda: plain.clock.wind(timedelta(seconds=5)))
    plain.stage["chat"].script("jia", *[slow] * 12)
    plain.settle()
    assert sorted(plain.stage["chat"].texts("jia")) == sorted(texts)
    for text in texts:
        one = plain.expect("jia", "", says=text)
        assert stored(plain, one.message).attempts == 1
        assert stored(plain, one.message).fence <= 2


def test_a_channel_that_hangs_holds_nobody_up(plain: Office) -> None:
    plain.stage["chat"].script("jia", hangs())
    plain.receives("FJ-1", settle=False)
    engine = plain.engine
    sender = Sender(engine.context, engine.channels, engine.wording, holder="quick", lease=timedelta(seconds=4))
    assert asyncio.run(asyncio.wait_for(sender.drain(), LONG)) == 2
    plain.settle().expect("yi", "receipt")
    plain.at(PAST).expect("jia", "receipt", says="（重复提醒）")
    plain.says("jia", "办结")


def test_a_zombie_that_finds_an_address_dead_does_not_disable_it(plain: Office) -> None:
    plain.receives("FJ-1", settle=False)
    theirs = message_to(claim(plain), plain, "jia")
    plain.down_until(PAST)
    plain.expect("jia", "receipt")
    plain.expect("yi", "receipt")
    with plain.database.read() as conn:
        [way] = plain.engine.context.directory(conn).addresses[theirs.person_id]
    failed = Settlement(id=theirs.id, fence=theirs.fence, state=MessageState.FAILED, reason=gone().reason)
    results.settle(plain.engine.context, [Result(message=theirs, settlement=failed, dead=(way,))])
    plain.receives("FJ-2")
    plain.expect("jia", "receipt")
    plain.expect("yi", "receipt")
    for number in ("FJ-1", "FJ-2"):
        plain.says("jia", f"办结 {number}")
