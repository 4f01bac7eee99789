"""`bind PERSON CHANNEL ADDRESS`: the operator's act, recorded; `bind --wecom`: members found by their numbers."""

import asyncio
from typing import Annotated

import typer

from bot.actions.messages import updates
from bot.actions.people import binding
from bot.channels.base import MemberLookup, Particular, SendFailed
from bot.engine import Engine
from handlers.chat.asking import AskOutcome, ask_members
from handlers.shell.terminal import usage
from handlers.shell.terminal.opening import opened, refuse
from handlers.shell.terminal.operator import operator
from handlers.shell.terminal.people import find_person
from storage.records import AnswerTo, Person

app = typer.Typer(add_completion=False)

FOUND_BY_NUMBER = "wecom"
WORDS = {
    AskOutcome.SENT: "已请本人确认",
    AskOutcome.NOBODY: "企业微信里没有这个手机号",
    AskOutcome.TAKEN: "该成员已绑定给别人，请核对手机号",
}
TELL = ("telegram", "wecom", "wechat")  # where somebody can be told that they were bound


@app.command()
def bind(
    person: Annotated[str, typer.Argument(help="姓名、姓名（单位）或人员编号")] = "",
    channel: Annotated[str, typer.Argument(help="渠道:telegram、wecom、wechat、mail、inbox、console 等")] = "",
    address: Annotated[str, typer.Argument(help="该渠道上的地址")] = "",
    wecom: Annotated[bool, typer.Option("--wecom", help="按登记簿里的手机号找企业微信成员，请他们确认")] = False,
) -> None:
    """登记某人的渠道地址（同一渠道的旧地址随即作废）;不写渠道和地址时，生成一次性绑定码。"""
    with opened() as engine:
        if wecom:
            asyncio.run(_ask_all(engine))
            return
        if not person:
            start = f"{usage.program()} bind"
            raise refuse(f"请写明给谁绑定，如：{start} 张三；按手机号找企业微信成员请用：{start} --wecom。")
        with engine.database.read() as conn:
            someone = find_person(engine.context.directory(conn), person)
        if not address:
            code = binding.new_code(engine.context, someone.id, operator())
            typer.echo(f"{someone.name}的绑定码：{code}（3天内有效，只能用一次）")
            return
        if channel not in engine.channels:
            raise refuse(f"渠道“{channel}”没有启用，已启用：{'、'.join(sorted(engine.channels))}。")
        way: object = engine.channels[channel]
        if fault := way.fault_of(address) if isinstance(way, Particular) else "":
            raise refuse(f"{fault}，没有绑定。")
        before = updates.speaker(engine.context, channel, address, "").person
        replaced = binding.bind(engine.context, someone.id, channel, address, operator())
        _tell(engine, someone, channel, address)
        typer.echo(f"已绑定：{someone.name} → {channel}。" + ("原地址已作废。" if replaced else ""))
        if before and before.id != someone.id:
            typer.echo(f"这个地址原由{before.name}使用，{before.name}在 {channel} 上已没有地址，请核对。")


def _tell(engine: Engine, someone: Person, channel: str, address: str) -> None:
    """Tell the new address: whoever is wrongly bound there can say so."""
    if channel in TELL:
        to = AnswerTo(channel=channel, address=address)
        at = engine.clock.now().isoformat()
        text = engine.wording("chat.bound", name=someone.name)
        updates.say_directly(engine.context, f"bound:{channel}:p{someone.id}:{at}"[:128], to, text, someone.id)


async def _ask_all(engine: Engine) -> None:
    way: object = engine.channels.get(FOUND_BY_NUMBER)
    if not isinstance(way, MemberLookup):
        raise refuse("企业微信没有启用，请先填好 DUBAN_WECOM__…。")
    counts = dict.fromkeys(AskOutcome, 0)
    try:
        async for person, unit, outcome in ask_members(engine, FOUND_BY_NUMBER, way):
            counts[outcome] += 1
            typer.echo(f"{person.name}（{unit}）：{WORDS[outcome]}。")
    except SendFailed as failure:
        raise refuse(f"没有查完：{failure.reason}。已查{sum(counts.values())}人，可稍后再运行。") from None
    finally:
        await engine.channels[FOUND_BY_NUMBER].close()
    told = "，".join(f"{WORDS[one]}{count}人" for one, count in counts.items() if count)
    typer.echo(f"合计：{told}。" if told else "没有要查的人：都已绑定、没有登记手机号，或7天内已请其确认。")
