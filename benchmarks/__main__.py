"""`python -m benchmarks [NAME…] [--quick] [--out FILE]`."""

import argparse
import importlib
import os
import platform
import sqlite3
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import Row, render
from benchmarks.stage import Stage, stage

NAMES = (
    *("deadline", "calendar", "intake_single", "intake_batch", "sweep", "proof", "restart", "startup"),
    *("sender", "telegram", "wecom", "callbacks", "answers", "fuzz"),
)


def main() -> int:
    """Measure, print, and say by the exit code whether every target was met."""
    asked = _arguments()
    missed, texts = 0, []
    with stage(quick=asked.quick) as where:
        texts.append(_machine())
        print(texts[0], flush=True)
        for name in asked.names or NAMES:
            question, rows, took = _measure(name, where)
            missed += sum(row.met is False for row in rows)
            texts.append(f"\n{name}: {question}  ({took:.0f} s)\n\n{render(rows)}")
            print(texts[-1], flush=True)
    if asked.out:
        asked.out.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return 1 if missed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)}; all without a name")
    parser.add_argument("--quick", action="store_true", help="two rounds of a tenth: to see that it runs")
    parser.add_argument("--out", type=Path, help="write the tables into this file too")
    asked = parser.parse_args()
    unknown = set(asked.names) - set(NAMES)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    return asked


def _measure(name: str, where: Stage) -> tuple[str, list[Row], float]:
    module = importlib.import_module(f"benchmarks.{name}")
    rows: Iterator[Row] = module.measure(where)
    started = time.perf_counter()
    with warnings.catch_warnings():
        # Stock workalendar warns at every year it is asked for.
        warnings.simplefilter("ignore")
        return module.QUESTION, list(rows), time.perf_counter() - started


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {load:.1f}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


if __name__ == "__main__":
    sys.exit(main())
