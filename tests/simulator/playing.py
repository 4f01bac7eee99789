"""A small office in a scenario file, played by the command."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from handlers.shell.simulate import app

DATA = Path(__file__).parents[1] / "data"
EXAMPLE = DATA / "scenario.example.toml"
LINES = DATA / "scenario.example.jsonl"

OFFICE = """
start = 2021-08-23T08:00:00
until = {until}
policy = "{policy}"
[[unit]]
id = "office"
name = "市政府办公室"
desk = true
[[unit]]
id = "water"
name = "市水利局"
parent = "office"
[[person]]
id = "jia"
name = "甲"
unit = "water"
{jia}
[[person]]
id = "yi"
name = "乙"
unit = "water"
{yi}
[[person]]
id = "desk"
name = "丁"
unit = "office"
[[account]]
platform = "微信公众号"
name = "水清三明"
unit = "water"
primary = "jia"
backup = "yi"
"""
TICKET = """
[[event]]
at = 2021-08-23T10:00:00
ticket = { no = "FJ-1", platform = "微信公众号", account = "水清三明" }
"""


def play(path: Path) -> list[dict[str, Any]]:
    """Run the command and read its lines."""
    done = CliRunner().invoke(app, [str(path), "--json"])
    assert done.exit_code == 0, done.output
    return [json.loads(line) for line in done.stdout.splitlines()]


def scenario(
    tmp_path: Path,
    *events: str,
    until: str = "2021-08-24T07:00:00",
    policy: str = "monitor_1wd",
    jia: str = "",
    yi: str = "",
) -> list[dict[str, Any]]:
    """Play a small office with some events."""
    path = tmp_path / "scenario.toml"
    path.write_text(OFFICE.format(until=until, policy=policy, jia=jia, yi=yi) + "".join(events), encoding="utf-8")
    return play(path)


DOWN = "[[event]]\nat = 2021-08-23T09:00:00\ndown = { minutes = 180 }\n"
LOOK = '[[event]]\nat = 2021-08-23T10:20:00\nopen = { person = "jia" }\n'
REPORTS = ("summary", "brief")


def heard(lines: list[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """(time, who, step) of every message about a ticket."""
    told = [one for one in lines if one["event"] == "message" and one["kind"] not in REPORTS]
    return [(one["at"][5:16], one["to"], one["step"]) for one in told]


def reports(lines: list[dict[str, Any]], kind: str) -> list[tuple[str, str]]:
    """(time, who) of every summary or brief."""
    return [(one["at"][5:16], one["to"]) for one in lines if one["event"] == "message" and one["kind"] == kind]
