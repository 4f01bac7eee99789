"""Before sending: claim what is due, check again, hold, bundle. Never sends."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from bot.actions.context import Context
from bot.actions.messages import sealed
from bot.actions.messages.looking import Look, tickets_about, tickets_listed, withdrawn
from bot.actions.messages.numbering import renumber
from bot.actions.work import Work, begin, read, take_up
from bot.rules.calendar.calendars import Calendars
from bot.rules.messages.pacing import ALONE, pace
from storage.messages import claims, files, outbox
from storage.messages.outbox import Settlement
from storage.records import (
    AnswerTo,
    CardParams,
    DigestParams,
    Directory,
    Message,
    MessageDraft,
    MessageKind,
    MessageState,
    Policy,
    Ticket,
)

LEASE_LOST = "已由其他节点接手"
WHOLE = 8  # tickets a digest tells with everything; a longer message is cut by most platforms
LIST_NAME = "工单清单.xlsx"
ListAsFile = Callable[[Sequence[Ticket], Directory, datetime], bytes]
Candidate = tuple[Message, Sequence[Message]]  # a message about to go out, and what it tells if it is a digest


@dataclass(frozen=True, kw_only=True, slots=True)
class ClaimedBatch:
    """Claimed messages that are still true, with everything needed to word and address them."""

    messages: tuple[Message, ...]
    bundled: Mapping[int, tuple[Message, ...]]  # digest id -> what it tells
    tickets: Mapping[int, Ticket]
    policies: Mapping[str, Policy]  # by the key stamped on the tickets
    directory: Directory
    calendars: Calendars
    numbers: Mapping[int, Sequence[int]]  # message id of a list -> the person's tickets by their short numbers
    first_told: Mapping[int, Mapping[int, datetime]]  # ticket id -> person id -> when they first heard of it
    cards: Mapping[int, AnswerTo]  # message id -> the card it changes
    lease_until: datetime
    claimed: int  # with those that do not go out now

    def hearing(self, ticket_id: int) -> frozenset[int]:
        """Return the ids of those who are told of a ticket at this very moment."""
        going = (message for some in (self.messages, *self.bundled.values()) for message in some)
        return frozenset(message.person_id for message in going if message.ticket_id == ticket_id)


def claim(
    context: Context,
    holder: str,
    lease: timedelta,
    digest_from: int,
    limit: int = 100,
    list_as_file: ListAsFile | None = None,
) -> ClaimedBatch:
    """Lease what is due, take back what is no longer true, hold what must wait, and make digests of bursts.

    A digest of more tickets than are told whole gets them all as a file, where there is a way to make one.
    """
    with take_up(context) as work:
        since = context.lease_now(work.conn)
        until = since + lease
        taken = claims.claim(work.conn, work.now, (since, until), holder, limit, ALONE)
        claimed = [sealed.opened(context.sealer, one) for one in taken]
        directory, calendars = work.directory, work.calendars()
        # A digest that was not sent yet, or may not have arrived, comes back: what it tells is looked up again.
        told = {
            message.id: tuple(outbox.children(work.conn, message.id))
            for message in claimed
            if message.kind == MessageKind.DIGEST
        }
        look = Look(work, [*claimed, *(one for many in told.values() for one in many)])
        told |= {
            message.id: look.still_told(message, told[message.id])
            for message in claimed
            if message.id in told and not message.payload
        }
        ends = {
            message.id: end
            for message in claimed
            if (end := look.end_of(message, told.get(message.id, ()), calendars)) is not None
        }
        paced = pace([message for message in claimed if message.id not in ends], digest_from)
        dropped = [withdrawn(one, why) for one, why in paced.drop]
        outbox.settle(work.conn, [*ends.values(), *dropped])
        sealed.erase_done(work.conn, [(one, ends[one.id]) for one in claimed if one.id in ends])
        made = _digests(work, paced.bundles, until, holder, lambda many: _file(look, many, work, list_as_file))
        told |= {digest.id: many for digest, many in made}
        sending = (*paced.send, *(digest for digest, _ in made))
        numbers = _number(work, sending, told)
        spent = [one.params.message for one in sending if isinstance(one.params, CardParams)]
        if spent:
            outbox.spend_card_codes(work.conn, spent)
        first_told = outbox.first_told(work.conn, look.tickets) if look.tickets else {}
    return ClaimedBatch(
        messages=sending,
        bundled=told,
        tickets=look.tickets,
        policies=look.policies,
        directory=directory,
        calendars=calendars,
        numbers=numbers,
        first_told=first_told,
        cards=look.cards,
        lease_until=until,
        claimed=len(claimed),
    )


def look_again(context: Context) -> int:
    """Plan anew what a clock decided that has since been set back: each message at its own time; returns how many."""
    with begin(context) as work:
        ahead = outbox.decided_after(work.conn, work.now)
        if ahead:
            look, calendars = Look(work, ahead), work.calendars()
            outbox.set_time(work.conn, {one.id: look.due(one, calendars) for one in ahead})
    return len(ahead)


def prepare(context: Context, messages: Sequence[Message]) -> None:
    """Store way and exact payload before anything goes out."""
    with begin(context) as work:
        outbox.prepare(work.conn, [sealed.closed(context.sealer, one) for one in messages])


def why_obsolete(context: Context, asked: Sequence[Candidate]) -> list[str]:
    """Ask right before sending whether messages, with what they tell, are still ours and still true.

    Returns why each is not to go out; "" where it is.
    """
    messages = [one for one, _ in asked]
    with read(context) as work:
        held = outbox.held(work.conn, messages)
        look = Look(work, [*messages, *(one for _, told in asked for one in told)])
        return [look.no_longer_true(one, told) if one.id in held else LEASE_LOST for one, told in asked]


def attached(context: Context, file_id: int) -> files.File:
    """Return a stored file that goes out with a message."""
    with read(context) as work:
        return files.load(work.conn, file_id)


def _file(look: Look, many: Sequence[Message], work: Work, list_as_file: ListAsFile | None) -> int | None:
    told = [look.tickets[number] for one in many if (number := one.ticket_id or 0) in look.tickets]
    if list_as_file is None or len(told) <= WHOLE or only_updates(many):
        return None
    body = list_as_file(told, work.directory, work.now)
    return files.keep(work.conn, LIST_NAME, files.XLSX, body, work.now)


def _digests(
    work: Work,
    bundles: Sequence[Sequence[Message]],
    until: datetime,
    holder: str,
    file_of: Callable[[Sequence[Message]], int | None],
) -> list[tuple[Message, tuple[Message, ...]]]:
    made = []
    for many in bundles:
        draft = MessageDraft(
            intent=f"digest:{many[0].person_id}:{many[0].id}.{many[0].fence}",
            person_id=many[0].person_id,
            kind=MessageKind.DIGEST,
            urgency=min(one.urgency for one in many),
            params=DigestParams(messages=tuple(one.id for one in many)),
            file_id=file_of(many),
        )
        digest = claims.add_claimed(work.conn, draft, work.now, until, holder)
        ends = [Settlement(id=m.id, fence=m.fence, state=MessageState.BUNDLED, parent_id=digest.id) for m in many]
        outbox.settle(work.conn, ends)
        # What went through all ways in vain does so no faster together.
        made.append((replace(digest, attempts=min(one.attempts for one in many)), tuple(many)))
    return made


def only_updates(told: Sequence[Message]) -> bool:
    """Whether a digest tells what others did, and calls on nobody."""
    return all(one.kind == MessageKind.UPDATE for one in told)


def _number(work: Work, messages: Sequence[Message], told: Mapping[int, Sequence[Message]]) -> dict[int, Sequence[int]]:
    """The numbers of a list are the ones the person answers by while the tickets are open."""
    numbers: dict[int, Sequence[int]] = {}
    # In the order of people: two nodes that write the same people's numbers never wait for each other in a circle.
    for message in sorted(messages, key=attrgetter("person_id", "id")):
        listed = [
            *(number for each in told.get(message.id, ()) for number in tickets_about(each)),
            *tickets_about(message),
        ]
        if tickets_listed(message) or (message.kind == MessageKind.DIGEST and not only_updates(told[message.id])):
            numbers[message.id] = renumber(work, message.person_id, listed)
    return numbers
