"""Writes a scenario file, and plays it as the command does."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from bot.delivery.wording import Language
from bot.simulator.scenario import Scenario
from handlers.shell.simulate import app
from tests.months.world import Line

Table = Mapping[str, Any]


def toml(scenario: Table) -> str:
    """The scenario as a file says it."""
    plain = [f"{key} = {_value(value)}" for key, value in scenario.items() if not isinstance(value, list)]
    tables = [
        f"[[{key}]]\n" + "\n".join(f"{name} = {_value(value)}" for name, value in row.items())
        for key, rows in scenario.items()
        if isinstance(rows, list)
        for row in rows
    ]
    return "\n".join([*plain, *tables, ""])


def play(scenario: Table, folder: Path, language: Language = "zh") -> tuple[Scenario, Sequence[Line]]:
    """Run the command on it and read its lines."""
    path = folder / "scenario.toml"
    path.write_text(toml(scenario), encoding="utf-8")
    done = CliRunner().invoke(app, [str(path), "--json"], env={"DUBAN_LANGUAGE": language})
    assert done.exit_code == 0, done.output
    return Scenario.model_validate(scenario), [json.loads(line) for line in done.stdout.splitlines()]


def _value(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_value(one)}" for name, one in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def tickets(rows: Iterable[tuple[datetime, Table]]) -> list[Table]:
    """Events that bring tickets."""
    return [{"at": at, "ticket": row} for at, row in rows]
