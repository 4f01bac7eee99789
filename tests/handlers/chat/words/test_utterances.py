"""What clerks say, played in a small office: what is then in the books, and what they are asked, told or offered."""

import copy
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from handlers.chat.listing import parse_all
from handlers.chat.reply import Reply
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


@pytest.fixture(scope="module")
def offices(tmp_path_factory: pytest.TempPathFactory) -> dict[int, tuple[Office, Path]]:
    """An office with none, one and three tickets open, to copy."""
    made = {}
    for count in (0, 1, 3):
        path = tmp_path_factory.mktemp("offices") / f"{count}.sqlite3"
        database = Database(f"sqlite:///{path}", journal_key=KEY)
        migrate(database)
        office = Office(database)
        if count:
            office.receive(*NUMBERS[:count])
        if count > 1:
            office.say("甲", "我的工单")
        database.close()
        made[count] = (office, path)
    return made


@pytest.fixture
def played(offices: dict[int, tuple[Office, Path]], tmp_path: Path) -> Iterator["Play"]:
    play = Play(offices, tmp_path)
    yield play
    play.close()


class Play:
    """Says one thing in a fresh copy of an office."""

    def __init__(self, offices: dict[int, tuple[Office, Path]], folder: Path) -> None:
        self.offices, self.folder, self.databases = offices, folder, list[Database]()

    def say(self, text: str, count: int) -> str:
        original, path = self.offices[count]
        copied = self.folder / f"{len(self.databases)}.sqlite3"
        shutil.copy(path, copied)
        office = copy.copy(original)
        office.database = Database(f"sqlite:///{copied}", journal_key=KEY)
        self.databases.append(office.database)
        office.restart()
        self.reply = office.say("甲", text)
        self.office = office
        return outcome(office, self.reply, count)

    def close(self) -> None:
        for database in self.databases:
            database.close()


def outcome(office: Office, reply: Reply, count: int) -> str:
    """What was done, then what was asked, told or offered."""
    done = [*_moves(office, count), *_requests(office), *_leaves(office)]
    return "+".join([*done, *_said(office, reply, done)]) or "none"


def _moves(office: Office, count: int) -> list[str]:
    moved: dict[str, list[str]] = {}
    with office.database.read() as conn:
        for place, number in enumerate(NUMBERS[:count], 1):
            [ticket] = tickets.by_number(conn, number)
            if ticket.state in STATES:
                moved.setdefault(STATES[ticket.state], []).append(str(place))
    return [verb if count == 1 else f"{verb}:{','.join(places)}" for verb, places in moved.items()]


def _requests(office: Office) -> list[str]:
    with office.database.read() as conn:
        kinds = conn.execute(requests.select()).mappings().all()
    return [{"extension": "extend", "transfer": "transfer"}[one["kind"]] for one in kinds if one["kind"] != "dispute"]


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
def test_every_utterance_has_its_outcome(played: Play, wide: bool) -> None:
    wrong = []
    for one in table("utterances.tsv"):
        text = one.text.translate(WIDE) if wide and "http" not in one.text and "A-10" not in one.text else one.text
        got = played.say(text, one.open)
        if not fits(one.outcome, got, played.reply):
            wrong.append(f"{one.open} {text!r}: {one.outcome}, but {got} ({played.reply.reason})")
    assert wrong == []


def test_there_are_enough_of_them_and_enough_that_must_not_complete() -> None:
    rows = table("utterances.tsv")
    assert len(rows) == len({(one.open, one.text) for one in rows}) > 700
    assert sum("complete" not in one.outcome for one in rows if any(word in one.text for word in "改删办完")) > 250


@pytest.mark.parametrize("text", (HERE / "near_completions.txt").read_text(encoding="utf-8").splitlines())
def test_what_is_nearly_a_completion_is_none(text: str) -> None:
    assert not any(parsed.command == "complete" for parsed in parse_all(text))
