"""How long the slowest of ten thousand hostile inputs holds each parser up, in processor time."""

import time
from collections.abc import Iterator

from benchmarks.measure import Row, Spread
from benchmarks.stage import Stage
from tests.fuzzing import inputs, parsers

QUESTION = "can one message, file or callback stall the bot?"
INPUTS = 10_000
SLOWEST_MS = 50


def measure(where: Stage) -> Iterator[Row]:
    """Feed each parser; an exception it should not raise ends the measurement."""
    where.folder.mkdir(exist_ok=True)
    for name, parser in parsers(where.folder).items():
        times = [_cpu_ms(parser, text) for text in inputs(20210823, where.count(INPUTS), parser.longest)]
        slowest = max(times)
        middle = sorted(times)[len(times) // 2]
        yield Row(
            what=name,
            figure=Spread(values=(slowest,)),
            unit="ms CPU, the slowest",
            against=f"{len(times):,} inputs, median {middle:.2f} ms",
            target=f"< {SLOWEST_MS} ms",
            met=slowest < SLOWEST_MS,
        )


def _cpu_ms(parser: object, text: str) -> float:
    assert callable(parser)
    started = time.process_time()
    parser(text)
    return (time.process_time() - started) * 1000
