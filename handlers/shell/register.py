"""`register import FILE`: units, people, accounts, duties and supervisors from a workbook."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from bot.actions.people.register import Count, RegisterReport, import_register, preview_register
from bot.actions.tickets.matching import rematch
from handlers.intake.register_file import read_register
from handlers.shell.terminal.opening import emit, input_file, opened
from handlers.shell.terminal.operator import operator

app = typer.Typer(add_completion=False, no_args_is_help=True, help="登记簿：单位、人员、账号")

KINDS = {"units": "单位", "people": "人员", "accounts": "账号"}


@app.callback()
def _root() -> None:
    pass


@app.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(help="登记簿文件（.xlsx），含“单位”“人员”“账号”三张表")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会发生什么，不写入")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """导入登记簿。有错的行不导入并说明原因，其余照常导入；重复导入不会重复登记。"""
    with opened() as engine:
        roster = read_register(input_file(file))
        if dry_run:
            report = preview_register(engine.context, engine.sealer, roster)
        else:
            report = import_register(engine.context, engine.sealer, roster, operator())
        matched = 0 if dry_run else rematch(engine.context)
        if as_json:
            _emit(report, matched)
        else:
            _show(report, matched, dry_run)
        if report.refused:
            raise typer.Exit(1)


def _show(report: RegisterReport, matched: int, dry_run: bool) -> None:
    for note in (*report.refused, *report.warnings):
        print(note, file=sys.stderr)
    console = Console(highlight=False, soft_wrap=True)
    console.print("试运行，未写入：" if dry_run else "导入完成：")
    for name, word in KINDS.items():
        count: Count = getattr(report, name)
        console.print(f"  {word}：新增{count.new}，更新{count.changed}，未变{count.unchanged}")
    if report.refused:
        console.print(f"  [red]有{len(report.refused)}行没有导入，原因见上。[/]")
    if report.reassigned:
        became = "将换人办理" if dry_run else "已换人办理"
        console.print(f"  有{report.reassigned}件未办结的工单{became}。")
    if matched:
        console.print(f"  有{matched}件此前未识别账号的工单已转给经办人员。")


def _emit(report: RegisterReport, matched: int) -> None:
    for note in report.refused:
        emit({"refused": str(note), **asdict(note)})
    for note in report.warnings:
        emit({"warning": str(note), **asdict(note)})
    counts = {name: getattr(report, name) for name in KINDS}
    summary = {
        name: {"new": one.new, "changed": one.changed, "unchanged": one.unchanged} for name, one in counts.items()
    }
    moved = {"matched_tickets": matched, "reassigned_tickets": report.reassigned}
    emit({**summary, "refused": len(report.refused), **moved})
