"""`verify`: prove that nothing was changed afterwards, or name the first thing that does not agree."""

import sys
from typing import Annotated

import typer
from rich.progress import track

from bot.actions.tickets.proof.prover import accept_break
from bot.actions.tickets.proof.retracing import kept_root
from bot.actions.tickets.proof.verifying import SYSTEM, Fault, Verification, count, unswept
from bot.engine import Engine
from handlers.shell.terminal.opening import emit, opened, refuse
from handlers.shell.terminal.operator import operator

app = typer.Typer(add_completion=False)

SHOWN = 20  # more than this nobody reads; --json names them all


@app.command()
def verify(
    since: Annotated[str, typer.Option("--since", help="以前留下的存证号：现在的记录须与它接得上")] = "",
    accept: Annotated[str, typer.Option("--accept", help="恢复备份或更换存证文件后，写明原因，从此继续存证")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """核验全部流水、存证树、存证文件，以及工单、消息和附件与流水是否一致。"""
    with opened(prove=False) as engine, unswept():
        if accept:
            _accept(engine, accept)
        look = Verification(
            context=engine.context, root_file=engine.prover.file, kept=kept_root(since) if since else None
        )
        total, found = count(engine.context), []
        quiet = not sys.stdout.isatty() or as_json
        for fault in track(look.run(), "核验流水", total=total, disable=quiet):
            if fault is not None:
                found.append(fault)
                if as_json:
                    emit(_json(fault))
        for note in look.notes:
            print(f"注意：{note}。", file=sys.stderr)
        if found:
            for one in found[:SHOWN]:
                print(f"{_whose(one)}{one.reason}。", file=sys.stderr)
            raise refuse(f"已核验{look.tickets}件工单，有{len(found)}处被改动或不完整，请用备份核对。")
        _tell(look, as_json=as_json)


def _accept(engine: Engine, why: str) -> None:
    wrong = accept_break(engine.context, engine.prover, why, operator())
    print(
        f"已写明并从此继续存证；先前：{wrong}" if wrong else "存证文件与数据库接得上，没有要确认的。", file=sys.stderr
    )


def _tell(look: Verification, *, as_json: bool) -> None:
    root = look.last.short if look.last else None
    if as_json:
        emit({"tickets": look.tickets, "lines": look.lines, "root": root, "broken": 0})
        return
    typer.echo(f"已核验{look.tickets}件工单的流水，均完整；工单、消息、附件与流水一致，共{look.lines}行。")
    if root:
        typer.echo(f"存证号：{root}")


def _json(fault: Fault) -> dict[str, object]:
    place = {"ticket": fault.number or None, "ticket_id": fault.ticket_id, "seq": fault.seq or None}
    return {**place, "reason": fault.reason}


def _whose(fault: Fault) -> str:
    if fault.ticket_id is None:
        return ""
    if fault.ticket_id == SYSTEM:
        whose = "登记簿与日历的流水"
    elif fault.number:
        whose = f"工单{fault.number}的流水"
    else:
        whose = f"已不存在的工单（内部序号{fault.ticket_id}）的流水"
    return f"{whose}：第{fault.seq}行，"
