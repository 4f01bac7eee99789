"""Tickets, what they came from, and their journal."""

from sqlalchemy import (
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.sql.types import JsonText, UtcDateTime
from storage.tables.base import Id, id_column, metadata

sources = Table(
    "sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("columns", JsonText, nullable=False),  # heading in the file -> our field, remembered once
)

inbound = Table(
    "inbound",
    metadata,
    id_column(),
    Column("kind", String(16), nullable=False),  # ticket | chat
    Column("source", String(64), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("raw", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("ticket_id", Id, index=True),
    UniqueConstraint("kind", "source", "event_id"),
    Index(
        "ix_inbound_unsettled",
        "state",
        "kind",
        sqlite_where=text("state != 'settled'"),
        postgresql_where=text("state != 'settled'"),
    ),
)

policies = Table(
    "policies",
    metadata,
    Column("key", String(64), primary_key=True),  # hash of the body: a snapshot is never edited
    Column("name", String(64), nullable=False),
    Column("body", Text, nullable=False),
)

tickets = Table(
    "tickets",
    metadata,
    id_column(),
    Column("source", String(64), nullable=False),
    Column("number", String(128), nullable=False),
    Column("number_key", String(128), nullable=False),  # the number without case, width and spaces
    Column("policy", String(64), nullable=False),
    Column("policy_key", String(64), ForeignKey("policies.key"), nullable=False),
    Column("account_id", Id, ForeignKey("accounts.id"), index=True),
    Column("unit_id", Id, ForeignKey("units.id")),
    Column("platform", String(64), nullable=False),
    Column("account_name", String(200), nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("issued_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("limit_from", UtcDateTime),
    Column("problem", Text, nullable=False, default=""),
    Column("problem_class", String(64), nullable=False, default=""),
    Column("severity", String(32), nullable=False, default=""),
    Column("suggestion", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("deadline_status", String(16), nullable=False),
    Column("calendar_revision", String(64), nullable=False),
    Column("due_day", Date),
    Column("target_at", UtcDateTime),
    Column("due_at", UtcDateTime),
    Column("earliest_day", Date),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, default=0),
    Column("holder_id", Id, ForeignKey("people.id")),
    Column("acknowledged_at", UtcDateTime),
    Column("acknowledged_by", Id),
    Column("completed_at", UtcDateTime),
    Column("completed_by", Id),
    Column("completion_text", Text, nullable=False, default=""),
    Column("closed_at", UtcDateTime),
    Column("next_step_at", UtcDateTime),
    Column("steps_taken", Text, nullable=False, default=""),  # names, space between
    Column("moves", Integer, nullable=False, default=0, server_default="0"),
    Column("reroutes", Integer, nullable=False, default=0, server_default="0"),
    Column("journal_seq", Integer, nullable=False, default=0),
    Column("journal_hash", String(64), nullable=False, default=""),
    UniqueConstraint("source", "number_key"),
    # The scheduler: only tickets that want a look are in it, so a tick costs what is due, not what is open.
    Index(
        "ix_tickets_next_step_at",
        "next_step_at",
        sqlite_where=text("next_step_at IS NOT NULL"),
        postgresql_where=text("next_step_at IS NOT NULL"),
    ),
    Index(
        "ix_tickets_open",
        "unit_id",
        sqlite_where=text("state NOT IN ('completed', 'closed', 'void')"),
        postgresql_where=text("state NOT IN ('completed', 'closed', 'void')"),
    ),
    Index("ix_tickets_completed_at", "completed_at"),
    Index("ix_tickets_number_key", "number_key"),
)

journal = Table(
    "journal",
    metadata,
    Column("ticket_id", Id, primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("data", Text, nullable=False),  # canonical JSON, hashed as it stands
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_with_rowid=False,  # one tree instead of a table and its index
)

files = Table(
    "files",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

evidence = Table(
    "evidence",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True),
    Column("file_id", Id, ForeignKey("files.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
