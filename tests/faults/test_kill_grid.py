"""`kill -9` at every place on the way out, on every channel: nothing is lost, and no copy passes for a new message.

Where the far end knows a copy by itself there is one. Elsewhere what may have arrived comes once more, and says so.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import pytest

from bot.failpoints import Failpoint
from storage.records import Message, MessageState
from tests.faults.far_ends import FAR_ENDS, Copy, FarEnd
from tests.faults.process import House, furnish
from tests.waiting import LONG, wait_for

AGAIN = "（重复提醒）"
ON_THE_WAY = "on_the_way"  # the far end did what was asked, and its answer has not come yet
# Where messages go out, not where they come in.
ELSEWHERE = ("after_keep", "before_root_filed", "after_rekey")
SENDING = tuple(name for name in get_args(Failpoint) if name not in ELSEWHERE)
GRID = [(name, place) for name in FAR_ENDS for place in (*SENDING, ON_THE_WAY)]
GRID += [("inbox", place) for place in SENDING]  # there is no way to the web inbox: it is our own table
TOLD = ("jia", "yi")


@dataclass(frozen=True, kw_only=True)
class Scene:
    """甲 and 乙 on one channel, a ticket with a step due at this moment, and messages waiting."""

    house: House
    end: FarEnd

    @property
    def sent(self) -> MessageState:
        """How a message ends that went out: where nobody is told, it is a message that told nobody."""
        return MessageState.ACCEPTED if self.end.tells else MessageState.FAILED

    def stop(self, place: str) -> None:
        """Let the product run until it is killed at the place."""
        if place != ON_THE_WAY:
            self.house.killed(failpoint=place)
            return
        assert self.end.hold is not None
        self.end.hold()
        with self.house.running() as process:
            wait_for(self.end.seen, self.house.log.read_text)
            process.kill()
            process.join(LONG)
        self.end.free()

    def rows(self) -> dict[int, Message]:
        """The messages of these two, by id."""
        people = {self.house.people[who] for who in TOLD}
        return {one.id: one for one in self.house.messages() if one.person_id in people}

    def copies(self, one: Message) -> list[Copy]:
        """What was seen of a message, told by how its text begins."""
        if not one.payload:
            return []
        # Who has no chat is named to the B角, who is asked to act then: only the whole line tells A's and B's apart.
        head = json.loads(one.payload)["text"].partition("】" if self.end.tells else "\n")[0]
        return [copy for copy in self.end.seen() if copy.text.removeprefix(AGAIN).startswith(head)]


@pytest.fixture
def scene(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Scene]:
    if request.param == "inbox":
        house = furnish(database_url, tmp_path / "data")

        def seen() -> Sequence[Copy]:
            return [Copy(text=text, mark=key) for key, text in house.shown()]

        end = FarEnd(channel="inbox", addresses=("", ""), seen=seen, tells=False, tells_doubles=True)
        yield Scene(house=house, end=end)
        return
    with FAR_ENDS[request.param]() as end:
        ways = {who: (end.channel, address) for who, address in zip(TOLD, end.addresses, strict=True)}
        house = furnish(database_url, tmp_path / "data", ways=ways)
        yield Scene(house=replace(house, sections=end.sections), end=end)


@pytest.mark.parametrize(("scene", "place"), GRID, indirect=["scene"])
def test_killed_there_and_started_again_all_are_told_and_every_copy_is_known(scene: Scene, place: str) -> None:
    scene.stop(place)
    then = scene.rows()
    arrived = {one.id: len(scene.copies(one)) for one in then.values()}
    assert_stopped_at(place, scene.sent, list(then.values()), arrived)
    scene.house.go_on()
    now = scene.rows()
    sent = {one.person_id for one in now.values() if one.state == scene.sent}
    assert sent == {scene.house.people[who] for who in TOLD}
    if scene.end.channel != "inbox":
        theirs, maybe = (
            {one.intent for one in now.values()},
            {one.intent for one in now.values() if one.state == MessageState.UNCERTAIN},
        )
        copies = [one for one in scene.house.copies() if one in theirs]
        beyond = [] if scene.end.tells else [one.intent for one in now.values() if one.state == MessageState.FAILED]
        assert sorted(one for one in copies if one in beyond or one not in maybe) == sorted(beyond), "it lies there too"
        assert not (scene.end.tells and copies)
    scene.house.assert_told_in_the_stories()
    log = scene.house.log.read_text()
    assert [one for one in scene.end.secrets if one in log] == []
    for one in now.values():
        was = then.get(one.id, one)
        # What was under way to the inbox had been taken by the one-way channel before, so it does not come there again.
        doubtful = was.state == MessageState.LEASED and bool(was.payload) and was.channel == scene.end.channel
        assert_copies(scene, one, doubtful=doubtful, arrived=arrived.get(one.id, 0))


def assert_stopped_at(place: str, sent: MessageState, rows: Sequence[Message], arrived: dict[int, int]) -> None:
    """It was really killed there."""
    under_way = [one for one in rows if one.state == MessageState.LEASED and one.payload]
    if place == "before_commit":
        assert sent not in {one.state for one in rows}
    elif place == "after_claim":
        assert (MessageState.LEASED in {one.state for one in rows}, under_way) == (True, [])
    elif place == "before_send":
        assert [arrived[one.id] for one in under_way] == [0] * len(under_way) != []
    elif place == "after_settle":
        assert sent in {one.state for one in rows}
    else:
        assert any(arrived[one.id] for one in under_way)


def assert_copies(scene: Scene, one: Message, *, doubtful: bool, arrived: int) -> None:
    """A message that was in doubt came once more, and said so where nobody else would."""
    found, end = scene.copies(one), scene.end
    whole = [copy for copy in found if copy.part == end.last_part]
    marked = [copy for copy in whole if copy.text.startswith(AGAIN)]
    if one.state != scene.sent:
        # A later step overtook it: it was never sent, or nobody knows, and it is not sent again.
        assert (one.state, len(found)) in ((MessageState.SUPERSEDED, 0), (MessageState.UNCERTAIN, arrived))
    elif end.tells_doubles:
        assert len(whole) == 1
        assert set(Counter((copy.part, copy.text) for copy in found).values()) == {1}
        assert marked == [] or (doubtful and not arrived)
    else:
        assert (len(whole), len(marked)) == ((arrived + 1, 1) if doubtful else (1, 0))
        assert len({copy.mark for copy in whole}) == 1
