"""Work that costs the same for one as for many: whoever asks while it is under way is served by the next go."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 100


class Together(Generic[T, R]):
    """Carries out `work` for all that wait, at most `at_once` at a time; one go after the other.

    `work` returns an outcome for each of what it was given, in its order. What it raises, all of that go raise.
    """

    def __init__(self, work: Callable[[Sequence[T]], Awaitable[Sequence[R]]], at_once: int = AT_ONCE) -> None:
        self._work, self._at_once = work, at_once
        self._waiting: deque[tuple[T, asyncio.Future[R]]] = deque()
        self._going: asyncio.Task[None] | None = None

    async def __call__(self, one: T) -> R:
        """Return what the work makes of one."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, answer))
        if self._going is None or self._going.done():
            self._going = asyncio.create_task(self._go())
        return await answer

    async def _go(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(self._at_once, len(self._waiting)))]
            try:
                outcomes = await self._work([one for one, _ in batch])
            except Exception as error:
                for _, answer in batch:
                    if not answer.done():  # who asked may have gone
                        answer.set_exception(error)
                continue
            for (_, answer), outcome in zip(batch, outcomes, strict=True):
                if not answer.done():
                    answer.set_result(outcome)
