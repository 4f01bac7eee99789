"""The table of moves: what a person may do to a ticket in which state, and what becomes of it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.rules.refused import MoveRefused
from bot.rules.tickets.access import Right, may, workers
from bot.rules.tickets.decision import Decision
from storage.records import OPEN_STATES, Directory, JournalDraft, JournalKind, Policy, Ticket, TicketState

S = TicketState


class Verb(StrEnum):
    ACKNOWLEDGE = "acknowledge"  # 签收
    COMPLETE = "complete"  # 办结
    RETURN = "return"  # 退回, by a reviewer
    DISPUTE = "dispute"  # 误报
    APPROVE = "approve"  # 同意误报
    REFUSE = "refuse"  # 不同意误报
    CLOSE = "close"  # 归档
    EXTEND = "extend"  # 延期, asked for
    TRANSFER = "transfer"  # 转派, asked for or done by the desk
    HAND_OVER = "hand_over"  # 转B角
    UNDO = "undo"  # 撤销


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What a person said about a ticket; `at` is the chat server's time, bounded by our receipt of it."""

    person_id: int
    at: datetime
    text: str = ""
    via: str = ""  # channel, or "say:<who>" when recorded on the person's behalf
    raw: str = ""  # as it was typed
    message_id: str = ""  # the channel's own id of what was typed
    recorded_at: datetime | None = None  # when somebody else wrote it down, where that was later


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One row of the table."""

    frm: frozenset[TicketState]
    to: TicketState
    right: Right
    changes: Callable[[Ticket, Answer], Mapping[str, Any]]
    stops_ladder: bool = False
    needs_text: bool = False


def _taken(ticket: Ticket, answer: Answer) -> Mapping[str, Any]:
    return {"holder_id": answer.person_id, "acknowledged_at": answer.at, "acknowledged_by": answer.person_id}


def _done(ticket: Ticket, answer: Answer) -> Mapping[str, Any]:
    first = {} if ticket.acknowledged_at else {"acknowledged_at": answer.at, "acknowledged_by": answer.person_id}
    done = {"completed_at": answer.at, "completed_by": answer.person_id, "completion_text": answer.text}
    return {"holder_id": ticket.holder_id or answer.person_id, **first, **done}


def _back(ticket: Ticket, answer: Answer) -> Mapping[str, Any]:
    return {"completed_at": None, "completed_by": None, "completion_text": "", "closed_at": None}


def _ended(ticket: Ticket, answer: Answer) -> Mapping[str, Any]:
    return {"closed_at": answer.at}


def _nothing(ticket: Ticket, answer: Answer) -> Mapping[str, Any]:
    return {}


WORKING = frozenset({S.NEW, S.ACKNOWLEDGED, S.RETURNED})

MOVES: dict[Verb, Move] = {
    Verb.ACKNOWLEDGE: Move(frm=frozenset({S.NEW}), to=S.ACKNOWLEDGED, right=Right.WORK, changes=_taken),
    # One reply may go straight from new to completed: nobody is made to acknowledge first.
    Verb.COMPLETE: Move(frm=WORKING | {S.DISPUTED}, to=S.COMPLETED, right=Right.WORK, changes=_done, stops_ladder=True),
    Verb.RETURN: Move(frm=frozenset({S.COMPLETED}), to=S.RETURNED, right=Right.REVIEW, changes=_back, needs_text=True),
    Verb.DISPUTE: Move(frm=WORKING, to=S.DISPUTED, right=Right.WORK, changes=_nothing, needs_text=True),
    Verb.APPROVE: Move(frm=frozenset({S.DISPUTED}), to=S.VOID, right=Right.REVIEW, changes=_ended, stops_ladder=True),
    # Nothing had been completed, so nothing is sent back: the work goes on.
    Verb.REFUSE: Move(frm=frozenset({S.DISPUTED}), to=S.ACKNOWLEDGED, right=Right.REVIEW, changes=_nothing),
    Verb.CLOSE: Move(frm=frozenset({S.COMPLETED}), to=S.CLOSED, right=Right.REVIEW, changes=_ended, stops_ladder=True),
}

# What is more than one move of the table, by the states in which it makes sense.
WIDER: dict[Verb, frozenset[TicketState]] = {
    Verb.EXTEND: OPEN_STATES,
    Verb.TRANSFER: OPEN_STATES,
    Verb.HAND_OVER: WORKING,
}


def states_for(verb: Verb) -> frozenset[TicketState]:
    """Return the states in which the verb makes sense."""
    return MOVES[verb].frm if verb in MOVES else WIDER[verb]


def move(ticket: Ticket, verb: Verb, answer: Answer, directory: Directory, policy: Policy) -> Decision:
    """Carry out one move; MoveRefused says politely why not."""
    row = MOVES[verb]
    if not may(answer.person_id, row.right, ticket, directory, answer.at):
        raise MoveRefused("not_yours", number=ticket.number)
    if ticket.state not in row.frm:
        raise refusal(ticket, verb, directory)
    if row.needs_text:
        need_reason(ticket, verb, answer.text)
    # Nobody answers before the ticket exists, whatever the chat server's clock says.
    answer = replace(answer, at=max(answer.at, ticket.received_at))
    after = replace(ticket, state=row.to, **row.changes(ticket, answer))
    if row.stops_ladder:
        after = replace(after, next_step_at=_archive_at(after, policy))
    elif not ticket.state.open:
        after = replace(after, next_step_at=answer.at)
    return Decision(
        ticket=after,
        journal=(line(JournalKind(verb), answer),),
        supersede=f"已由人员答复：{verb}" if row.stops_ladder else "",
        lapse=row.stops_ladder,
    )


def taken_up(ticket: Ticket, answer: Answer, directory: Directory) -> Ticket:
    """Return a new ticket as taken by who works on it and asked something: nobody hears that no one took it."""
    if ticket.state != S.NEW or answer.person_id not in workers(ticket, directory, answer.at):
        return ticket
    at = max(answer.at, ticket.received_at)
    return replace(ticket, state=S.ACKNOWLEDGED, **_taken(ticket, replace(answer, at=at)))


def check_time(ticket: Ticket, answer: Answer) -> None:
    """Refuse an answer that somebody noted as given before the ticket was there.

    That is a mistake to put right; a chat server's clock may be slow, and then the receipt counts.
    """
    if answer.recorded_at is not None and answer.at < ticket.received_at:
        raise MoveRefused("before_receipt", number=ticket.number, at=ticket.received_at)


def need_reason(ticket: Ticket, verb: Verb, text: str) -> None:
    """Refuse what has no reason of two characters that can be read."""
    if sum(one.isalpha() for one in text) < 2:
        raise MoveRefused("reason_needed", number=ticket.number, verb=verb)


def archive(ticket: Ticket, now: datetime) -> Decision:
    """Close a completed ticket by itself once its time for review is over."""
    after = replace(ticket, state=S.CLOSED, closed_at=now, next_step_at=None)
    return Decision(
        ticket=after,
        journal=(JournalDraft(kind=JournalKind.CLOSED, at=now, actor="bot", data={"why": "到期自动归档"}),),
    )


def line(kind: JournalKind, answer: Answer, **more: object) -> JournalDraft:
    """Write down what a person did: who, when, by which channel and message, and the words as they came."""
    data = {"text": answer.text, "raw": answer.raw, "via": answer.via, "message_id": answer.message_id, **more}
    data["recorded_at"] = answer.recorded_at.isoformat() if answer.recorded_at else None
    return JournalDraft(
        kind=kind,
        at=answer.at,
        actor=f"person:{answer.person_id}",
        data={key: value for key, value in data.items() if value not in (None, "")},
    )


def refusal(ticket: Ticket, verb: Verb, directory: Directory) -> MoveRefused:
    """Say who already did it and when, or in which state the ticket is."""
    done_by = {
        Verb.ACKNOWLEDGE: (ticket.acknowledged_by, ticket.acknowledged_at),
        Verb.COMPLETE: (ticket.completed_by, ticket.completed_at),
    }.get(verb, (None, None))
    person = directory.people.get(done_by[0]) if done_by[0] is not None else None
    if ticket.completed_at is not None and verb == Verb.ACKNOWLEDGE:
        person = directory.people.get(ticket.completed_by or 0)
        return MoveRefused("already_complete", number=ticket.number, who=_name(person), at=ticket.completed_at)
    if done_by[1] is not None:
        return MoveRefused(f"already_{verb}", number=ticket.number, who=_name(person), at=done_by[1])
    return MoveRefused("wrong_state", number=ticket.number, state=ticket.state, verb=verb)


def _name(person: Any) -> str:
    return person.name if person is not None else "?"


def _archive_at(ticket: Ticket, policy: Policy) -> datetime | None:
    if ticket.state != S.COMPLETED or ticket.completed_at is None:
        return None
    return ticket.completed_at + timedelta(days=policy.close_after_days)
