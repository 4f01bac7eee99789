"""Notices of the State Council on their way in: read, examined, handed in, refused."""

from dataclasses import dataclass

from bot.actions.calendar.opinions import opinions
from bot.actions.context import Context
from bot.actions.work import Work, begin, read
from bot.rules.calendar.notice import Understood, read_notice
from bot.rules.calendar.notice_check import Change, Doubt, changes, check
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import shanghai_day
from bot.rules.people.routing import desk
from storage.calendar import calendar as store
from storage.calendar.schedules import layered, revision_of
from storage.messages import outbox
from storage.people import addresses
from storage.records import (
    Act,
    CalendarNotification,
    JournalDraft,
    JournalKind,
    MessageDraft,
    MessageKind,
    NotificationKind,
    Overlay,
    Revision,
    RevisionStatus,
)
from storage.tickets import journal

RAW_LIMIT = 200_000


class CalendarRefused(Exception):
    """A change of the calendar cannot be made; the Chinese sentence says why and what to do."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Who:
    """Whoever acts: a person of the register, or a name alone (operator, somebody outside)."""

    person_id: int | None
    name: str
    recorded_by: str = ""  # the operator at the keyboard

    @property
    def actor(self) -> str:
        """As journals name them."""
        return f"person:{self.person_id}" if self.person_id is not None else "operator"


@dataclass(frozen=True, kw_only=True, slots=True)
class Examined:
    """A notice as it would count: what is doubtful, what it changes."""

    understood: Understood
    doubts: tuple[Doubt, ...]
    changes: tuple[Change, ...]
    before: GovChina
    after: GovChina

    @property
    def usable(self) -> bool:
        """Whether nothing grave speaks against it."""
        return not any(doubt.grave for doubt in self.doubts)


def examine(context: Context, text: str) -> Examined:
    """Read a notice and say what it would change; NoticeRefused where it cannot be read."""
    with read(context) as work:
        in_force = store.in_force(work.conn)
    before = _national(in_force)
    known = {day: name for year in before.years for day, name in before.get_calendar_holidays(year)}
    return _examined(context, read_notice(text, known), in_force, before)


def examine_again(context: Context, number: int) -> Examined:
    """Say once more what a notice that waits for approval would change."""
    with read(context) as work:
        in_force, notice = store.in_force(work.conn), proposed(work, number).notice
    return _examined(context, Understood(notice=notice, items=()), in_force, _national(in_force))


def listing(context: Context) -> tuple[list[Revision], list[Overlay]]:
    """Return every notice and every local decision ever handed in, by number."""
    with read(context) as work:
        return store.revisions(work.conn), store.overlays(work.conn)


def propose(context: Context, text: str, examined: Examined, who: Who) -> int:
    """Keep a notice for a second person to approve, tell the desk, and return its number."""
    if not examined.usable:
        raise CalendarRefused("通知有明显不符之处，未存入。请核对后重新导入。")
    notice = examined.understood.notice
    with begin(context) as work:
        act = act_of(context, who)
        for one in store.revisions(work.conn):
            if one.status is RevisionStatus.PROPOSED and one.notice == notice:
                raise CalendarRefused(f"同样的通知已在待批准之列，编号{one.number}，不必重复导入。")
        number = store.propose(work.conn, notice, text[:RAW_LIMIT], act)
        data = {"revision": number, "document": notice.source, "year": notice.year, "days_off": len(notice.off)}
        note(work, JournalKind.CALENDAR_PROPOSED, act, who, data | {"makeup_days": len(notice.work)})
        params = CalendarNotification(
            notice=NotificationKind.CALENDAR_PROPOSED, what=notice.document, by=act.name, number=number
        )
        tell_desk(work, f"revision:{number}:proposed", params, but=who.person_id)
    return number


def refuse(context: Context, number: int, who: Who) -> Revision:
    """Refuse a notice that waits for approval."""
    with begin(context) as work:
        revision, act = proposed(work, number, lock=True), act_of(context, who)
        store.settle(work.conn, number, RevisionStatus.REFUSED, act)
        note(work, JournalKind.CALENDAR_REFUSED, act, who, {"revision": number, "document": revision.notice.source})
    return revision


def tell_desk(work: Work, reason: str, params: CalendarNotification, but: int | None = None) -> None:
    """Put a notice to everybody at the desk, or all but one, once for that reason."""
    now = work.now
    not_before = work.working().next_sending(now)
    drafts = [
        MessageDraft(
            intent=f"calendar:{reason}:p{person_id}",
            person_id=person_id,
            kind=MessageKind.NOTIFICATION,
            not_before=not_before,
            params=params,
        )
        for person_id in desk(work.directory)
        if person_id != but
    ]
    outbox.put(work.conn, drafts, now)


def note(work: Work, kind: JournalKind, act: Act, who: Who, data: dict[str, object]) -> None:
    """Write an act on the calendar into the journal of the house."""
    data = {**data, "by": act.name} | ({"recorded_by": who.recorded_by} if who.recorded_by else {})
    journal.write_system(work.conn, [JournalDraft(kind=kind, at=act.at, actor=who.actor, data=data)])


def same_hand(work: Work, revision: Revision, who: Who) -> str:
    """Say in Chinese in what the person who handed a notice in is the one who acts now; empty for two people."""
    numbers = addresses.phone_indexes(work.conn)
    first = numbers.get(revision.proposed.person_id or 0)
    if first and first == numbers.get(who.person_id or 0):
        return "人（手机号相同）"
    lines = journal.of_kind(work.conn, [journal.SYSTEM], JournalKind.CALENDAR_PROPOSED)
    at = next((one.data for one in lines if one.data.get("revision") == revision.number), {})
    return f"系统账号{who.recorded_by}" if who.recorded_by and at.get("recorded_by") == who.recorded_by else ""


def act_of(context: Context, who: Who) -> Act:
    """Return who acts, now."""
    return Act(name=who.name, at=context.now(), person_id=who.person_id)


def found(work: Work, number: int, *, lock: bool = False) -> Revision:
    """Return a revision; CalendarRefused where there is none."""
    revision = store.revision(work.conn, number, lock=lock)
    if revision is None:
        raise CalendarRefused(f"没有编号为{number}的通知。用 calendar list 查看。")
    return revision


def proposed(work: Work, number: int, *, lock: bool = False) -> Revision:
    """Return a revision that waits for approval; CalendarRefused where it does not."""
    revision = found(work, number, lock=lock)
    if revision.status is not RevisionStatus.PROPOSED:
        words = {
            RevisionStatus.APPROVED: "已批准",
            RevisionStatus.REFUSED: "已退回",
            RevisionStatus.WITHDRAWN: "已撤销",
        }
        settled = revision.withdrawn or revision.settled
        raise CalendarRefused(
            f"第{number}号{words[revision.status]}（{settled.name if settled else ''}），不能再处理。"
        )
    return revision


def _examined(context: Context, understood: Understood, in_force: list[Revision], before: GovChina) -> Examined:
    act = Act(name="", at=context.now())
    tried = Revision(
        number=max((one.number for one in in_force), default=0) + 1,
        status=RevisionStatus.APPROVED,
        notice=understood.notice,
        raw="",
        proposed=act,
        settled=act,
    )
    after = _national([*in_force, tried])
    return Examined(
        understood=understood,
        doubts=check(understood, before, after, shanghai_day(context.now()), opinions()),
        changes=changes(understood.notice, before, after),
        before=before,
        after=after,
    )


def _national(revisions: list[Revision]) -> GovChina:
    schedules = layered(revisions)
    return GovChina(schedules, revision_of(schedules, "tried"))
