"""Says in Chinese what is wrong with how a command was typed, and where its usage is told."""

import os
import re
import sys
from pathlib import Path
from shlex import quote
from typing import Any

from typer.exceptions import TyperException

COMMAND = "duban"  # what an installation puts on the path
# The library tells its kinds of errors apart by class, of which only the common one is public.
SENTENCES = {
    "NoSuchOption": "没有“{name}”这个选项。",
    "MissingParameter": "还缺“{name}”。",
    "BadOptionUsage": "“{name}”后面还要写内容。",
    "BadParameter": "“{name}”写得不对。",
}
OTHERWISE = "没有这个命令，或多写了内容。"


def program() -> str:
    """Return how this process was started, for hints: `duban`, `python -m bot`, or either by its relative path.

    An absolute path is shortened: shells and the Python of macOS put one in the place of what was typed.
    """
    as_module = Path(sys.argv[0]).name == "__main__.py"
    typed = sys.orig_argv[0] if as_module else sys.argv[0]
    start = ("python" if as_module else COMMAND) if os.path.isabs(typed) else quote(typed)
    return f"{start} -m bot" if as_module else start


def sentence(error: TyperException) -> str:
    """Return what to tell whoever typed it; nothing where the library has shown the whole help by itself."""
    kind = type(error).__name__
    if kind == "NoArgsIsHelpError":
        return ""
    where = getattr(getattr(error, "ctx", None), "command_path", program())
    said = SENTENCES.get(kind, OTHERWISE).format(name=_named(error))
    return f"{said}用法请看：{where} --help"


def _named(error: Any) -> str:
    """The option or argument an error is about, as it is typed."""
    parameter = getattr(error, "param", None)
    if parameter is None:
        return str(getattr(error, "option_name", ""))
    options: list[str] = [opt for opt in parameter.opts if opt.startswith("-")]
    if options:
        return options[-1]
    # An argument's help is a name with its explanation behind a stop.
    words: str = parameter.help or parameter.metavar or parameter.name
    return re.split(r"[,、;:。(\uff0c\uff1b\uff1a\uff08]", words)[0]
