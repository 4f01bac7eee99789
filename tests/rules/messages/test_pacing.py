"""How messages leave: each pure step by itself, then all of them."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.messages.pacing import ALONE, bundle, drop_doubles, order, pace, still_true, wait_until
from storage.records import Message, MessageKind, TicketState
from tests.cast.values import JIA, NOON, YI, message, ticket
from tests.rules.calendar.oracle import WORKING, beijing, on_clock, policy

EARLIER = NOON - timedelta(hours=8)
MERGEABLE = [kind for kind in MessageKind if kind not in ALONE]


def numbers(messages: object) -> list[int]:
    return [one.id for one in messages]


def waited(number: int, **given: object) -> Message:
    """Put in the night, for the opening."""
    return message(number, created_at=EARLIER, **given)


@pytest.mark.parametrize("state", [one for one in TicketState if one.open])
def test_about_an_open_ticket_it_goes_out(state: TicketState) -> None:
    assert still_true(message(1), ticket(state=state), policy()) == ""


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (TicketState.COMPLETED, "工单已办结"),
        (TicketState.CLOSED, "工单已归档"),
        (TicketState.VOID, "工单已无需整改"),
    ],
)
def test_about_an_ended_ticket_it_does_not(state: TicketState, why: str) -> None:
    assert still_true(message(1), ticket(state=state), policy()) == why


@pytest.mark.parametrize("step", ["take_over", "nobody_took"])
def test_what_asks_who_takes_it_ends_when_somebody_took_it(step: str) -> None:
    asking = message(1, kind=MessageKind.ESCALATION, step=step)
    assert still_true(asking, ticket(), policy()) == ""
    assert still_true(asking, ticket(state=TicketState.ACKNOWLEDGED), policy()) == "已有人签收"


@pytest.mark.parametrize(("step", "why"), [("receipt", "已有人签收"), ("take_over", "已有人签收"), ("last_call", "")])
def test_that_nobody_was_reached_ends_when_somebody_took_it(step: str, why: str) -> None:
    instead = message(1, kind=MessageKind.UNREACHED, step=step)
    assert still_true(instead, ticket(), policy()) == ""
    assert still_true(instead, ticket(state=TicketState.ACKNOWLEDGED), policy()) == why


def test_the_ticket_itself_is_told_even_when_somebody_took_it() -> None:
    first = message(1, kind=MessageKind.ASSIGNED, step="receipt")
    assert still_true(first, ticket(state=TicketState.ACKNOWLEDGED), policy()) == ""


@pytest.mark.parametrize("kind", sorted(ALONE - {MessageKind.REQUEST}))
def test_answers_summaries_and_notices_do_not_depend_on_a_ticket(kind: MessageKind) -> None:
    assert still_true(message(1, kind=kind), ticket(state=TicketState.CLOSED), policy()) == ""


@pytest.mark.parametrize(
    ("now", "opening"),
    [
        ("2021-08-24 08:00", None),
        ("2021-08-24 19:59", None),
        ("2021-08-24 20:00", "2021-08-25 08:00"),
        ("2021-08-24 07:59", "2021-08-24 08:00"),
        ("2021-08-28 10:00", "2021-08-30 08:00"),  # a Saturday
        ("2021-09-18 10:00", None),  # a make-up Saturday
        ("2021-09-30 20:30", "2021-10-08 08:00"),
    ],
)
def test_what_comes_up_outside_the_window_waits_for_the_opening(now: str, opening: str | None) -> None:
    found = wait_until(message(1), False, WORKING, beijing(now))
    assert (on_clock(found) if found else None) == opening


def test_answers_and_the_veto_class_wait_for_nothing() -> None:
    night = beijing("2021-08-28 02:00")
    assert wait_until(message(1, kind=MessageKind.ANSWER), False, WORKING, night) is None
    assert wait_until(message(1), True, WORKING, night) is None
    assert wait_until(message(1, kind=MessageKind.NOTIFICATION), False, WORKING, night) is not None


def test_of_several_about_one_ticket_to_one_person_the_last_stays() -> None:
    kept, dropped = drop_doubles(
        [message(3, step="overdue"), message(1), message(2), message(4, YI), message(5, ticket_id=13)]
    )
    assert numbers(kept) == [3, 4, 5]
    assert [(one.id, why) for one, why in dropped] == [
        (1, "同一工单已有更新的提醒（overdue）"),
        (2, "同一工单已有更新的提醒（overdue）"),
    ]


def test_what_may_have_arrived_gives_way_too() -> None:
    kept, dropped = drop_doubles([message(1, payload="tried"), message(2)])
    assert (numbers(kept), numbers(one for one, _ in dropped)) == ([2], [1])


def test_what_stands_alone_is_never_a_double() -> None:
    alone = [message(number, kind=kind) for number, kind in enumerate(sorted(ALONE), 1)]
    assert drop_doubles([*alone, message(9)]) == ([*alone, message(9)], ())
    free = [message(number, ticket_id=None) for number in (1, 2)]
    assert drop_doubles(free) == (free, ())


@pytest.mark.parametrize(
    ("messages", "bundled"),
    [
        ([message(1)], []),
        ([message(1), message(2, ticket_id=13)], []),
        ([message(1), message(2, ticket_id=13), message(3, ticket_id=14)], [[1, 2, 3]]),
        ([waited(1)], []),
        ([waited(1), waited(2, ticket_id=13)], [[1, 2]]),
        ([waited(1), message(2, ticket_id=13)], []),
        ([message(1), message(2, ticket_id=13), message(3, YI), message(4, YI, ticket_id=13)], []),
        ([message(1), message(2, ticket_id=13), message(3, kind=MessageKind.NOTIFICATION)], []),
        ([message(1), message(2, ticket_id=13), message(3, ticket_id=14, payload="tried")], []),
        ([message(1), message(2, ticket_id=13), message(3, ticket_id=14, urgency=2)], [[3, 1, 2]]),
    ],
)
def test_many_at_once_or_two_that_waited_become_a_digest(messages: list[Message], bundled: list[list[int]]) -> None:
    single, bundles = bundle(messages, digest_from=3)
    assert [numbers(one) for one in bundles] == bundled
    assert sorted([*numbers(single), *(number for many in bundled for number in many)]) == sorted(numbers(messages))


def test_the_urgent_goes_first_then_the_older() -> None:
    assert numbers(order([message(3), message(1), message(2, urgency=2)])) == [2, 1, 3]


messages = st.lists(
    st.builds(
        message,
        st.integers(1, 60),
        st.sampled_from([JIA, YI]),
        kind=st.sampled_from(list(MessageKind)),
        ticket_id=st.sampled_from([None, 12, 13, 14, 15]),
        urgency=st.integers(0, 5),
        payload=st.sampled_from(["", "tried"]),
        created_at=st.sampled_from([NOON, EARLIER]),
    ),
    max_size=25,
    unique_by=lambda one: one.id,
)


@given(messages, st.integers(2, 5))
def test_nothing_is_lost_or_said_twice_on_the_way(found: list[Message], digest_from: int) -> None:
    paced = pace(found, digest_from)
    bundled = [one for many in paced.bundles for one in many]
    out = [*paced.send, *bundled]
    assert sorted(numbers([*out, *(one for one, _ in paced.drop)])) == sorted(numbers(found))
    calling = [one for one in out if one.kind in MERGEABLE and one.kind != MessageKind.UPDATE]
    about = [(one.person_id, one.ticket_id) for one in calling if one.ticket_id is not None]
    assert len(about) == len(set(about))
    assert not any(one.payload or one.kind in ALONE for one in bundled)
    people = [(many[0].person_id, many[0].kind == MessageKind.UPDATE) for many in paced.bundles]
    assert all(len({one.kind == MessageKind.UPDATE for one in many}) == 1 for many in paced.bundles)
    assert len(people) == len(set(people))
    assert numbers(paced.send) == numbers(order(paced.send))


@given(messages)
def test_the_order_they_come_in_makes_no_difference(found: list[Message]) -> None:
    there, back = pace(found, 3), pace(found[::-1], 3)
    assert there.send == back.send
    assert set(map(tuple, map(numbers, there.bundles))) == set(map(tuple, map(numbers, back.bundles)))
    assert sorted(numbers(one for one, _ in there.drop)) == sorted(numbers(one for one, _ in back.drop))
