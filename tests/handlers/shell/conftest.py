"""Data folders: an empty one, and copies of one with the sample register and one with the sample ticket besides."""

from pathlib import Path

import pytest

from tests.handlers.shell.commands import SAMPLES, Shell, copied


@pytest.fixture
def fresh(tmp_path: Path) -> Shell:
    """An empty data folder."""
    return Shell(folder=tmp_path / "data")


@pytest.fixture(scope="session")
def register_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample register, imported once."""
    ready = Shell(folder=tmp_path_factory.mktemp("register") / "data")
    assert ready("register", "import", str(SAMPLES / "register.xlsx")).code == 0
    return ready.folder


@pytest.fixture(scope="session")
def ticket_folder(register_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample ticket besides, taken in once."""
    ready = copied(register_folder, tmp_path_factory.mktemp("ticket"))
    assert ready("intake", str(SAMPLES / "tickets-2021-08-23.xlsx")).code == 0
    return ready.folder


@pytest.fixture
def with_register(register_folder: Path, tmp_path: Path) -> Shell:
    """A data folder with the sample register."""
    return copied(register_folder, tmp_path)


@pytest.fixture
def with_ticket(ticket_folder: Path, tmp_path: Path) -> Shell:
    """A data folder with the sample register and the sample ticket."""
    return copied(ticket_folder, tmp_path)
