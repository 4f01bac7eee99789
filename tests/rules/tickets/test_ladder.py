"""Ladders: when every rung is due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.deadline import compute
from bot.rules.tickets.ladder import plan
from storage.records import Audience, JudgingLine, MessageKind, MomentKind, Policy, Step, TimeUnit
from tests.rules.calendar.oracle import POLICIES, WORKING, beijing, on_clock, policy


def planned(name: str, received: str) -> dict[str, str]:
    one = policy(name)
    found = plan(one, compute(one, beijing(received), WORKING), WORKING)
    return {rung.name: on_clock(rung.at) for rung in found}


def without_repeats(found: dict[str, str]) -> dict[str, str]:
    return {name: at for name, at in found.items() if not name.startswith("still_overdue")}


def test_the_case_of_2021():
    assert without_repeats(planned("monitor_1wd", "2021-08-23 10:00")) == {
        "receipt": "2021-08-23 10:00",
        "take_over": "2021-08-23 12:00",
        "nobody_took": "2021-08-24 09:00",
        "last_call": "2021-08-24 16:00",
        "target_passed": "2021-08-24 18:00",
        "leader_at_target": "2021-08-24 18:00",
        "overdue": "2021-08-25 00:00",
        "slip_blue": "2021-08-26 08:00",
        "slip_orange": "2021-08-27 08:00",
        "slip_red": "2021-08-30 08:00",
    }
    assert on_clock(WORKING.next_sending(beijing("2021-08-25 00:00"))) == "2021-08-25 08:00"


def test_after_it_is_overdue_every_second_working_day_until_the_twentieth():
    found = {name: at for name, at in planned("monitor_1wd", "2021-08-23 10:00").items() if "still" in name}
    assert list(found) == ["still_overdue", *(f"still_overdue.{time}" for time in range(1, 10))]
    # Overdue is told on the 25th; two working days later, and so on over the make-up Saturday of 18 September.
    assert list(found.values())[:3] == ["2021-08-27 08:00", "2021-08-31 08:00", "2021-09-02 08:00"]
    assert list(found.values())[-1] == "2021-09-23 08:00"


def test_over_a_holiday_with_makeup_days():
    found = planned("monitor_1wd", "2021-09-30 16:00")
    assert found["take_over"] == "2021-09-30 18:00"
    assert found["nobody_took"] == "2021-10-08 10:30"
    assert found["last_call"] == "2021-10-08 15:30"
    assert found["overdue"] == "2021-10-09 00:00"
    assert found["slip_blue"] == "2021-10-11 08:00"  # told on make-up Saturday the 9th


def test_the_veto_class_runs_through_night_and_holiday():
    assert without_repeats(planned("veto_now", "2021-09-30 23:30")) == {
        "receipt": "2021-09-30 23:30",
        "take_over": "2021-09-30 23:45",
        "nobody_took": "2021-10-01 00:00",
        "halfway": "2021-10-01 00:30",
        "last_call": "2021-10-01 01:00",
        "overdue": "2021-10-01 01:30",
        "slip_red": "2021-10-08 08:00",
    }


def test_a_stale_account_is_warned_before_the_holiday():
    assert without_repeats(planned("stale_account", "2021-09-20 12:00")) == {
        "day_10": "2021-09-30 08:00",
        "before_holiday": "2021-09-30 08:00",
        "day_12": "2021-10-02 08:00",
        "day_13": "2021-10-03 08:00",
        "overdue": "2021-10-05 00:00",
        "slip_blue": "2021-10-09 08:00",  # told on Friday the 8th, the 9th is a make-up Saturday
    }
    assert "before_holiday" not in planned("stale_account", "2021-08-02 12:00")


def test_what_cannot_be_known_yet_is_left_out():
    assert planned("monitor_1wd", "2026-12-31 10:00") == {
        "receipt": "2026-12-31 10:00",
        "take_over": "2026-12-31 12:00",
    }
    assert planned("monitor_1wd", "2026-12-31 17:00") == {"receipt": "2026-12-31 17:00"}
    assert list(planned("monitor_1wd", "2026-12-30 10:00"))[-1] == "overdue"


def test_a_rung_before_the_receipt_moves_to_it():
    found = planned("hotline", "2021-08-23 17:30")
    assert found["last_call"] == found["receipt"] == "2021-08-23 17:30"
    assert found["target_passed"] == "2021-08-23 18:00"


MOMENTS = [
    (MomentKind.AT_RECEIPT, 0, "2021-08-23 10:00"),
    (MomentKind.AFTER_RECEIPT_WORKING_HOURS, 2.5, "2021-08-23 15:30"),
    (MomentKind.AFTER_RECEIPT_HOURS, 2.5, "2021-08-23 12:30"),
    (MomentKind.AFTER_RECEIPT_DAYS, 1, "2021-08-24 08:00"),
    (MomentKind.SHARE_OF_WORKING_TIME, 0.5, "2021-08-24 09:00"),
    (MomentKind.SHARE_OF_TIME, 0.5, "2021-08-24 02:00"),
    (MomentKind.BEFORE_TARGET_WORKING_HOURS, 3.5, "2021-08-24 11:30"),
    (MomentKind.BEFORE_TARGET_HOURS, 3.5, "2021-08-24 14:30"),
    (MomentKind.AT_TARGET, 0, "2021-08-24 18:00"),
    (MomentKind.AT_DUE, 0, "2021-08-25 00:00"),
    (MomentKind.WORKING_MORNINGS_AFTER_OVERDUE, 4, "2021-08-31 08:00"),
    (MomentKind.BEFORE_HOLIDAY, 0, None),  # the due day is worked
]


@pytest.mark.parametrize(("moment", "amount", "expected"), MOMENTS)
def test_every_kind_of_moment(moment: MomentKind, amount: float, expected: str | None):
    step = Step(name="one", kind=MessageKind.REMINDER, to=(Audience.DESK,), moment=moment, amount=amount)
    one = Policy(
        name="own", title="试", unit=TimeUnit.WORKING_DAYS, amount=1, judged=JudgingLine.END_OF_DAY, steps=(step,)
    )
    found = plan(one, compute(one, beijing("2021-08-23 10:00"), WORKING), WORKING)
    assert [on_clock(rung.at) for rung in found] == ([expected] if expected else [])


def test_every_kind_of_moment_is_covered():
    assert {moment for moment, _, _ in MOMENTS} == set(MomentKind)


@given(
    received=st.datetimes(datetime(2018, 1, 1), datetime(2026, 9, 30), timezones=st.just(UTC)),
    name=st.sampled_from(sorted(POLICIES.by_name)),
)
def test_rungs_come_in_time_order_and_never_before_the_receipt(received: datetime, name: str):
    one = policy(name)
    deadline = compute(one, received, WORKING, fixed_at=received + timedelta(days=9))
    rungs = plan(one, deadline, WORKING)
    times = [rung.at for rung in rungs]
    assert times == sorted(times)
    assert all(received <= moment and moment.tzinfo is UTC for moment in times)
    assert {"overdue"} <= {rung.name for rung in rungs}
    assert len({rung.name for rung in rungs}) == len(rungs)
