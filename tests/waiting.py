"""Waiting for what has to happen, on a machine that may have much else to do."""

import time
from collections.abc import Callable

LONG = 120  # seconds: only a test that fails waits so long
HELD = 60  # seconds an answer is held back: longer than anybody waits for it
HASTY = 1.0  # seconds somebody waits who knows that no answer comes; a good one takes a tenth, even on a busy machine


def wait_for(happened: Callable[[], object], why: Callable[[], str] = lambda: "") -> None:
    """Return as soon as it has happened; fail, with what `why` says, if it does not."""
    end = time.monotonic() + LONG
    while not happened():
        assert time.monotonic() < end, f"it did not happen: {why()}"
        time.sleep(0.01)
