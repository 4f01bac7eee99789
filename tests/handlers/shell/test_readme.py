"""Every command of the first screen works as it is written there."""

import re
import shlex
from pathlib import Path

import pytest

from tests.handlers.shell.commands import ROOT, SAMPLES, Shell

PYTHON = ".venv/bin/python -m bot "


def commands(page: str) -> list[list[str]]:
    """The commands in the order of the page, without their remarks."""
    lines = (ROOT / page).read_text(encoding="utf-8").splitlines()
    return [shlex.split(line.removeprefix(PYTHON), comments=True) for line in lines if line.startswith(PYTHON)]


def test_both_languages_teach_the_same_commands() -> None:
    assert commands("README.md") == commands("README.zh-CN.md")


def test_every_command_works_as_written(tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(SAMPLES)
    shell = Shell(folder=tmp_path / "data")
    for words in commands("README.md"):
        ran = shell(*words)
        # `check` is red until people are bound: without a chat nobody is told.
        assert ran.code == (words[0] == "check"), (words, ran.err)
        assert ran.out.strip()
    assert list((tmp_path / "out").glob("*.xlsx"))


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_targets_of_make_are_there(page: str) -> None:
    used = re.findall(r"^make (\w+)", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE)
    rules = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert set(used) <= set(rules)
