"""Rounds in turn, medians with their spread, and the table they end up in."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

HEADINGS = ("what", "median [min..max]", "unit", "against, same run", "target", "")


@dataclass(frozen=True, kw_only=True, slots=True)
class Spread:
    """What several rounds gave."""

    values: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle one."""
        return statistics.median(self.values)

    def scaled(self, change: Callable[[float], float]) -> "Spread":
        """The same rounds in another unit."""
        return Spread(values=tuple(map(change, self.values)))

    def __str__(self) -> str:
        lowest, highest = min(self.values), max(self.values)
        shown = f"{number(self.median)} [{number(lowest)}..{number(highest)}]"
        return shown if len(self.values) > 1 else f"{number(self.median)} (n=1)"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    figure: Spread | str
    unit: str = ""
    against: str = ""
    target: str = ""
    met: bool | None = None  # None: nothing is promised

    def cells(self) -> tuple[str, ...]:
        """The line as texts, in the order of the headings."""
        verdict = {None: "", True: "met", False: "MISSED"}[self.met]
        return (self.what, str(self.figure), self.unit, self.against, self.target, verdict)


class Stopwatch:
    """Seconds between entering and leaving; garbage of the setting-up is swept before, not in between."""

    def __init__(self) -> None:
        self.seconds = 0.0

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Add the time spent inside."""
        gc.collect()
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started


def seconds(work: Callable[[], object]) -> float:
    """How long the work takes once."""
    watch = Stopwatch()
    with watch():
        work()
    return watch.seconds


def in_turn(rounds: int, subjects: Mapping[str, Callable[[], float]]) -> dict[str, Spread]:
    """Let each subject measure itself once a round, one after the other, so that a busy neighbour meets them all."""
    found: dict[str, list[float]] = {name: [] for name in subjects}
    for _ in range(rounds):
        for name, subject in subjects.items():
            found[name].append(subject())
    return {name: Spread(values=tuple(values)) for name, values in found.items()}


def rates(spreads: Mapping[str, Spread], count: int) -> dict[str, Spread]:
    """Seconds for `count` pieces as pieces a second."""
    return {name: spread.scaled(lambda one: count / one) for name, spread in spreads.items()}


def ratio(one: Spread, other: Spread) -> float:
    """Median of the ratios round by round: what disturbs a round disturbs both."""
    return statistics.median(a / b for a, b in zip(one.values, other.values, strict=True))


def number(value: float) -> str:
    """A figure with three significant digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def render(rows: Sequence[Row]) -> str:
    """The table as plain text."""
    lines = [HEADINGS, *(row.cells() for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    shown = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines]
    shown.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(shown)
