"""`report weekly [--week 2021-W35] [--out DIR]`: the weekly overdue summary as text and spreadsheet."""

from pathlib import Path
from typing import Annotated

import typer

from bot.actions.reports import weekly as weekly_action
from bot.actions.tickets.proof.prover import latest
from bot.engine import Engine
from bot.reports.weekly import text
from bot.reports.weekly_workbook import workbook
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.zone import shanghai_day
from bot.rules.messages.showing import visible
from handlers.shell.terminal.opening import opened, refuse

app = typer.Typer(add_completion=False, no_args_is_help=True, help="周报等报表")


@app.callback()
def _root() -> None:
    pass


@app.command()
def weekly(
    week: Annotated[str, typer.Option(help="哪一周，如 2021-W35；缺省为上一周")] = "",
    out: Annotated[Path, typer.Option(help="文件存放处")] = Path("out"),
) -> None:
    """逾期周报：文字显示在屏幕上，表格存成 .xlsx。"""
    with opened() as engine:
        try:
            wanted = Week.parse(week) if week else Week.of(shanghai_day(engine.clock.now())).previous()
            words, paths = write_weekly(engine, wanted, out)
        except ValueError as error:
            raise refuse(str(error)) from None
        except OSError as error:
            raise refuse(f"文件写不进“{out}”（{error.strerror}），请用 --out 换一个文件夹。") from None
        typer.echo(visible(words))
        for path in paths:
            typer.echo(f"已保存：{path}", err=True)


def write_weekly(engine: Engine, week: Week, out: Path) -> tuple[str, list[Path]]:
    """Write text and spreadsheet of a week for the whole city; ValueError, in Chinese, for a week to come."""
    figures = weekly_action.figures(engine.context, week)
    words = text(figures, engine.wording.language, latest(engine.context))
    table = out / weekly_action.file_name(week)
    plain = table.with_suffix(".txt")
    out.mkdir(parents=True, exist_ok=True)
    table.write_bytes(workbook(figures))
    plain.write_text(words + "\n", encoding="utf-8")
    return words, [table, plain]
