"""Commits what platforms bring at the same time together: one durable write for many answers."""

import asyncio
from collections import deque

from bot.actions import updates
from bot.actions.context import Context
from bot.actions.updates import Arrived

AT_ONCE = 100  # updates in one transaction
Waiting = tuple[Arrived, "asyncio.Future[None]"]


class Keeper:
    """Holds what waits for the write that is under way; each caller hears when its own update is committed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._waiting: deque[Waiting] = deque()
        self._writing: asyncio.Task[None] | None = None

    async def keep(self, arrived: Arrived) -> None:
        """Return when the update is committed; raises what the database raised about it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrived, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch = [self._waiting.popleft() for _ in range(min(AT_ONCE, len(self._waiting)))]
            try:
                await self._context.database.run(updates.keep_all, self._context, [one for one, _ in batch])
            except Exception as error:
                await self._write_each(batch, error)
            else:
                for _, done in batch:
                    _tell(done, None)

    async def _write_each(self, batch: list[Waiting], error: Exception) -> None:
        """One update the database does not take must not cost the others their place."""
        for one, done in batch:
            outcome: Exception | None = error
            if len(batch) > 1:
                try:
                    await self._context.database.run(updates.keep_all, self._context, [one])
                    outcome = None
                except Exception as own:
                    outcome = own
            _tell(done, outcome)


def _tell(done: "asyncio.Future[None]", outcome: Exception | None) -> None:
    if done.done():
        return  # who asked has gone; the update is kept all the same
    if outcome is None:
        done.set_result(None)
    else:
        done.set_exception(outcome)
