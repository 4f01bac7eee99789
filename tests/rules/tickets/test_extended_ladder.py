"""After a granted extension the ladder stands on the new limit: each rung ahead is climbed once, none is lost."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.tickets.decision import Decision, Scene
from bot.rules.tickets.escalation import deadline_of, decide
from bot.rules.tickets.extension import extended
from bot.rules.tickets.ladder import plan
from bot.rules.tickets.lifecycle import Answer
from bot.rules.tickets.requests import rule
from storage.records import JournalKind, MessageKind, Policy, Request, RequestKind, Ticket, TicketState, TimeUnit
from tests.cast.values import DING, JIA, directory, ticket
from tests.rules.calendar.oracle import POLICIES, WORKING, beijing, on_clock

FIRST = beijing("2021-03-01 00:00")
EXTENDABLE = [one.name for one in POLICIES.by_name.values() if one.extendable and one.unit is not TimeUnit.FIXED]
LONG = timedelta(days=200)


def ticks(one: Ticket, its: Policy, until: datetime) -> Iterator[Decision]:
    """Look whenever the ticket wants a look, up to that moment."""
    while one.next_step_at is not None and one.next_step_at <= until:
        decision = decide(one, its, directory(), WORKING, one.next_step_at)
        assert decision.ticket.next_step_at is None or decision.ticket.next_step_at > one.next_step_at
        one = decision.ticket
        yield decision


def rungs(decisions: list[Decision]) -> list[str]:
    """The rungs that were climbed, whomever they reached."""
    kinds = (JournalKind.STEP, JournalKind.STEP_SKIPPED)
    return [str(line.data["step"]) for decision in decisions for line in decision.journal if line.kind in kinds]


def intents(decisions: list[Decision]) -> Counter[str]:
    return Counter(message.intent for decision in decisions for message in decision.messages)


def granted(one: Ticket, its: Policy, now: datetime, until: datetime) -> Decision:
    """As 丁 grants it."""
    scene = Scene(policy=its, directory=directory(), working=WORKING, now=now)
    asked = Request(
        id=1, ticket_id=one.id, kind=RequestKind.EXTENSION, asked_by=JIA, asked_at=now, text="等待审核", until=until
    )
    return rule(one, asked, True, Answer(person_id=DING, at=now), scene)


@pytest.mark.parametrize("name", EXTENDABLE)
@settings(max_examples=25, deadline=None)
@given(
    received=st.integers(0, 200 * 24 * 60),
    share=st.floats(0, 0.99),
    longer=st.integers(1, 20),
    taken=st.booleans(),
)
def test_each_rung_ahead_comes_once_and_none_is_lost(
    name: str, received: int, share: float, longer: int, taken: bool
) -> None:
    its = POLICIES.by_name[name]
    start = FIRST + timedelta(minutes=received)
    one = ticket(on_clock(start), name)
    assert one.due_at is not None
    now = start + (one.due_at - start) * share
    before = list(ticks(replace(one, next_step_at=start), its, now))
    stands = before[-1].ticket if before else one
    if taken:
        stands = replace(
            stands, state=TicketState.ACKNOWLEDGED, holder_id=JIA, acknowledged_at=now, acknowledged_by=JIA
        )
    until = one.due_at + timedelta(days=longer)
    decision = granted(stands, its, now, until)
    after = decision.ticket
    ahead = [
        rung for rung in plan(its, deadline_of(after), WORKING) if rung.at > now or rung.name not in stands.steps_taken
    ]
    climbed = list(ticks(after, its, now + LONG))
    wanted = [rung.name for rung in ahead if not (taken and rung.step.while_new)]
    assert Counter(rungs(climbed)) == Counter(wanted)
    assert set(Counter(rungs(climbed)).values()) == {1}
    told = intents([*before, decision, *climbed])
    assert [intent for intent, times in told.items() if times > 1] == []
    reminders = [one for each in climbed for one in each.messages if one.kind != MessageKind.NOTIFICATION]
    assert reminders, "an extended ticket falls silent"


@pytest.mark.parametrize("name", EXTENDABLE)
def test_planned_twice_it_is_the_same_ladder(name: str) -> None:
    its, one = POLICIES.by_name[name], ticket("2021-08-23 10:00", name)
    assert one.due_at is not None
    now = beijing("2021-08-23 11:00")
    scene = Scene(policy=its, directory=directory(), working=WORKING, now=now)
    stands = list(ticks(replace(one, next_step_at=one.received_at), its, now))[-1].ticket
    once = extended(stands, one.due_at + timedelta(days=3), scene)
    twice = extended(once, one.due_at + timedelta(days=3), scene)
    assert (once.steps_taken, once.next_step_at) == (twice.steps_taken, twice.next_step_at)
