"""The office on each database: without tickets, with the one of the story, with three."""

import pytest

from storage.sql.database import Database
from tests.handlers.chat.conversation.office import NUMBER, Office


@pytest.fixture
def office(database: Database) -> Office:
    """The office on each database, without tickets."""
    return Office(database)


@pytest.fixture
def one(office: Office) -> Office:
    """The office with the ticket of the story."""
    office.receive(NUMBER)
    return office


@pytest.fixture
def three(office: Office) -> Office:
    """The office with three tickets for 甲."""
    office.receive("A-1001", "A-1002", "A-1003")
    return office
