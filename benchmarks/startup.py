"""How long one waits for the shell, and for the bot to be at work."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, Spread, in_turn, number, ratio, seconds
from benchmarks.stage import Stage

QUESTION = "how long until --help answers, and until `run` is ready?"

ROUNDS = 9
HELP, READY = 0.5, 3.0


def measure(stage: Stage) -> Iterator[Row]:
    """Each beside a Python that does nothing."""
    data = stage.path("data")
    subjects = {
        "python": lambda: _once("-c", "pass"),
        "help": lambda: _once("-m", "bot", "--help"),
        "first": lambda: until_ready(stage.path("data")),
        "again": lambda: until_ready(data),
    }
    until_ready(data)
    found = in_turn(stage.rounds(ROUNDS), subjects)
    yield Row(what="python -c pass", figure=found["python"], unit="s")
    yield _row("python -m bot --help", found, "help", HELP)
    yield _row("python -m bot run, ready, on an empty directory", found, "first", READY)
    yield _row("python -m bot run, ready, the second time", found, "again", READY)


def _row(what: str, found: dict[str, Spread], name: str, limit: float) -> Row:
    return Row(
        what=what,
        figure=found[name],
        unit="s",
        against=f"{number(ratio(found[name], found['python']))} x python",
        target=f"< {limit} s",
        met=found[name].median < limit,
    )


def _once(*arguments: str) -> float:
    command = [sys.executable, *arguments]
    return seconds(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))


def until_ready(data: Path) -> float:
    """Seconds from the start of the process until it says that it is ready; it is stopped politely then."""
    environment = {**os.environ, "DUBAN_DATA_DIR": str(data), "DUBAN_WEB__PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "run"], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        took = seconds(lambda: _hear(process, "ready"))
        process.terminate()
        process.communicate()
    return took


def _hear(process: "subprocess.Popen[str]", action: str) -> None:
    for line in process.stderr or ():
        if line.startswith("{") and json.loads(line).get("action") == action:
            return
    raise RuntimeError(f"the bot ended without saying {action}")
