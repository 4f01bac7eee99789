"""Runs the product's shell as a user does: a real process with its own data folder."""

import json
import shutil
import subprocess
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.processes import Process, World, command, environment
from tests.waiting import LONG

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"


def copied(folder: Path, to: Path) -> "Shell":
    """A copy of a data folder with the root file that lies beside it."""
    shutil.copytree(folder, to / "data")
    shutil.copy(folder.with_name("data-roots.txt"), to)
    return Shell(folder=to / "data")


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        """Stdout as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, kw_only=True)
class Shell:
    """One data folder."""

    folder: Path
    extra: tuple[tuple[str, str], ...] = ()

    def environment(self) -> dict[str, str]:
        own = {"COLUMNS": "160", "PYTHONPATH": str(ROOT), **dict(self.extra)}
        return environment(self.folder, {}) | own

    def __call__(self, *words: str, stdin: str = "") -> Ran:
        with TemporaryDirectory(dir=self.folder.parent) as kept:
            typed, out, err = (Path(kept) / name for name in ("typed", "out", "err"))
            typed.write_text(stdin, encoding="utf-8")
            with self.started(*words, typed=typed, out=out, err=err) as process:
                process.join(LONG)
                assert process.exitcode is not None, f"{words} did not end"
                return Ran(code=process.exitcode, out=out.read_text("utf-8"), err=err.read_text("utf-8"))

    def started(self, *words: str, **streams: Path) -> AbstractContextManager[Process]:
        """A command under way; killed at the end."""
        return command(World(environment=self.environment(), folder=self.folder.parent, **streams), *words)

    def from_a_terminal(self, *words: str) -> Ran:
        """As a user types it: a new interpreter, which loads what it needs."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=self.environment(),
            cwd=self.folder.parent,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LONG,
            check=False,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)
