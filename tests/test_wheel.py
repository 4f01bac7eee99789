"""The wheel holds all that is read at run time: installed outside the checkout, it plays the demo by `duban`."""

import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOP = {"bot", "handlers", "samples", "settings.py", "storage"}
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
COMPLETED = """
eval "$(duban --show-completion)"
COMP_WORDS=(duban tickets --over) COMP_CWORD=2
_duban_completion duban
echo "${COMPREPLY[@]}"
"""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A Python of its own with the wheel in it, run in a folder that has nothing of the checkout."""

    bin: Path
    folder: Path

    def __call__(self, *words: str, **environment: str) -> str:
        own: Mapping[str, str] = {"PATH": f"{self.bin}:{os.defpath}", "HOME": str(self.folder), "LANG": "C.UTF-8"}
        done = subprocess.run(
            words,
            env={**own, **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the checkout; the builder is a locked package, so no index is asked."""
    made = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(made), str(ROOT))
    [path] = made.glob("duban-*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel in an empty environment; only what it depends on is lent by the environment of the tests."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    _pip("--python", str(python), "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    [packages] = home.glob("lib/python*/site-packages")
    # Paths of a .pth file come after the folder it lies in: a Duban that the tests' environment has would not be seen.
    (packages / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return Installation(bin=home / "bin", folder=tmp_path_factory.mktemp("elsewhere"))


def _pip(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "pip", "--disable-pip-version-check", *words], check=True, timeout=120)


def test_it_holds_every_file_of_the_five_names_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *TOP]
    listed = subprocess.run(listing, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert held == {name for name in listed if (ROOT / name).exists()}


def test_the_demo_plays_and_its_hint_works_as_printed(installed: Installation) -> None:
    shown = installed("duban", "demo", "--once", COLUMNS="120")
    hint = "DUBAN_DATA_DIR=demo-out duban ticket FJ-20210823-01"
    assert hint in shown
    assert "周报 2021-W35" in shown
    assert "水清三明" in installed("bash", "-c", hint)


@pytest.mark.parametrize("start", [("duban",), ("python", "-m", "bot")])
def test_both_starts_tell_the_version_of_the_project(installed: Installation, start: tuple[str, ...]) -> None:
    assert installed(*start, "--version") == f"duban {VERSION}\n"


def test_our_code_is_the_installed_one(installed: Installation) -> None:
    code = "import bot, handlers, settings, storage; print(*(m.__file__ for m in (bot, handlers, settings, storage)))"
    files = installed("python", "-c", code).split()
    assert all(Path(file).is_relative_to(installed.bin.parent) for file in files)


@pytest.mark.parametrize("start", ["duban", "python -m bot", "{bin}/duban", "{bin}/python -m bot"])
def test_hints_name_the_program_as_it_was_started(installed: Installation, start: str) -> None:
    typed = start.format(bin=os.path.relpath(installed.bin, installed.folder))
    assert installed("bash", "-c", f"{typed} tickets --bad 2>&1 || true").endswith(f"{typed} tickets --help\n")


def test_options_are_completed_in_bash(installed: Installation) -> None:
    assert installed("bash", "-c", COMPLETED) == "--overdue\n"


def test_completion_is_set_up_by_one_option(installed: Installation) -> None:
    assert "已装上 duban 的命令补全" in installed("bash", "-c", "duban --install-completion; true")
    assert "complete -o default -F _duban_completion duban" in (
        installed.folder / ".bash_completions/duban.sh"
    ).read_text(encoding="utf-8")
