"""The sender: claims messages, sends at most ten at once per channel, writes what happened."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from bot.actions.context import Context
from bot.actions.messages import dispatch, results
from bot.actions.messages.dispatch import Candidate, ClaimedBatch, ListAsFile
from bot.actions.messages.results import Result
from bot.batching import Together
from bot.channels.base import Attachment, Channel, SendFailed
from bot.delivery.attempts import Attempt, Attempts, End
from bot.delivery.compose import outgoing
from bot.delivery.revalidation import Revalidator
from bot.delivery.wording import Wording
from bot.failpoints import failpoint
from storage.messages.outbox import Settlement
from storage.records import Address, Message

log = logging.getLogger(__name__)

IN_FLIGHT = 10  # httpx gets slower beyond
SAFE_SHARE = 0.7  # of the lease: later than this nothing new is sent under it; the rest is what one send may take
GATHER_SECONDS = 0.05  # so long results wait for others, to be written together
WRITE_TRIES = 10  # so often results are written again that the database did not take
WRITE_PAUSE = 1.0  # seconds between


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
        list_as_file: ListAsFile | None = None,
    ) -> None:
        self._context, self._channels = context, channels
        self._holder, self._lease, self._digest_from = holder, lease, digest_from
        self._list_as_file = list_as_file
        self._send_limit = lease.total_seconds() * (1 - SAFE_SHARE)
        self._places = {name: asyncio.Semaphore(IN_FLIGHT) for name in channels}
        self._attempts = Attempts(channels, wording, context.clock)
        self._prepare = Together(self._prepared)  # those who have a place at the same time
        self._revalidator = Revalidator(self._why_obsolete, context.clock, 2 * IN_FLIGHT)

    async def drain(self) -> int:
        """Send everything that is due now; returns how many messages were handled."""
        handled = 0
        while batch := await self._one_batch():
            handled += batch
        return handled

    async def _one_batch(self) -> int:
        run, context = self._context.database.run, self._context
        until = context.clock.monotonic() + self._lease.total_seconds() * SAFE_SHARE
        claimed_by = (self._holder, self._lease, self._digest_from)
        batch = await run(dispatch.claim, context, *claimed_by, list_as_file=self._list_as_file)
        if not batch.messages:
            return batch.claimed
        failpoint("after_claim")
        first = [(message, self._attempts.first(message, batch)) for message in batch.messages]
        attempts = [one for _, one in first if isinstance(one, Attempt)]
        self._revalidator.line_up([_asked(attempt, batch) for attempt in attempts])
        work = [asyncio.create_task(self._deliver(attempt, batch, until)) for attempt in attempts]
        unsent = [Result(message=one, settlement=end.settlement) for one, end in first if isinstance(end, End)]
        await self._settle_as_they_come(work, unsent)
        return batch.claimed

    async def _deliver(self, attempt: Attempt, batch: ClaimedBatch, until: float) -> Result:
        """Try the person's ways one after the other; nothing goes out after `until` of the monotonic clock."""
        dead: list[Address] = []
        while True:
            outcome = await self._attempt(attempt, batch, until)
            moved_to = ""
            if isinstance(outcome, Settlement):
                following = self._attempts.beyond(attempt, outcome, batch)
            else:
                if outcome.permanent:
                    dead.append(attempt.address)
                following, moved_to = self._attempts.after(attempt, outcome, batch), outcome.moved_to
            if isinstance(following, End):
                return Result(
                    message=attempt.message,
                    settlement=following.settlement,
                    dead=tuple(dead),
                    besides=following.besides or attempt.besides,
                    moved_to=moved_to,
                    waits=following.waits,
                )
            attempt = following

    async def _attempt(self, attempt: Attempt, batch: ClaimedBatch, until: float) -> Settlement | SendFailed:
        """Send once there is a place in flight, if the message is still ours and still true by then."""
        async with self._places[attempt.address.channel]:
            if self._context.clock.monotonic() > until:
                return self._attempts.given_back(attempt)
            why = await self._revalidator.why_obsolete(_asked(attempt, batch))
            if why:
                return self._attempts.withdrawn(attempt, why)
            # Not before: whoever finds a stored payload must take the message for one that may have gone out.
            await self._prepare(attempt.message)
            failpoint("before_send")
            return await self._send(attempt)

    async def _prepared(self, messages: Sequence[Message]) -> Sequence[None]:
        await self._context.database.run(dispatch.prepare, self._context, messages)
        return [None] * len(messages)

    async def _why_obsolete(self, asked: Sequence[Candidate]) -> Sequence[str]:
        return await self._context.database.look(dispatch.why_obsolete, self._context, asked)

    async def _send(self, attempt: Attempt) -> Settlement | SendFailed:
        extra = {"action": "send_failed", "message_id": attempt.message.id, "channel": attempt.address.channel}
        try:
            # A channel that hangs must not hold its message beyond the lease, nor the others behind it.
            async with asyncio.timeout(self._send_limit):
                channel = self._channels[attempt.address.channel]
                attachment = await self._attachment(attempt.message) if channel.abilities.attachments else None
                receipt = await channel.send(outgoing(attempt.message, mark=attempt.mark, attachment=attachment))
        except SendFailed as failure:
            log.warning("message not sent: %s", failure.reason, extra=extra)
            return failure
        except TimeoutError:
            log.warning("channel did not answer in time", extra=extra)
            return SendFailed("渠道没有按时回应", uncertain=True)
        except Exception as surprise:
            log.exception("channel broke its contract", extra=extra)
            return SendFailed(type(surprise).__name__, uncertain=True)
        return self._attempts.accepted(attempt, receipt)

    async def _attachment(self, message: Message) -> Attachment | None:
        if message.file_id is None:
            return None
        file = await self._context.database.run(dispatch.attached, self._context, message.file_id)
        return Attachment(id=file.id, name=file.name, media_type=file.media_type, body=file.body)

    async def _settle_as_they_come(self, work: "Iterable[asyncio.Task[Result]]", unsent: Sequence[Result]) -> None:
        waiting = set(work)
        unwritten = await self._settled(unsent)
        while waiting:
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            if waiting:
                # Ten results written one by one cost as much as two hundred together.
                more, waiting = await asyncio.wait(waiting, timeout=GATHER_SECONDS)
                done |= more
            failpoint("after_send")
            unwritten = await self._settled([*unwritten, *_results(done)])
            failpoint("after_settle")
        for _ in range(WRITE_TRIES):
            if not unwritten:
                return
            await self._context.clock.sleep(WRITE_PAUSE)
            unwritten = await self._settled(unwritten)
        log.error("results not written; the messages come again", extra={"action": "settle", "count": len(unwritten)})

    async def _settled(self, found: Sequence[Result]) -> Sequence[Result]:
        """Write results; returns those that the database did not take."""
        if not found:
            return ()
        try:
            await self._context.database.run(results.settle, self._context, found)
        except Exception:
            log.exception("results not written yet", extra={"action": "settle", "count": len(found)})
            return found
        return ()


def _asked(attempt: Attempt, batch: ClaimedBatch) -> Candidate:
    """A message about to go out, with what it tells if it is a digest."""
    return attempt.message, batch.bundled.get(attempt.message.id, ())


def _results(done: "Iterable[asyncio.Task[Result]]") -> list[Result]:
    """What finished tasks saw; a message whose task failed stays leased until its time is over."""
    found = []
    for task in done:
        error = task.exception()
        if error is None:
            found.append(task.result())
        else:
            log.error("message left to its lease", extra={"action": "deliver"}, exc_info=error)
    return found
