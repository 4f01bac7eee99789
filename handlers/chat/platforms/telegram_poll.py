"""Telegram by polling: every update is kept before the next poll confirms it; one node polls at a time."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from telegram.error import Conflict, RetryAfter

from bot.actions import holding
from bot.actions.context import Context
from bot.actions.messages import updates
from bot.channels.telegram.client import TelegramClient, failure, pause_of
from bot.failpoints import failpoint
from handlers.chat.platforms.telegram import to_keep
from handlers.chat.platforms.telegram_menu import CommandMenu

log = logging.getLogger(__name__)

CHANNEL = "telegram"
LEASE = "telegram:poll"
WAIT_SECONDS = 25  # a poll hangs so long when nothing happens
LEASE_FOR = timedelta(seconds=2 * WAIT_SECONDS + 10)
PAUSES = (1.0, 2.0, 5.0, 15.0, 30.0)  # seconds after the first, second … failure in a row
CONFLICT_PAUSE = 30.0
NOT_MINE_PAUSE = 5.0
EMPTY_PAUSE = 0.1  # in case something on the way does not let a poll hang


class Poller:
    """Owns the place in Telegram's queue and the lease on it."""

    def __init__(
        self, context: Context, client: TelegramClient, *, holder: str, menu: CommandMenu | None = None
    ) -> None:
        self._menu = menu
        self._context, self._client, self._holder = context, client, holder
        self._offset = 0  # nothing is confirmed before this process has kept it itself
        self._failures = 0

    async def run(self, stop: asyncio.Event) -> None:
        """Poll until told to stop, then end at once: what was not kept was not confirmed, and comes again."""
        stopped = asyncio.create_task(stop.wait())
        try:
            while not stop.is_set():
                seconds = await self._turn_until(stopped)
                await asyncio.wait({stopped}, timeout=seconds)
        finally:
            stopped.cancel()
            await self._let_go()

    async def _turn_until(self, stopped: "asyncio.Task[bool]") -> float:
        turn = asyncio.create_task(self._turn())
        try:
            await asyncio.wait({turn, stopped}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            turn.cancel()
            await asyncio.wait({turn})
        return 0 if turn.cancelled() else turn.result()

    async def _turn(self) -> float:
        """Do one poll and return the seconds to rest before the next."""
        run = self._context.database.run
        try:
            if not await run(holding.hold, self._context, LEASE, self._holder, LEASE_FOR):
                return NOT_MINE_PAUSE
            if not self._client.username:
                await self._client.me()
            if self._menu is not None:
                await self._menu.show()
            found = await self._client.updates(self._offset, WAIT_SECONDS)
            for update in found:
                await self._keep(update)
        except Conflict:
            return await self._in_conflict()
        except Exception as error:
            return self._failed(error)
        if self._failures:
            log.warning("Telegram 轮询恢复正常", extra={"action": "poll"})
        self._failures = 0
        return 0 if found else EMPTY_PAUSE

    async def _keep(self, update: Mapping[str, Any]) -> None:
        number = update.get("update_id") if isinstance(update, Mapping) else None
        if not isinstance(number, int):
            log.error("an update without id was skipped", extra={"action": "poll"})
            return
        # As Telegram writes it: with halves of characters and NUL escaped, which no database would store.
        await self._context.database.run(
            updates.keep, self._context, CHANNEL, str(number), json.dumps(to_keep(dict(update)))
        )
        failpoint("after_keep")
        self._offset = number + 1

    async def _in_conflict(self) -> float:
        """Two poll with one token, or a webhook is set: each gets a part, so say so until it is put right."""
        url = ""
        with contextlib.suppress(Exception):
            url = (await self._client.webhook()).url
        if url:
            log.error("Telegram 设有 webhook，轮询收不到消息：请改用 webhook 方式或删除它", extra={"action": "poll"})
        else:
            log.error("另有程序在用同一令牌轮询 Telegram，消息会被分走：请停掉其中一个", extra={"action": "poll"})
        return CONFLICT_PAUSE

    def _failed(self, error: Exception) -> float:
        pause = PAUSES[min(self._failures, len(PAUSES) - 1)]
        if not self._failures:
            reason = failure(error).reason
            extra = {"action": "poll", "error": type(error).__name__}
            log.error("Telegram 轮询中断，稍后自动再试：%s", reason, extra=extra)
        self._failures += 1
        return max(pause, pause_of(error).total_seconds()) if isinstance(error, RetryAfter) else pause

    async def _let_go(self) -> None:
        with contextlib.suppress(Exception):
            await self._context.database.run(holding.let_go, self._context, LEASE, self._holder)
