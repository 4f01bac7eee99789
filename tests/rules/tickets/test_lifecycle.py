"""The table of moves: every row of it, and everything it refuses."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.rules.refused import MoveRefused
from bot.rules.tickets.decision import Decision
from bot.rules.tickets.lifecycle import MOVES, Answer, Verb, archive, check_time, move
from storage.records import Ticket, TicketState
from tests.cast.values import BING, DING, JI, JIA, NOON, WU, YI, directory, ticket
from tests.rules.calendar.oracle import policy

S = TicketState
EARLIER = NOON - timedelta(hours=1)
REVIEWS = {Verb.RETURN, Verb.APPROVE, Verb.REFUSE, Verb.CLOSE}
# What each verb does from each state; all other pairs are refused.
ALLOWED = {
    (S.NEW, Verb.ACKNOWLEDGE): S.ACKNOWLEDGED,
    **{(state, Verb.COMPLETE): S.COMPLETED for state in (S.NEW, S.ACKNOWLEDGED, S.RETURNED, S.DISPUTED)},
    **{(state, Verb.DISPUTE): S.DISPUTED for state in (S.NEW, S.ACKNOWLEDGED, S.RETURNED)},
    (S.COMPLETED, Verb.RETURN): S.RETURNED,
    (S.COMPLETED, Verb.CLOSE): S.CLOSED,
    (S.DISPUTED, Verb.APPROVE): S.VOID,
    (S.DISPUTED, Verb.REFUSE): S.ACKNOWLEDGED,
}
PAIRS = [(state, verb) for state in S for verb in MOVES]


def in_state(state: TicketState, **given: object) -> Ticket:
    """A ticket that came to a state in the usual way."""
    taken = {} if state == S.NEW else {"acknowledged_by": YI, "acknowledged_at": EARLIER, "holder_id": YI}
    done = {"completed_by": YI, "completed_at": EARLIER} if state in (S.COMPLETED, S.CLOSED) else {}
    return ticket(state=state, **(taken | done | given))


def carry(state: TicketState, verb: Verb, who: int | None = None, text: str = "已经改好", **given: object) -> Decision:
    person = who if who is not None else (DING if verb in REVIEWS else JIA)
    answer = Answer(person_id=person, at=NOON, text=text, via="chat", raw=f"原话 {text}", message_id="m1")
    return move(in_state(state, **given), verb, answer, directory(), policy())


def refused(state: TicketState, verb: Verb, **given: object) -> MoveRefused:
    with pytest.raises(MoveRefused) as caught:
        carry(state, verb, **given)
    return caught.value


def test_the_table_here_is_the_table_there() -> None:
    assert {(frm, verb): row.to for verb, row in MOVES.items() for frm in row.frm} == ALLOWED


@pytest.mark.parametrize(("state", "verb"), PAIRS)
def test_every_pair_moves_as_the_table_says_or_is_refused(state: TicketState, verb: Verb) -> None:
    if (state, verb) not in ALLOWED:
        assert refused(state, verb).params["number"] == "FJ-12"
        return
    done = carry(state, verb)
    assert done.ticket.state == ALLOWED[state, verb]
    [line] = done.journal
    assert (line.kind, line.at, line.actor) == (verb, NOON, f"person:{DING if verb in REVIEWS else JIA}")
    assert dict(line.data) == {"text": "已经改好", "raw": "原话 已经改好", "via": "chat", "message_id": "m1"}
    assert done.messages == ()


@pytest.mark.parametrize(("state", "verb"), sorted(ALLOWED))
def test_who_has_no_right_is_refused_and_told_no_more(state: TicketState, verb: Verb) -> None:
    for who in (JI, JIA if verb in REVIEWS else DING):
        assert refused(state, verb, who=who).key == "not_yours"
    assert carry(state, verb, who=WU).ticket.state == ALLOWED[state, verb]


def test_taking_it_makes_a_holder() -> None:
    taken = carry(S.NEW, Verb.ACKNOWLEDGE, who=YI).ticket
    assert (taken.holder_id, taken.acknowledged_by, taken.acknowledged_at) == (YI, YI, NOON)


def test_completing_straight_away_takes_it_too() -> None:
    done = carry(S.NEW, Verb.COMPLETE).ticket
    assert (done.holder_id, done.acknowledged_by, done.acknowledged_at) == (JIA, JIA, NOON)
    assert (done.completed_by, done.completed_at, done.completion_text) == (JIA, NOON, "已经改好")


def test_completing_what_another_took_keeps_the_holder() -> None:
    done = carry(S.ACKNOWLEDGED, Verb.COMPLETE, who=BING).ticket
    assert (done.holder_id, done.acknowledged_by, done.completed_by) == (YI, YI, BING)


def test_completing_stops_the_ladder_and_sets_the_day_of_archiving() -> None:
    done = carry(S.NEW, Verb.COMPLETE, next_step_at=NOON + timedelta(hours=1))
    assert done.ticket.next_step_at == NOON + timedelta(days=7)
    assert done.supersede


def test_what_ends_it_takes_waiting_messages_back_and_nothing_else_does() -> None:
    ending = {verb for (state, verb) in ALLOWED if carry(state, verb).supersede}
    assert ending == {Verb.COMPLETE, Verb.APPROVE, Verb.CLOSE}
    for state, verb in ALLOWED:
        if verb in (Verb.APPROVE, Verb.CLOSE):
            assert carry(state, verb).ticket.next_step_at is None


@pytest.mark.parametrize("verb", [Verb.ACKNOWLEDGE, Verb.DISPUTE])
def test_the_clock_runs_on_when_it_is_taken_or_disputed(verb: Verb) -> None:
    later = NOON + timedelta(hours=4)
    assert carry(S.NEW, verb, next_step_at=later).ticket.next_step_at == later


def test_sent_back_it_is_looked_at_again_at_once_as_if_never_done() -> None:
    back = carry(S.COMPLETED, Verb.RETURN, next_step_at=NOON + timedelta(days=7)).ticket
    assert (back.completed_at, back.completed_by, back.completion_text) == (None, None, "")
    assert (back.next_step_at, back.acknowledged_by) == (NOON, YI)


@pytest.mark.parametrize("verb", [Verb.RETURN, Verb.DISPUTE])
@pytest.mark.parametrize("text", ["", " ", "好", " 好 "])
def test_some_moves_need_a_reason(verb: Verb, text: str) -> None:
    state = S.COMPLETED if verb == Verb.RETURN else S.NEW
    assert refused(state, verb, text=text).key == "reason_needed"


def test_an_answer_by_telephone_noted_before_the_ticket_is_refused() -> None:
    noted = Answer(person_id=JIA, at=EARLIER, text="已经改好", via="say:值班员", recorded_at=NOON + timedelta(hours=2))
    with pytest.raises(MoveRefused) as refused:
        check_time(ticket(received_at=NOON), noted)
    assert (refused.value.key, refused.value.params["at"]) == ("before_receipt", NOON)
    check_time(ticket(received_at=EARLIER), noted)
    check_time(ticket(received_at=NOON), replace(noted, recorded_at=None))


def test_an_answer_before_the_ticket_counts_from_the_ticket() -> None:
    one = in_state(S.NEW)
    early = Answer(person_id=JIA, at=one.received_at - timedelta(minutes=3))
    done = move(one, Verb.COMPLETE, early, directory(), policy())
    assert (done.ticket.completed_at, done.journal[0].at) == (one.received_at, one.received_at)


@pytest.mark.parametrize(
    ("state", "verb", "key", "who"),
    [
        (S.ACKNOWLEDGED, Verb.ACKNOWLEDGE, "already_acknowledge", "乙"),
        (S.RETURNED, Verb.ACKNOWLEDGE, "already_acknowledge", "乙"),
        (S.COMPLETED, Verb.ACKNOWLEDGE, "already_complete", "乙"),
        (S.CLOSED, Verb.ACKNOWLEDGE, "already_complete", "乙"),
        (S.COMPLETED, Verb.COMPLETE, "already_complete", "乙"),
        (S.CLOSED, Verb.COMPLETE, "already_complete", "乙"),
    ],
)
def test_a_repeated_answer_says_who_did_it_and_when(state: TicketState, verb: Verb, key: str, who: str) -> None:
    said = refused(state, verb)
    assert (said.key, said.params["who"], said.params["at"]) == (key, who, EARLIER)


@pytest.mark.parametrize(
    ("state", "verb"),
    [(S.VOID, Verb.COMPLETE), (S.NEW, Verb.RETURN), (S.COMPLETED, Verb.DISPUTE), (S.VOID, Verb.CLOSE)],
)
def test_else_the_state_is_named(state: TicketState, verb: Verb) -> None:
    said = refused(state, verb)
    assert (said.key, said.params["state"], said.params["verb"]) == ("wrong_state", state, verb)


def test_the_archive_closes_by_itself() -> None:
    done = archive(in_state(S.COMPLETED), NOON)
    assert (done.ticket.state, done.ticket.closed_at, done.ticket.next_step_at) == (S.CLOSED, NOON, None)
    assert [(one.kind, one.actor) for one in done.journal] == [("closed", "bot")]


def test_a_move_changes_nothing_it_does_not_name() -> None:
    before = in_state(S.NEW)
    after = carry(S.NEW, Verb.ACKNOWLEDGE).ticket
    named = {"state": S.NEW, "holder_id": None, "acknowledged_at": None, "acknowledged_by": None}
    assert replace(after, **named) == before
