"""What clerks say, played in a small office: what is then in the books, and what they are asked, told or offered."""

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import time
from pathlib import Path

import pytest
from sqlalchemy import RowMapping

from bot.actions.context import Context
from bot.delivery.wording import Wording
from handlers.chat.listing import parse_all
from handlers.chat.reply import Conversation, Reply
from storage.messages import questions
from storage.records import TicketState
from storage.sql.database import Database
from storage.sql.schema import migrate
from storage.tables import requests
from storage.tickets import tickets
from tests.cast.proof import KEY
from tests.handlers.chat.conversation.office import Office

HERE = Path(__file__).parent
NUMBERS = ("A-1001", "A-1002", "A-1003")
OFFERED = {
    "hint_missent": "move",
    "hint_transfer": "move",
    "hint_correct": "false",
    "hint_retired": "false,move",
    "hint_cannot": "more,hand",
    "hint_handed_on": "hand,move",
    "hint_away": "hand",
    "hint_acknowledge": "ack",
}
NOTHING_DONE = (
    "没看懂",
    "hint_denied",
    "hint_not_done",
    "hint_courtesy",
    "hint_mistaken",
    "nothing_open",
    "asked",
    "not_yet",
)
TOLD = re.compile("时限：|几点|A角|问题：|说明|上班|周报|待办|状态|第1个工作日|请假 到|不要求截图|可以这样回复|[:：]")
STATES = {TicketState.COMPLETED: "complete", TicketState.ACKNOWLEDGED: "ack", TicketState.DISPUTED: "dispute"}


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One line of the table."""

    open: int
    outcome: str
    text: str


def table(name: str) -> list[Utterance]:
    """The lines of a table, as they are written and with full-width marks."""
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [Utterance(open=int(row[0]), outcome=row[1], text=row[2].replace("\\n", "\n")) for row in rows]


class Play:
    """Says one thing at a time in a small office, which is put back as it was before each."""

    def __init__(self, tickets_open: int) -> None:
        self.count = tickets_open
        self.office = Office(in_memory())
        if tickets_open:
            self.office.receive(*NUMBERS[:tickets_open])
        if tickets_open > 1:
            self.office.say("甲", "我的工单")
        self.before = sqlite3.connect(":memory:")
        with self._connection() as connection:
            connection.backup(self.before)

    def say(self, text: str) -> str:
        """What was done and said then."""
        with self._connection() as connection:
            self.before.backup(connection)
        # The caches of a context go by versions, which come again; reading the policies anew takes most of the time.
        policies = self.office.context.policies
        self.office.context = Context(self.office.database, self.office.clock, policies, (time(8), time(20)))
        self.office.conversation = Conversation(self.office.context, Wording("zh"))
        self.reply = self.office.say("甲", text)
        return outcome(self.office, self.reply, self.count)

    def close(self) -> None:
        self.before.close()
        self.office.database.close()

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        pooled = self.office.database.engine.raw_connection()
        assert isinstance(pooled.driver_connection, sqlite3.Connection)
        yield pooled.driver_connection
        pooled.close()


def in_memory() -> Database:
    database = Database("sqlite:///:memory:", journal_key=KEY)
    migrate(database)
    return database


@pytest.fixture(scope="module")
def plays() -> Iterator[dict[int, Play]]:
    """An office with none, one and three tickets open."""
    made = {count: Play(count) for count in (0, 1, 3)}
    yield made
    for play in made.values():
        play.close()


def outcome(office: Office, reply: Reply, count: int) -> str:
    """What was done, then what was asked, told or offered."""
    done = [*_moves(office, count), *_requests(office), *_leaves(office)]
    return "+".join([*done, *_said(office, reply, done)]) or "none"


def _moves(office: Office, count: int) -> list[str]:
    """What became of each ticket; a request counts as taking it, so that only the request is listed then."""
    asked_for = {request["ticket_id"] for request in _open_requests(office)}
    moved: dict[str, list[str]] = {}
    with office.database.read() as conn:
        for place, number in enumerate(NUMBERS[:count], 1):
            [ticket] = tickets.by_number(conn, number)
            implied = ticket.state is TicketState.ACKNOWLEDGED and ticket.id in asked_for
            if ticket.state in STATES and not implied:
                moved.setdefault(STATES[ticket.state], []).append(str(place))
    return [verb if count == 1 else f"{verb}:{','.join(places)}" for verb, places in moved.items()]


def _requests(office: Office) -> list[str]:
    kinds = [request["kind"] for request in _open_requests(office)]
    return [{"extension": "extend", "transfer": "transfer"}[kind] for kind in kinds if kind != "dispute"]


def _open_requests(office: Office) -> Sequence[RowMapping]:
    with office.database.read() as conn:
        return conn.execute(requests.select()).mappings().all()


def _leaves(office: Office) -> list[str]:
    with office.database.read() as conn:
        return ["leave"] if office.context.directory(conn).leaves else []


def _said(office: Office, reply: Reply, done: list[str]) -> list[str]:
    reason = reply.reason
    if "像是" in reason:
        return ["ask"]
    if "asked_which" in reason or reason == "no_such_place":
        return ["which"]
    if "asked_words" in reason:
        with office.database.read() as conn:
            question = questions.pending(conn, office.people["甲"], office.clock.now())
        assert question is not None
        return [f"words:{question.command}"]
    if reason in OFFERED:
        return [f"offer:{OFFERED[reason]}"] if reply.buttons else ["answer"]
    if reason in NOTHING_DONE:
        return []
    return [] if done and reason not in ("hint_stand_in", "hint_proof") else ["answer"]


def fits(wanted: str, got: str, reply: Reply) -> bool:
    """Whether the outcome is the one of the table; an answer beside something done shows in the text only."""
    want = sorted(part for part in wanted.split("+") if part != "none")
    have = sorted(part for part in got.split("+") if part != "none")
    if "answer" in want and len(want) > 1:
        return have == [part for part in want if part != "answer"] and TOLD.search(reply.text) is not None
    return want == have


WIDE = str.maketrans({mark: chr(ord(mark) + 0xFEE0) for mark in ",;:?!()123"})


@pytest.mark.slow
@pytest.mark.parametrize("wide", [False, True], ids=["as typed", "full width"])
def test_every_utterance_has_its_outcome(plays: dict[int, Play], wide: bool) -> None:
    wrong = []
    for one in table("utterances.tsv"):
        text = one.text.translate(WIDE) if wide and "http" not in one.text and "A-10" not in one.text else one.text
        if wide and text == one.text:
            continue
        play = plays[one.open]
        got = play.say(text)
        if not fits(one.outcome, got, play.reply):
            wrong.append(f"{one.open} {text!r}: {one.outcome}, but {got} ({play.reply.reason})")
    assert wrong == []


def test_there_are_enough_of_them_and_enough_that_must_not_complete() -> None:
    rows = table("utterances.tsv")
    assert len(rows) == len({(one.open, one.text) for one in rows}) > 700
    assert sum("complete" not in one.outcome for one in rows if any(word in one.text for word in "改删办完")) > 250


@pytest.mark.parametrize("text", (HERE / "near_completions.txt").read_text(encoding="utf-8").splitlines())
def test_what_is_nearly_a_completion_is_none(text: str) -> None:
    assert not any(parsed.command == "complete" for parsed in parse_all(text))
