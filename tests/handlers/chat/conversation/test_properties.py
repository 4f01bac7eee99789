"""Whatever is typed, nothing is raised; and no ticket moves without a word of the table."""

from collections.abc import Iterator
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from handlers.chat.commands import COMMANDS
from handlers.chat.words.folding import fold
from handlers.chat.words.lexicon import lexicon
from handlers.chat.words.slots import Slot
from storage.sql.database import Database
from storage.sql.schema import migrate
from tests.cast.proof import KEY
from tests.handlers.chat.conversation.office import Office

CHANGING = [word.lower() for row in COMMANDS if row.changes for word in (*row.words, *row.said)]
# Everyday words that may take, complete, hand on or put off a ticket.
MOVING = {
    *(Slot.ACCEPT, Slot.AGREE, Slot.MAY, Slot.ACTION, Slot.COMPLETION, Slot.BECOMES, Slot.WORKS, Slot.FINISHED),
    *(Slot.SO_DONE, Slot.SOON, Slot.DOING, Slot.US, Slot.THEIRS, Slot.MORE_TIME, Slot.LEAVE, Slot.ALL, Slot.RESULT),
}
events = count(1)


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    """One office in memory for all examples; nothing that is said in them may change it."""
    database = Database("sqlite://", journal_key=KEY)
    migrate(database)
    office = Office(database)
    office.receive("FJ-2021-1")
    yield office
    database.close()


def harmless(text: str) -> bool:
    """Whether no word that changes a ticket stands in the text, however it is spaced."""
    close = fold(text).text.replace(" ", "")
    taught = any(word.replace(" ", "") in close or word.removeprefix("已") in close for word in CHANGING)
    return not taught and not any(token.slot in MOVING for token in lexicon().tokens(close))


ANYTHING = st.text(st.characters(codec=None), max_size=60)
TALK = st.lists(st.sampled_from([*"1239 ，。？号了吗不", "FJ-2021-1", "工单", "我的工单", "取消", "\x00"]), max_size=8)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=(ANYTHING | TALK.map("".join)).filter(harmless), reply=st.booleans())
@example(text="\ud800", reply=True)
@example(text="\x00", reply=False)
def test_no_ticket_moves_without_a_word_for_it(office: Office, text: str, reply: bool) -> None:
    before = office.ticket("FJ-2021-1")
    answer = office.say("甲", text, event=f"p{next(events)}", to="FJ-2021-1" if reply else "")
    assert answer.text
    assert answer.kept
    assert office.ticket("FJ-2021-1") == before


@settings(max_examples=60, deadline=None)
@given(text=ANYTHING)
def test_a_stranger_changes_nothing_whatever_they_say(office: Office, text: str) -> None:
    answer = office.say("nobody", "办结 FJ-2021-1 " + text, event=f"p{next(events)}")
    assert answer.aside
    assert office.ticket("FJ-2021-1").state == "new"
