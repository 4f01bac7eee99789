"""What a conversation keeps: a person's raw words as they came, and the answer that goes back."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from bot.actions.messages.sealed import sealed_text
from bot.actions.work import Work
from bot.rules.messages.showing import masked
from storage.messages import outbox
from storage.records import (
    AnswerTo,
    InboundState,
    MessageDraft,
    MessageKind,
    TextParams,
)
from storage.sql.types import canonical
from storage.tickets import inbound

KIND = "chat"
EVENT_ID_LENGTH = 128


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A person's words as they came; `at` is the chat server's time."""

    person_id: int
    text: str
    at: datetime
    via: str
    event_id: str
    reply_to_ticket: int | None = None
    on_behalf_of: str = ""
    answer_to: AnswerTo | None = None  # None: the asker is on the line and reads the reply at once
    action: str = ""  # of a button that was pressed: "ack:12"; the text then is its label, or nothing


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """Words that are safe in the database and wait to be answered."""

    id: int
    received_at: datetime
    said: Said


def keep(work: Work, said: Said) -> Kept | None:
    """Keep a person's words in this transaction; None when they were answered already."""
    event_id = _event_id(said.event_id)
    number = inbound.keep_once(work.conn, KIND, said.via, event_id, work.now, _raw(said))
    if number is not None:
        return Kept(id=number, received_at=work.now, said=said)
    kept = inbound.event(work.conn, KIND, said.via, event_id)
    return Kept(id=kept.id, received_at=kept.received_at, said=said) if kept.state == InboundState.WAITING else None


def hold(work: Work, kept: Kept) -> bool:
    """Take the words for this transaction; False when another node answered them meanwhile."""
    return inbound.hold_waiting(work.conn, kept.id)


def waiting(work: Work, limit: int = 100) -> list[Kept]:
    """Return the words that were kept and never answered, the oldest first."""
    rows = inbound.in_state(work.conn, InboundState.WAITING, KIND, limit)
    read = ((row, read_said(row.raw, row.source, row.event_id)) for row in rows)
    return [Kept(id=row.id, received_at=row.received_at, said=said) for row, said in read if said is not None]


def settle(work: Work, kept: Kept, reason: str = "", ticket_id: int | None = None) -> None:
    """Say that the words were answered."""
    inbound.settle(work.conn, kept.id, InboundState.SETTLED, reason, ticket_id)


def set_aside(work: Work, kept: Kept, reason: str) -> None:
    """Put words aside that nothing could be done with."""
    inbound.settle(work.conn, kept.id, InboundState.SET_ASIDE, reason)


def put_answer(
    work: Work,
    kept: Kept,
    text: str,
    buttons: Sequence[tuple[str, str]],
    *,
    ticket_id: int | None = None,
    private: bool = False,
    keeps_card: bool = False,
    secret: bool = False,
) -> None:
    """Enqueue an answer, to go back where the person spoke; a private one to the person alone.

    The card pressed is brought to its new state, unless it stays as it is. A reply to the answer means its ticket.
    """
    to = kept.said.answer_to
    if to is not None and (private or keeps_card):
        to = replace(to, edits="")
    if to is not None and private and to.private:
        to = replace(to, address=to.private, reply_to="")
    intent = f"answer:{kept.id}:p{kept.said.person_id}"
    if to is not None and to.private and to.address != to.private:
        text = masked(text)  # others read it
    in_clear = TextParams(text=text, buttons=tuple(buttons), to=to)
    draft = MessageDraft(
        intent=intent,
        person_id=kept.said.person_id,
        kind=MessageKind.ANSWER,
        ticket_id=ticket_id,
        urgency=0,
        params=sealed_text(work.context.sealer, intent, text, buttons, to) if secret else in_clear,
    )
    outbox.put(work.conn, [draft], work.now)


def _event_id(given: str) -> str:
    """The event's id as it fits its column; a long or unprintable one by its hash."""
    if len(given) <= EVENT_ID_LENGTH and given.isprintable():
        return given
    return "sha256:" + hashlib.sha256(given.encode(errors="backslashreplace")).hexdigest()


def _raw(said: Said) -> str:
    body = {
        "person": said.person_id,
        "text": said.text,
        "at": said.at.isoformat(),
        "reply_to": said.reply_to_ticket,
        "on_behalf_of": said.on_behalf_of,
        "answer_to": asdict(said.answer_to) if said.answer_to else None,
        "action": said.action,
    }
    # Half of a surrogate pair has no UTF-8 form; its escape is what JSON writes for it.
    return canonical(body).encode(errors="backslashreplace").decode()


def read_said(raw: str, via: str, event_id: str) -> Said | None:
    """Read words back as they were kept; None where they are in a platform's own form."""
    try:
        body: Mapping[str, Any] = json.loads(raw)
        return Said(
            person_id=int(body["person"]),
            text=str(body["text"]),
            at=datetime.fromisoformat(body["at"]),
            via=via,
            event_id=event_id,
            reply_to_ticket=body["reply_to"],
            on_behalf_of=str(body["on_behalf_of"]),
            answer_to=AnswerTo(**body["answer_to"]) if body["answer_to"] else None,
            action=str(body.get("action", "")),
        )
    except (ValueError, KeyError, TypeError):
        return None
