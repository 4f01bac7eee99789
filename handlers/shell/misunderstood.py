"""`misunderstood`: what people said and nobody understood, masked: the word list grows by it."""

from typing import Annotated

import typer

from bot.actions.messages.misunderstood import aside
from bot.actions.work import read
from handlers.shell.terminal.opening import emit, local, opened

app = typer.Typer(add_completion=False)


@app.command()
def misunderstood(
    limit: Annotated[int, typer.Option(help="最多列多少条", min=1)] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """列出没有听懂的话（号码已遮盖），最近的在前。"""
    with opened() as engine, read(engine.context) as work:
        for words in aside(work, limit):
            if as_json:
                emit({"at": local(words.at), "text": words.text, "reason": words.reason})
            else:
                typer.echo(f"{local(words.at)}  {' '.join(words.text.split())}（{words.reason}）")
