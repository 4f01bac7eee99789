"""`check`: what is missing, in Chinese."""

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from bot.health import Finding, Level, channel_findings, findings
from bot.rules.zone import shanghai_day
from handlers.shell.opening import emit, opened

app = typer.Typer()

COLOURS = {Level.RED: "red", Level.YELLOW: "yellow"}


@app.command()
def check(as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False) -> None:
    """检查通讯录、日历和渠道还缺什么。有红色问题时退出码为1。"""
    with opened() as engine:
        with engine.database.read() as conn:
            directory, calendar = engine.context.directory(conn), engine.context.working(conn).calendar
        found = findings(directory, calendar, shanghai_day(engine.clock.now()))
        found += asyncio.run(channel_findings(engine.channels))
        for one in found:
            if as_json:
                emit({"level": one.level, "about": one.about, "sentence": one.sentence})
        if not as_json:
            _show(found, sorted(engine.channels))
        if any(one.level == Level.RED for one in found):
            raise typer.Exit(1)


def _show(found: list[Finding], channels: list[str]) -> None:
    console = Console(highlight=False)
    console.print(f"已启用的渠道:{'、'.join(channels)}")
    for one in found:
        console.print(f"[{COLOURS[one.level]}]●[/] {one.sentence}")
    if not found:
        console.print("[green]一切就绪。[/]")
