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
CALL_ON_NOBODY = (MessageKind.SUMMARY, MessageKind.BRIEF, MessageKind.UPDATE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One message to one address, about to be sent."""

    message: Message
    address: Address
    doubtful: bool = False  # an earlier try may have arrived
    mark: str = ""  # what is put before the text of a second copy
    shut_until: datetime | None = None  # an earlier address is only shut for now: back to it then, if no other takes it
    besides: tuple[str, ...] = ()  # one-way channels that took it: nobody counts as told by them


@dataclass(frozen=True, kw_only=True, slots=True)
class End:
    """What becomes of a message that is not sent now; it `waits` when every address is shut, and one not for good."""

    settlement: Settlement
    waits: bool = False


class Attempts:
    """Chooses addresses and payloads; holds the channels there are and the words."""

    def __init__(self, channels: Mapping[str, Channel], wording: Wording, clock: Clock) -> None:
        self._channels, self._wording, self._clock = channels, wording, clock

    def first(self, message: Message, batch: ClaimedBatch) -> Attempt | End:
        """Stay on the address a message was last tried, with the very same payload if it may have arrived."""
        possible = self._ways(message, batch)
        address = next((one for one in possible if one.channel == message.channel), None) or next(iter(possible), None)
        if address is None:
            return self._failed(message, doubtful=bool(message.payload))
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
        if rest:
            attempts = last.message.attempts if last.message.attempts > retry.MAX_ATTEMPTS else 1
            following = self._worded(last.message, rest[0], attempts, batch, doubtful=doubtful)
            if isinstance(following, End):
                return following
            return replace(following, shut_until=shut_until, besides=last.besides)
        if last.besides:
            return End(settlement=self._not_told(last.message, last.besides))
        if shut_until is not None:
            again = retry.Retry(outcome=retry.RetryOutcome.AGAIN, at=retry.next_round(shut_until - retry.RETRY_ROUND))
            doubtful = doubtful and not settled
            return replace(self._later(replace(last, doubtful=doubtful), failure, again), waits=True)
        return self._failed(last.message, doubtful=doubtful, reason=failure.reason)

    def beyond(self, attempt: Attempt, settled: Settlement, batch: ClaimedBatch) -> Attempt | End:
        """Go on from a one-way channel that took it to a way people can answer on; without one they are not told.

        Weekly summary, morning brief and updates ask for no answer, so any address will do.
        """
        taken = settled.state in (MessageState.ACCEPTED, MessageState.DELIVERED)
        if not taken or self._two_way(attempt.address) or attempt.message.kind in CALL_ON_NOBODY:
            return End(settlement=settled)
        besides = (*attempt.besides, attempt.address.channel)
        rest = [way for way in _behind(attempt.address, self._ways(attempt.message, batch)) if self._two_way(way)]
        if not rest:
            return End(settlement=self._not_told(attempt.message, besides, settled.provider_id))
        following = self._worded(attempt.message, rest[0], 1, batch, doubtful=attempt.doubtful)
        return replace(following, besides=besides) if isinstance(following, Attempt) else following

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
        # Rounds are for reaching somebody at last; a one-way channel that is open would say the same in each of them.
        rounds = message.attempts > retry.MAX_ATTEMPTS or (
            message.attempts == retry.MAX_ATTEMPTS and not message.payload
        )
        two_way = [address for address in possible if self._two_way(address)] if rounds else []
        return two_way or possible

    def _way_to_card(self, message: Message, card: AnswerTo | None) -> list[Address]:
        channel = self._channels.get(card.channel) if card else None
        if card is None or channel is None or not channel.abilities.edits:
            return []
        return [Address(id=0, person_id=message.person_id, channel=card.channel, address=card.address)]

    def _two_way(self, address: Address) -> bool:
        return self._channels[address.channel].abilities.two_way

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

    def _not_told(self, message: Message, besides: Sequence[str], provider_id: str = "") -> Settlement:
        words = self._wording
        named = [words(key) if words.has(key := f"channel.{name}") else name for name in besides]
        why = words("message.one_way", channels=words("format.between_names").join(named))
        return Settlement(
            id=message.id, fence=message.fence, state=MessageState.FAILED, reason=why, provider_id=provider_id
        )

    def _failed(self, message: Message, *, doubtful: bool, reason: str = "") -> End:
        if message.kind == MessageKind.CARD:
            # The update that goes with it says the same.
            why, superseded = reason or self._wording("message.card_as_it_was"), MessageState.SUPERSEDED
            return End(settlement=Settlement(id=message.id, fence=message.fence, state=superseded, reason=why))
        words = self._wording("message.perhaps_arrived" if doubtful else "message.no_way_left")
        why = f"{words}（{reason}）" if reason else words
        return End(settlement=Settlement(id=message.id, fence=message.fence, state=MessageState.FAILED, reason=why))


def _behind(address: Address, possible: Sequence[Address]) -> Sequence[Address]:
    return possible[possible.index(address) + 1 :] if address in possible else ()
