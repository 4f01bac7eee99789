"""The ladder at one moment, and through any life a ticket can have."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.refused import MoveRefused
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.escalation import decide, intent, unreached
from bot.rules.tickets.lifecycle import MOVES, Answer, Verb, move
from storage.records import Directory, Leave, MessageKind, Role, StepParams, Ticket, TicketState
from storage.tickets import journal
from tests.cast.proof import KEY
from tests.cast.values import BING, DING, JIA, WU, YI, away, directory, ticket
from tests.rules.calendar.oracle import WORKING, beijing, on_clock, policy

LADDER = [one.name for one in policy().steps]


def at(moment: str, one: Ticket | None = None, known: Directory | None = None) -> Decision:
    """Decide about a ticket at a moment of 2021."""
    one = one or ticket()
    return decide(one, policy(one.policy), known or directory(), WORKING, beijing(f"2021-{moment}"))


def heard(decision: Decision) -> dict[int, str]:
    """Who hears which step."""
    return {one.person_id: one.step for one in decision.messages}


def steps(decision: Decision, kind: str = "step") -> list[str]:
    return [str(one.data["step"]) for one in decision.journal if one.kind == kind]


def test_at_receipt_both_hear_and_the_next_look_is_named() -> None:
    found = at("08-23 10:00")
    assert heard(found) == {JIA: "receipt", YI: "receipt"}
    assert found.ticket.steps_taken == ("receipt",)
    assert found.ticket.next_step_at == beijing("2021-08-23 12:00")


def test_before_its_moment_no_rung_is_taken() -> None:
    first = at("08-23 10:00").ticket
    again = at("08-23 11:59", first)
    assert (again.journal, again.messages, again.ticket) == ((), (), first)


def test_a_taken_rung_is_not_taken_again() -> None:
    first = at("08-23 12:00").ticket
    assert steps(at("08-23 12:00", first)) == []


def test_of_several_rungs_each_person_hears_the_last_that_concerns_them() -> None:
    found = at("08-26 10:00")
    assert heard(found) == {JIA: "overdue", YI: "overdue", BING: "overdue", DING: "overdue", WU: "slip_blue"}
    assert steps(found) == [*LADDER[:7], "slip_blue"]  # the repeated one comes a day later


def test_taken_meanwhile_the_rungs_for_new_tickets_pass_in_silence() -> None:
    held = ticket(state=TicketState.ACKNOWLEDGED, holder_id=YI)
    found = at("08-24 16:00", held)
    assert steps(found) == ["receipt", "last_call"]
    assert found.ticket.steps_taken == tuple(LADDER[:4])
    assert heard(found) == {JIA: "last_call", YI: "last_call"}


@pytest.mark.parametrize("state", [TicketState.CLOSED, TicketState.VOID])
def test_an_ended_ticket_is_not_looked_at_again(state: TicketState) -> None:
    found = at("08-26 10:00", ticket(state=state, next_step_at=beijing("2021-08-24 09:00")))
    assert (found.journal, found.messages, found.ticket.next_step_at) == ((), (), None)


def test_a_completed_one_is_archived() -> None:
    found = at("09-02 10:00", ticket(state=TicketState.COMPLETED))
    assert (found.ticket.state, found.ticket.next_step_at) == (TicketState.CLOSED, None)


def test_messages_wait_for_the_opening_and_the_line_is_written_now() -> None:
    found = at("08-25 00:00", at("08-24 18:00").ticket)
    assert {on_clock(one.not_before) for one in found.messages if one.not_before} == {"2021-08-25 08:00"}
    assert [on_clock(one.at) for one in found.journal] == ["2021-08-25 00:00"]


def test_the_veto_class_waits_for_nothing() -> None:
    night = ticket("2021-08-28 22:00", "veto_now")
    assert {on_clock(one.not_before) for one in at("08-28 22:00", night).messages if one.not_before} == {
        "2021-08-28 22:00"
    }


@pytest.mark.parametrize(
    ("known", "instead", "notes"),
    [
        ({"unreachable": [JIA, YI]}, {BING}, [f"unreachable:{JIA}", f"unreachable:{YI}"]),
        ({"unreachable": [JIA, YI, BING]}, {DING}, [f"unreachable:{JIA}", f"unreachable:{YI}"]),
        ({"unreachable": [JIA, YI, BING, DING]}, {WU}, [f"unreachable:{JIA}", f"unreachable:{YI}"]),
        ({"unreachable": [JIA, YI, BING, DING, WU]}, set(), []),
        ({"vacant": list(Role)}, {DING}, ["vacant:primary", "vacant:backup"]),
        ({"leaves": [away(JIA), away(YI)]}, {BING}, [f"on_leave:{JIA}", f"on_leave:{YI}"]),
    ],
)
def test_where_a_step_reaches_nobody_the_next_above_is_told_why(
    known: dict[str, list[Leave]], instead: set[int], notes: list[str]
) -> None:
    found = at("08-23 10:00", known=directory(**known))
    assert steps(found, "step_skipped") == ["receipt"]
    assert {one.person_id for one in found.messages} == instead
    assert all(one.kind == MessageKind.UNREACHED for one in found.messages)
    assert all(one.params == StepParams(notes=tuple(notes)) for one in found.messages)


def test_the_next_above_is_never_somebody_below() -> None:
    found = at("08-24 18:00", known=directory(unreachable=[DING]))
    assert heard(found)[WU] == "target_passed"
    assert heard(found)[JIA] == "last_call"


def test_what_is_meant_for_a_person_goes_before_what_they_hear_in_place_of_others() -> None:
    found = at("08-24 16:00", known=directory(unreachable=[JIA, YI]))
    [told] = [one for one in found.messages if one.person_id == BING]
    assert (told.step, told.kind) == ("nobody_took", MessageKind.ESCALATION)
    assert told.params == StepParams(notes=(f"unreachable:{JIA}", f"unreachable:{YI}"))


def test_lost_when_sent_to_the_next_above_is_told() -> None:
    now = beijing("2021-08-23 10:05")

    def go_on(lost: set[int], step: str = "receipt", **known: list[int]) -> Decision:
        return unreached(ticket(), step, frozenset(lost), policy(), directory(**known), WORKING, now)

    assert heard(go_on({JIA, YI})) == {BING: "receipt"}
    assert heard(go_on({JIA, YI, BING})) == {DING: "receipt"}
    assert heard(go_on({JIA, YI, BING, DING})) == {WU: "receipt"}
    assert heard(go_on({JIA, YI, BING, DING, WU})) == {}
    assert heard(go_on({DING}, "target_passed")) == {WU: "target_passed"}
    assert go_on({JIA, YI}).messages[0].params == StepParams(notes=(f"unreachable:{JIA}", f"unreachable:{YI}"))
    assert steps(go_on({JIA, YI, BING, DING, WU}), "step_skipped") == ["receipt"]
    assert go_on({JIA}, "no_such_step").journal == ()


def test_lost_after_the_answer_nobody_is_told() -> None:
    done = ticket(state=TicketState.COMPLETED)
    found = unreached(done, "receipt", frozenset({JIA}), policy(), directory(), WORKING, beijing("2021-08-23 10:05"))
    assert found == Decision(ticket=done)


def test_an_intent_names_step_occurrence_and_person() -> None:
    assert intent(ticket(), "overdue", 7, MessageKind.ESCALATION) == "t12:overdue:20210824:p7"
    assert intent(ticket(), "receipt", 7, MessageKind.UNREACHED) == "t12:unreached:20210824:p7"
    assert intent(ticket("2026-12-31 10:00"), "receipt", 7, MessageKind.ASSIGNED) == "t12:receipt:0:p7"


# A life: at each moment the tick looks, or somebody says something.
events = st.lists(
    st.tuples(
        st.integers(0, 20 * 24 * 60),
        st.sampled_from([None, *MOVES]),
        st.sampled_from([JIA, YI, BING, DING, WU]),
        st.booleans(),
    ),
    max_size=25,
)
offices = st.builds(
    directory,
    vacant=st.sets(st.sampled_from(list(Role))),
    unreachable=st.sets(st.sampled_from([JIA, YI, BING, DING, WU])),
    leaves=st.lists(
        st.builds(away, st.sampled_from([JIA, YI, BING, DING]), st.sampled_from([None, YI, WU])), max_size=2
    ),
)
receipts = st.sampled_from(
    ["2021-08-23 10:00", "2021-08-27 21:00", "2021-09-17 16:30", "2021-09-30 23:59", "2026-12-31 16:00"]
)
policies = st.sampled_from(["monitor_1wd", "veto_now", "enquiry", "hotline", "stale_account"])


def live(one: Ticket, known: Directory, happenings: Sequence[tuple[int, Verb | None, int, bool]]) -> list[Decision]:
    """Play one life and return every decision recorded, the ticket carrying its journal's head."""
    rules, decisions = policy(one.policy), []

    def keep(decision: Decision) -> Ticket:
        (seq, last), rows = journal.chain(decision.ticket, decision.journal, KEY)
        after = replace(decision.ticket, journal_seq=seq, journal_hash=last)
        decisions.append(replace(decision, ticket=after))
        lines.extend(rows)
        return after

    lines: list[dict[str, object]] = []
    one = keep(decide(one, rules, known, WORKING, one.received_at))
    for minutes, verb, who, late in sorted(happenings, key=lambda event: event[0]):
        now = one.received_at + timedelta(minutes=minutes)
        if verb is not None:
            said_at = now - timedelta(hours=3) if late else now
            try:
                one = keep(move(one, verb, Answer(person_id=who, at=said_at, text="说明"), known, rules))
            except MoveRefused:
                continue
        elif one.next_step_at is not None and one.next_step_at <= now:
            one = keep(decide(one, rules, known, WORKING, now))
            assert_looked_ahead(one, now)
    assert verified(lines, one)
    return decisions


def assert_looked_ahead(one: Ticket, now: datetime) -> None:
    assert one.next_step_at is None or one.next_step_at > now


def verified(lines: list[dict[str, object]], one: Ticket) -> bool:
    """Every line follows from the one before, and the last is the ticket's head."""
    hashes = ["", *(line["hash"] for line in lines)]
    chained = [line["previous_hash"] for line in lines] == hashes[:-1]
    return (
        chained
        and [line["seq"] for line in lines] == [*range(1, one.journal_seq + 1)]
        and hashes[-1] == one.journal_hash
    )


@settings(max_examples=300, deadline=None)
@given(receipts, policies, offices, events)
def test_in_any_life_nothing_is_put_twice_nor_after_the_end(
    received: str, name: str, known: Directory, happenings: list[tuple[int, Verb | None, int, bool]]
) -> None:
    decisions = live(ticket(received, name), known, happenings)
    for decision in decisions:
        people = [one.person_id for one in decision.messages]
        assert len(people) == len(set(people)), "two messages to one person at once"
        if not decision.ticket.state.open:
            assert decision.messages == ()
    steps_put = [
        (one.step, one.person_id) for each in decisions for one in each.messages if one.kind != MessageKind.UNREACHED
    ]
    assert len(steps_put) == len(set(steps_put)), "a step was told twice"
    taken = decisions[-1].ticket.steps_taken
    assert len(taken) == len(set(taken))
    assert all(one.not_before is not None for each in decisions for one in each.messages)


@settings(max_examples=60, deadline=None)
@given(receipts, policies, st.lists(st.integers(0, 30 * 24 * 60), max_size=30))
def test_however_often_it_is_looked_at_the_whole_ladder_is_taken_in_order(
    received: str, name: str, minutes: list[int]
) -> None:
    ticks = [(one, None, JIA, False) for one in (*minutes, 60 * 24 * 60)]
    last = live(ticket(received, name), directory(), ticks)[-1].ticket
    once = live(ticket(received, name), directory(), ticks[-1:])[-1].ticket
    assert last.steps_taken == once.steps_taken
    assert last.next_step_at is None
