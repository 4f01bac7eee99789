"""An answer at the same moment as an escalation: the first commit wins, the loser's message is withdrawn."""

import threading

import pytest

from bot.rules.tickets.lifecycle import Verb
from storage.records import MessageState, TicketState
from tests.cast.office import Office


@pytest.fixture
def brink(office: Office) -> Office:
    """An acknowledged ticket whose target passes at this moment."""
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.at("08-24 17:59")
    for who in ("jia", "yi"):
        office.expect(who, "receipt")
        office.expect(who, "last_call")
    office.clock.wind_to(office.moment("08-24 18:00"))
    return office


def test_the_answer_first(brink: Office) -> None:
    brink.does("jia", Verb.COMPLETE, "FJ-1")
    assert brink.engine.tick().looked_at == 0
    brink.settle().expect_silence()
    assert brink.story("FJ-1", "step")[-1].data["step"] == "last_call"


def test_the_escalation_first(brink: Office) -> None:
    assert brink.engine.tick().looked_at == 1
    brink.does("jia", Verb.COMPLETE, "FJ-1")
    brink.settle().expect_silence()
    [withdrawn] = [one for one in brink.messages("FJ-1") if one.step == "target_passed"]
    assert withdrawn.state == MessageState.SUPERSEDED
    assert withdrawn.reason
    assert brink.story("FJ-1", "step")[-1].data["step"] == "leader_at_target"


def test_both_at_once(brink: Office) -> None:
    together = threading.Barrier(2)

    def complete() -> None:
        together.wait()
        brink.does("jia", Verb.COMPLETE, "FJ-1")

    other = threading.Thread(target=complete)
    other.start()
    together.wait()
    brink.engine.tick()
    other.join()
    brink.settle().expect_silence()
    assert brink.ticket("FJ-1").state == TicketState.COMPLETED
    assert [one.kind for one in brink.story("FJ-1")].count("complete") == 1
