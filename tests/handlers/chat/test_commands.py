"""A command is whole: its help line, its texts in every language, and its row on the commands page."""

import re
from typing import get_args

import pytest

from bot.delivery.wording import Language, Wording
from handlers.chat.commands import COMMANDS, Command
from tests.sources import ROOT

PAGE = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
WORDINGS = [Wording(language) for language in get_args(Language)]


def keys_of(row: Command) -> set[str]:
    """The texts that answers of this command are made from."""
    keys = {f"help.{row.name}"}
    if row.changes:
        keys.add(f"verb.{row.verb or row.name}")
    if row.above:
        keys.add(f"above.{row.name}")
    if row.pool is not None:
        keys.add(f"above.none_{row.name}")
    if row.code and row.code != "ticket":  # the buttons that show a ticket carry its number
        keys.add(f"message.button_{row.code}")
    return keys


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_a_command_has_its_texts_its_help_line_and_its_row_in_the_docs(row: Command) -> None:
    for wording in WORDINGS:
        assert {key for key in keys_of(row) if not wording.has(key)} == set()
        taught = [word for word in row.words if word.isascii() == (wording.language == "en")]
        assert wording(f"help.{row.name}").startswith(tuple(taught))
    assert re.search(rf"^\| `{re.escape(row.words[0])}` \| `", PAGE, re.MULTILINE)
