"""The last look before sending: few looks for many messages, and none that is older than it may be."""

import asyncio
from collections.abc import Sequence

from bot.actions.messages.dispatch import Candidate
from bot.delivery.revalidation import CHECK_TTL_SECONDS, Revalidator
from storage.records import Message
from tests.cast.values import message


class Ticking:
    """A clock that only goes when it is told to."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        return self.seconds


class Looked:
    """Answers, and remembers what each look was for."""

    def __init__(self) -> None:
        self.looks: list[list[int]] = []
        self.over: set[int] = set()

    async def __call__(self, asked: Sequence[Candidate]) -> Sequence[str]:
        self.looks.append([one.id for one, _ in asked])
        await asyncio.sleep(0)
        return ["办结" if one.id in self.over else "" for one, _ in asked]


def messages(many: int) -> list[Message]:
    return [message(number) for number in range(1, many + 1)]


async def test_those_next_in_line_are_asked_for_in_the_same_look() -> None:
    looked, line = Looked(), [(one, ()) for one in messages(7)]
    last_look = Revalidator(looked, Ticking(), at_once=3)
    last_look.line_up(line)
    assert set(await asyncio.gather(*map(last_look.why_obsolete, line))) == {""}
    assert looked.looks == [[1, 2, 3], [4, 5, 6], [7]]


async def test_what_is_over_is_said_of_the_right_message() -> None:
    looked, line = Looked(), [(one, ()) for one in messages(4)]
    looked.over = {2, 4}
    last_look = Revalidator(looked, Ticking(), at_once=4)
    last_look.line_up(line)
    assert [await last_look.why_obsolete(one) for one in line] == ["", "办结", "", "办结"]
    assert len(looked.looks) == 1


async def test_who_waited_too_long_for_a_place_is_asked_for_again() -> None:
    looked, clock, line = Looked(), Ticking(), [(one, ()) for one in messages(3)]
    last_look = Revalidator(looked, clock, at_once=3)
    last_look.line_up(line)
    assert await last_look.why_obsolete(line[0]) == ""
    looked.over = {2, 3}
    assert await last_look.why_obsolete(line[1]) == ""
    clock.seconds = CHECK_TTL_SECONDS + 0.1
    assert await last_look.why_obsolete(line[2]) == "办结"
    assert looked.looks == [[1, 2, 3], [3]]


async def test_an_answer_counts_for_one_try_only() -> None:
    looked, line = Looked(), [(one, ()) for one in messages(1)]
    last_look = Revalidator(looked, Ticking(), at_once=3)
    last_look.line_up(line)
    assert await last_look.why_obsolete(line[0]) == ""
    looked.over = {1}
    assert await last_look.why_obsolete(line[0]) == "办结"
