"""`verify`: prove that no journal was changed afterwards, or name the first broken line."""

import sys
from typing import Annotated

import typer
from rich.progress import track

from bot.actions.proof import broken_chains, count
from handlers.shell.opening import emit, opened, refuse

app = typer.Typer()


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
                    emit({"ticket": ticket_id, "seq": broken.seq, "reason": broken.reason})
        if found:
            first = found[0]
            raise refuse(
                f"有{len(found)}件工单的流水不完整;最先:工单序号{first.ticket_id}第{first.seq}行,{first.reason}。"
            )
        if as_json:
            emit({"tickets": total, "broken": 0})
        else:
            typer.echo(f"已核验{total}件工单的流水,均完整。")
