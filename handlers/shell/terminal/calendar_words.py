"""What the calendar commands show: a notice as understood, and what a change does to open tickets."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.actions.calendar.calendar import AppliedChange
from bot.actions.calendar.notices import Examined
from bot.delivery.wording import Wording
from bot.rules.calendar.notice_check import days_text, working_days
from bot.rules.tickets.moving import MovedDeadline
from handlers.shell.terminal.calendar_picture import show_year
from handlers.shell.terminal.lines import local
from storage.records import Act, Directory, NoticeKind, Overlay, OverlayKind, Revision, RevisionStatus

LONGEST_LIST = 200
KINDS = {NoticeKind.YEAR: "全年安排", NoticeKind.AMENDMENT: "调整"}
STATUSES = {
    RevisionStatus.PROPOSED: "待批准",
    RevisionStatus.APPROVED: "已生效",
    RevisionStatus.REFUSED: "已退回",
    RevisionStatus.WITHDRAWN: "已撤销",
}
OVERLAYS = {OverlayKind.CLOSURE: "停工", OverlayKind.EXTRA_WORK: "上班"}


def examined_json(examined: Examined) -> dict[str, Any]:
    """Return what was understood of a notice, its doubts and the days it changes."""
    notice = examined.understood.notice
    return {
        "document": notice.document,
        "notice": notice.number,
        "issued": notice.issued.isoformat() if notice.issued else None,
        "year": notice.year,
        "kind": str(notice.kind),
        "off": {day.isoformat(): name for day, name in sorted(notice.off.items())},
        "work": {day.isoformat(): name for day, name in sorted(notice.work.items())},
        "not_counted": list(examined.understood.advice),
        "checks": [{"grave": doubt.grave, "sentence": doubt.sentence} for doubt in examined.doubts],
        "usable": examined.usable,
        "working_days": working_days(examined.after, notice.year) if examined.after.published(notice.year) else None,
        "changes": [
            {
                "date": change.day.isoformat(),
                "before": str(change.before.kind) if change.before else None,
                "after": str(change.after.kind),
                "name": change.after.name,
            }
            for change in examined.changes
        ],
    }


def show_examined(console: Console, examined: Examined) -> None:
    """Print what was understood, the year as a picture, the differences and the doubts."""
    notice = examined.understood.notice
    number, issued = f"（{notice.number}）" if notice.number else "", f"，{notice.issued}印发" if notice.issued else ""
    console.print(f"[bold]{notice.document}[/]{number}{issued}", highlight=False)
    console.print(f"读出{notice.year}年{KINDS[notice.kind]}：放假{len(notice.off)}天，调休上班{len(notice.work)}天。")
    for item in examined.understood.items:
        work = f"；{days_text(item.work)}上班" if item.work else ""
        console.print(f"  {item.name}：{days_text(item.off) or '无'}{'放假' if item.off else ''}{work}", markup=False)
    for sentence in examined.understood.advice:
        console.print(f"  不计入（只是建议）：{sentence}", markup=False, style="dim")
    console.print()
    if examined.after.published(notice.year):
        show_year(console, examined.after, notice.year, {change.day for change in examined.changes})
        console.print()
    for line in _differences(examined):
        console.print(line, markup=False)
    for doubt in examined.doubts:
        console.print(f"{'✗' if doubt.grave else '!'} {doubt.sentence}", style="red" if doubt.grave else "yellow")
    if not examined.doubts:
        console.print("✓ 各项检查均通过。", style="green")


def changed_json(changed: AppliedChange, directory: Directory, *, applied: bool) -> Iterator[dict[str, Any]]:
    """Return a line for each ticket that moves, and a summary."""
    done = changed.recomputed
    for one in done.moved:
        yield {
            "event": "moved",
            "ticket": one.before.number,
            "account": one.before.account_name,
            "unit": _unit(one, directory),
            "old_due_day": one.before.due_day.isoformat() if one.before.due_day else None,
            "new_due_day": one.after.due_day.isoformat() if one.after.due_day else None,
            "old_due_at": local(one.before.due_at),
            "new_due_at": local(one.after.due_at),
            "late_at_once": one.late_at_once,
            "no_longer_late": one.no_longer_late,
            "told": _names(one.told, directory),
        }
    for kept in done.kept:
        day = kept.due_day.isoformat() if kept.due_day else None
        yield {"event": "kept", "ticket": kept.number, "account": kept.account_name, "due_day": day}
    yield {
        "event": "summary",
        "number": changed.number,
        "what": changed.what,
        "applied": applied,
        "looked_at": done.looked_at,
        "moved": len(done.moved),
        "settled": done.settled,
        "late_at_once": done.late_at_once,
        "kept": len(done.kept),
        "people": len(done.people),
        "calendar_revision": done.revision,
    }


def show_changed(console: Console, changed: AppliedChange, directory: Directory, wording: Wording) -> None:
    """Print which open tickets move, from when to when, and who hears of it."""
    done = changed.recomputed
    console.print(f"[bold]{changed.what}[/]", highlight=False)
    if done.moved:
        table = _table("工单", "账号", "单位", "原时限", "新时限", "告知", "")
        for one in done.moved[:LONGEST_LIST]:
            late = "改后已过时限" if one.late_at_once else "不再逾期" if one.no_longer_late else ""
            row = (one.before.number, one.before.account_name, _unit(one, directory))
            names = "、".join(_names(one.told, directory)) or "—"
            table.add_row(*row, wording.due(one.before), wording.due(one.after), names, late)
        console.print(table)
    if len(done.moved) > LONGEST_LIST:
        console.print(f"另有{len(done.moved) - LONGEST_LIST}件未列出。")
    if done.kept:
        console.print(
            f"时限由人工定过、不改动：{'、'.join(one.number for one in done.kept[:LONGEST_LIST])}", markup=False
        )
    console.print(
        f"在办工单改动时限{len(done.moved)}件，其中待定转为确定{done.settled}件、改后已过时限{done.late_at_once}件；"
        f"告知{len(done.people)}人。已办结的工单不受影响。"
    )


def revision_json(revision: Revision) -> dict[str, Any]:
    """Return a notice of the list."""
    return {
        "event": "notice",
        "number": revision.number,
        "status": str(revision.status),
        "year": revision.notice.year,
        "kind": str(revision.notice.kind),
        "document": revision.notice.source,
        **_act("proposed", revision.proposed),
        **_act("settled", revision.settled),
        **_act("withdrawn", revision.withdrawn),
    }


def overlay_json(overlay: Overlay, directory: Directory) -> dict[str, Any]:
    """Return a local decision of the list."""
    return {
        "event": str(overlay.kind),
        "number": overlay.id,
        "from": overlay.first.isoformat(),
        "to": overlay.last.isoformat(),
        "units": scope_names(overlay, directory),
        "why": overlay.why,
        "document": overlay.document,
        **_act("decided", overlay.decided),
        **_act("withdrawn", overlay.withdrawn),
    }


def show_listing(console: Console, revisions: list[Revision], overlays: list[Overlay], directory: Directory) -> None:
    """Print every notice and every local decision."""
    if not revisions and not overlays:
        console.print("还没有导入过通知，也没有停工或加班的决定；现用随附的放假安排。")
    if revisions:
        table = _table("编号", "状态", "年份", "通知", "提交", "批准或退回", "撤销")
        for revision in revisions:
            acts = [_done(act) for act in (revision.proposed, revision.settled, revision.withdrawn)]
            table.add_row(
                str(revision.number),
                STATUSES[revision.status],
                str(revision.notice.year),
                revision.notice.source,
                *acts,
            )
        console.print(table)
    if overlays:
        table = _table("编号", "种类", "日期", "单位", "原因", "文件", "决定", "撤销")
        for two in overlays:
            days = f"{two.first}" if two.first == two.last else f"{two.first}至{two.last}"
            units = "、".join(scope_names(two, directory))
            acts = [_done(two.decided), _done(two.withdrawn)]
            table.add_row(str(two.id), OVERLAYS[two.kind], days, units, two.why, two.document, *acts)
        console.print(table)


def scope_names(overlay: Overlay, directory: Directory) -> list[str]:
    """Return the names of the units a decision is for."""
    if overlay.units is None:
        return ["全市"]
    return [directory.units[unit].name for unit in sorted(overlay.units) if unit in directory.units]


def _differences(examined: Examined) -> Iterator[str]:
    notice, changes = examined.understood.notice, examined.changes
    new = [change.day for change in changes if change.before is None]
    if new:
        yield f"{notice.year}年原来没有安排；导入后全年{working_days(examined.after, notice.year)}个工作日。"
    turned = [change for change in changes if change.before is not None]
    off = [one.day for one in turned if not one.after.working]
    work = [one.day for one in turned if one.after.working]
    parts = ((off, "由上班改为放假"), (work, "由放假改为上班"))
    if off or work:
        yield "与现行安排相比：" + "".join(f"{days_text(days)}{how};" for days, how in parts if days)
    if not changes:
        yield "与现行安排没有不同。"


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in headings:
        # Nothing of a document or a time limit is cut off where the terminal is narrow.
        table.add_column(heading, overflow="fold")
    return table


def _unit(moved_deadline: MovedDeadline, directory: Directory) -> str:
    unit = directory.units.get(moved_deadline.before.unit_id or 0)
    return unit.name if unit else ""


def _names(people: tuple[int, ...], directory: Directory) -> list[str]:
    return [directory.people[person].name for person in people if person in directory.people]


def _act(prefix: str, act: Act | None) -> dict[str, Any]:
    return {f"{prefix}_by": act.name if act else None, f"{prefix}_at": local(act.at) if act else None}


def _done(act: Act | None) -> str:
    return f"{act.name} {_day(act)}" if act else ""


def _day(act: Act) -> date:
    shown = local(act.at)
    return date.fromisoformat(shown[:10]) if shown else act.at.date()
