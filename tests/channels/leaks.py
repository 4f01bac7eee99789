"""Everything a failure could give away: its words, its traceback, its whole chain, and what was logged at DEBUG."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from bot import logs


@contextmanager
def real_logs() -> Iterator[None]:
    """Log as the product does, at DEBUG, to stderr."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    logs.set_up("DEBUG")
    try:
        yield
    finally:
        root.handlers, level = before[0], before[1]
        root.setLevel(level)


def everything(error: BaseException) -> str:
    """The error and all it drags along, as a crash report would print it."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one not in seen:
            seen.append(one)
            waiting += [one.__cause__, one.__context__]
    return "\n".join(f"{one!s} {one!r} {vars(one)} {''.join(traceback.format_exception(one))}" for one in seen)
