"""What was typed wrongly is told in Chinese, with the way to the help; exit code 2."""

from pathlib import Path

import pytest

from handlers.shell.app import COMMANDS, shell
from tests.handlers.shell.commands import Shell


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("nonsense", "没有“nonsense”这个命令，可用：demo、run、"),
        ("tickets --bad", "没有“--bad”这个选项。用法请看：python -m bot tickets --help"),
        ("ticket", "还缺“工单编号”。用法请看：python -m bot ticket --help"),
        ("deadline --policy", "“--policy”后面还要写内容。"),
        ("calendar show abc", "“年份”写得不对。用法请看：python -m bot calendar show --help"),
        ("ticket A B", "没有这个命令，或多写了内容。用法请看：python -m bot ticket --help"),
        ("calendar nix", "没有这个命令，或多写了内容。用法请看：python -m bot calendar --help"),
    ],
)
def test_wrong_usage_is_told_in_chinese(tmp_path: Path, typed: str, said: str) -> None:
    ran = Shell(folder=tmp_path / "data")(*typed.split())
    assert said in ran.err
    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_nothing_typed_shows_the_help(tmp_path: Path) -> None:
    ran = Shell(folder=tmp_path / "data")("report")
    assert (ran.code, ran.err) == (2, "")
    assert "weekly" in ran.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_shows_its_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    shell.main([name, "--help"], prog_name="duban", standalone_mode=False)
    assert f"duban {name}" in capsys.readouterr().out
