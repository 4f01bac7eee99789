"""The attempts of a message: to which address, with which payload, and whether it may be a second copy."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.actions.messages.dispatch import ClaimedBatch
from bot.channels.base import Channel, Receipt, SendFailed
from bot.clock import Clock
from bot.delivery.compose import compose, encode
from bot.delivery.wording import Wording
from bot.rules.messages import retry
from bot.rules.people.routing import usable_addresses
from storage.messages.outbox import Settlement
from storage.records import Address, AnswerTo, ContactNotification, Message, MessageKind, MessageState, TextParams

log = logging.getLogger(__name__)

SET_ASIDE_FOR = timedelta(hours=1)
# What is to be read and asks for nothing: for want of a better way, lying in the inbox will do.
READINGS = (MessageKind.SUMMARY, MessageKind.BRIEF, MessageKind.ANSWER, MessageKind.UPDATE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One message to one address, about to be sent."""

    message: Message
    address: Address
    doubtful: bool = False  # an earlier try may have arrived
    mark: str = ""  # what is put before the text of a second copy
    shut_until: datetime | None = None  # an earlier address is only shut for now: back to it then, if no other takes it
    besides: tuple[str, ...] = ()  # channels that took it and tell nobody: one-way, or an inbox not opened yet
    failed: tuple[tuple[str, str], ...] = ()  # channels that did not take it before, each with the reason


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """What becomes of a message that is not sent now; it `waits` when every address is shut, and one not for good."""

    settlement: Settlement
    waits: bool = False
    besides: tuple[str, ...] = ()


class Attempts:
    """Chooses addresses and payloads; holds the channels there are and the words."""

    def __init__(self, channels: Mapping[str, Channel], wording: Wording, clock: Clock) -> None:
        self._channels, self._wording, self._clock = channels, wording, clock

    def first(self, message: Message, batch: ClaimedBatch) -> Attempt | End:
        """Stay on the address a message was last tried, with the very same payload if it may have arrived."""
        possible = self._ways(message, batch)
        address = next((one for one in possible if one.channel == message.channel), None) or next(iter(possible), None)
        if address is None:
            return self._failed(message, doubtful=bool(message.payload), ways=self._ways_failed(message, batch))
        if message.attempts >= retry.MAX_ATTEMPTS and not message.payload:
            # It went through all its addresses in vain, so each of them gets one try a round, the preferred first.
            return self._worded(message, possible[0], message.attempts + 1, batch, doubtful=False)
        if address.channel != message.channel:
            return self._worded(message, address, 1, batch, doubtful=bool(message.payload))
        if not message.payload:
            return self._worded(message, address, message.attempts + 1, batch, doubtful=False)
        if message.attempts >= retry.MAX_ATTEMPTS:
            # Whatever cuts every try short must not make a copy each time.
            cut_short = SendFailed(self._wording("message.cut_short"), uncertain=True)
            return self.after(Attempt(message=message, address=address, doubtful=True), cut_short, batch)
        again = replace(message, address=address.address, attempts=message.attempts + 1)
        removed = self._channels[address.channel].abilities.tells_doubles
        return Attempt(
            message=again, address=address, doubtful=True, mark="" if removed else self._wording("message.again")
        )

    def after(self, last: Attempt, failure: SendFailed, batch: ClaimedBatch) -> Attempt | End:
        """Return the next try that is to be made at once, or what becomes of the message for now."""
        decided = self._decide(last, failure)
        if decided.outcome != retry.RetryOutcome.NEXT_WAY:
            return self._later(last, failure, decided)
        possible = self._ways(last.message, batch)
        rest = _behind(last.address, possible)
        doubtful = last.doubtful or failure.uncertain
        # Had one of these tries arrived, the platform would have known the next: there is no doubt left to keep.
        settled = doubtful and self._channels[last.address.channel].abilities.tells_doubles
        shut_until = self._shut_until(last, failure, doubtful=doubtful and not settled)
        last = replace(last, failed=(*last.failed, (last.address.channel, failure.reason)))
        if rest:
            attempts = last.message.attempts if last.message.attempts > retry.MAX_ATTEMPTS else 1
            following = self._worded(last.message, rest[0], attempts, batch, doubtful=doubtful)
            if isinstance(following, End):
                return following
            return replace(following, shut_until=shut_until, besides=last.besides, failed=last.failed)
        if last.besides:
            return self._not_told(last, batch, shut_until)
        if shut_until is not None:
            again = retry.Retry(outcome=retry.RetryOutcome.AGAIN, at=_round(last.message, batch, shut_until))
            doubtful = doubtful and not settled
            return replace(self._later(replace(last, doubtful=doubtful), failure, again), waits=True)
        # In rounds nothing goes to the inbox again: it lies there since before them.
        lies = self._pulls(last.message, batch) if last.message.attempts > retry.MAX_ATTEMPTS else []
        ways = [*self._ways_failed(last.message, batch, last.failed), *self._untold(lies)]
        return self._failed(last.message, doubtful=doubtful, ways=ways)

    def beyond(self, attempt: Attempt, settled: Settlement, batch: ClaimedBatch) -> Attempt | End:
        """Go on from a channel that took it and tells nobody to a way that tells; without one they are not told.

        Weekly summary, morning brief and updates ask for no answer, so any address that reaches the person will do.
        """
        taken = settled.state in (MessageState.ACCEPTED, MessageState.DELIVERED)
        abilities, reading = self._channels[attempt.address.channel].abilities, attempt.message.kind in READINGS
        if not taken or abilities.tells or (reading and not abilities.pull):
            return End(settlement=settled)
        behind = _behind(attempt.address, self._ways(attempt.message, batch))
        # Where nobody tells, the inbox at least holds it: whoever opens it there is told.
        rest = [way for way in behind if self._tells(way) or self._channels[way.channel].abilities.pull]
        if reading and not rest and attempt.shut_until is None:
            return End(settlement=settled)
        passed = replace(attempt, besides=(*attempt.besides, attempt.address.channel))
        if not rest:
            return self._not_told(passed, batch, attempt.shut_until, settled.provider_id)
        following = self._worded(attempt.message, rest[0], 1, batch, doubtful=attempt.doubtful)
        if isinstance(following, End):
            return following
        return replace(following, besides=passed.besides, failed=passed.failed, shut_until=passed.shut_until)

    def accepted(self, attempt: Attempt, receipt: Receipt) -> Settlement:
        """The channel took it."""
        now = self._clock.now()
        return Settlement(
            id=attempt.message.id,
            fence=attempt.message.fence,
            state=MessageState.DELIVERED if receipt.delivered else MessageState.ACCEPTED,
            provider_id=receipt.provider_id,
            card_code=receipt.card_code,
            accepted_at=now,
            delivered_at=now if receipt.delivered else None,
        )

    def withdrawn(self, attempt: Attempt, why: str) -> Settlement:
        """It was not sent because it is no longer true; an earlier try stays as uncertain as it was."""
        state = MessageState.UNCERTAIN if attempt.doubtful or attempt.besides else MessageState.SUPERSEDED
        return Settlement(id=attempt.message.id, fence=attempt.message.fence, state=state, reason=why)

    def given_back(self, attempt: Attempt) -> Settlement:
        """It was not sent because the lease is nearly over; its turn comes again at once."""
        return Settlement(
            id=attempt.message.id,
            fence=attempt.message.fence,
            state=MessageState.UNCERTAIN if attempt.doubtful else MessageState.PENDING,
            reason=attempt.message.reason,
            retry_at=self._clock.now() if attempt.doubtful else None,
            attempts=attempt.message.attempts - 1,
        )

    def _worded(
        self, message: Message, address: Address, attempts: int, batch: ClaimedBatch, *, doubtful: bool
    ) -> Attempt | End:
        try:
            payload = encode(compose(message, batch, self._wording, self._clock.now()))
        except Exception:
            # One message that cannot be worded must not keep the others back.
            log.exception("message set aside for an hour", extra={"action": "compose", "message_id": message.id})
            later, reason = self._clock.now() + SET_ASIDE_FOR, self._wording("message.not_worded")
            aside = Settlement(
                id=message.id, fence=message.fence, state=MessageState.PENDING, not_before=later, reason=reason
            )
            return End(settlement=aside)
        worded = replace(message, channel=address.channel, address=address.address, payload=payload, attempts=attempts)
        mark = self._wording("message.again") if doubtful else ""
        return Attempt(message=worded, address=address, doubtful=doubtful, mark=mark)

    def _ways(self, message: Message, batch: ClaimedBatch) -> list[Address]:
        if message.kind == MessageKind.CARD:
            return self._way_to_card(message, batch.cards.get(message.id))
        to = message.params.to if isinstance(message.params, TextParams | ContactNotification) else None
        if to is not None and to.channel in self._channels:
            # An answer goes back where the person spoke, whatever address they prefer otherwise.
            return [Address(id=0, person_id=message.person_id, channel=to.channel, address=to.address)]
        possible = [
            address
            for address in usable_addresses(message.person_id, batch.directory)
            if address.channel in self._channels
        ]
        # Rounds are for reaching somebody at last; what tells nobody would say the same in each of them.
        rounds = message.attempts > retry.MAX_ATTEMPTS or (
            message.attempts == retry.MAX_ATTEMPTS and not message.payload
        )
        telling = [address for address in possible if self._tells(address)] if rounds else []
        return telling or possible

    def _way_to_card(self, message: Message, card: AnswerTo | None) -> list[Address]:
        channel = self._channels.get(card.channel) if card else None
        if card is None or channel is None or not channel.abilities.edits:
            return []
        return [Address(id=0, person_id=message.person_id, channel=card.channel, address=card.address)]

    def _tells(self, address: Address) -> bool:
        return self._channels[address.channel].abilities.tells

    def _decide(self, last: Attempt, failure: SendFailed) -> retry.Retry:
        now, attempts = self._clock.now(), last.message.attempts
        tells_doubles = self._channels[last.address.channel].abilities.tells_doubles
        if failure.moved_to and attempts < retry.MAX_ATTEMPTS:
            return retry.Retry(outcome=retry.RetryOutcome.AGAIN, at=now)
        return retry.decide(
            permanent=failure.permanent,
            uncertain=failure.uncertain and not (tells_doubles and attempts > retry.MAX_ATTEMPTS),
            retry_after=failure.retry_after,
            attempts=attempts,
            unavailable=failure.unavailable,
            may_repeat=not last.doubtful or tells_doubles,
            now=now,
        )

    def _shut_until(self, last: Attempt, failure: SendFailed, *, doubtful: bool) -> datetime | None:
        """When to come back if no other way takes the message; None: never, for what is dead or in doubt."""
        if last.shut_until is not None:
            return last.shut_until
        if failure.unavailable:
            return None if failure.retry_after is None else self._clock.now() + failure.retry_after
        return None if failure.permanent or doubtful else self._clock.now() + retry.RETRY_ROUND

    def _later(self, last: Attempt, failure: SendFailed, decided: retry.Retry) -> End:
        # Where an earlier try may have arrived, a clean refusal of this one takes nothing of the doubt away.
        uncertain = last.doubtful or decided.outcome == retry.RetryOutcome.UNCERTAIN
        settlement = Settlement(
            id=last.message.id,
            fence=last.message.fence,
            state=MessageState.UNCERTAIN if uncertain else MessageState.PENDING,
            reason=failure.reason,
            retry_at=decided.at if uncertain else None,
            not_before=None if uncertain else decided.at,
            # What was tried in rounds may be repeated like anything else that is in doubt for the first time.
            attempts=1 if uncertain and last.message.attempts > retry.MAX_ATTEMPTS else None,
        )
        return End(settlement=settlement)

    def _not_told(self, last: Attempt, batch: ClaimedBatch, shut_until: datetime | None, provider_id: str = "") -> End:
        """What lies somewhere and told nobody; a way that is only shut for now is tried again in rounds."""
        message, waits = last.message, shut_until is not None
        perhaps = [self._wording("message.perhaps_arrived")] if last.doubtful and not waits else []
        settlement = Settlement(
            id=message.id,
            fence=message.fence,
            state=MessageState.PENDING if waits else MessageState.FAILED,
            reason=self._joined(
                [*self._ways_failed(message, batch, last.failed), *perhaps, *self._untold(last.besides)]
            ),
            provider_id=provider_id,
            not_before=None if shut_until is None else _round(message, batch, shut_until),
            attempts=max(message.attempts, retry.MAX_ATTEMPTS) if waits else None,
        )
        return End(settlement=settlement, waits=waits, besides=last.besides)

    def _failed(self, message: Message, *, doubtful: bool, ways: Sequence[str] = ()) -> End:
        if message.kind == MessageKind.CARD:
            # The update that goes with it says the same.
            why = self._joined(ways) or self._wording("message.card_as_it_was")
            end = Settlement(id=message.id, fence=message.fence, state=MessageState.SUPERSEDED, reason=why)
            return End(settlement=end)
        words = self._wording("message.perhaps_arrived" if doubtful else "message.no_way_left")
        why = f"{words}（{self._joined(ways)}）" if ways else words
        return End(settlement=Settlement(id=message.id, fence=message.fence, state=MessageState.FAILED, reason=why))

    def _ways_failed(self, message: Message, batch: ClaimedBatch, failed: Sequence[tuple[str, str]] = ()) -> list[str]:
        """Name each way that did not take it and why, those that died before too."""
        words, tried = self._wording, dict(failed)
        addresses = batch.directory.addresses.get(message.person_id, ())
        known = [one for one in addresses if one.channel not in tried]
        dead = [one.channel for one in known if not one.usable]
        missing = [one.channel for one in known if one.usable and one.channel not in self._channels]
        return [
            *(words("format.with_reason", what=words.channel(name), reason=why) for name, why in tried.items()),
            *(words("message.way_dead", channel=words.channel(name)) for name in dead),
            *(words("message.way_missing", channel=words.channel(name)) for name in missing),
            *([] if tried or dead or missing else [words("message.no_chat_bound")]),
        ]

    def _pulls(self, message: Message, batch: ClaimedBatch) -> list[str]:
        names = [one.channel for one in usable_addresses(message.person_id, batch.directory)]
        return [name for name in names if name in self._channels and self._channels[name].abilities.pull]

    def _untold(self, besides: Sequence[str]) -> list[str]:
        """Say of the channels that took it why nobody was told there."""
        lies = [name for name in besides if self._channels[name].abilities.pull]
        one_way = [self._wording.channel(name) for name in besides if name not in lies]
        names = self._wording("format.between_names").join(one_way)
        return [
            *([self._wording("message.one_way", channels=names)] if one_way else []),
            *(self._wording("message.unopened", channel=self._wording.channel(name)) for name in lies),
        ]

    def _joined(self, reasons: Sequence[str]) -> str:
        return self._wording("format.between_reasons").join(reasons)


def _round(message: Message, batch: ClaimedBatch, shut_until: datetime) -> datetime:
    """The round in which a message is tried again, those of a digest together."""
    told = batch.bundled.get(message.id) or (message,)
    unreached = all(one.kind == MessageKind.UNREACHED for one in told)
    return retry.next_round(shut_until - retry.RETRY_ROUND, unreached=unreached)


def _behind(address: Address, possible: Sequence[Address]) -> Sequence[Address]:
    return possible[possible.index(address) + 1 :] if address in possible else ()
