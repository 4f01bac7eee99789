"""Steps that can never have their turn, held against a slow and obvious search through the receipts of whole years."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.calendar.deadline import compute
from bot.rules.tickets.policies.firing import fires, most_hours, never_fires
from storage.records import Audience, JudgingLine, MessageKind, MomentKind, Policy, Step, TimeUnit
from tests.rules.calendar.oracle import POLICIES, WORKING, beijing, policy

M = MomentKind


def step(moment: MomentKind, amount: float = 0, *, while_new: bool = False) -> Step:
    return Step(
        name="x", kind=MessageKind.REMINDER, to=(Audience.PRIMARY,), moment=moment, amount=amount, while_new=while_new
    )


def a_policy(unit: TimeUnit, amount: float, judged: JudgingLine, *, any_hour: bool) -> Policy:
    return replace(policy(), unit=unit, amount=amount, judged=judged, any_hour=any_hour, steps=())


@cache
def receipts() -> tuple[datetime, ...]:
    """The years 2023 and 2025 by hours a prime number of minutes apart, and every clock edge on the way."""
    moments = []
    for year in (2023, 2025):
        moment, end = beijing(f"{year}-01-01 00:00"), beijing(f"{year + 1}-01-01 00:00")
        while moment < end:
            moments.append(moment)
            moment += timedelta(minutes=97)
    return tuple(moments)


def fires_somewhere(one: Step, its: Policy) -> bool:
    return any(fires(one, its, compute(its, received, WORKING), WORKING) for received in receipts())


@pytest.mark.parametrize("name", POLICIES.by_name)
def test_every_step_that_is_shipped_has_its_turn(name: str) -> None:
    its = policy(name)
    assert [one.name for one in its.steps if never_fires(one, its, WORKING)] == []
    if its.unit is not TimeUnit.FIXED:
        assert [one.name for one in its.steps if not fires_somewhere(one, its)] == []


@pytest.mark.parametrize(
    ("name", "one", "never"),
    [
        ("monitor_1wd", step(M.BEFORE_TARGET_WORKING_HOURS, 14), False),  # received before opening
        ("monitor_1wd", step(M.BEFORE_TARGET_WORKING_HOURS, 14.01), True),
        ("monitor_1wd", step(M.BEFORE_HOLIDAY), True),
        ("monitor_1wd", step(M.AFTER_RECEIPT_HOURS, 200), False),  # over the longest holiday
        ("monitor_1wd", step(M.AFTER_RECEIPT_HOURS, 300), True),
        ("monitor_1wd", step(M.AFTER_RECEIPT_DAYS, 0), False),  # received before opening
        ("monitor_1wd", step(M.WORKING_MORNINGS_AFTER_OVERDUE, 1), False),
        ("monitor_1wd", step(M.WORKING_MORNINGS_AFTER_OVERDUE, 1, while_new=True), True),
        ("monitor_1wd", step(M.AT_DUE, while_new=True), False),
        ("veto_now", step(M.AFTER_RECEIPT_WORKING_HOURS, 2), False),
        ("veto_now", step(M.AFTER_RECEIPT_WORKING_HOURS, 2.5), True),
        ("veto_now", step(M.AFTER_RECEIPT_WORKING_HOURS, 8, while_new=True), True),
        ("veto_now", step(M.BEFORE_TARGET_HOURS, 2), False),
        ("veto_now", step(M.BEFORE_TARGET_HOURS, 2.5), True),
        ("veto_now", step(M.BEFORE_HOLIDAY), True),
        ("stale_account", step(M.AFTER_RECEIPT_DAYS, 14), False),
        ("stale_account", step(M.AFTER_RECEIPT_DAYS, 15), True),
        ("hotline", step(M.BEFORE_TARGET_WORKING_HOURS, 7), False),
        ("hotline", step(M.BEFORE_TARGET_WORKING_HOURS, 7.5), True),
        ("notice_report", step(M.BEFORE_TARGET_WORKING_HOURS, 500), False),  # as the notice has it
        ("notice_report", step(M.WORKING_MORNINGS_AFTER_OVERDUE, 1, while_new=True), True),
    ],
)
def test_some_can_never_have_it(name: str, one: Step, never: bool) -> None:
    assert never_fires(one, policy(name), WORKING) is never


DAYS, HOURS = (TimeUnit.WORKING_DAYS, TimeUnit.CALENDAR_DAYS), (TimeUnit.WORKING_HOURS, TimeUnit.CALENDAR_HOURS)
BY_DAYS = st.builds(
    a_policy,
    st.sampled_from(DAYS),
    st.integers(1, 8),
    st.sampled_from([JudgingLine.END_OF_DAY, JudgingLine.CLOSE_OF_BUSINESS, JudgingLine.SAME_TIME]),
    any_hour=st.booleans(),
)
BY_HOURS = st.builds(
    a_policy,
    st.sampled_from(HOURS),
    st.integers(1, 60).map(float),
    st.just(JudgingLine.EXACT),
    any_hour=st.booleans(),
)
STEPS = st.builds(
    step,
    st.sampled_from(
        [
            *(M.BEFORE_TARGET_WORKING_HOURS, M.BEFORE_TARGET_HOURS, M.AFTER_RECEIPT_WORKING_HOURS),
            *(M.AFTER_RECEIPT_HOURS, M.AFTER_RECEIPT_DAYS, M.BEFORE_HOLIDAY, M.WORKING_MORNINGS_AFTER_OVERDUE),
        ]
    ),
    st.integers(0, 12).map(lambda number: number * number * 1.5 // 1),
    while_new=st.booleans(),
)


@settings(max_examples=20, deadline=None)
@given(BY_DAYS | BY_HOURS, STEPS)
def test_what_is_refused_has_its_turn_for_no_receipt_of_a_year(its: Policy, one: Step) -> None:
    """The other way round holds up to the last minutes before an edge, which no grid meets."""
    never = never_fires(one, its, WORKING)
    if never:
        assert not fires_somewhere(one, its)
    elif not fires_somewhere(one, its):
        most = most_hours(one, its, WORKING)
        assert most is None or one.amount <= most
