"""What the docs promise is there: every setting and every command is described, and every link leads somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from handlers.chat.commands import BY_NAME
from handlers.chat.commands import COMMANDS as CHAT_COMMANDS
from handlers.chat.parse import parse
from handlers.shell.app import COMMANDS
from settings import PREFIX, Settings

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("samples/*.md")])


def setting_names(model: type[BaseModel], prefix: str = PREFIX) -> Iterator[str]:
    for name, field in model.model_fields.items():
        key = prefix + name.upper()
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from setting_names(inner, key + "__")
        else:
            yield key


@pytest.mark.parametrize("name", list(setting_names(Settings)))
def test_every_setting_is_described(name: str) -> None:
    described = "".join(page.read_text(encoding="utf-8") for page in ROOT.glob("docs/**/*.md"))
    assert f"`{name}`" in described


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_commands_of_the_readme_exist(readme: str) -> None:
    used = re.findall(r"python -m bot (\w+)", (ROOT / readme).read_text(encoding="utf-8"))
    assert used
    assert set(used) <= set(COMMANDS)


def spoken() -> list[tuple[str, str]]:
    """Every row of the commands page: the word it is taught by, and an example."""
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| (`[^|]+`) \|", page, re.MULTILINE)
    return [(word, example) for word, examples in rows for example in re.findall(r"`([^`]+)`", examples)]


def test_every_chat_command_is_described_with_examples() -> None:
    assert {row.words[0] for row in CHAT_COMMANDS} == {word for word, _ in spoken()}


@pytest.mark.parametrize(("word", "example"), spoken())
def test_the_examples_of_the_commands_page_are_understood(word: str, example: str) -> None:
    parsed = parse(example, {"FJ-20210823-01": "FJ-20210823-01"})
    assert parsed.command is not None
    assert BY_NAME[parsed.command].words[0] == word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []
