"""What to do about a message that did not go out: when to try again, and when to go on to the next way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from storage.records import MessageState

MAX_ATTEMPTS = 5  # on one channel, after which the next way is taken; more of them only in rounds
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
UNCERTAIN_WAIT = timedelta(seconds=90)  # a timed-out send is looked at again after this
RETRY_ROUND = timedelta(minutes=5)  # messages whose ways are all shut for now are tried again in rounds
# Who hears that others cannot be reached is tried that much later in a round: if those heard by then, it is not said.
BEHIND_THEM = timedelta(minutes=1)


class RetryOutcome(StrEnum):
    AGAIN = "again"  # same channel, later
    NEXT_WAY = "next_way"  # the person's next channel, at once
    UNCERTAIN = "uncertain"  # may have arrived; sent once more, marked where the channel cannot tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    outcome: RetryOutcome
    at: datetime | None = None


def decide(
    *,
    permanent: bool,
    uncertain: bool,
    retry_after: timedelta | None,
    attempts: int,
    may_repeat: bool,
    now: datetime,
    unavailable: bool = False,
) -> Retry:
    """Decide after a failed try; `attempts` counts this one.

    `may_repeat` says that one more copy does no harm: the channel removes doubles, or none was sent again yet.
    """
    if permanent or unavailable:
        return Retry(outcome=RetryOutcome.NEXT_WAY)
    if retry_after is not None:
        # A quota is no fault of the way: honour it however often it is told.
        return Retry(outcome=RetryOutcome.AGAIN, at=now + max(retry_after, timedelta(seconds=1)))
    if attempts == MAX_ATTEMPTS or (attempts > MAX_ATTEMPTS and not uncertain):
        return Retry(outcome=RetryOutcome.NEXT_WAY)
    if uncertain:
        again = Retry(outcome=RetryOutcome.UNCERTAIN, at=now + UNCERTAIN_WAIT)
        return again if may_repeat else Retry(outcome=RetryOutcome.NEXT_WAY)
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return Retry(outcome=RetryOutcome.AGAIN, at=now + wait)


def next_round(after: datetime, *, unreached: bool = False) -> datetime:
    """Return the first round after a moment: what waits for one person comes up together, so it can be one message."""
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    start = midnight + ((after - midnight) // RETRY_ROUND + 1) * RETRY_ROUND
    return start + BEHIND_THEM if unreached else start


def missed(state: MessageState, attempts: int) -> bool:
    """Whether a message has reached nobody by any way, for good or so far."""
    return state == MessageState.FAILED or (state == MessageState.PENDING and attempts >= MAX_ATTEMPTS)
