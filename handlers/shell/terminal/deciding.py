"""Acts that need a name and a second thought: who decides, for which units, and the preview before it counts."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from bot.actions.calendar.calendar import AppliedChange
from bot.actions.calendar.notices import Who
from bot.engine import Engine
from handlers.shell.terminal.calendar_words import changed_json, show_changed
from handlers.shell.terminal.lines import emit, refuse
from handlers.shell.terminal.opening import opened
from handlers.shell.terminal.operator import operator
from handlers.shell.terminal.people import find_person


@contextmanager
def deciding(by: str) -> Iterator[tuple[Engine, Who]]:
    """Open the engine with the person meant; without a name it is the operator at the keyboard."""
    with opened() as engine:
        at_the_keyboard = operator()
        if not by:
            yield engine, Who(person_id=None, name=f"操作员{at_the_keyboard}"[:64], recorded_by=at_the_keyboard)
            return
        with engine.database.read() as conn:
            person = find_person(engine.context.directory(conn), by)
        yield engine, Who(person_id=person.id, name=person.name, recorded_by=at_the_keyboard)


def decide(
    engine: Engine,
    act: Callable[..., AppliedChange],
    *,
    yes: bool,
    as_json: bool,
    introduce: Callable[[Console], None] = lambda _console: None,
) -> None:
    """Show what the act would do to open tickets, ask unless told not to, then do it.

    Without a terminal to ask at nothing is done: the preview is all there is.
    """
    with engine.database.read() as conn:
        directory = engine.context.directory(conn)
    preview = act(trial=True)
    if not as_json:
        introduce(console := Console(highlight=False))
        show_changed(console, preview, directory, engine.wording)
    if not yes and (as_json or not sys.stdin.isatty() or not typer.confirm("确认生效？", err=True)):
        if as_json:
            for line in changed_json(preview, directory, applied=False):
                emit(line)
        print("以上为预览，未作任何改动；确认无误后加 --yes。", file=sys.stderr)
        return
    done = act(trial=False)
    if as_json:
        for line in changed_json(done, directory, applied=True):
            emit(line)
    else:
        typer.echo(f"已生效，编号{done.number}；改动{len(done.recomputed.moved)}件，已记入流水并通知。")


def scope(engine: Engine, names: list[str], everybody: tuple[str, ...]) -> frozenset[int] | None:
    """Return the ids of the units named; None for all; exits with a sentence that helps where one is unknown."""
    if any(name in everybody for name in names):
        return None
    with engine.database.read() as conn:
        units = {unit.name: unit.id for unit in engine.context.directory(conn).units.values()}
    unknown = [name for name in names if name not in units]
    if unknown:
        near = [name for name in units if any(part in name or name in part for part in unknown)]
        hint = f"是不是：{'、'.join(near[:5])}？" if near else "请核对登记簿中的单位名称。"
        raise refuse(f"登记簿里没有单位“{'、'.join(unknown)}”。{hint}")
    return frozenset(units[name] for name in names)
