"""What a ticket's journal says of its row: state, completion and limit after the last line that changed them."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from storage.records import JournalDraft, JournalKind, Ticket, TicketState

K = JournalKind
STANDS = "stands"
# After these the row is as before.
UNMOVED = frozenset(
    {K.STEP, K.STEP_SKIPPED, K.TOLD, K.NOT_TOLD, K.EVIDENCE, K.SET_ASIDE, K.FILE, K.NOTE, K.DENIED, K.RECEIVED}
)
UNKNOWN = "?"  # lines of an earlier version do not tell
FIELDS = ("state", "completed_at", "due_at")
WORDS = {"state": "状态", "completed_at": "办结时间", "due_at": "时限"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What is compared of a ticket; times as ISO 8601 in UTC, "" for none."""

    state: str = UNKNOWN
    completed_at: str = UNKNOWN
    due_at: str = UNKNOWN
    seq: int = 0  # the line that last changed it


def with_standing(ticket: Ticket, drafts: Sequence[JournalDraft]) -> Sequence[JournalDraft]:
    """Let the last line that may have changed the ticket tell how it stands since."""
    for place in range(len(drafts) - 1, -1, -1):
        draft = drafts[place]
        if draft.kind not in UNMOVED:
            stands = {"state": str(ticket.state)}
            stands |= {name: _utc(moment) for name, moment in _moments(ticket).items() if moment}
            told = replace(draft, data={**draft.data, STANDS: stands})
            return (*drafts[:place], told, *drafts[place + 1 :])
    return drafts


def replayed(lines: Iterable[tuple[int, str, datetime, str]]) -> Standing:
    """Go through a journal, lines as (seq, kind, at, data); what only earlier versions wrote may leave gaps."""
    known: dict[str, str] = {}
    last = 0
    for seq, kind, at, text in lines:
        if kind in UNMOVED and kind != K.RECEIVED:
            continue
        data = json.loads(text)
        if STANDS in data:
            stands = data[STANDS]
            told = {name: stands.get(name, "") for name in FIELDS}
        else:
            told = _earlier(kind, at, data)
        if told:
            known |= told
            last = seq
    return Standing(**known, seq=last)


def differs(standing: Standing, state: str, completed_at: datetime | None, due_at: datetime | None) -> str:
    """Say in Chinese what of the row is not as its journal says; empty where all is."""
    row = {"state": state, "completed_at": _utc(completed_at), "due_at": _utc(due_at)}
    for name in FIELDS:
        told = getattr(standing, name)
        if told not in (UNKNOWN, row[name]):
            return f"工单的{WORDS[name]}（{row[name] or '无'}）与流水（{told or '无'}）不符"
    return ""


def _earlier(kind: str, at: datetime, data: Mapping[str, Any]) -> dict[str, str]:
    """What a line tells that was written before lines told how the ticket stands."""
    return _EARLIER[kind](at, data) if kind in _EARLIER else dict.fromkeys(FIELDS, UNKNOWN)


def _received(at: datetime, data: Mapping[str, Any]) -> dict[str, str]:
    return {"state": TicketState.NEW.value, "completed_at": "", "due_at": _read(data.get("due_at"))}


def _moved(at: datetime, data: Mapping[str, Any]) -> dict[str, str]:
    return {"due_at": _read(data["to"].get("due_at"))} if "to" in data else {}


def _to(state: TicketState, **more: str) -> Callable[[datetime, Mapping[str, Any]], dict[str, str]]:
    return lambda at, data: {"state": state.value, **more}


def _completed(at: datetime, data: Mapping[str, Any]) -> dict[str, str]:
    return {"state": TicketState.COMPLETED.value, "completed_at": _utc(at)}


def _asked(at: datetime, data: Mapping[str, Any]) -> dict[str, str]:
    return {"state": UNKNOWN}  # who asks may have taken the ticket by it


_EARLIER: Mapping[str, Callable[[datetime, Mapping[str, Any]], dict[str, str]]] = {
    K.RECEIVED: _received,
    K.MATCHED: _moved,
    K.DEADLINE_MOVED: _moved,
    K.GRANT_EXTENSION: lambda at, data: {"due_at": _read(data.get("until"))},
    K.ACKNOWLEDGE: _to(TicketState.ACKNOWLEDGED),
    K.COMPLETE: _completed,
    K.RETURN: _to(TicketState.RETURNED, completed_at=""),
    K.DISPUTE: _to(TicketState.DISPUTED),
    K.APPROVE: _to(TicketState.VOID),
    K.REFUSE: _to(TicketState.ACKNOWLEDGED),
    K.CLOSE: _to(TicketState.CLOSED),
    K.CLOSED: _to(TicketState.CLOSED),
    K.TRANSFER: _to(TicketState.NEW),
    **dict.fromkeys((K.ASK_EXTENSION, K.ASK_TRANSFER, K.HAND_OVER), _asked),
    **dict.fromkeys((K.REFUSE_EXTENSION, K.REFUSE_TRANSFER), lambda at, data: {}),
}


def _moments(ticket: Ticket) -> Mapping[str, datetime | None]:
    return {"completed_at": ticket.completed_at, "due_at": ticket.due_at}


def _utc(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")


def _read(text: str | None) -> str:
    return _utc(datetime.fromisoformat(text)) if text else ""
