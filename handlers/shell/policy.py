"""`policy`: apply changed policies to open tickets."""

from functools import partial
from typing import Annotated

import typer

from bot.actions.tickets.applying import apply_policies
from handlers.shell.terminal.deciding import decide, deciding

app = typer.Typer(add_completion=False, no_args_is_help=True, help="时限规则。")


@app.callback()
def _group() -> None:
    pass


@app.command("apply")
def apply(
    by: Annotated[str, typer.Option("--by", help="由谁决定：姓名、姓名（单位）或人员编号；缺省为操作员")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="不再询问，直接生效")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """把改过的时限规则用到在办工单上：先列出要改动的，确认后生效；有关人员各收到一次通知。"""
    with deciding(by) as (engine, who):
        decide(engine, partial(apply_policies, engine.context, who), yes=yes, as_json=as_json)
