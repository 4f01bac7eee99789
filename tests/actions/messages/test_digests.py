"""Several messages for one person leave as one digest, and every one of them is accounted for."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from bot.actions.context import Context
from bot.actions.messages import dispatch
from bot.clock import WoundClock
from bot.delivery.compose import compose
from bot.delivery.wording import Wording
from bot.policies.loading import encode, key_of, load
from storage.messages import outbox
from storage.people import addresses
from storage.records import Message, MessageDraft, MessageKind, MessageState
from storage.sql.database import Database
from storage.tickets import policies
from tests.cast.rows import JIA, office, put_ticket, sh

NOW = datetime(2021, 8, 23, 2, tzinfo=UTC)
LEASE = timedelta(seconds=60)


def claimed(context: Context) -> dispatch.ClaimedBatch:
    return dispatch.claim(context, "here", LEASE, digest_from=3)


def three_messages_for_one_person(database: Database) -> Context:
    context = Context(database, WoundClock(NOW), load(), (time(8), time(20)))
    policy = context.policies.by_name["monitor_1wd"]
    with database.begin() as conn:
        office(conn)
        policies.keep(conn, key_of(policy), policy.name, encode(policy))
        addresses.bind(conn, JIA, "inbox", str(JIA), NOW)
        for _ in range(3):
            ticket = put_ticket(conn, sh(8, 23), sh(8, 24).date(), policy_key=key_of(policy))
            draft = MessageDraft(
                intent=f"t{ticket.id}", person_id=JIA, kind=MessageKind.REMINDER, ticket_id=ticket.id, step="last_call"
            )
            outbox.put(conn, [draft], NOW)
    return context


def states(database: Database, messages: tuple[Message, ...]) -> set[MessageState]:
    with database.read() as conn:
        return {one.state for one in outbox.by_ids(conn, [one.id for one in messages]).values()}


def test_a_digest_tells_them_all(database: Database) -> None:
    load = claimed(three_messages_for_one_person(database))
    [digest] = load.messages
    assert digest.kind == MessageKind.DIGEST
    assert digest.person_id == JIA
    assert len(load.bundled[digest.id]) == 3
    assert {one.ticket_id for one in load.bundled[digest.id]} == set(load.tickets)
    assert states(database, load.bundled[digest.id]) == {MessageState.BUNDLED}
    assert states(database, load.messages) == {MessageState.LEASED}


def test_a_digest_left_behind_comes_back_with_what_it_tells(database: Database) -> None:
    context = three_messages_for_one_person(database)
    first = claimed(context)
    context.clock.wind(LEASE)
    again = claimed(context)
    assert [one.id for one in again.messages] == [one.id for one in first.messages]
    told = {digest: {one.id for one in many} for digest, many in again.bundled.items()}
    assert told == {digest: {one.id for one in many} for digest, many in first.bundled.items()}
    assert set(again.tickets) == set(first.tickets)


def test_a_digest_that_was_tried_before_can_be_worded_anew_for_another_way(database: Database) -> None:
    context = three_messages_for_one_person(database)
    [first] = claimed(context).messages
    dispatch.prepare(context, [replace(first, channel="wecom", address="jia", payload="{}", attempts=1)])
    context.clock.wind(LEASE)
    again = claimed(context)
    [digest] = again.messages
    assert digest.payload
    lines = compose(digest, again, Wording("zh"), context.now()).text.splitlines()
    assert [place for place in ("1", "2", "3") if any(line.startswith(place) for line in lines)] == ["1", "2", "3"]
