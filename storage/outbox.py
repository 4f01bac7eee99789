"""Messages on their way out: one row per intent, claimed with a lease and a fencing token."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select, update

from storage.bulk import Bulk
from storage.database import Connection
from storage.records import Message, MessageDraft, MessageKind, MessageState
from storage.tables import outbox
from storage.upsert import insert_for

FIELDS = tuple(field.name for field in fields(Message))
COLUMNS = tuple(outbox.c[name] for name in FIELDS)
ABSORB = 2_000  # so many messages of the claimed people are taken along, to be bundled
DRAFTED = ("intent", "person_id", "kind", "ticket_id", "step", "urgency", "params", "file_id")
# What a new message has not got yet.
BLANK: Mapping[str, object] = {
    **dict.fromkeys(("channel", "address", "payload", "leased_by", "provider_id"), ""),
    **dict.fromkeys(("fence", "attempts"), 0),
}
_PUT = Bulk(
    lambda dialect: insert_for(dialect, outbox).on_conflict_do_nothing(index_elements=["intent"]),
    (*DRAFTED, "not_before", "created_at", "state", "reason", *BLANK),
)
_drafted = attrgetter(*DRAFTED)
WAITING = (MessageState.PENDING, MessageState.LEASED, MessageState.UNCERTAIN)


@dataclass(frozen=True, kw_only=True, slots=True)
class Settlement:
    """What became of a claimed message; written only while the claim's fence still stands."""

    id: int
    fence: int
    state: MessageState
    reason: str = ""
    provider_id: str = ""
    accepted_at: datetime | None = None
    delivered_at: datetime | None = None
    not_before: datetime | None = None  # back to pending: not before this moment
    retry_at: datetime | None = None  # uncertain: looked at again at this moment
    parent_id: int | None = None
    attempts: int | None = None  # where the try that was counted did not take place


def put(
    conn: Connection,
    drafts: Sequence[MessageDraft],
    now: datetime,
    state: MessageState = MessageState.PENDING,
    reason: str = "",
) -> None:
    """Enqueue messages, or note at once how they ended; an intent that was ever put changes nothing."""
    rest = (now, state, reason, *BLANK.values())
    _PUT.run(conn, [(*_drafted(one), one.not_before or now, *rest) for one in drafts])


def claim(conn: Connection, now: datetime, lease_until: datetime, holder: str, limit: int = 100) -> list[Message]:
    """Lease due messages to one holder, whole people at a time, most urgent first.

    The fence counts up with every claim, so a holder that slept past its lease cannot write any more.
    """
    ids = [*_expired(conn, now, limit), *_due(conn, now, limit)]
    if not ids:
        return []
    statement = (
        update(outbox)
        .where(outbox.c.id.in_(ids))
        .values(state=MessageState.LEASED, lease_until=lease_until, leased_by=holder, fence=outbox.c.fence + 1)
    )
    conn.execute(statement)
    return _read(conn, select(*COLUMNS).where(outbox.c.id.in_(ids)).order_by(outbox.c.urgency, outbox.c.id))


def add_claimed(conn: Connection, draft: MessageDraft, now: datetime, lease_until: datetime, holder: str) -> Message:
    """Put a message that its maker sends itself: born leased (a digest over claimed messages)."""
    put(conn, [draft], now)
    values = {"state": MessageState.LEASED, "lease_until": lease_until, "leased_by": holder, "fence": 1}
    conn.execute(update(outbox).where(outbox.c.intent == draft.intent).values(values))
    return _read(conn, select(*COLUMNS).where(outbox.c.intent == draft.intent))[0]


def prepare(conn: Connection, messages: Sequence[Message]) -> None:
    """Store channel, address and exact payload of claimed messages before they go out."""
    if messages:
        statement = (
            update(outbox)
            .where(outbox.c.id == bindparam("b_id"), outbox.c.fence == bindparam("b_fence"))
            .values(
                channel=bindparam("channel"),
                address=bindparam("address"),
                payload=bindparam("payload"),
                attempts=bindparam("attempts"),
            )
        )
        names = ("channel", "address", "payload", "attempts")
        rows = [
            {"b_id": one.id, "b_fence": one.fence, **{name: getattr(one, name) for name in names}} for one in messages
        ]
        conn.execute(statement, rows)


def settle(conn: Connection, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Write results and return those that counted: a changed fence means somebody else holds the message now."""
    counted = []
    for one in settlements:
        values: dict[str, Any] = {"state": one.state, "reason": one.reason, "lease_until": one.retry_at}
        for name in ("provider_id", "accepted_at", "delivered_at", "not_before", "parent_id", "attempts"):
            if (value := getattr(one, name)) not in (None, ""):
                values[name] = value
        if one.state == MessageState.PENDING:
            values["payload"] = ""  # surely not sent, so it may be worded anew
        guard = (outbox.c.id == one.id, outbox.c.fence == one.fence, outbox.c.state == MessageState.LEASED)
        if conn.execute(update(outbox).where(*guard).values(values)).rowcount == 1:
            counted.append(one)
    return counted


def held(conn: Connection, message_id: int, fence: int) -> bool:
    """Whether the claim of that fence still stands."""
    guard = (outbox.c.id == message_id, outbox.c.fence == fence, outbox.c.state == MessageState.LEASED)
    return conn.execute(select(outbox.c.id).where(*guard)).first() is not None


def supersede_children(conn: Connection, ids: Iterable[int], reason: str) -> None:
    """Take back what a digest was to tell and never told."""
    guard = (outbox.c.id.in_(list(ids)), outbox.c.state == MessageState.BUNDLED)
    conn.execute(update(outbox).where(*guard).values(state=MessageState.SUPERSEDED, reason=reason))


def fail_children(conn: Connection, parent_id: int, reason: str) -> None:
    """A digest that failed for good takes what it told with it."""
    told = (outbox.c.parent_id == parent_id, outbox.c.state == MessageState.BUNDLED)
    conn.execute(update(outbox).where(*told).values(state=MessageState.FAILED, reason=reason))


def supersede(conn: Connection, ticket_ids: Iterable[int], reason: str) -> None:
    """Take back what waits to be said about these tickets; what is leased is checked again before sending."""
    ids = list(ticket_ids)
    if ids:
        guard = (
            outbox.c.ticket_id.in_(ids),
            outbox.c.state == MessageState.PENDING,
            outbox.c.kind != MessageKind.ANSWER,
        )
        conn.execute(update(outbox).where(*guard).values(state=MessageState.SUPERSEDED, reason=reason))


def next_due(conn: Connection) -> datetime | None:
    """Return the earliest moment a message wants to go out or to be looked at again."""
    moments = []
    for state, column in (
        (MessageState.PENDING, outbox.c.not_before),
        (MessageState.UNCERTAIN, outbox.c.lease_until),
    ):
        query = select(column).where(outbox.c.state == state).order_by(column).limit(1)
        moments.append(conn.execute(query).scalar_one_or_none())
    return min((moment for moment in moments if moment is not None), default=None)


def of_ticket(conn: Connection, ticket_id: int) -> list[Message]:
    """Return every message about the ticket, oldest first."""
    return _read(conn, select(*COLUMNS).where(outbox.c.ticket_id == ticket_id).order_by(outbox.c.id))


def of_step(conn: Connection, ticket_id: int, step: str) -> list[Message]:
    """Return the messages of one step of a ticket's ladder."""
    query = select(*COLUMNS).where(outbox.c.ticket_id == ticket_id, outbox.c.step == step)
    return _read(conn, query.order_by(outbox.c.id))


def by_ids(conn: Connection, ids: Iterable[int]) -> dict[int, Message]:
    """Return messages by id."""
    return {one.id: one for one in _read(conn, select(*COLUMNS).where(outbox.c.id.in_(list(ids))))}


def by_intent(conn: Connection, intent: str) -> Message:
    """Return the one message of an intent; KeyError when it was never put."""
    found = _read(conn, select(*COLUMNS).where(outbox.c.intent == intent))
    if not found:
        raise KeyError(intent)
    return found[0]


def by_provider_id(conn: Connection, channel: str, provider_id: str) -> Message | None:
    """Return the message a person replied to, by the provider's own id."""
    query = select(*COLUMNS).where(outbox.c.channel == channel, outbox.c.provider_id == provider_id)
    return next(iter(_read(conn, query.order_by(outbox.c.id.desc()).limit(1))), None)


def known_intents(conn: Connection, intents: Iterable[str]) -> set[str]:
    """Return those of the intents that were ever put."""
    wanted = list(intents)
    return set(conn.execute(select(outbox.c.intent).where(outbox.c.intent.in_(wanted))).scalars()) if wanted else set()


def answered(conn: Connection, channel: str, provider_id: str) -> int | None:
    """Return the ticket a person means by replying to a message of ours; None when it is about none or several."""
    message = by_provider_id(conn, channel, provider_id)
    return message.ticket_id if message else None


def children(conn: Connection, parent_id: int) -> list[Message]:
    """Return the messages told inside a digest, in its order, without those taken back before it went out."""
    inside = (outbox.c.parent_id == parent_id, outbox.c.state != MessageState.SUPERSEDED)
    return _read(conn, select(*COLUMNS).where(*inside).order_by(outbox.c.urgency, outbox.c.id))


def _expired(conn: Connection, now: datetime, limit: int) -> list[int]:
    again = outbox.c.state.in_((MessageState.LEASED, MessageState.UNCERTAIN))
    query = select(outbox.c.id).where(again, outbox.c.lease_until <= now).limit(limit)
    return list(conn.execute(query.with_for_update(skip_locked=True)).scalars())


def _due(conn: Connection, now: datetime, limit: int) -> list[int]:
    due = and_(outbox.c.state == MessageState.PENDING, outbox.c.not_before <= now)
    order = (outbox.c.urgency, outbox.c.not_before)
    first = select(outbox.c.person_id).where(due).order_by(*order).limit(limit)
    people = list(dict.fromkeys(conn.execute(first).scalars()))
    if not people:
        return []
    query = select(outbox.c.id).where(due, outbox.c.person_id.in_(people)).order_by(*order).limit(ABSORB)
    return list(conn.execute(query.with_for_update(skip_locked=True)).scalars())


def open_of_person(conn: Connection, person_id: int) -> list[Message]:
    """Return what has not reached an end for a person."""
    guard = or_(*(outbox.c.state == state for state in WAITING))
    return _read(conn, select(*COLUMNS).where(outbox.c.person_id == person_id, guard).order_by(outbox.c.id))


def _read(conn: Connection, query: Select[Any]) -> list[Message]:
    found = []
    for row in conn.execute(query):
        values = dict(zip(FIELDS, row, strict=True))
        values["kind"], values["state"] = MessageKind(values["kind"]), MessageState(values["state"])
        found.append(Message(**values))
    return found
