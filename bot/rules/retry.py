"""What to do about a message that did not go out: when to try again, and when to go on to the next way."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

MAX_TRIES = 5  # on one channel, after which the next way is taken
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)
UNCERTAIN_WAIT = timedelta(seconds=90)  # a timed-out send is looked at again after this


class Outcome(StrEnum):
    AGAIN = "again"  # same channel, later
    NEXT_WAY = "next_way"  # the person's next channel, at once
    UNCERTAIN = "uncertain"  # may have arrived; sent once more, marked where the channel cannot tell


@dataclass(frozen=True, kw_only=True, slots=True)
class Retry:
    outcome: Outcome
    at: datetime | None = None


def decide(
    *,
    permanent: bool,
    uncertain: bool,
    retry_after: timedelta | None,
    attempts: int,
    now: datetime,
    unavailable: bool = False,
) -> Retry:
    """Decide after a failed try; `attempts` counts this one."""
    if permanent or unavailable:
        return Retry(outcome=Outcome.NEXT_WAY)
    if retry_after is not None:
        # A quota is no fault of the way: honour it however often it is told.
        return Retry(outcome=Outcome.AGAIN, at=now + max(retry_after, timedelta(seconds=1)))
    if attempts >= MAX_TRIES:
        return Retry(outcome=Outcome.NEXT_WAY)
    if uncertain:
        return Retry(outcome=Outcome.UNCERTAIN, at=now + UNCERTAIN_WAIT)
    wait = min(FIRST_WAIT * 2 ** (attempts - 1), LONGEST_WAIT)
    return Retry(outcome=Outcome.AGAIN, at=now + wait)
