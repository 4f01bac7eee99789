"""Every import contract of pyproject.toml breaks where it should, and none of their lists goes stale."""

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bot.channels.catalog import CATALOG
from handlers.chat.catalog import PLATFORMS
from tests.sources import PACKAGES, ROOT, trees

CONTRACTS: dict[str, dict[str, Any]] = {
    contract["name"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
}
# Contract (the beginning of its name), file, and what is written into it: at its end, or as a file of its own.
PLANTS = [
    ("the staircase", "bot/engine.py", "from handlers.chat import commands"),
    ("the staircase", "storage/views.py", "def late() -> None:\n    import bot.clock"),
    ("inside bot", "bot/channels/throttle.py", "from bot.actions import context"),
    ("inside bot", "bot/helpers.py", "ROOM = 'that no layer names'"),
    ("records are words only", "storage/records/ticket.py", "def late() -> None:\n    import sqlalchemy"),
    ("records are words only", "storage/records/ticket.py", "from storage.sql import types"),
    ("rules see records only", "bot/rules/tickets/access.py", "from storage import views"),
    (
        "rules see records only",
        "bot/rules/people/leave.py",
        "def late() -> None:\n    from storage.tickets import inbound, journal, requests, sources",
    ),
    ("rules are pure", "bot/rules/calendar/weeks.py", "import logging"),
    ("rules are pure", "bot/rules/messages/retry.py", "def late() -> None:\n    from bot.clock import SystemClock"),
    ("rules by subject", "bot/rules/calendar/weeks.py", "from bot.rules.tickets import ladder"),
    ("rules by subject", "bot/rules/audits.py", "ROOM = 'that no layer names'"),
    ("storage: subjects", "storage/tickets/sources.py", "def late() -> None:\n    from storage.people import leaves"),
    ("channels are strangers", "bot/channels/mail.py", "def late() -> None:\n    from bot.channels import console"),
    ("channels are strangers", "bot/channels/wecom/parts.py", "from bot.channels.wechat import api"),
    ("chats are strangers", "handlers/chat/platforms/wecom.py", "from handlers.chat.platforms import wechat"),
    ("actions never send", "bot/actions/context.py", "from bot.channels import base"),
    ("actions never send", "bot/actions/people/signin.py", "def late() -> None:\n    import httpx"),
    (
        "handlers write only",
        "handlers/chat/turn.py",
        "def late() -> None:\n    from storage.messages import claims, files, inbox_items, outbox, questions\n"
        "    from storage.nodes import leases",
    ),
    ("a chat opens no", "handlers/chat/reply.py", "def late() -> None:\n    from storage.sql import database"),
    ("SQL stays in storage", "bot/health.py", "if __debug__:\n    from sqlalchemy import text"),
    ("SQL stays in storage", "handlers/shell/verify.py", "def late() -> None:\n    import sqlite3"),
    ("settings are passed", "bot/actions/context.py", "import settings"),
    ("settings are passed", "storage/sql/database.py", "def late() -> None:\n    from settings import load"),
]


def named(beginning: str) -> str:
    """The contract whose name begins so."""
    [name] = [name for name in CONTRACTS if name.startswith(beginning)]
    return name


def broken(folder: Path) -> set[str]:
    """The contracts that `make contracts` finds broken in a folder."""
    linter = Path(sys.executable).with_name("lint-imports")
    wide = {**os.environ, "COLUMNS": "400"}  # no name is broken over two lines
    run = subprocess.run([linter, "--no-logo"], cwd=folder, env=wide, capture_output=True, text=True)
    results = {name: re.search(rf"^{re.escape(name)} (KEPT|BROKEN)", run.stdout, re.MULTILINE) for name in CONTRACTS}
    assert all(results.values()), run.stdout + run.stderr
    return {name for name, result in results.items() if result and result[1] == "BROKEN"}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The product's sources, to plant something in."""
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_contract_has_a_plant() -> None:
    assert {named(beginning) for beginning, _, _ in PLANTS} == set(CONTRACTS)


def test_without_a_plant_nothing_is_broken(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize(("beginning", "file", "written"), PLANTS)
def test_what_is_planted_breaks_this_contract_and_no_other(copy: Path, beginning: str, file: str, written: str) -> None:
    source = copy / file
    before = source.read_bytes() if source.exists() else None
    with source.open("a", encoding="utf-8") as end:
        end.write(f"\n\n{written}\n")
    try:
        assert broken(copy) == {named(beginning)}
    finally:
        source.unlink() if before is None else source.write_bytes(before)


def children(package: str) -> set[str]:
    """What stands directly in a package: files and folders."""
    paths = [path for path in (ROOT / package.replace(".", "/")).iterdir() if path.name != "__pycache__"]
    return {path.stem for path in paths if path.stem != "__init__" and (path.is_dir() or path.suffix == ".py")}


def listed(beginning: str, key: str, package: str) -> set[str]:
    """What a contract names of a package, without the package's own name."""
    return {
        name.removeprefix(f"{package}.") for name in CONTRACTS[named(beginning)][key] if name.startswith(f"{package}.")
    }


def test_every_channel_is_a_stranger() -> None:
    shared = {"base", "catalog", "cutting", "tencent", "throttle"}
    assert listed("channels are strangers", "modules", "bot.channels") == set(CATALOG)
    assert children("bot.channels") - shared == set(CATALOG)


def test_every_chat_is_a_stranger() -> None:
    shared = {"callbacks", "heard", "keeping", "tencent"}
    chats = listed("chats are strangers", "modules", "handlers.chat.platforms")
    assert chats == {make.__name__.removeprefix("_") for make in PLATFORMS}
    assert {name.partition("_")[0] for name in children("handlers.chat.platforms") - shared} == chats


def test_every_subject_of_storage_is_a_stranger() -> None:
    plumbing = {"records", "tables", "sql", "migrations", "views"}
    assert listed("storage: subjects", "modules", "storage") == children("storage") - plumbing
    assert listed("records are words only", "forbidden_modules", "storage") == children("storage") - {"records"}


def test_every_room_of_the_rules_has_its_layer() -> None:
    layers = " ".join(CONTRACTS[named("rules by subject")]["layers"])
    assert set(re.findall(r"\w+", layers)) == children("bot.rules")


def test_settings_stand_alone() -> None:
    # A file beside the packages is outside the linter's view.
    nodes = [*ast.walk(trees()["settings"])]
    roots = {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    roots |= {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    ours = {root.partition(".")[0] for root in roots} - sys.stdlib_module_names
    assert ours == {"pydantic", "pydantic_settings"}
