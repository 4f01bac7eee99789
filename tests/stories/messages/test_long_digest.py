"""More tickets at once than a message holds: the first are told whole, all of them stand in a file."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from bot.actions.messages.dispatch import LIST_NAME, WHOLE
from bot.channels.base import Abilities
from tests.cast.office import Office
from tests.fakes.stage import ScriptedStage

TAKES_FILES = Abilities(two_way=True, tells_doubles=False, attachments=True)


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Office]:
    """Everybody is in a chat that takes files."""
    opened = Office(database_url, tmp_path, stage=[ScriptedStage(name="chat", abilities=TAKES_FILES)])
    yield opened
    opened.close()


def receive(office: Office, count: int) -> list[str]:
    numbers = [f"FJ-{number:02}" for number in range(count)]
    given = {"problem": "文中“水力部门”", "suggestion": "水利部门", "url": "https://gov.example/1"}
    office.receives(*numbers, **given)
    office.forget()
    return numbers


def files_to(office: Office, who: str) -> list[tuple[str, bytes]]:
    tried = [one for one in office.stage["chat"].tried if one.address == f"chat:{who}"]
    return [(one.attachment.name, one.attachment.body) for one in tried if one.attachment is not None]


def test_all_of_a_long_digest_stand_in_a_file(office: Office) -> None:
    numbers = receive(office, WHOLE + 2)
    for who in ("jia", "yi"):
        [(name, body)] = files_to(office, who)
        assert name == LIST_NAME
        rows = CalamineWorkbook.from_filelike(BytesIO(body)).get_sheet_by_index(0).to_python()
        text = [[str(cell) for cell in row] for row in rows]
        assert [row[1] for row in text if row[1].startswith("FJ-")] == numbers
        assert all("水利部门" in row[4] and row[6].startswith("8月24日") for row in text if row[1].startswith("FJ-"))


def test_what_a_message_holds_needs_no_file(office: Office) -> None:
    receive(office, WHOLE)
    assert files_to(office, "jia") == []
