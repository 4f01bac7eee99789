"""Asia/Shanghai, in which days begin and end, and the way there and back."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def shanghai(moment: datetime) -> datetime:
    """Return the moment as read in Asia/Shanghai; a naive one is refused with ValueError."""
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime refused: {moment.isoformat()}")
    return moment.astimezone(SHANGHAI)


def shanghai_day(moment: date) -> date:
    """Return the day in Asia/Shanghai; a plain date stays, a naive datetime is refused with ValueError."""
    return shanghai(moment).date() if isinstance(moment, datetime) else moment


def at(day: date, clock: time) -> datetime:
    """Return the aware UTC moment at which the clock in Asia/Shanghai shows that time of that day."""
    return datetime.combine(day, clock, SHANGHAI).astimezone(UTC)
