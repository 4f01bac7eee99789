"""One bad row never keeps the others back, and what was sent is never sent again because of it."""

import asyncio
import logging
from datetime import timedelta

import pytest
from sqlalchemy import text

from storage.messages import outbox
from storage.records import MessageDraft, MessageKind, MessageState, TicketState, UnreadableParams
from tests.cast.office import Office
from tests.fakes.stage import after


def run(office: Office, statement: str) -> None:
    """Damage the tables as no action of the product would."""
    with office.database.begin() as conn:
        conn.execute(text(statement))


def state_of(office: Office, intent: str) -> MessageState:
    with office.database.read() as conn:
        return outbox.by_intent(conn, intent).state


def test_a_message_that_cannot_be_worded_waits_an_hour(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.at("08-23 10:00")
    broken = MessageDraft(
        intent="broken",
        person_id=office.people["jia"],
        kind=MessageKind.NOTIFICATION,
        params=UnreadableParams(raw={"notice": "no_such"}),
    )
    with office.database.begin() as conn:
        outbox.put(conn, [broken], office.clock.now())
    office.receives("FJ-1")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    with office.database.read() as conn:
        waiting = outbox.by_intent(conn, "broken")
    assert (waiting.state, waiting.not_before) == (MessageState.PENDING, office.clock.now() + timedelta(hours=1))
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == ["message set aside for an hour"]
    caplog.clear()
    office.says("jia", "办结")


def test_a_policy_that_cannot_be_read_holds_only_its_own_tickets(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.at("08-23 10:00").receives("FJ-1", settle=False)
    office.receives("FJ-2", policy="enquiry", settle=False)
    run(office, "UPDATE policies SET body = '{}' WHERE name = 'enquiry'")
    office.reopen()
    office.settle().expect("jia", "receipt", says="FJ-1")
    office.expect("yi", "receipt", says="FJ-1")
    assert {one.state for one in office.messages("FJ-2")} == {MessageState.PENDING}
    caplog.clear()
    office.says("jia", "办结 FJ-1")


def test_a_ticket_that_cannot_be_decided_is_set_aside_and_the_others_climb(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.receives("FJ-2", policy="enquiry")
    for who in ("jia", "yi"):
        office.expect(who, "receipt", says="FJ-1")
        office.expect(who, "receipt", says="FJ-2")
    run(office, "UPDATE policies SET body = '{}' WHERE name = 'enquiry'")
    run(office, "UPDATE tickets SET next_step_at = (SELECT MIN(next_step_at) FROM tickets)")
    office.reopen()
    office.at("08-23 12:00").expect("yi", "take_over", at="08-23 12:00", says="FJ-1")
    assert office.ticket("FJ-2").next_step_at == office.moment("08-23 13:00")
    [line] = office.story("FJ-2", "set_aside")
    assert line.data["reason"] == "KeyError"
    caplog.clear()
    office.says("jia", "办结 FJ-1")


def test_a_story_that_cannot_be_written_does_not_send_again(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    office.at("08-23 10:00").receives("FJ-0")
    office.expect("jia", "receipt")
    office.expect("yi", "receipt")
    office.stage["chat"].script("jia", after(lambda: run(office, "UPDATE tickets SET state = '?' WHERE id = 2")))
    office.receives("FJ-1", settle=False)
    asyncio.run(office.engine.sender.drain())
    run(office, f"UPDATE tickets SET state = '{TicketState.NEW}' WHERE id = 2")
    office.at("08-23 11:00").expect("jia", "receipt")
    office.expect("yi", "receipt")
    assert {one.state for one in office.messages("FJ-1")} == {MessageState.ACCEPTED}
    assert "story not written" in {one.message for one in caplog.records}
    caplog.clear()
    for number in ("FJ-0", "FJ-1"):
        office.says("jia", f"办结 {number}")


def test_results_the_database_does_not_take_are_written_a_little_later(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    office.at("08-23 10:00").receives("FJ-1", settle=False)

    class MendsIt(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.getMessage() == "results not written yet":
                run(office, "ALTER TABLE outbox RENAME COLUMN gone TO provider_id")
                sender.removeHandler(self)

    def out_of_order() -> None:
        run(office, "ALTER TABLE outbox RENAME COLUMN provider_id TO gone")
        sender.addHandler(MendsIt())

    sender = logging.getLogger("bot.delivery.sender")
    office.stage["chat"].script("jia", after(out_of_order))
    office.settle().expect("jia", "receipt")
    office.expect("yi", "receipt")
    assert {one.state for one in office.messages("FJ-1")} == {MessageState.ACCEPTED}
    assert len(office.stage["chat"].tried) == 2
    caplog.clear()
    office.says("jia", "办结")
