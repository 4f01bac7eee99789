"""The table of commands; a command's module is only loaded when it is called, so that --help is quick."""

import gc
import importlib
import sys
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import Abort, TyperException

from bot.rules.messages.showing import visible
from handlers.shell.terminal import completion
from handlers.shell.terminal.plainly import speak_plainly
from handlers.shell.terminal.private import make_private
from handlers.shell.terminal.usage import COMMAND, program, sentence

# name -> (module under handlers.shell, help); a module holds a typer app named `app`.
COMMANDS = {
    "demo": ("demo", "演示：重放2021年的真实案例"),
    "run": ("run", "启动督办机器人"),
    "check": ("check", "检查通讯录、日历和渠道还缺什么"),
    "deadline": ("deadline", "计算并解释办结时限"),
    "intake": ("intake", "导入工单表格"),
    "register": ("register", "登记簿：单位、人员、账号"),
    "say": ("say", "代某人答复工单（如电话答复），如实记录"),
    "bind": ("bind", "登记某人的渠道地址"),
    "tickets": ("tickets", "列出工单"),
    "ticket": ("ticket", "一件工单的全过程"),
    "calendar": ("calendar", "工作日历：查看与检查"),
    "policy": ("policy", "时限规则：把改动用到在办工单"),
    "report": ("report", "周报等报表"),
    "simulate": ("simulate", "推演一个场景：谁在何时收到什么"),
    "backup": ("backup", "备份数据库到一个文件"),
    "restore": ("restore", "把备份恢复到空的地方"),
    "migrate": ("migrate", "升级数据库结构"),
    "misunderstood": ("misunderstood", "没有听懂的话，用来补充词表"),
    "rekey": ("rekey", "更换加密密钥"),
    "verify": ("verify", "核验全部流水未被改动"),
}


class Shell(TyperGroup):
    """Lists the table, and loads one command."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """A light stand-in: enough to be listed."""
        if cmd_name not in COMMANDS:
            return None
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name][1])

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command that is really called."""
        if ctx.resilient_parsing and args[0] not in COMMANDS:
            return None, None, []  # while completing nothing is told
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            print(f"没有“{visible(args[0])}”这个命令，可用：{'、'.join(COMMANDS)}。", file=sys.stderr)
            raise typer.Exit(2)
        name, listed, rest = super().resolve_command(ctx, args)
        if name is None or listed is None:
            return name, listed, rest
        return name, typer.main.get_command(_loaded(f"handlers.shell.{COMMANDS[name][0]}").app), rest


def _loaded(module: str) -> Any:
    # What is loaded stays. Looking through all of it for garbage, again and again, takes a tenth of the start.
    gc.disable()
    try:
        return importlib.import_module(module)
    finally:
        gc.enable()


app = typer.Typer(
    cls=Shell,
    help="督办：监测工单时限跟踪。时限按国务院放假安排计算。",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(asked: bool) -> None:
    if asked:
        from bot.version import version  # reads the installed metadata, which no command needs

        typer.echo(f"{COMMAND} {version()}")
        raise typer.Exit


@app.callback()
def _root(
    _: Annotated[bool, typer.Option("--version", help="显示版本号", callback=_tell_version, is_eager=True)] = False,
) -> None:
    pass


shell = typer.main.get_command(app)
completion.set_up(shell)


def main() -> int:
    """Carry out what was typed, and return the exit code."""
    make_private()
    speak_plainly()
    try:
        return int(shell.main(prog_name=program(), complete_var=completion.VARIABLE, standalone_mode=False) or 0)
    except TyperException as error:
        if said := sentence(error):
            print(visible(said), file=sys.stderr)
        return error.exit_code
    except Abort:
        return 1
