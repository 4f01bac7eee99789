"""Changing the calendar: a notice handed in by one person and approved by another, and local decisions by name.

Every change is previewed the way it is done: in the same transaction, rolled back.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from bot.actions.calendar.notices import CalendarRefused, Who, act_of, found, note, proposed, same_hand, tell_desk
from bot.actions.calendar.recompute import Recomputed, recompute
from bot.actions.context import Context
from bot.actions.work import Work, begin, read
from bot.rules.calendar.missing import missing
from bot.rules.calendar.zone import shanghai_day
from bot.rules.people.routing import desk
from bot.rules.tickets.moving import CalendarChange
from storage.calendar import calendar as store
from storage.messages import outbox
from storage.records import (
    Act,
    CalendarNotification,
    JournalKind,
    MessageDraft,
    MessageKind,
    NoticeKind,
    NotificationKind,
    Overlay,
    OverlayDraft,
    OverlayKind,
    RevisionStatus,
)
from storage.tickets import tickets

log = logging.getLogger(__name__)

LONGEST_OVERLAY = 62  # days; a longer one is a misprint
FARTHEST = timedelta(days=366)  # of a decision from today, either way


@dataclass(frozen=True, kw_only=True, slots=True)
class AppliedChange:
    """What a change did, or would do."""

    number: int
    what: str  # the document or decision, as people read it
    recomputed: Recomputed


def approve(context: Context, number: int, who: Who, *, trial: bool = False) -> AppliedChange:
    """Put a notice in force and move the open tickets it concerns; a trial changes nothing."""

    def write(work: Work, act: Act) -> tuple[int, str]:
        revision = proposed(work, number, lock=True)
        if who.person_id is None or who.person_id == revision.proposed.person_id:
            raise CalendarRefused(f"第{number}号由{revision.proposed.name}提交，须由通讯录中的另一人批准。")
        if one := same_hand(work, revision, who):
            raise CalendarRefused(f"第{number}号的提交和批准是同一个{one}，须由另一人用自己的账号批准。")
        year, kind = revision.notice.year, revision.notice.kind
        if kind is NoticeKind.AMENDMENT and not work.working().calendar.published(year):
            raise CalendarRefused(f"{year}年的全年安排还没有生效，请先批准全年通知。")
        store.settle(work.conn, number, RevisionStatus.APPROVED, act)
        return number, f"《{revision.notice.document}》"

    return _change(context, "revision", JournalKind.CALENDAR_APPROVED, write, who, trial=trial)


def withdraw(context: Context, number: int, who: Who, *, trial: bool = False) -> AppliedChange:
    """Take a notice out of force that should not have been approved."""

    def write(work: Work, act: Act) -> tuple[int, str]:
        revision = found(work, number, lock=True)
        if revision.status is not RevisionStatus.APPROVED:
            raise CalendarRefused(f"第{number}号没有生效，不能撤销。")
        store.settle(work.conn, number, RevisionStatus.WITHDRAWN, act)
        return number, f"撤销《{revision.notice.document}》"

    return _change(context, "revision", JournalKind.CALENDAR_WITHDRAWN, write, who, trial=trial)


def close(context: Context, draft: OverlayDraft, who: Who, *, trial: bool = False) -> AppliedChange:
    """Take a local decision: days that do not count, or days that count; whole days, by a named person."""
    _sane(draft, shanghai_day(context.now()))

    def write(work: Work, act: Act) -> tuple[int, str]:
        return store.add_overlay(work.conn, draft, act), decision_text(draft)

    return _change(context, "closure", JournalKind.CLOSURE_DECIDED, write, who, trial=trial)


def reopen(context: Context, number: int, who: Who, *, trial: bool = False) -> AppliedChange:
    """Take a local decision back."""

    def write(work: Work, act: Act) -> tuple[int, str]:
        taken: Overlay | None = next((one for one in store.overlays(work.conn) if one.id == number), None)
        if taken is None or taken.withdrawn:
            raise CalendarRefused(f"没有编号为{number}的停工或加班决定，或已撤销。用 calendar list 查看。")
        store.withdraw_overlay(work.conn, number, act)
        return number, f"撤销{decision_text(taken)}"

    return _change(context, "closure", JournalKind.CLOSURE_WITHDRAWN, write, who, trial=trial)


def decision_text(draft: OverlayDraft) -> str:
    """Return a local decision as people read it: "7月10日至12日停工（台风停工）"."""
    first, last = draft.first, draft.last
    end = f"{last.month}月" if last.month != first.month else ""
    days = f"{first.month}月{first.day}日" + (f"至{end}{last.day}日" if last != first else "")
    what = "停工，不计工作日" if draft.kind is OverlayKind.CLOSURE else "上班，计为工作日"
    return f"{first.year}年{days}{what}（{draft.why}）"


Write = Callable[[Work, Act], tuple[int, str]]


def _change(context: Context, family: str, kind: JournalKind, write: Write, who: Who, *, trial: bool) -> AppliedChange:
    with begin(context) as work:
        act = act_of(context, who)
        if not trial:
            store.touch(work.conn)
        before = context.calendars_of(work.conn, store.layers(work.conn))
        number, what = write(work, act)
        after = context.calendars_of(work.conn, store.layers(work.conn))
        cause = CalendarChange(reference=f"{family}:{number}", document=what, actor=who.actor)
        done = recompute(work, before, after, cause, trial=trial)
        if trial:
            work.conn.rollback()
        else:
            _tell(work, kind, cause, done, act, who)
    return AppliedChange(number=number, what=what, recomputed=done)


def _tell(work: Work, kind: JournalKind, cause: CalendarChange, done: Recomputed, act: Act, who: Who) -> None:
    figures = {"moved": len(done.moved), "settled": done.settled, "late": done.late_at_once, "kept": len(done.kept)}
    data: dict[str, object] = {"reference": cause.reference, "what": cause.document, "revision": done.revision}
    note(work, kind, act, who, data | figures)
    params = CalendarNotification(notice=NotificationKind.CALENDAR_CHANGED, what=cause.document, by=act.name, **figures)
    tell_desk(work, f"{cause.reference}:{kind}", params)
    log.info("calendar changed", extra={"action": kind, "reference": cause.reference, **figures})


def _sane(draft: OverlayDraft, today: date) -> None:
    if draft.last < draft.first:
        raise CalendarRefused("结束日期早于开始日期，请改正。")
    if (draft.last - draft.first).days >= LONGEST_OVERLAY:
        raise CalendarRefused(f"一次最多{LONGEST_OVERLAY}天，请核对日期。")
    if abs(draft.first - today) > FARTHEST:
        raise CalendarRefused("日期离今天超过一年，请核对年份。")
    if not draft.why.strip():
        raise CalendarRefused("请写明原因，如“台风停工”。")


def waiting(context: Context) -> int:
    """Return how many open tickets wait for the schedule of an unpublished year."""
    with read(context) as work:
        return tickets.count_waiting(work.conn)


def warn(context: Context) -> int:
    """Tell the desk once a working day which schedule is missed; returns how many messages were put.

    Costs one look at the calendar while nothing is missed, and one more query once everybody was told.
    """
    now = context.now()
    today = shanghai_day(now)
    with read(context) as work:
        working = work.working()
        missed = missing(working.calendar, today)
        if missed is None or working.next_sending(now) != now:
            return 0
        reason = f"calendar:missing:{missed.year}:{today:%Y%m%d}"
        intents = {f"{reason}:p{one}": one for one in desk(work.directory)}
        known = outbox.known_intents(work.conn, intents)
    kind = NotificationKind.CALENDAR_MISSING_URGENT if missed.urgent else NotificationKind.CALENDAR_MISSING
    params = CalendarNotification(notice=kind, year=missed.year)
    drafts = [
        MessageDraft(intent=intent, person_id=one, kind=MessageKind.NOTIFICATION, params=params)
        for intent, one in intents.items()
        if intent not in known
    ]
    if drafts:
        with begin(context) as work:
            outbox.put(work.conn, drafts, now)
    return len(drafts)
