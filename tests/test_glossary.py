"""The glossary names every type and enum member of the records, every shipped policy and step, and nothing else."""

import dataclasses
import re
from collections.abc import Iterator
from enum import StrEnum

import pytest

from bot.policies.loading import load
from storage import records
from storage.records import MessageKind
from tests.typography import CHINESE, ROOT

PAGE = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ?([^|]+?) ?\| ?([^|]+?) ?\| ?((?:`[^`|]+` ?)+)\|$", re.MULTILINE)
ROWS = ROW.findall(PAGE)
NAMED = [name for _, _, names in ROWS for name in re.findall(r"`([^`]+)`", names)]
ENUMS = [one for one in vars(records).values() if isinstance(one, type) and issubclass(one, StrEnum)]


def public() -> Iterator[str]:
    """Every type of the records, and every member of its enums."""
    for name in records.__all__:
        one = getattr(records, name)
        if isinstance(one, type):
            yield name
        if one in ENUMS:
            yield from (f"{name}.{member.name}" for member in one)


def policy_words() -> set[str]:
    """Every shipped policy, and every step of its ladder."""
    policies = load(None).by_name
    return set(policies) | {step.name for policy in policies.values() for step in policy.steps}


def is_there(name: str) -> bool:
    """Whether the records have a type, constant or function of that name, or a type with that field or member."""
    owner, _, part = name.partition(".")
    one = getattr(records, owner, None)
    if not part:
        return owner in records.__all__
    fields = {field.name for field in dataclasses.fields(one)} if dataclasses.is_dataclass(one) else set()
    return part in fields or hasattr(one, part)


def test_every_line_of_a_table_is_read() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("|") and "`" in line]
    assert len(lines) == len(ROWS)


def test_every_type_and_every_member_stands_in_the_page() -> None:
    assert set(public()) - set(NAMED) == set()


def test_every_shipped_policy_and_step_stands_in_the_page() -> None:
    assert policy_words() - set(NAMED) == set()


def test_what_stands_in_the_page_is_there_and_stands_there_once() -> None:
    words = policy_words()
    assert [name for name in NAMED if name not in words and not is_there(name)] == []
    assert sorted(NAMED) == sorted(set(NAMED))


def test_every_line_has_its_chinese_and_its_english() -> None:
    assert [row for row in ROWS if not CHINESE.search(row[0]) or CHINESE.search(row[1])] == []


@pytest.mark.parametrize("enum", ENUMS, ids=lambda enum: enum.__name__)
def test_members_are_stored_as_the_page_says(enum: type[StrEnum]) -> None:
    other = {member for member in enum if member.value != member.name.lower()}
    assert other == ({MessageKind.NOTIFICATION} if enum is MessageKind else set())
