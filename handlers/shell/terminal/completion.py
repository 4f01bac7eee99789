"""Completion of the installed command `duban` in the operator's own shell, its two options told in Chinese."""

from contextlib import redirect_stdout
from io import StringIO
from typing import Any

import typer
from typer.completion import install_callback, show_callback

from handlers.shell.terminal.lines import refuse
from handlers.shell.terminal.usage import COMMAND

VARIABLE = "_DUBAN_COMPLETE"  # by it the script asks for proposals, by whatever path the program was started


def set_up(shell: Any) -> None:
    """Give the options their words, and let them speak of `duban` also when asked for by `python -m bot`."""
    options = {parameter.name: parameter for parameter in shell.params}
    options["install_completion"].help = f"为 {COMMAND} 装上命令补全（Tab 键）"
    options["install_completion"].callback = _install
    options["show_completion"].help = "显示补全脚本，供自行安装"
    options["show_completion"].callback = _show


def _install(ctx: Any, parameter: Any, asked: bool) -> None:
    if not asked or ctx.resilient_parsing:
        return
    ctx.info_name = COMMAND
    try:
        with redirect_stdout(StringIO()):  # what the library says is English
            install_callback(ctx, parameter, asked)
    except typer.Exit:
        raise refuse("认不出当前的终端（支持 bash、zsh、fish），没有装上补全。") from None
    except SystemExit:  # its way to say that all is done
        typer.echo(f"已装上 {COMMAND} 的命令补全，重新打开终端后生效。")
        raise typer.Exit from None


def _show(ctx: Any, parameter: Any, asked: bool) -> None:
    if asked:
        ctx.info_name = COMMAND
    show_callback(ctx, parameter, asked)
