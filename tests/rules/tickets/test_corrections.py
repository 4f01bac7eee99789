"""Who is told that an answer overtook what they heard: by role, by what they heard last, and how long ago."""

from datetime import timedelta

import pytest

from bot.rules.tickets.corrections import Change, cards, corrections, merged_at
from bot.rules.tickets.decision import Scene
from bot.rules.tickets.lifecycle import Answer
from storage.records import (
    Message,
    MessageKind,
    MessageState,
    NotificationKind,
    StepParams,
    TicketNotification,
    TicketState,
)
from tests.cast.values import BING, DING, JIA, NOON, WORKING, YI, beijing, directory, message, policy, ticket

K, S = MessageKind, MessageState
TAKEN = Change(before=ticket(), after=ticket(state=TicketState.ACKNOWLEDGED, acknowledged_at=NOON, acknowledged_by=JIA))
DONE = Change(
    before=ticket(),
    after=ticket(state=TicketState.COMPLETED, acknowledged_at=NOON, completed_at=NOON, completed_by=JIA),
)


def put(
    number: int,
    person: int,
    kind: MessageKind,
    step: str,
    state: MessageState = S.ACCEPTED,
    hours: float = 0,
    of: int = 0,
) -> Message:
    at = NOON - timedelta(hours=hours)
    params = StepParams(round=of)
    return message(number, person, kind=kind, step=step, state=state, created_at=at, not_before=at, params=params)


def told(change: Change, *messages: Message) -> list[int]:
    scene = Scene(policy=policy(), directory=directory(), working=WORKING, now=NOON)
    return [one.person_id for one in corrections(change, messages, Answer(person_id=JIA, at=NOON), scene)]


RECEIPTS = (put(1, JIA, K.ASSIGNED, "receipt", hours=40), put(2, YI, K.ASSIGNED, "receipt", hours=40))


@pytest.mark.parametrize("change", [TAKEN, DONE])
def test_the_other_role_hears_however_long_ago_and_nobody_who_never_heard(change: Change) -> None:
    assert told(change, *RECEIPTS) == [YI]
    assert told(change, RECEIPTS[0]) == []


@pytest.mark.parametrize("state", [S.PENDING, S.LEASED, S.ACCEPTED, S.DELIVERED, S.UNCERTAIN, S.BUNDLED])
def test_what_may_have_gone_out_counts(state: MessageState) -> None:
    assert told(TAKEN, put(1, YI, K.REMINDER, "take_over", state)) == [YI]


@pytest.mark.parametrize("state", [S.FAILED, S.SUPERSEDED])
def test_what_surely_did_not_does_not(state: MessageState) -> None:
    assert told(TAKEN, put(1, YI, K.REMINDER, "take_over", state)) == []


def test_above_the_last_word_counts() -> None:
    nobody_took, at_target = put(3, BING, K.ESCALATION, "nobody_took"), put(4, BING, K.ESCALATION, "target_passed")
    assert told(TAKEN, nobody_took) == [BING]
    assert told(TAKEN, nobody_took, at_target) == []  # that it is not finished stays true
    assert told(DONE, at_target, nobody_took) == [BING]
    assert told(TAKEN, put(5, BING, K.UNREACHED, "receipt")) == [BING]


def test_above_only_what_is_a_day_old_or_less() -> None:
    assert told(DONE, put(3, DING, K.ESCALATION, "target_passed", hours=24)) == [DING]
    assert told(DONE, put(3, DING, K.ESCALATION, "target_passed", hours=24.1)) == []


def test_who_had_it_before_it_was_given_to_others_hears_nothing() -> None:
    moved = Change(before=ticket(reroutes=1), after=DONE.after)
    assert told(moved, put(1, YI, K.ASSIGNED, "receipt", of=1)) == []


def test_nothing_happened_nothing_is_told() -> None:
    same = Change(before=TAKEN.after, after=TAKEN.after)
    assert same.kind is None
    assert told(same, *RECEIPTS) == []


def test_what_happens_in_five_minutes_is_told_together() -> None:
    assert merged_at(beijing("2021-08-24 12:00")) == merged_at(beijing("2021-08-24 12:04"))
    assert merged_at(beijing("2021-08-24 12:04")) == beijing("2021-08-24 12:05")
    night = Scene(policy=policy(), directory=directory(), working=WORKING, now=beijing("2021-08-24 21:00"))
    [draft] = corrections(DONE, RECEIPTS, Answer(person_id=JIA, at=NOON), night)
    assert draft.not_before == beijing("2021-08-25 08:00")
    assert draft.params == TicketNotification(notice=NotificationKind.DONE, who=JIA)


def test_the_last_three_cards_of_each_other_person_follow() -> None:
    many = [put(number, YI, K.REMINDER, "last_call") for number in range(1, 6)]
    more = [
        put(6, JIA, K.ASSIGNED, "receipt"),
        put(7, YI, K.ASSIGNED, "receipt", S.BUNDLED),
        put(8, BING, K.ESCALATION, "x"),
    ]
    assert [one.id for one in cards([*many, *more], JIA)] == [5, 4, 3]
