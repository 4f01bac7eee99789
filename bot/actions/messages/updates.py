"""Updates of chat platforms: committed raw before they are answered for, unique by the platform's own id."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.actions.context import Context
from bot.actions.work import begin, read
from storage.messages import outbox
from storage.people import addresses
from storage.records import AnswerTo, Inbound, InboundState, MessageDraft, MessageKind, Person, TextParams
from storage.sql.schema import ensure_current
from storage.tickets import inbound

KIND = "update"
STRANGER = 0  # stands for nobody in the register


@dataclass(frozen=True, kw_only=True, slots=True)
class Speaker:
    """Who an update came from, as far as the register knows."""

    person: Person | None
    ticket_id: int | None = None  # what they replied to


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrived:
    """An update as a platform brought it."""

    channel: str
    event_id: str
    raw: str


def keep(context: Context, channel: str, event_id: str, raw: str) -> bool:
    """Commit an update as it came; False when the same one came before."""
    now = context.now()
    with begin(context) as work:
        return inbound.keep_once(work.conn, KIND, channel, event_id, now, raw) is not None


def keep_all(context: Context, arrived: Sequence[Arrived]) -> None:
    """Commit updates that came at the same time in one transaction, all or none; what came before changes nothing."""
    now = context.now()
    with begin(context) as work:
        for one in arrived:
            inbound.keep_once(work.conn, KIND, one.channel, one.event_id, now, one.raw)


def waiting(context: Context, limit: int = 100) -> list[Inbound]:
    """Return the oldest updates nobody has answered yet; answering one twice changes nothing.

    SchemaMovedOn where a newer version took the database over.
    """
    with read(context) as work:
        ensure_current(work.conn)
        return inbound.in_state(work.conn, InboundState.WAITING, KIND, limit)


def settle(context: Context, ends: Mapping[int, str], erased: Sequence[int] = ()) -> None:
    """Say that updates were dealt with, by id; those with a reason could not be understood and are put aside.

    Of those to be erased nothing stays but that they came.
    """
    with begin(context) as work:
        if erased:
            inbound.erase_raw(work.conn, erased)
        for update_id, reason in ends.items():
            inbound.settle(work.conn, update_id, InboundState.SET_ASIDE if reason else InboundState.SETTLED, reason)


def speaker(context: Context, channel: str, address: str, reply_to: str) -> Speaker:
    """Find who speaks at an address, and which ticket they reply to."""
    with read(context) as work:
        person_id = addresses.person_at(work.conn, channel, address)
        person = work.directory.people.get(person_id or 0)
        ticket_id = outbox.answered(work.conn, channel, reply_to) if reply_to else None
    return Speaker(person=person if person and person.active else None, ticket_id=ticket_id)


def on_list(context: Context, channel: str, card: str) -> bool:
    """Whether a card of ours is about no one ticket."""
    with read(context) as work:
        message = outbox.by_provider_id(work.conn, channel, card) if card else None
        return message is not None and message.ticket_id is None


def say_directly(
    context: Context,
    intent: str,
    to: AnswerTo,
    text: str,
    person_id: int = STRANGER,
    buttons: Sequence[tuple[str, str]] = (),
    ticket_id: int | None = None,
) -> None:
    """Enqueue a text to an address, with buttons as (label, action), once for ever per intent.

    Whoever replies to it means the ticket it is about, if any.
    """
    params = TextParams(text=text, buttons=tuple(buttons), to=to)
    kind = MessageKind.ANSWER
    draft = MessageDraft(intent=intent, person_id=person_id, kind=kind, ticket_id=ticket_id, urgency=0, params=params)
    with begin(context) as work:
        outbox.put(work.conn, [draft], context.now())
