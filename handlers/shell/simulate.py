"""`simulate SCENARIO.toml [--json]`: the real engine on a wound clock, nothing kept."""

import tempfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.text import Text

from bot.channels.inbox import InboxChannel
from bot.clock import WoundClock
from bot.delivery.wording import Wording
from bot.engine import Engine, open_engine
from bot.rules.people.routing import INBOX
from bot.rules.tickets.arrivals import Refusal
from bot.rules.tickets.policies.naming import find_policy
from bot.simulator import scenario as scenarios
from bot.simulator.play import Play, StageChannel
from bot.simulator.run import Answered, Simulation
from handlers.chat.reply import Conversation
from handlers.shell.terminal.opening import emit, input_file, refusals
from handlers.shell.terminal.wrapping import say_wrapped
from settings import Settings
from storage.records import TicketState

app = typer.Typer(add_completion=False)

INDENT = " " * 4
OUTCOMES = {"set_aside": "搁置", "duplicate": "重复"}


@app.command()
def simulate(
    scenario: Annotated[Path, typer.Argument(help="场景文件（TOML）")],
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """推演一个场景：谁在何时收到什么。不联网，不留数据。"""
    with refusals(), tempfile.TemporaryDirectory(prefix="duban-") as folder:
        read = scenarios.read(input_file(scenario))
        simulation, play = _stage(read, scenario, Path(folder))
        try:
            names = {one.id: one.name for one in read.person}
            for line in simulation.lines():
                emit(line) if as_json else _show(line, names, play.engine.wording)
        finally:
            play.close()


def _stage(scenario: scenarios.Scenario, path: Path, folder: Path) -> tuple[Simulation, Play]:
    clock = WoundClock(scenario.start)
    inbox = StageChannel(name=INBOX, abilities=InboxChannel.abilities)
    chats = [StageChannel(name=name) for name in sorted({one.channel for one in scenario.person} - {INBOX})]
    policies = path.parent / scenario.policy if scenario.policy.endswith(".toml") else None
    settings = Settings(data_dir=folder, database_url=SecretStr("sqlite://"), policies=policies)
    engine = open_engine(settings, clock=clock, channels={one.name: one for one in (inbox, *chats)})
    inbox.inner = InboxChannel(engine.database, clock)
    _check_preset(scenario, engine)
    conversation = Conversation(engine.context, engine.wording)

    def hear(person_id: int, text: str, at: datetime) -> Answered:
        event = f"{at.isoformat()}:{person_id}:{text}"
        reply = conversation.hear(person_id=person_id, text=text, at=at, via="simulator", event_id=event)
        return Answered(text=reply.text, buttons=tuple(label for label, _ in reply.buttons))

    play = Play(engine, clock, [inbox, *chats], beats=(engine.brief, engine.weekly))
    return Simulation(scenario, play, hear), play


def _check_preset(scenario: scenarios.Scenario, engine: Engine) -> None:
    """A ticket may name a rule nobody knows, and is set aside as it would be; the scenario's own must exist."""
    found = find_policy(scenario.preset, engine.context.policies.book) if scenario.preset else None
    if isinstance(found, Refusal):
        raise scenarios.ScenarioInvalid(f"policy 有误：{found.reason}")


def _show(line: dict[str, Any], names: Mapping[str, str], wording: Wording) -> None:
    console = Console(highlight=False, soft_wrap=True)
    console.print(Text(str(line.get("at", ""))[:16].replace("T", " "), style="dim"), end=" " if "at" in line else "")
    if line["event"] == "message":
        step = wording(f"message.short_{line['step'] or line['kind']}")
        console.print(Text.assemble((f"→ {names[line['to']]}", "cyan"), " ", (step, "yellow")))
        say_wrapped(console, _with_buttons(line), INDENT)
    elif line["event"] == "reply":
        console.print(Text.assemble((f"← {names[line['person']]}", "green"), " ", line["said"]))
        say_wrapped(console, _with_buttons(line), INDENT)
    else:
        console.print(Text("\n".join(_words(line, names, wording))))


def _with_buttons(line: dict[str, Any]) -> str:
    buttons = " ".join(f"[{label}]" for label in line["buttons"])
    return "\n".join(part for part in (line["text"], buttons) if part)


def _words(line: dict[str, Any], names: Mapping[str, str], wording: Wording) -> Iterator[str]:
    """Say what happened without a message: a ticket, a decision, an absence, the end."""
    event = line["event"]
    if event == "ticket":
        yield f"{line['ticket']} {_state(line, wording)}，应办结 {line['due_day'] or '未定'}"
    elif event == "closure":
        what = "停工" if line["kind"] == "closure" else "上班"
        moved = "、".join(f"{one['ticket']} {one['from'] or '未定'}→{one['to'] or '未定'}" for one in line["moved"])
        yield f"{line['day']}{what}（{line['why']}），改动：{moved or '无'}"
    elif event == "leave":
        yield f"{names[line['person']]}请假，到{line['until'][:16].replace('T', ' ')}"
    elif event == "open":
        yield f"{names[line['person']]}打开网页收件箱，看到{line['items']}条新消息"
    elif event == "down":
        yield f"机器人停机，到{line['until'][:16].replace('T', ' ')}"
    elif event == "summary":
        for one in line["tickets"]:
            yield f"合计 {one['ticket']} {one['account']} {_state(one, wording)}，{_late(one)}"
            if one["idle_steps"]:
                yield f"{INDENT}这时收到，轮不到的催办：{'、'.join(one['idle_steps'])}"
    else:
        yield f"{line['ticket']} {OUTCOMES[event]}：{line['reason']}"


def _state(line: dict[str, Any], wording: Wording) -> str:
    return wording.state(TicketState(line["state"]))


def _late(one: dict[str, Any]) -> str:
    if one["late_days"]:
        return f"逾期{one['late_workdays']}个工作日（{one['late_days']}个自然日）"
    return "当日逾期" if one["overdue"] else "未逾期"
