"""What to do about a message that did not go out."""

from datetime import timedelta

import pytest

from bot.rules.messages.retry import (
    LONGEST_WAIT,
    MAX_ATTEMPTS,
    RETRY_ROUND,
    UNCERTAIN_WAIT,
    Retry,
    RetryOutcome,
    decide,
    missed,
    next_round,
)
from storage.records import MessageState
from tests.cast.values import NOON

MINUTE = timedelta(minutes=1)


def after(
    attempts: int = 1,
    *,
    permanent: bool = False,
    uncertain: bool = False,
    retry_after: timedelta | None = None,
    may_repeat: bool = True,
) -> Retry:
    return decide(
        permanent=permanent,
        uncertain=uncertain,
        retry_after=retry_after,
        attempts=attempts,
        may_repeat=may_repeat,
        now=NOON,
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(1, 15), (2, 30), (3, 60), (4, 120)])
def test_a_failure_for_now_is_tried_again_more_and_more_seldom(attempts: int, seconds: int) -> None:
    assert after(attempts) == Retry(outcome=RetryOutcome.AGAIN, at=NOON + timedelta(seconds=seconds))


def test_after_the_last_try_the_next_way_is_taken() -> None:
    assert after(MAX_ATTEMPTS) == Retry(outcome=RetryOutcome.NEXT_WAY)
    assert after(MAX_ATTEMPTS, uncertain=True) == Retry(outcome=RetryOutcome.NEXT_WAY)


def test_no_wait_is_longer_than_the_longest() -> None:
    waits = [after(attempts).at for attempts in range(1, MAX_ATTEMPTS)]
    assert all(at is not None and at - NOON <= LONGEST_WAIT for at in waits)


@pytest.mark.parametrize("attempts", [1, MAX_ATTEMPTS])
@pytest.mark.parametrize("uncertain", [False, True])
def test_refused_for_good_takes_the_next_way_at_once(attempts: int, uncertain: bool) -> None:
    refused = after(attempts, permanent=True, uncertain=uncertain, retry_after=MINUTE)
    assert refused == Retry(outcome=RetryOutcome.NEXT_WAY)


@pytest.mark.parametrize("attempts", [1, MAX_ATTEMPTS, 100])
def test_a_quota_is_honoured_however_often(attempts: int) -> None:
    assert after(attempts, retry_after=MINUTE) == Retry(outcome=RetryOutcome.AGAIN, at=NOON + MINUTE)


@pytest.mark.parametrize("told", [timedelta(0), timedelta(seconds=-5)])
def test_a_quota_of_nothing_still_waits_a_second(told: timedelta) -> None:
    assert after(retry_after=told).at == NOON + timedelta(seconds=1)


def test_uncertain_is_looked_at_again_unless_a_copy_more_would_do_harm() -> None:
    assert after(uncertain=True) == Retry(outcome=RetryOutcome.UNCERTAIN, at=NOON + UNCERTAIN_WAIT)
    assert after(uncertain=True, may_repeat=False) == Retry(outcome=RetryOutcome.NEXT_WAY)


@pytest.mark.parametrize("attempts", [MAX_ATTEMPTS + 1, 50])
def test_in_rounds_each_way_gets_one_try(attempts: int) -> None:
    assert after(attempts) == Retry(outcome=RetryOutcome.NEXT_WAY)


@pytest.mark.parametrize("seconds", [0, 1, 299, 300])
def test_rounds_come_up_for_all_at_the_same_moments(seconds: int) -> None:
    moment = NOON + timedelta(seconds=seconds)
    following = next_round(moment)
    assert timedelta(0) < following - moment <= RETRY_ROUND
    assert following == next_round(following - timedelta(seconds=1))


@pytest.mark.parametrize(
    ("state", "attempts", "expected"),
    [
        (MessageState.FAILED, 1, True),
        (MessageState.PENDING, MAX_ATTEMPTS, True),
        (MessageState.PENDING, MAX_ATTEMPTS - 1, False),
        (MessageState.ACCEPTED, MAX_ATTEMPTS, False),
        (MessageState.UNCERTAIN, MAX_ATTEMPTS, False),
    ],
)
def test_who_was_tried_in_vain_so_far_is_missed_like_who_is_lost(
    state: MessageState, attempts: int, expected: bool
) -> None:
    assert missed(state, attempts) is expected
