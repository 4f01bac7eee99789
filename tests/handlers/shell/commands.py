"""Runs the product's shell as a user does: a real process with its own data folder."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples"


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
        kept = {key: value for key, value in os.environ.items() if not key.startswith("DUBAN_")}
        own = {"DUBAN_DATA_DIR": str(self.folder), "COLUMNS": "160", "PYTHONPATH": str(ROOT)}
        return {**kept, **own, **dict(self.extra)}

    def __call__(self, *words: str, stdin: str = "") -> Ran:
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            env=self.environment(),
            cwd=self.folder.parent,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Ran(code=done.returncode, out=done.stdout, err=done.stderr)
