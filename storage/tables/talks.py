"""What is asked of people and what they did last."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from storage.sql.types import JsonText, UtcDateTime
from storage.tables.base import Id, id_column, metadata

questions = Table(
    "questions",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("command", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("ticket_ids", Text, nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("about", Id),
)

requests = Table(
    "requests",
    metadata,
    id_column(),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("asked_by", Id, ForeignKey("people.id"), nullable=False),
    Column("asked_at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("until", UtcDateTime),
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_at", UtcDateTime),
    Column("granted", Boolean),
    # Of each kind one can be pending on a ticket, whoever asks at the same moment.
    Index(
        "uq_requests_pending",
        "ticket_id",
        "kind",
        unique=True,
        sqlite_where=text("decided_at IS NULL"),
        postgresql_where=text("decided_at IS NULL"),
    ),
)

last_acts = Table(
    "last_acts",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("verb", String(32), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("ticket_id", Id),
    Column("seq", Integer, nullable=False, default=0),
    Column("before", JsonText, nullable=False),
)
