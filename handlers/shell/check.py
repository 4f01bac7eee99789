"""`check`: what is missing, in Chinese."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from bot.health import (
    Finding,
    Level,
    channel_findings,
    findings,
    ladder_findings,
    proof_findings,
    together,
    work_findings,
)
from bot.rules.calendar.zone import shanghai_day
from handlers.shell.terminal.opening import emit, opened

app = typer.Typer(add_completion=False)

COLOURS = {Level.RED: "red", Level.YELLOW: "yellow"}


@app.command()
def check(
    every: Annotated[bool, typer.Option("--all", help="逐条列出，同类问题不合并")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，逐条列出")] = False,
) -> None:
    """检查通讯录、日历、渠道和机器人自身有无问题。有红色问题时退出码为1。"""
    with opened() as engine:
        with engine.database.read() as conn:
            directory, calendars = engine.context.directory(conn), engine.context.calendars(conn)
        calendar, policies = calendars.of(None).calendar, engine.context.policies
        ids = {unit.name: unit.id for unit in directory.units.values()}
        hours = {name: calendars.of(ids[name]) for name in policies.unit_hours if name in ids}
        found = findings(directory, calendar, shanghai_day(engine.clock.now()), engine.channels)
        found += ladder_findings(policies, directory, hours)
        found += work_findings(
            engine.database, engine.clock.now(), engine.settings.data_dir, engine.settings.disk_left_mb
        )
        found += asyncio.run(channel_findings(engine.channels))
        engine.prove()
        found += proof_findings(engine.prover.trouble)
        for one in found:
            if as_json:
                emit({"level": one.level, "about": one.about, "kind": one.kind, "sentence": one.sentence})
        if not as_json:
            _show(found, sorted(engine.channels), every)
        if any(one.level == Level.RED for one in found):
            raise typer.Exit(1)


def _show(found: list[Finding], channels: list[str], every: bool) -> None:
    console = Console(highlight=False)
    console.print(f"已启用的渠道：{'、'.join(channels)}")
    told = found if every else together(found)
    for one in told:
        console.print(Text.assemble(("● ", COLOURS[one.level]), one.sentence), soft_wrap=True)
    if len(told) < len(found):
        console.print(f"同类问题已合并，共{len(found)}条；逐条查看请加 --all。")
    if not found:
        console.print("[green]一切就绪。[/]")
