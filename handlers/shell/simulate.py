"""`simulate SCENARIO.toml [--json]`: the real engine on a wound clock, nothing kept."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console

from bot.clock import WoundClock
from bot.engine import open_engine
from bot.simulator import scenario as scenarios
from bot.simulator.play import Play, StageChannel
from bot.simulator.run import Simulation
from handlers.chat.reply import Conversation
from handlers.shell.opening import emit, refusals
from settings import Settings

app = typer.Typer()


@app.command()
def simulate(
    scenario: Annotated[Path, typer.Argument(help="场景文件(TOML)", exists=True, dir_okay=False)],
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """推演一个场景:谁在何时收到什么。不联网,不留数据。"""
    with refusals(), tempfile.TemporaryDirectory(prefix="duban-") as folder:
        read = scenarios.read(scenario)
        simulation, play = _stage(read, scenario, Path(folder))
        try:
            for line in simulation.lines():
                emit(line) if as_json else _show(line)
        finally:
            play.close()


def _stage(scenario: scenarios.Scenario, path: Path, folder: Path) -> tuple[Simulation, Play]:
    clock = WoundClock(scenario.start)
    stage = [
        StageChannel(
            name=channel,
            dead=frozenset(
                f"{channel}:{one.id}" for one in scenario.person if one.channel == channel and not one.reachable
            ),
        )
        for channel in sorted({one.channel for one in scenario.person} | {"inbox"})
    ]
    policies = path.parent / scenario.policy if scenario.policy.endswith(".toml") else None
    settings = Settings(data_dir=folder, database_url=SecretStr("sqlite://"), policies=policies)
    engine = open_engine(settings, clock=clock, channels={one.name: one for one in stage})
    conversation = Conversation(engine.context, engine.wording)

    def hear(person_id: int, text: str, at: Any) -> str:
        event = f"{at.isoformat()}:{person_id}:{text}"
        return conversation.hear(person_id=person_id, text=text, at=at, via="simulator", event_id=event).text

    play = Play(engine, clock, stage, beats=())
    return Simulation(scenario, play, hear), play


def _show(line: dict[str, Any]) -> None:
    console = Console(highlight=False)
    at = str(line.get("at", ""))[:16].replace("T", " ")
    if line["event"] == "message":
        console.print(f"[dim]{at}[/] [cyan]→ {line['to']}[/] [yellow]{line['step'] or line['kind']}[/]")
        console.print(f"    {line['text']}".replace("\n", "\n    "), markup=False)
    elif line["event"] == "reply":
        console.print(f"[dim]{at}[/] [green]← {line['person']}[/] {line['said']}")
        console.print(f"    {line['text']}".replace("\n", "\n    "), markup=False)
    elif line["event"] == "ticket":
        console.print(f"[dim]{at}[/] [bold]{line['ticket']}[/] {line['state']} 应办结 {line['due_day'] or '未定'}")
    elif line["event"] == "closure":
        what = "停工" if line["kind"] == "closure" else "上班"
        moved = "、".join(f"{one['ticket']} {one['from'] or '未定'}→{one['to'] or '未定'}" for one in line["moved"])
        console.print(f"[dim]{at}[/] [magenta]{line['day']}{what}({line['why']})[/] 改动:{moved or '无'}")
    elif line["event"] == "summary":
        for one in line["tickets"]:
            late = f"逾期{one['late_workdays']}个工作日({one['late_days']}个自然日)" if one["late_days"] else "未逾期"
            console.print(f"[bold]合计[/] {one['ticket']} {one['account']} {one['state']} {late}")
    else:
        console.print(f"[dim]{at}[/] {line['event']}")
