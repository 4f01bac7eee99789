"""`say PERSON TEXT`: an answer that came by telephone, recorded as given on the person's behalf."""

import secrets
from typing import Annotated

import typer

from bot.rules.messages.showing import visible
from bot.rules.tickets.arrivals import CLOCK_SKEW
from handlers.chat.reply import Conversation
from handlers.shell.terminal.opening import emit, opened, read_moment, refuse
from handlers.shell.terminal.operator import operator
from handlers.shell.terminal.people import find_person

app = typer.Typer(add_completion=False)


@app.command()
def say(
    person: Annotated[str, typer.Argument(help="姓名、姓名（单位）或人员编号")],
    text: Annotated[str, typer.Argument(help="答复内容，如：办结 FJ-20210823-01 已整改")],
    at: Annotated[str, typer.Option("--at", help="本人答复的时间，缺省为现在")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """代某人答复工单（如电话答复）,如实记录是代为登记。"""
    with opened() as engine:
        with engine.database.read() as conn:
            someone = find_person(engine.context.directory(conn), person)
        try:
            moment = read_moment(at) if at else engine.clock.now()
        except ValueError:
            raise refuse(f"时间“{at}”读不懂，请写成 2021-09-02 16:00。") from None
        if moment > engine.clock.now() + CLOCK_SKEW:
            raise refuse(f"答复时间“{at}”在将来，请核对。")
        reply = Conversation(engine.context, engine.wording).hear(
            person_id=someone.id,
            text=text,
            at=moment,
            via="say",
            event_id=secrets.token_hex(8),
            on_behalf_of=operator(),
        )
        if as_json:
            emit({"person": someone.name, "ticket_id": reply.ticket_id, "text": reply.text})
        else:
            typer.echo(visible(reply.text))
