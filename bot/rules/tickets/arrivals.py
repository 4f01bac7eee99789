"""A ticket as it arrives, by whichever way: its words, and what is refused before anybody acts on it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rules.calendar.zone import shanghai
from bot.rules.messages.showing import visible
from storage.records import number_key

CLOCK_SKEW = timedelta(minutes=5)
OLDEST = timedelta(days=3653)  # ten years: older ones are mistyped, or belong to the archive
# Widths of the columns they go to; the long texts only have to stay readable.
MAX_LENGTHS = {
    "number": ("工单编号", 128),
    "platform": ("平台", 64),
    "account_name": ("账号名称", 200),
    "problem": ("存在问题", 20_000),
    "problem_class": ("问题类型", 64),
    "severity": ("问题级别", 32),
    "suggestion": ("推荐修改", 20_000),
    "url": ("链接", 4_000),
    "policy": ("时限规则", 64),
}
_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True, slots=True)
class TicketInput:
    """A ticket read from what a source sent."""

    number: str  # the source's own number: opaque text, never parsed
    account_name: str
    received_at: datetime
    platform: str = ""  # empty: the source does not say
    problem: str = ""
    problem_class: str = ""
    severity: str = ""
    suggestion: str = ""
    url: str = ""
    policy: str | None = None  # None: the default one
    fixed_at: datetime | None = None  # the moment as written, for policies that have one
    issued_at: datetime | None = None  # by the platform, where the source tells it apart from the receipt
    time_assumed: bool = False  # the source gave a day only; 00:00 was taken


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a row is set aside: a Chinese sentence that names the fix."""

    reason: str


def check(ticket: TicketInput, now: datetime) -> Refusal | None:
    """Return why a ticket cannot be taken, or None when it can; a naive time raises ValueError."""
    if ticket.received_at.tzinfo is None:
        raise ValueError("naive datetime refused")
    if not ticket.number:
        return Refusal(reason="没有工单编号，请补上")
    if not ticket.account_name:
        return Refusal(reason="没有账号名称，请补上")
    for field, (title, longest) in MAX_LENGTHS.items():
        if len(getattr(ticket, field) or "") > longest:
            return Refusal(reason=f"“{title}”超过{longest}字，请缩短")
    # Compatibility characters grow when they are unfolded for comparison.
    if len(number_key(ticket.number)) > MAX_LENGTHS["number"][1]:
        return Refusal(reason="工单编号里有特殊字符，请改用普通数字和字母")
    return _check_time(ticket.received_at, now) or _check_issue(ticket)


def event_id(source: str, raw: Mapping[str, str]) -> str:
    """Return the identity of a raw row: the same row of the same source, the same id."""
    return hashlib.sha256(f"{source}\n{_CANONICAL.encode(raw)}".encode()).hexdigest()


def clean(text: str) -> str:
    """The text without control signs and invisible characters, and without space at its ends."""
    return visible(text).strip()


def _check_time(received_at: datetime, now: datetime) -> Refusal | None:
    if received_at > now + CLOCK_SKEW:
        return Refusal(reason=f"收到时间 {_shown(received_at)} 在将来，请核对")
    if received_at < now - OLDEST:
        return Refusal(reason=f"收到时间 {_shown(received_at)} 已过去十年以上，请核对年份")
    return None


def _check_issue(ticket: TicketInput) -> Refusal | None:
    issued, received = ticket.issued_at, ticket.received_at
    if issued is None:
        return None
    if issued.tzinfo is None:
        raise ValueError("naive datetime refused")
    if issued < received - OLDEST:
        return Refusal(reason=f"下发时间 {_shown(issued)} 比收到时间早十年以上，请核对年份")
    # Where only the day of receipt is known, any time of that day is no contradiction.
    latest = received + timedelta(days=1) if ticket.time_assumed else received + CLOCK_SKEW
    return (
        Refusal(reason=f"下发时间 {_shown(issued)} 晚于收到时间 {_shown(received)}，请核对")
        if issued > latest
        else None
    )


def _shown(moment: datetime) -> str:
    return shanghai(moment).strftime("%Y-%m-%d %H:%M")
