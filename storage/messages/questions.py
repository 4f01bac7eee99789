"""The one question per person the bot waits for an answer to; it survives a restart."""

from datetime import datetime

from sqlalchemy import bindparam, select

from storage.records import Question
from storage.sql.database import Connection
from storage.sql.upsert import upsert
from storage.tables import questions

_PENDING = select(questions).where(
    questions.c.person_id == bindparam("person"), questions.c.expires_at > bindparam("now")
)


def ask(conn: Connection, question: Question) -> None:
    """Store a question in place of the person's last one."""
    row = {
        "person_id": question.person_id,
        "command": question.command,
        "text": question.text,
        "ticket_ids": " ".join(map(str, question.ticket_ids)),
        "asked_at": question.asked_at,
        "expires_at": question.expires_at,
        "about": question.about,
    }
    upsert(conn, questions, ("person_id",), [row])


def pending(conn: Connection, person_id: int, now: datetime) -> Question | None:
    """Return the person's open question; None when there is none or it has expired."""
    row = conn.execute(_PENDING, {"person": person_id, "now": now}).mappings().first()
    if row is None:
        return None
    return Question(**{**row, "ticket_ids": tuple(map(int, row["ticket_ids"].split()))})
