"""Messages on their way out: one row per intent, claimed with a lease and a fencing token."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, func, select, update

from storage.messages import params
from storage.records import Message, MessageDraft, MessageKind, MessageState, TextParams
from storage.sql.database import Connection
from storage.sql.prepared import Bulk
from storage.sql.upsert import insert_for
from storage.tables import outbox

FIELDS = tuple(field.name for field in fields(Message))
COLUMNS = tuple(outbox.c[name] for name in FIELDS)
DRAFTED = ("intent", "person_id", "kind", "ticket_id", "step", "urgency", "params", "file_id")
# What a new message has not got yet.
BLANK: Mapping[str, object] = {
    **dict.fromkeys(("channel", "address", "payload", "leased_by", "provider_id", "card_code"), ""),
    **dict.fromkeys(("fence", "attempts"), 0),
}
# Of what was taken and did not arrive nothing is left.
UNTAKEN: Mapping[str, object] = {
    **dict.fromkeys(("payload", "provider_id", "card_code"), ""),
    **dict.fromkeys(("accepted_at", "lease_until"), None),
    "attempts": 0,
}
_PUT = Bulk(
    lambda dialect: insert_for(dialect, outbox).on_conflict_do_nothing(index_elements=["intent"]),
    (*DRAFTED, "not_before", "created_at", "state", "reason", *BLANK),
)
_PREPARED = ("channel", "address", "payload", "attempts")
_PREPARE = Bulk(
    lambda _: (
        update(outbox)
        .where(outbox.c.id == bindparam("b_id"), outbox.c.fence == bindparam("b_fence"))
        .values({name: bindparam(name) for name in _PREPARED})
    ),
    ("b_id", "b_fence", *_PREPARED),
)
_prepared = attrgetter("id", "fence", *_PREPARED)
_HELD = select(outbox.c.id, outbox.c.fence).where(
    outbox.c.id.in_(bindparam("ids", expanding=True)), outbox.c.state == MessageState.LEASED
)
_HELD_STEADILY = _HELD.order_by(outbox.c.id).with_for_update()
# What tells a person about a ticket; answers and requests tell of something else.
TELLING = (MessageKind.ASSIGNED, MessageKind.REMINDER, MessageKind.ESCALATION, MessageKind.UNREACHED)
CALLING = (*TELLING, MessageKind.SLIP)  # what lets a person do something about a ticket
LEARNT = ("provider_id", "accepted_at", "delivered_at", "not_before", "parent_id", "attempts", "payload", "card_code")
_SETTLE = Bulk(
    lambda _: (
        update(outbox)
        .where(outbox.c.id == bindparam("b_id"))
        .values({name: bindparam(name) for name in ("state", "reason", "lease_until")})
        # What nothing new is known about stays as it is.
        .values({name: func.coalesce(bindparam(name, type_=outbox.c[name].type), outbox.c[name]) for name in LEARNT})
    ),
    ("b_id", "state", "reason", "lease_until", *LEARNT),
)


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
    retry_at: datetime | None = None  # uncertain: looked at again at this moment; None: never, so it stays
    parent_id: int | None = None
    attempts: int | None = None  # where the try that was counted did not take place
    card_code: str = ""


def put(
    conn: Connection,
    drafts: Sequence[MessageDraft],
    now: datetime,
    state: MessageState = MessageState.PENDING,
    reason: str = "",
) -> None:
    """Enqueue messages, or note at once how they ended; an intent that was ever put changes nothing."""
    rest = (now, state, reason, *BLANK.values())
    _PUT.run(conn, [(*_drafted(draft), draft.not_before or now, *rest) for draft in drafts])


def prepare(conn: Connection, messages: Sequence[Message]) -> None:
    """Store channel, address and exact payload of claimed messages before they go out."""
    _PREPARE.run(conn, [*map(_prepared, messages)])


def settle(conn: Connection, settlements: Sequence[Settlement]) -> list[Settlement]:
    """Write results and return those that counted: a changed fence means somebody else holds the message now."""
    standing = _held(conn, [settlement.id for settlement in settlements], lock=True)
    counted = [settlement for settlement in settlements if standing.pop(settlement.id, None) == settlement.fence]
    _SETTLE.run(conn, [(one.id, one.state, one.reason, one.retry_at, *_learnt(one)) for one in counted])
    return counted


def erase(conn: Connection, ids: Iterable[int]) -> None:
    """Forget the words and payloads of messages that are over."""
    wanted = list(ids)
    if wanted:
        conn.execute(update(outbox).where(outbox.c.id.in_(wanted)).values(params={}, payload=""))


def forget_payloads(conn: Connection, before: datetime, after_id: int, limit: int) -> int | None:
    """Forget the payloads of the next messages put before a moment; returns the last id, None when all are done."""
    query = select(outbox.c.id, outbox.c.created_at).where(outbox.c.id > after_id)
    old = [row.id for row in conn.execute(query.order_by(outbox.c.id).limit(limit)) if row.created_at < before]
    if not old:
        return None
    unfinished = outbox.c.state.in_([MessageState.PENDING, MessageState.LEASED])
    looked_at_again = (outbox.c.state == MessageState.UNCERTAIN) & outbox.c.lease_until.is_not(None)
    here = (outbox.c.id.between(old[0], old[-1]), outbox.c.created_at < before, ~unfinished, ~looked_at_again)
    conn.execute(update(outbox).where(*here).values(payload=""))
    # An answer's words stand in its parameters.
    conn.execute(update(outbox).where(*here, outbox.c.kind == MessageKind.ANSWER).values(params={}))
    return int(old[-1])


def unsent_sealed(conn: Connection) -> list[Message]:
    """Return the answers that are not over yet and hold words nobody reads in the database."""
    open_states = (MessageState.PENDING, MessageState.LEASED, MessageState.UNCERTAIN)
    query = select(*COLUMNS).where(outbox.c.kind == MessageKind.ANSWER, outbox.c.state.in_(open_states))
    return [one for one in read(conn, query) if isinstance(one.params, TextParams) and one.params.sealed]


def reseal(conn: Connection, messages: Sequence[Message]) -> None:
    """Write words and payloads that were sealed anew."""
    for message in messages:
        values = {"params": params.encode(message.params), "payload": message.payload}
        conn.execute(update(outbox).where(outbox.c.id == message.id).values(values))


def held(conn: Connection, messages: Sequence[Message]) -> set[int]:
    """Return the ids of those whose claim still stands."""
    fences = _held(conn, [message.id for message in messages])
    return {message.id for message in messages if fences.get(message.id) == message.fence}


def supersede_children(conn: Connection, ids: Iterable[int], reason: str) -> None:
    """Take back what a digest was to tell and never told."""
    guard = (outbox.c.id.in_(list(ids)), outbox.c.state == MessageState.BUNDLED)
    conn.execute(update(outbox).where(*guard).values(state=MessageState.SUPERSEDED, reason=reason))


def fail_children(conn: Connection, parent_id: int, reason: str) -> None:
    """A digest that failed for good takes what it told with it."""
    told = (outbox.c.parent_id == parent_id, outbox.c.state == MessageState.BUNDLED)
    conn.execute(update(outbox).where(*told).values(state=MessageState.FAILED, reason=reason))


def dissolve(conn: Connection, parent_id: int, not_before: datetime, attempts: int, reason: str) -> None:
    """A digest that surely did not go out gives back what it was to tell, to be told later."""
    told = (outbox.c.parent_id == parent_id, outbox.c.state == MessageState.BUNDLED)
    again = {"state": MessageState.PENDING, "not_before": not_before, "attempts": attempts, "parent_id": None}
    conn.execute(update(outbox).where(*told).values(again))
    digest = (outbox.c.id == parent_id, outbox.c.state == MessageState.PENDING)
    conn.execute(update(outbox).where(*digest).values(state=MessageState.SUPERSEDED, reason=reason))


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


def withdraw(conn: Connection, ticket_id: int, people: Iterable[int], reason: str) -> None:
    """Take back what these people were still to be told about a ticket, alone or in a digest that was never tried."""
    ids, untried = list(people), outbox.c.payload == ""
    digests = select(outbox.c.id).where(outbox.c.kind == MessageKind.DIGEST, outbox.c.person_id.in_(ids), untried)
    waits = (
        (outbox.c.state == MessageState.PENDING)
        # A claim that finds its message taken back sends nothing.
        | ((outbox.c.state == MessageState.LEASED) & untried)
        | ((outbox.c.state == MessageState.BUNDLED) & outbox.c.parent_id.in_(digests))
    )
    mine = (outbox.c.ticket_id == ticket_id, outbox.c.person_id.in_(ids), outbox.c.kind != MessageKind.ANSWER)
    taken_back = {"state": MessageState.SUPERSEDED, "reason": reason, "lease_until": None}
    conn.execute(update(outbox).where(*mine, waits).values(taken_back))


def supersede_steps(conn: Connection, ticket_id: int, steps: Iterable[str], since: datetime, reason: str) -> None:
    """Take back what waits to be said of these steps, put since a moment."""
    guard = (
        outbox.c.ticket_id == ticket_id,
        outbox.c.step.in_(list(steps)),
        outbox.c.created_at >= since,
        outbox.c.state == MessageState.PENDING,
    )
    conn.execute(update(outbox).where(*guard).values(state=MessageState.SUPERSEDED, reason=reason))


def confirm(conn: Connection, message_id: int, now: datetime) -> bool:
    """Note that the platform proved the arrival of what it had taken; False where it was not waiting for that."""
    values = {"state": MessageState.DELIVERED, "delivered_at": now, "lease_until": None}
    return _end_taken(conn, message_id, {**values, "accepted_at": func.coalesce(outbox.c.accepted_at, now)})


def take_back(conn: Connection, message_id: int, channel: str, address: str, reason: str, now: datetime) -> bool:
    """Let what the platform had taken, and did not deliver, go out another way."""
    again = {"state": MessageState.PENDING, "channel": channel, "address": address, "not_before": now, "reason": reason}
    return _end_taken(conn, message_id, {**again, **UNTAKEN})


def fail_taken(conn: Connection, message_id: int, reason: str) -> bool:
    """Let what the platform had taken, and did not deliver, fail."""
    return _end_taken(conn, message_id, {"state": MessageState.FAILED, "reason": reason, **UNTAKEN})


def supersede_told(conn: Connection, person_id: int, ticket_ids: Iterable[int], reason: str) -> None:
    """Take back what waits to tell one person of these tickets."""
    guard = (
        outbox.c.person_id == person_id,
        outbox.c.ticket_id.in_(list(ticket_ids)),
        outbox.c.kind.in_(TELLING),
        outbox.c.state == MessageState.PENDING,
    )
    conn.execute(update(outbox).where(*guard).values(state=MessageState.SUPERSEDED, reason=reason))


def release(conn: Connection, person_id: int, attempts: int, now: datetime) -> None:
    """Let what waits for its next round, tried so often or more, go out to one person now."""
    conn.execute(update(outbox).where(*_in_rounds(person_id, attempts, now)).values(not_before=now))


def waits_in_rounds(conn: Connection, person_id: int, attempts: int, now: datetime) -> bool:
    """Whether anything waits for its next round to one person."""
    query = select(outbox.c.id).where(*_in_rounds(person_id, attempts, now)).limit(1)
    return conn.execute(query).first() is not None


def last_told(conn: Connection, person_id: int, ticket_ids: Iterable[int]) -> dict[int, Message]:
    """Return the last message each of the tickets was told one person by, or was to be: ticket id -> message."""
    mine = (
        outbox.c.ticket_id.in_(list(ticket_ids)),
        outbox.c.person_id == person_id,
        outbox.c.kind.in_(TELLING),
        outbox.c.state != MessageState.SUPERSEDED,
    )
    return {one.ticket_id or 0: one for one in read(conn, select(*COLUMNS).where(*mine).order_by(outbox.c.id))}


def next_due(conn: Connection) -> datetime | None:
    """Return the earliest moment a message wants to go out or to be looked at again."""
    moments = []
    for waits, column in (
        (in_state(MessageState.PENDING), outbox.c.not_before),
        (
            in_state(MessageState.LEASED, MessageState.UNCERTAIN) & (outbox.c.state == MessageState.UNCERTAIN),
            outbox.c.lease_until,
        ),
    ):
        query = select(column).where(waits, column.is_not(None)).order_by(column).limit(1)
        moments.append(conn.execute(query).scalar_one_or_none())
    return min((moment for moment in moments if moment is not None), default=None)


def decided_after(conn: Connection, moment: datetime) -> list[Message]:
    """Return waiting messages that were put after a moment: by a clock that was ahead, where the moment is now."""
    return read(conn, select(*COLUMNS).where(in_state(MessageState.PENDING), outbox.c.created_at > moment))


def set_time(conn: Connection, moments: Mapping[int, datetime]) -> None:
    """Say anew, by id, before which moment a waiting message does not go out."""
    for number, moment in moments.items():
        waiting = (outbox.c.id == number, in_state(MessageState.PENDING))
        conn.execute(update(outbox).where(*waiting).values(not_before=moment))


def of_ticket(conn: Connection, ticket_id: int) -> list[Message]:
    """Return every message about the ticket, oldest first."""
    return read(conn, select(*COLUMNS).where(outbox.c.ticket_id == ticket_id).order_by(outbox.c.id))


def of_step(conn: Connection, ticket_id: int, step: str) -> list[Message]:
    """Return the messages of one step of a ticket's ladder."""
    query = select(*COLUMNS).where(outbox.c.ticket_id == ticket_id, outbox.c.step == step)
    return read(conn, query.order_by(outbox.c.id))


def first_told(conn: Connection, ticket_ids: Iterable[int]) -> dict[int, dict[int, datetime]]:
    """Return when each person was first told of each of the tickets: ticket id -> person id -> moment.

    Told is what a channel took that counts as telling, alone or inside a digest.
    """
    digest = outbox.alias("digest")
    moment = func.coalesce(outbox.c.accepted_at, digest.c.accepted_at)
    query = (
        select(outbox.c.ticket_id, outbox.c.person_id, func.min(moment))
        .select_from(outbox.outerjoin(digest, outbox.c.parent_id == digest.c.id))
        .where(outbox.c.ticket_id.in_(sorted(set(ticket_ids))), outbox.c.kind.in_(TELLING), moment.is_not(None))
        .group_by(outbox.c.ticket_id, outbox.c.person_id)
    )
    told: dict[int, dict[int, datetime]] = {}
    for ticket_id, person_id, at in conn.execute(query):
        told.setdefault(ticket_id, {})[person_id] = at
    return told


def told_states(conn: Connection, ticket_ids: Iterable[int]) -> dict[tuple[int, int], set[MessageState]]:
    """Return where everything stands that calls on people: (ticket id, person id) -> states; of a digest's, its own."""
    digest = outbox.alias("digest")
    query = (
        select(outbox.c.ticket_id, outbox.c.person_id, func.coalesce(digest.c.state, outbox.c.state))
        .select_from(outbox.outerjoin(digest, outbox.c.parent_id == digest.c.id))
        .where(outbox.c.ticket_id.in_(sorted(set(ticket_ids))), outbox.c.kind.in_(CALLING))
    )
    states: dict[tuple[int, int], set[MessageState]] = {}
    for ticket_id, person_id, state in conn.execute(query):
        states.setdefault((ticket_id, person_id), set()).add(MessageState(state))
    return states


def spend_card_codes(conn: Connection, ids: Iterable[int]) -> None:
    """Forget the codes of cards that are about to be changed: each is good for one change."""
    conn.execute(update(outbox).where(outbox.c.id.in_(list(ids))).values(card_code=""))


def by_ids(conn: Connection, ids: Iterable[int]) -> dict[int, Message]:
    """Return messages by id."""
    return {one.id: one for one in read(conn, select(*COLUMNS).where(outbox.c.id.in_(list(ids))))}


def by_intent(conn: Connection, intent: str) -> Message:
    """Return the one message of an intent; KeyError when it was never put."""
    found = read(conn, select(*COLUMNS).where(outbox.c.intent == intent))
    if not found:
        raise KeyError(intent)
    return found[0]


def by_provider_id(conn: Connection, channel: str, provider_id: str) -> Message | None:
    """Return the message a person replied to, by the provider's own id."""
    query = select(*COLUMNS).where(outbox.c.channel == channel, outbox.c.provider_id == provider_id)
    return next(iter(read(conn, query.order_by(outbox.c.id.desc()).limit(1))), None)


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
    return read(conn, select(*COLUMNS).where(*inside).order_by(outbox.c.urgency, outbox.c.id))


def _end_taken(conn: Connection, message_id: int, values: Mapping[str, object]) -> bool:
    waits = outbox.c.state.in_([MessageState.ACCEPTED, MessageState.UNCERTAIN])
    return conn.execute(update(outbox).where(outbox.c.id == message_id, waits).values(dict(values))).rowcount == 1


def _in_rounds(person_id: int, attempts: int, now: datetime) -> tuple[ColumnElement[bool], ...]:
    waiting = in_state(MessageState.PENDING)
    return waiting, outbox.c.person_id == person_id, outbox.c.attempts >= attempts, outbox.c.not_before > now


def _drafted(draft: MessageDraft) -> tuple[object, ...]:
    return tuple(params.encode(draft.params) if name == "params" else getattr(draft, name) for name in DRAFTED)


def _held(conn: Connection, ids: Sequence[int], *, lock: bool = False) -> dict[int, int]:
    """The fences of those that are leased to anybody, by id."""
    return dict(conn.execute(_HELD_STEADILY if lock else _HELD, {"ids": ids}).all()) if ids else {}


def _learnt(settlement: Settlement) -> tuple[object, ...]:
    # A message that is pending again was surely not sent, so it may be worded anew.
    payload = "" if settlement.state == MessageState.PENDING else None
    return (
        settlement.provider_id or None,
        settlement.accepted_at,
        settlement.delivered_at,
        settlement.not_before,
        settlement.parent_id,
        settlement.attempts,
        payload,
        settlement.card_code or None,
    )


def in_state(*states: MessageState) -> ColumnElement[bool]:
    """The condition "the message is in one of these states"."""
    # Written out as the partial indexes write it: SQLite takes one only where it recognises its condition.
    if len(states) == 1:
        return outbox.c.state == bindparam("state", *states, literal_execute=True)
    return outbox.c.state.in_(bindparam("states", states, expanding=True, literal_execute=True))


def read(conn: Connection, query: Select[Any]) -> list[Message]:
    found = []
    for row in conn.execute(query).all():
        values = dict(zip(FIELDS, row, strict=True))
        values["kind"], values["state"] = MessageKind(values["kind"]), MessageState(values["state"])
        values["params"] = params.decode(values["kind"], values["params"])
        found.append(Message(**values))
    return found
