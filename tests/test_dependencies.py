"""What the product imports is declared, and what is declared is locked with hashes, from no index in particular."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.third_party import ROOT, locked

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
RUNTIME = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
TOOLS = [Requirement(line) for line in PROJECT["dependency-groups"]["dev"]]
OURS = {"bot", "handlers", "samples", "settings", "storage"}


def imported() -> Iterator[str]:
    """Top-level names of all that the product's code imports."""
    sources = [ROOT / "settings.py", *(path for name in OURS for path in (ROOT / name).rglob("*.py"))]
    for source in sources:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from (alias.name.partition(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0]


def test_what_is_imported_is_declared() -> None:
    distributions = packages_distributions()
    foreign = set(imported()) - OURS - sys.stdlib_module_names
    declared = {canonicalize_name(one.name) for one in RUNTIME}
    undeclared = {
        name
        for name in foreign
        if declared.isdisjoint(canonicalize_name(one) for one in distributions.get(name, [name]))
    }
    assert undeclared == set()


@pytest.mark.parametrize(("lock", "declared"), [("requirements.txt", RUNTIME), ("requirements-dev.txt", TOOLS)])
def test_what_is_declared_is_locked(lock: str, declared: list[Requirement]) -> None:
    pins = {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in locked(ROOT / lock)}
    assert {canonicalize_name(one.name) for one in declared} <= set(pins)
    assert [str(one) for one in declared if not one.specifier.contains(pins[canonicalize_name(one.name)])] == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_a_lock_has_hashes_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"^-|://", text, re.MULTILINE) == []
    entries = re.split(r"\n(?=[a-z0-9])", text)[1:]
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_builder_is_a_locked_tool() -> None:
    builder = {Requirement(line).name for line in PROJECT["build-system"]["requires"]}
    assert builder <= {one.name for one in TOOLS}
