"""`bind PERSON CHANNEL ADDRESS`: the operator's act, recorded."""

from typing import Annotated

import typer

from bot.actions.binding import bind as bind_address
from bot.actions.binding import new_code
from handlers.shell.opening import opened, refuse
from handlers.shell.people import find_person

app = typer.Typer()


@app.command()
def bind(
    person: Annotated[str, typer.Argument(help="姓名、姓名(单位)或人员编号")],
    channel: Annotated[str, typer.Argument(help="渠道:telegram、wecom、wechat、mail、inbox、console 等")] = "",
    address: Annotated[str, typer.Argument(help="该渠道上的地址")] = "",
) -> None:
    """登记某人的渠道地址(同一渠道的旧地址随即作废);不写渠道和地址时,生成一次性绑定码。"""
    with opened() as engine:
        if not address:
            with engine.database.read() as conn:
                someone = find_person(engine.context.directory(conn), person)
            typer.echo(f"{someone.name}的绑定码:{new_code(engine.context, someone.id)}(3天内有效,只能用一次)")
            return
        if channel not in engine.channels:
            raise refuse(f"渠道“{channel}”没有启用,已启用:{'、'.join(sorted(engine.channels))}。")
        with engine.database.read() as conn:
            someone = find_person(engine.context.directory(conn), person)
        replaced = bind_address(engine.context, someone.id, channel, address)
        typer.echo(f"已绑定:{someone.name} → {channel}。" + ("原地址已作废。" if replaced else ""))
