"""The last look before sending: are messages still ours and still true? Candidate for those next in line too."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from bot.actions.messages.dispatch import Candidate
from bot.clock import Clock

CHECK_TTL_SECONDS = 0.5  # seconds an answer holds; who waited longer for a place in flight is asked for again

Ask = Callable[[Sequence[Candidate]], Awaitable[Sequence[str]]]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Answer:
    why_obsolete: str
    at: float  # monotonic


class Revalidator:
    """Looks once for several messages: ten looks cost nearly ten times as much as one for ten."""

    def __init__(self, ask: Ask, clock: Clock, at_once: int) -> None:
        self._ask, self._clock, self._at_once = ask, clock, at_once
        self._line: dict[int, Candidate] = {}  # by message id, in the order they are going to be sent
        self._answers: dict[int, _Answer] = {}
        self._turn = asyncio.Lock()

    def line_up(self, many: Sequence[Candidate]) -> None:
        """Name the messages of a batch in their order; what is left of the one before is forgotten."""
        self._line = {one.id: (one, told) for one, told in many}
        self._answers = {}

    async def why_obsolete(self, asked: Candidate) -> str:
        """Return why a message is not to go out now; "" where it is."""
        number = asked[0].id
        async with self._turn:
            answer = self._answers.pop(number, None)
            if answer is None or answer.at + CHECK_TTL_SECONDS < self._clock.monotonic():
                await self._look(asked)
                answer = self._answers.pop(number)
            self._line.pop(number, None)
            return answer.why_obsolete

    async def _look(self, asked: Candidate) -> None:
        following = (one for number, one in self._line.items() if number != asked[0].id)
        batch = [asked, *islice(following, self._at_once - 1)]
        at = self._clock.monotonic()
        for (one, _), why in zip(batch, await self._ask(batch), strict=True):
            self._answers[one.id] = _Answer(why_obsolete=why, at=at)
