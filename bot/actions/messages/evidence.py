"""Takes pictures and documents a person sent as evidence for a ticket."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime

from bot.actions.context import Context
from bot.actions.messages import numbering
from bot.actions.recording import record
from bot.actions.tickets import visible
from bot.actions.work import Work, begin
from bot.rules.tickets.decision import Decision
from storage.messages import files
from storage.records import JournalDraft, JournalKind, Ticket
from storage.tickets import evidence, tickets


@dataclass(frozen=True, kw_only=True, slots=True)
class SentFile:
    name: str
    media_type: str
    body: bytes = field(repr=False)


def attach(
    context: Context, person_id: int, at: datetime, sent: list[SentFile], ticket_id: int | None, via: str
) -> Ticket | None:
    """Attach files to the ticket meant: the one replied to, the one spoken of just now, else the only open one."""
    with begin(context) as work:
        meant = ticket_id if ticket_id is not None else _meant(work, person_id)
        if meant is None or visible.by_id(work, person_id, meant) is None:
            return None
        ticket = tickets.by_ids(work.conn, [meant], lock=True)[meant]
        lines = []
        for one in sent:
            digest = hashlib.sha256(one.body).hexdigest()
            file_id = files.keep(work.conn, one.name, one.media_type, one.body, work.now)
            if evidence.attach(work.conn, meant, file_id, person_id, at):
                data = {"file": file_id, "name": one.name, "via": via, "sha256": digest}
                lines.append(JournalDraft(kind=JournalKind.FILE, at=at, actor=f"person:{person_id}", data=data))
        record(work, [Decision(ticket=ticket, journal=tuple(lines))] if lines else [])
        return ticket


def _meant(work: Work, person_id: int) -> int | None:
    about = numbering.current(work, person_id).about
    if about:
        return about
    open_ones = [one.id for one in visible.tickets_of(work, person_id) if one.state.open]
    return open_ones[0] if len(open_ones) == 1 else None
