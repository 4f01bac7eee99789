"""`verify`: prove that no journal was changed afterwards, or name the first broken line."""

import sys
from typing import Annotated

import typer
from rich.progress import track

from bot.actions.tickets.proof import SYSTEM, Broken, broken_chains, count, number_of
from bot.engine import Engine
from handlers.shell.terminal.opening import emit, opened, refuse

app = typer.Typer(add_completion=False)

SHOWN = 20  # more than this nobody reads; --json names them all


@app.command()
def verify(as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False) -> None:
    """核验全部工单的流水未被改动。"""
    with opened() as engine:
        total, found = count(engine.context), []
        for ticket_id, broken in track(
            broken_chains(engine.context), "核验流水", total=total, disable=not sys.stdout.isatty() or as_json
        ):
            if broken is not None:
                found.append(broken)
                if as_json:
                    number = number_of(engine.context, ticket_id)
                    line = {"ticket": number or None, "ticket_id": ticket_id}
                    emit({**line, "seq": broken.seq, "reason": broken.reason})
        if found:
            for one in found[:SHOWN]:
                print(f"{_whose(engine, one)}：第{one.seq}行，{one.reason}。", file=sys.stderr)
            raise refuse(f"已核验{total}件工单，有{len(found)}处流水被改动或不完整，请用备份核对。")
        if as_json:
            emit({"tickets": total, "broken": 0})
        else:
            typer.echo(f"已核验{total}件工单的流水，均完整。")


def _whose(engine: Engine, broken: Broken) -> str:
    if broken.ticket_id == SYSTEM:
        return "登记簿与日历的流水"
    number = number_of(engine.context, broken.ticket_id)
    return f"工单{number}的流水" if number else f"已不存在的工单（内部序号{broken.ticket_id}）的流水"
