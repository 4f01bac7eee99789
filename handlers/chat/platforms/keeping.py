"""Commits what platforms bring at the same time together: one durable write for many answers."""

from collections.abc import Sequence

from bot.actions.context import Context
from bot.actions.messages import updates
from bot.actions.messages.updates import Arrived
from bot.batching import Together


class Keeper:
    """Keeps updates; each caller hears when its own is committed."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._together = Together(self._kept)

    async def keep(self, arrived: Arrived) -> None:
        """Return when the update is committed; raises what the database raised about it."""
        error = await self._together(arrived)
        if error is not None:
            raise error

    async def _kept(self, batch: Sequence[Arrived]) -> Sequence[Exception | None]:
        error = await self._error_of(batch)
        if error is None or len(batch) == 1:
            return [error] * len(batch)
        # One update the database does not take must not cost the others their place.
        return [await self._error_of([one]) for one in batch]

    async def _error_of(self, batch: Sequence[Arrived]) -> Exception | None:
        try:
            await self._context.database.run(updates.keep_all, self._context, batch)
        except Exception as error:
            return error
        return None
