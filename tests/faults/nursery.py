"""Real processes of the product, forked from one that has loaded everything: a start costs a tenth of a second."""

import multiprocessing
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

LOADED = (
    "handlers.shell.run",
    "handlers.shell.intake",
    *(f"bot.channels.{one}" for one in ("telegram", "wecom", "wechat", "robot", "mail")),
    "psycopg",
    "tests.faults.nursery",
)

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(list(LOADED))


@contextmanager
def process(environment: Mapping[str, str], words: tuple[str, ...], log: Path) -> Iterator[BaseProcess]:
    """Run `python -m bot …` with this environment and no other, logging to a file; killed at the end in any case."""
    child = _nursery.Process(target=_live, args=(dict(environment), words, str(log)), daemon=True)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join(10)


def _live(environment: dict[str, str], words: tuple[str, ...], log: str) -> None:
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(out, stream.fileno())
    os.environ.clear()
    os.environ.update(environment)
    from handlers.shell.app import shell

    sys.exit(shell(list(words), prog_name="python -m bot"))
