"""Real processes, forked from one that has loaded the whole product: a start costs a tenth of a second."""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from multiprocessing.process import BaseProcess as Process
from pathlib import Path
from typing import Any

import bot

_nursery = multiprocessing.get_context("forkserver")
_nursery.set_forkserver_preload(["tests.everything", "tests.processes"])


@dataclass(frozen=True, kw_only=True)
class World:
    """What a process finds: its environment and no other, its folder, and files in place of its three streams."""

    environment: Mapping[str, str]
    err: Path
    out: Path | None = None  # what it says goes to `err` if there is no other
    typed: Path | None = None
    folder: Path | None = None


def environment(folder: Path, settings: Mapping[str, object]) -> dict[str, str]:
    """This environment with a data folder and settings of the product by their names without prefix, and no others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DUBAN_")}
    given = {"DATA_DIR": folder, "WEB__PORT": 0, **settings}
    return kept | {f"DUBAN_{name}": str(value) for name, value in given.items()}


def command(world: World, *words: str) -> AbstractContextManager[Process]:
    """Run `python -m bot …`; killed at the end in any case."""
    return forked(world, _shell, *words)


@contextmanager
def forked(world: World, function: Callable[..., object], *args: Any) -> Iterator[Process]:
    """Call a function in a process of its own; killed at the end in any case."""
    child = _nursery.Process(target=_live, args=(world, function, args), daemon=True)
    child.start()
    try:
        yield child
    finally:
        child.kill()
        child.join()
        child.close()


def _shell(*words: str) -> None:
    from bot.wiring import main

    # As `python -m bot` leaves them: hints print the way the program was started.
    sys.argv = [str(Path(bot.__file__).with_name("__main__.py")), *words]
    sys.orig_argv = [sys.executable, "-m", "bot", *words]
    main()


def _live(world: World, function: Callable[..., object], args: tuple[Any, ...]) -> None:
    threading.Thread(target=_die_with_the_tests, daemon=True).start()
    for number, path in enumerate((world.typed or os.devnull, world.out or world.err, world.err)):
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT if number else os.O_RDONLY)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (open(number, "w", encoding="utf-8", closefd=False) for number in (1, 2))  # noqa: SIM115
    os.environ.clear()
    os.environ.update(world.environment)
    os.chdir(world.folder or os.getcwd())
    function(*args)


def _die_with_the_tests() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGKILL)
