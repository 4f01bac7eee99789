"""The sender: claims messages, words them, sends at most ten at once per channel, writes what happened."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.actions import dispatch
from bot.actions.context import Context
from bot.actions.dispatch import Load, Result
from bot.channels.base import Attachment, Channel, Receipt, SendFailed
from bot.delivery.compose import compose, encode, outgoing
from bot.delivery.wording import Wording
from bot.failpoints import failpoint
from bot.rules import retry
from bot.rules.routing import ways
from storage.outbox import Settlement
from storage.records import Address, Message, MessageState

log = logging.getLogger(__name__)

IN_FLIGHT = 10  # httpx gets slower beyond
SAFE_SHARE = 0.7  # of the lease: later than this nothing new is sent under it


class Sender:
    """Owns the channels' places in flight and this node's name on leases."""

    def __init__(
        self,
        context: Context,
        channels: Mapping[str, Channel],
        wording: Wording,
        *,
        holder: str,
        lease: timedelta = timedelta(seconds=60),
        digest_from: int = 3,
    ) -> None:
        self._context, self._channels, self._wording = context, channels, wording
        self._holder, self._lease, self._digest_from = holder, lease, digest_from
        self._places = {name: asyncio.Semaphore(IN_FLIGHT) for name in channels}

    async def drain(self) -> int:
        """Send everything that is due now; returns how many messages were handled."""
        handled = 0
        while batch := await self._one_batch():
            handled += batch
        return handled

    async def _one_batch(self) -> int:
        run = self._context.database.run
        started = self._context.clock.monotonic()
        load = await run(dispatch.claim, self._context, self._holder, self._lease, self._digest_from)
        if not load.messages:
            return 0
        failpoint("after_claim")
        tries = [self._first_try(one, load) for one in load.messages]
        await run(dispatch.prepare, self._context, [one.message for one in tries if one])
        failpoint("before_send")
        deadline = started + self._lease.total_seconds() * SAFE_SHARE
        work = [self._deliver(message, one, load, deadline) for message, one in zip(load.messages, tries, strict=True)]
        await self._settle_as_they_come([asyncio.create_task(one) for one in work])
        return len(tries)

    async def _settle_as_they_come(self, tasks: "list[asyncio.Task[Result | None]]") -> None:
        waiting = set(tasks)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            failpoint("after_send")
            results = [result for task in done if (result := task.result()) is not None]
            if results:
                await self._context.database.run(dispatch.settle, self._context, results)
            failpoint("after_settle")

    async def _deliver(self, message: Message, one: "_Try | None", load: Load, deadline: float) -> Result | None:
        """Try the person's ways one after the other; None when the lease is nearly over and nothing may go out."""
        dead: list[int] = []
        while one is not None:
            if self._context.clock.monotonic() > deadline:
                return None
            outcome = await self._send(one)
            if isinstance(outcome, Receipt):
                return Result(message=one.message, settlement=self._accepted(one.message, outcome), dead=tuple(dead))
            what_now = self._decide(one.message, outcome)
            if what_now.outcome != retry.Outcome.NEXT_WAY:
                settlement = self._later(one.message, outcome, what_now)
                return Result(message=one.message, settlement=settlement, dead=tuple(dead), moved_to=outcome.moved_to)
            if outcome.permanent:
                dead.append(one.way.id)
            message, one = one.message, self._next_try(one, load)
            if one is not None:
                await self._context.database.run(dispatch.prepare, self._context, [one.message])
        reason = self._wording("message.no_way_left")
        failed = Settlement(id=message.id, fence=message.fence, state=MessageState.FAILED, reason=reason)
        return Result(message=message, settlement=failed, dead=tuple(dead))

    async def _send(self, one: "_Try") -> Receipt | SendFailed:
        name = one.message.channel
        channel, extra = self._channels[name], {"action": "send_failed", "message_id": one.message.id, "channel": name}
        mark = self._wording("message.again") if one.repeated and not channel.abilities.tells_doubles else ""
        async with self._places[name]:
            try:
                attachment = await self._attachment(one.message) if channel.abilities.attachments else None
                return await channel.send(outgoing(one.message, mark=mark, attachment=attachment))
            except SendFailed as failure:
                log.warning("message not sent: %s", failure.reason, extra=extra)
                return failure
            except Exception as surprise:
                log.exception("channel broke its contract", extra=extra)
                return SendFailed(type(surprise).__name__, uncertain=True)

    async def _attachment(self, message: Message) -> Attachment | None:
        if message.file_id is None:
            return None
        file = await self._context.database.run(dispatch.attached, self._context, message.file_id)
        return Attachment(id=file.id, name=file.name, media_type=file.media_type, body=file.body)

    def _first_try(self, message: Message, load: Load) -> "_Try | None":
        """Stay on the way a message was last tried, with the very same payload if it may have arrived."""
        possible = self._ways(message, load)
        way = next((one for one in possible if one.channel == message.channel), None) or next(iter(possible), None)
        if way is None:
            return None
        if way.channel == message.channel and message.payload:
            return _Try(message=replace(message, attempts=message.attempts + 1), way=way, repeated=True)
        attempts = message.attempts + 1 if way.channel == message.channel else 1
        return self._worded(message, way, attempts, load)

    def _next_try(self, last: "_Try", load: Load) -> "_Try | None":
        possible = self._ways(last.message, load)
        rest = possible[possible.index(last.way) + 1 :] if last.way in possible else []
        return self._worded(last.message, rest[0], 1, load) if rest else None

    def _worded(self, message: Message, way: Address, attempts: int, load: Load) -> "_Try":
        payload = encode(compose(message, load, self._wording, self._context.now()))
        worded = replace(message, channel=way.channel, address=way.address, payload=payload, attempts=attempts)
        return _Try(message=worded, way=way, repeated=False)

    def _ways(self, message: Message, load: Load) -> list[Address]:
        to: Any = message.params.get("to")
        if to and to["channel"] in self._channels:
            # An answer goes back where the person spoke, whatever way they prefer otherwise.
            return [Address(id=0, person_id=message.person_id, channel=to["channel"], address=to["address"])]
        return [way for way in ways(message.person_id, load.directory) if way.channel in self._channels]

    def _decide(self, message: Message, failure: SendFailed) -> retry.Retry:
        now = self._context.now()
        if failure.moved_to:
            return retry.Retry(outcome=retry.Outcome.AGAIN, at=now)
        return retry.decide(
            permanent=failure.permanent,
            uncertain=failure.uncertain,
            retry_after=failure.retry_after,
            attempts=message.attempts,
            now=now,
        )

    def _accepted(self, message: Message, receipt: Receipt) -> Settlement:
        now = self._context.now()
        return Settlement(
            id=message.id,
            fence=message.fence,
            state=MessageState.DELIVERED if receipt.delivered else MessageState.ACCEPTED,
            provider_id=receipt.provider_id,
            accepted_at=now,
            delivered_at=now if receipt.delivered else None,
        )

    def _later(self, message: Message, failure: SendFailed, decided: retry.Retry) -> Settlement:
        uncertain = decided.outcome == retry.Outcome.UNCERTAIN
        return Settlement(
            id=message.id,
            fence=message.fence,
            state=MessageState.UNCERTAIN if uncertain else MessageState.PENDING,
            reason=failure.reason,
            retry_at=decided.at if uncertain else None,
            not_before=None if uncertain else decided.at,
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Try:
    """One message on one way; `repeated` when an earlier try may have arrived."""

    message: Message
    way: Address
    repeated: bool
