"""Notices and local decisions."""

from sqlalchemy import Column, Date, ForeignKey, Integer, String, Table, Text

from storage.sql.types import JsonText, UtcDateTime
from storage.tables.base import Id, id_column, metadata

calendar_revisions = Table(
    "calendar_revisions",
    metadata,
    Column("number", Id, primary_key=True),
    Column("status", String(16), nullable=False),
    Column("year", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("document", String(300), nullable=False),
    Column("notice_number", String(64), nullable=False, default=""),
    Column("issued", Date),
    Column("body", JsonText, nullable=False),  # {"off": {day: name}, "work": {day: name}}
    Column("raw", Text, nullable=False),  # the notice as it was handed in
    Column("proposed_by", Id, ForeignKey("people.id")),
    Column("proposed_name", String(64), nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("settled_by", Id, ForeignKey("people.id")),
    Column("settled_name", String(64), nullable=False, default=""),
    Column("settled_at", UtcDateTime),  # approved or refused
    Column("withdrawn_by", Id, ForeignKey("people.id")),
    Column("withdrawn_name", String(64), nullable=False, default=""),
    Column("withdrawn_at", UtcDateTime),
)

calendar_overlays = Table(
    "calendar_overlays",
    metadata,
    id_column(),
    Column("kind", String(16), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("units", Text, nullable=False, default=""),  # unit ids, space between; empty: all
    Column("why", String(200), nullable=False),
    Column("document", String(300), nullable=False, default=""),
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_name", String(64), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("withdrawn_by", Id, ForeignKey("people.id")),
    Column("withdrawn_name", String(64), nullable=False, default=""),
    Column("withdrawn_at", UtcDateTime),
)
