"""`calendar …`: the year as a picture, notices in and approved, local closures, and what is missing."""

import re
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.actions.calendar import calendar as acts
from bot.actions.calendar import notices
from bot.actions.calendar.opinions import opinions
from bot.engine import Engine
from bot.health import Level, calendar_findings, governed_findings, opinion_findings
from bot.rules.calendar.workdays import CalendarNotPublished, GovChina
from bot.rules.calendar.zone import shanghai_day
from bot.rules.tickets.arrivals import Refusal
from handlers.intake.moments import read_moment
from handlers.shell.check import COLOURS
from handlers.shell.terminal.asking import known
from handlers.shell.terminal.calendar_picture import show_year
from handlers.shell.terminal.calendar_words import (
    examined_json,
    overlay_json,
    revision_json,
    show_examined,
    show_listing,
)
from handlers.shell.terminal.deciding import decide, deciding, scope
from handlers.shell.terminal.lines import emit, refuse
from handlers.shell.terminal.opening import input_file, opened
from handlers.shell.terminal.usage import program
from storage.records import OverlayDraft, OverlayKind, RevisionStatus

app = typer.Typer(add_completion=False, no_args_is_help=True, help="工作日历：查看、导入通知、停工与检查")

BIGGEST = 1_000_000  # bytes of a notice
ALL = ("全市", "全部", "all")
By = Annotated[str, typer.Option("--by", help="谁办理：姓名、姓名（单位）或人员编号")]
Json = Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")]
Yes = Annotated[bool, typer.Option("--yes", help="不再询问，直接生效")]


@app.command()
def show(
    year: Annotated[int, typer.Argument(help="年份")],
    unit: Annotated[str, typer.Option("--unit", help="单位名称：计入该单位的停工和加班")] = "",
    as_json: Json = False,
) -> None:
    """查看一年：每天是否上班、依据哪份文件。"""
    calendar = known().working(unit).calendar
    if not calendar.published(year):
        raise refuse(str(CalendarNotPublished(year)))
    if as_json:
        _emit_days(calendar, year)
    else:
        show_year(Console(highlight=False), calendar, year)


@app.command("import")
def import_notice(
    file: Annotated[Path, typer.Argument(help="通知的文本（.txt）或表（.json）")],
    by: Annotated[str, typer.Option("--by", help="谁提交：姓名、姓名（单位）或人员编号")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看读出了什么，不存入")] = False,
    as_json: Json = False,
) -> None:
    """导入国务院办公厅的放假通知：显示读出的内容、与现行安排的不同和各项检查；存为待批准。"""
    with deciding(by) as (engine, who):
        text = _text(input_file(file))
        examined = notices.examine(engine.context, text)
        if not as_json:
            show_examined(Console(highlight=False), examined)
        if not examined.usable:
            if as_json:
                emit(examined_json(examined) | {"number": None})
            raise refuse("通知有明显不符之处（✗），未存入。请核对文件后重新导入。")
        number = None if dry_run else notices.propose(engine.context, text, examined, who)
        if as_json:
            emit(examined_json(examined) | {"number": number})
        elif number is not None:
            typer.echo(f"\n已存为第{number}号，待另一人批准后生效：{program()} calendar approve {number} --by 姓名")


@app.command()
def approve(
    number: Annotated[int, typer.Argument(help="通知的编号")], by: By, yes: Yes = False, as_json: Json = False
) -> None:
    """由另一人批准通知：先列出要改动的在办工单，确认后生效。"""
    with deciding(by) as (engine, who):
        act = partial(acts.approve, engine.context, number, who)
        show = partial(show_examined, examined=notices.examine_again(engine.context, number))
        decide(engine, act, yes=yes, as_json=as_json, introduce=show)


@app.command("refuse")
def refuse_notice(
    number: Annotated[int, typer.Argument(help="通知的编号")], by: By, yes: Yes = False, as_json: Json = False
) -> None:
    """退回待批准的通知；已生效的通知则撤销，先列出要改动的在办工单。"""
    with deciding(by) as (engine, who):
        in_force = {one.number for one in notices.listing(engine.context)[0] if one.status is RevisionStatus.APPROVED}
        if number in in_force:
            decide(engine, partial(acts.withdraw, engine.context, number, who), yes=yes, as_json=as_json)
            return
        refused = notices.refuse(engine.context, number, who)
        if as_json:
            emit({"event": "refused", "number": number, "document": refused.notice.source})
        else:
            typer.echo(f"已退回第{number}号《{refused.notice.document}》，日历不变。")


@app.command()
def closure(
    first: Annotated[str, typer.Argument(metavar="[FROM]", help="开始日期，如 2026-07-10")] = "",
    last: Annotated[str, typer.Argument(metavar="[TO]", help="结束日期（含）；缺省为同一天")] = "",
    units: Annotated[
        list[str] | None, typer.Option("--units", help="单位名称，可多个，含下级；“全市”为所有单位")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="原因，如 台风停工")] = "",
    document: Annotated[str, typer.Option("--document", help="依据的文件")] = "",
    by: Annotated[str, typer.Option("--by", help="谁决定：姓名、姓名（单位）或人员编号")] = "",
    kind: Annotated[str, typer.Option("--kind", help="closure 停工 / extra_work 上班")] = "closure",
    withdraw: Annotated[int, typer.Option("--withdraw", help="撤销编号为此的决定", min=0)] = 0,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """停工（整天不计工作日）或加班（计为工作日）:由具名的人决定，先列出要改动的在办工单，确认后生效。"""
    if not by:
        raise refuse("请用 --by 写明由谁决定。")
    with deciding(by) as (engine, who):
        if withdraw:
            decide(engine, partial(acts.reopen, engine.context, withdraw, who), yes=yes, as_json=as_json)
            return
        draft = _draft(engine, first, last, units, why=why, document=document, kind=kind)
        decide(engine, partial(acts.close, engine.context, draft, who), yes=yes, as_json=as_json)


@app.command("list")
def list_all(as_json: Json = False) -> None:
    """列出导入过的通知，以及停工、加班的决定。"""
    with opened() as engine:
        revisions, overlays = notices.listing(engine.context)
        with engine.database.read() as conn:
            directory = engine.context.directory(conn)
        if not as_json:
            show_listing(Console(highlight=False), revisions, overlays, directory)
            return
        for line in [*map(revision_json, revisions), *(overlay_json(overlay, directory) for overlay in overlays)]:
            emit(line)


@app.command()
def check(as_json: Json = False) -> None:
    """检查日历：缺哪一年、有什么待批准、与其他日历是否一致。有红色问题时退出码为1。"""
    with opened() as engine:
        context, today = engine.context, shanghai_day(engine.clock.now())
        with engine.database.read() as conn:
            directory, calendar = context.directory(conn), context.working(conn).calendar
        found = [
            *calendar_findings(calendar, today),
            *governed_findings(
                notices.listing(context)[0], context.policies.unit_hours, directory, acts.waiting(context)
            ),
            *opinion_findings(calendar, range(today.year - 1, calendar.last_year + 1), opinions()),
        ]
    for one in found:
        if as_json:
            emit({"level": one.level, "about": one.about, "sentence": one.sentence})
        else:
            Console(highlight=False).print(f"[{COLOURS[one.level]}]●[/] {one.sentence}")
    if not as_json:
        typer.echo(f"已有{calendar.first_year}年至{calendar.last_year}年的安排（日历 {calendar.revision}）。")
    if any(one.level == Level.RED for one in found):
        raise typer.Exit(1)


def _draft(
    engine: Engine, first: str, last: str, units: list[str] | None, *, why: str, document: str, kind: str
) -> OverlayDraft:
    if kind not in tuple(OverlayKind):
        raise refuse("--kind 应为 closure（停工）或 extra_work（上班）。")
    if not first:
        raise refuse("请写明开始日期，如 calendar closure 2026-07-10 --units 全市 --why 台风停工 --by 姓名。")
    if not units:
        raise refuse("请用 --units 写明单位；所有单位请写 --units 全市。")
    return OverlayDraft(
        kind=OverlayKind(kind),
        first=_day(first),
        last=_day(last or first),
        units=scope(engine, _listed(units), ALL),
        why=why.strip(),
        document=document.strip(),
    )


def _emit_days(calendar: GovChina, year: int) -> None:
    day = date(year, 1, 1)
    while day.year == year:
        info = calendar.day(day)
        emit(
            {
                "date": day.isoformat(),
                "working": info.working,
                "kind": str(info.kind),
                "name": info.name,
                "source": info.source,
            }
        )
        day += timedelta(1)


def _text(file: Path) -> str:
    raw = file.read_bytes()
    if len(raw) > BIGGEST:
        raise refuse("文件超过1MB，不像放假通知，请只存入通知的文字。")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise refuse("文件的编码读不懂，请存为 UTF-8 的文本文件。")


def _day(text: str) -> date:
    found = read_moment(text)
    if isinstance(found, Refusal):
        raise refuse(f"日期“{text}”读不懂，请写成 2026-07-10 这样。")
    return shanghai_day(found.at)


def _listed(units: list[str]) -> list[str]:
    return [one.strip() for part in units for one in re.split("[,\uff0c、;\uff1b]", part) if one.strip()]
