"""What lies in the web inbox is told from the moment its person looks, once, and stands in the tickets' stories."""

from dataclasses import replace
from datetime import date, time

import pytest

from bot.actions.context import Context
from bot.actions.messages.inbox import look
from bot.clock import WoundClock
from bot.policies.loading import load
from bot.rules.people.routing import INBOX
from storage import views
from storage.messages import claims, inbox_items, outbox
from storage.messages.outbox import Settlement
from storage.records import JournalKind, MessageKind, MessageState, Ticket
from storage.sql.database import Connection, Database
from storage.tickets import journal
from tests.cast.proof import checked
from tests.cast.rows import JIA, YI, office, put_message, put_ticket, sh

LOOKED = sh(8, 23, 14)


@pytest.fixture
def context(database: Database) -> Context:
    with database.begin() as conn:
        office(conn)
    return Context(database, WoundClock(LOOKED), load(), (time(8), time(20)))


def lies_there(conn: Connection, ticket: Ticket | None, state: MessageState, person: int = JIA, **given: object) -> int:
    """A message in somebody's inbox."""
    number = put_message(conn, ticket, person, "receipt", sh(8, 23), state, **given)  # type: ignore[arg-type]
    message = outbox.by_ids(conn, [number])[number]
    outbox.prepare(conn, [replace(message, channel=INBOX, address=str(person))])
    inbox_items.put(conn, message.intent, person, "…", [], sh(8, 23))
    return number


def test_what_was_not_told_is_told_once_the_person_looks(context: Context) -> None:
    with context.database.begin() as conn:
        ticket = put_ticket(conn, sh(8, 23), date(2021, 8, 24))
        lost = lies_there(conn, ticket, MessageState.FAILED, kind=MessageKind.ASSIGNED)
        others = lies_there(conn, ticket, MessageState.FAILED, YI)
    assert look(context, JIA) == 1
    assert look(context, JIA) == 0
    with context.database.read() as conn:
        found = outbox.by_ids(conn, [lost, others])
        assert (found[lost].state, found[lost].accepted_at) == (MessageState.DELIVERED, LOOKED)
        assert found[others].state == MessageState.FAILED
        [line] = journal.read(conn, ticket.id)
        assert (line.kind, line.at, line.data["to"], line.data["state"]) == (
            JournalKind.TOLD,
            LOOKED,
            JIA,
            MessageState.DELIVERED,
        )
        [facts] = views.weekly_facts(conn, sh(8, 23, 0), sh(8, 30, 0))
        assert [(one.person, one.at) for one in facts.told] == [("甲", LOOKED)]
        assert [broken for _, broken in checked(conn) if broken] == []


def test_what_was_taken_keeps_the_moment_it_was_taken(context: Context) -> None:
    with context.database.begin() as conn:
        taken = lies_there(conn, None, MessageState.ACCEPTED, kind=MessageKind.SUMMARY)
        pending = put_message(conn, None, JIA, "", sh(8, 23), MessageState.PENDING)
    assert look(context, JIA) == 1
    with context.database.read() as conn:
        found = outbox.by_ids(conn, [taken, pending])
        one = found[taken]
        assert (one.state, one.accepted_at, one.delivered_at) == (MessageState.DELIVERED, sh(8, 23), LOOKED)
        assert found[pending].state == MessageState.PENDING


def test_a_digest_tells_everything_it_holds(context: Context) -> None:
    with context.database.begin() as conn:
        tickets = [put_ticket(conn, sh(8, 23), date(2021, 8, 24)) for _ in range(2)]
        digest = lies_there(conn, None, MessageState.FAILED, kind=MessageKind.DIGEST)
        for ticket in tickets:
            put_message(conn, ticket, JIA, "overdue", sh(8, 23), MessageState.FAILED, parent_id=digest)
    assert look(context, JIA) == 1
    with context.database.read() as conn:
        told = [line.data for ticket in tickets for line in journal.read(conn, ticket.id)]
        assert [one["digest"] for one in told] == [digest, digest]
        assert {one.state for one in outbox.children(conn, digest)} == {MessageState.BUNDLED}


@pytest.mark.parametrize("state", [MessageState.PENDING, MessageState.UNCERTAIN, MessageState.LEASED])
def test_what_is_tried_on_elsewhere_is_told_and_a_result_that_comes_later_counts_no_more(
    context: Context, state: MessageState
) -> None:
    with context.database.begin() as conn:
        ticket = put_ticket(conn, sh(8, 23), date(2021, 8, 24))
        waits = lies_there(conn, ticket, MessageState.PENDING, kind=MessageKind.ASSIGNED)
        if state != MessageState.PENDING:
            claims.claim(conn, sh(8, 23), (sh(8, 23), sh(8, 23, 11)), "node")
        if state == MessageState.UNCERTAIN:
            outbox.settle(conn, [Settlement(id=waits, fence=1, state=state, retry_at=sh(8, 23, 15))])
    assert look(context, JIA) == 1
    with context.database.begin() as conn:
        late = Settlement(id=waits, fence=1, state=MessageState.FAILED, reason="HTTP 503")
        assert outbox.settle(conn, [late]) == []
        assert claims.claim(conn, sh(8, 24), (sh(8, 24), sh(8, 24, 11)), "node") == []
        assert outbox.by_ids(conn, [waits])[waits].state == MessageState.DELIVERED


def test_what_a_chat_told_before_is_not_told_again_by_the_inbox(context: Context) -> None:
    with context.database.begin() as conn:
        ticket = put_ticket(conn, sh(8, 23), date(2021, 8, 24))
        told = lies_there(conn, ticket, MessageState.ACCEPTED, kind=MessageKind.ASSIGNED)
        message = outbox.by_ids(conn, [told])[told]
        outbox.prepare(conn, [replace(message, channel="wecom", address="jia")])
    assert look(context, JIA) == 0
    with context.database.read() as conn:
        found = outbox.by_ids(conn, [told])[told]
        assert (found.state, found.channel) == (MessageState.ACCEPTED, "wecom")
        assert journal.read(conn, ticket.id) == []
