"""What goes out of a command: JSON lines, and refusals in Chinese. Light, for commands that start quickly."""

import json
import sys
from datetime import datetime
from typing import Any

import typer

from bot.rules.calendar.zone import SHANGHAI
from bot.rules.messages.showing import visible


def refuse(sentence: str) -> typer.Exit:
    """Say why on stderr; raise what this returns."""
    print(visible(sentence), file=sys.stderr)
    return typer.Exit(1)


def emit(line: dict[str, Any]) -> None:
    """Write one JSON object a line on stdout."""
    print(json.dumps(line, ensure_ascii=False), flush=True)


def local(moment: datetime | None) -> str | None:
    """Return a moment as ISO text in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).isoformat() if moment else None
