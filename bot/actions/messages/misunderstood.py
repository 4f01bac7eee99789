"""What people said and nobody understood, for the desk: the word list grows by it. Personal numbers are masked."""

import re
from dataclasses import dataclass
from datetime import datetime

from bot.actions.messages.conversation import KIND, read_said
from bot.actions.work import Work
from bot.logs import scrub
from storage.tickets import inbound

RESIDENT_ID = re.compile(r"(?<!\d)(\d{3})\d{11}(\d{3}[\dXx])(?![\dXx])")
FIXED_LINE = re.compile(r"(?<!\d)(0\d{2,3})[- ]?\d{5,6}(\d{2})(?!\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class AsideWords:
    """One message that was set aside."""

    id: int
    at: datetime
    person_id: int
    text: str  # masked
    reason: str


def aside(work: Work, limit: int = 100) -> list[AsideWords]:
    """Return what was set aside last, the newest first."""
    rows = inbound.last_set_aside(work.conn, KIND, limit)
    read = ((row, read_said(row.raw, row.source, row.event_id)) for row in rows)
    return [
        AsideWords(id=row.id, at=said.at, person_id=said.person_id, text=masked(said.text), reason=row.reason)
        for row, said in read
        if said is not None
    ]


def masked(text: str) -> str:
    """Return the text without telephone numbers, resident ids and secrets."""
    return scrub(FIXED_LINE.sub(r"\1****\2", RESIDENT_ID.sub(r"\1****\2", text)))
