"""No stretch of time ever holds more sends than a platform allows, whatever order places are taken in."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.throttle import Rate, Throttle, TooFast
from bot.clock import WoundClock

START = datetime(2021, 8, 23, 2, tzinfo=UTC)


def at_most(moments: list[float], count: int, seconds: float) -> bool:
    """Slow counting: from every send on, how many fall into the stretch."""
    return all(sum(0 <= other - one < seconds - 1e-6 for other in moments) <= count for one in moments)


@given(
    total=st.integers(1, 4),
    each=st.integers(1, 2),
    acts=st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 0.6)), max_size=60),
)
def test_no_stretch_holds_more_than_allowed(total: int, each: int, acts: list[tuple[str, float]]) -> None:
    clock = WoundClock(START)
    throttle = Throttle(clock, [Rate(count=total, seconds=1)], lambda _: [Rate(count=each, seconds=1)], patience=3)
    sent: list[tuple[str, float]] = []
    for address, pause in acts:
        clock.wind(timedelta(seconds=pause))
        try:
            sent.append((address, clock.monotonic() + throttle.reserve(address)))
        except TooFast:
            continue
    assert at_most([moment for _, moment in sent], total, 1)
    for address in "abc":
        assert at_most([moment for who, moment in sent if who == address], each, 1)


def test_the_first_ones_go_at_once_and_the_next_waits_its_turn() -> None:
    throttle = Throttle(WoundClock(START), [Rate(count=2, seconds=1)], lambda _: [], patience=5)
    assert [throttle.reserve(who) for who in "abcde"] == pytest.approx([0, 0, 1, 1, 2])


def test_too_long_a_wait_takes_no_place() -> None:
    clock = WoundClock(START)
    throttle = Throttle(clock, [], lambda _: [Rate(count=1, seconds=60)], patience=2)
    assert throttle.reserve("g") == 0
    for _ in range(3):
        with pytest.raises(TooFast) as far:
            throttle.reserve("g")
        assert far.value.seconds == pytest.approx(60)
    clock.wind(timedelta(seconds=60))
    assert throttle.reserve("g") == 0


def test_a_held_address_holds_back_no_other() -> None:
    clock = WoundClock(START)
    throttle = Throttle(clock, [], lambda _: [], patience=2)
    throttle.hold("a", 30)
    with pytest.raises(TooFast):
        throttle.reserve("a")
    assert throttle.reserve("b") == 0
    clock.wind(timedelta(seconds=30))
    assert throttle.reserve("a") == 0


def test_a_year_of_addresses_is_not_remembered_for_ever() -> None:
    clock = WoundClock(START)
    throttle = Throttle(clock, [], lambda _: [Rate(count=1, seconds=1)], patience=2)
    for number in range(12_000):
        throttle.reserve(str(number))
        clock.wind(timedelta(seconds=0.01))
    assert len(throttle._addresses) <= 5_000
