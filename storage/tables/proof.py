"""The tree over all journals: what waits to enter it, its leaves in order, its roots."""

from sqlalchemy import Column, Index, Integer, String, Table, Text

from storage.sql.types import UtcDateTime
from storage.tables.base import Id, id_column, metadata

# Written with the lines themselves, read and emptied when a root is made: a root costs what changed.
unproved = Table(
    "unproved",
    metadata,
    id_column(),
    Column("ticket_id", Id, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("lines", Integer, nullable=False),  # so many were added
)

proof_leaves = Table(
    "proof_leaves",
    metadata,
    Column("place", Id, primary_key=True, autoincrement=False),
    Column("ticket_id", Id, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("head", String(64), nullable=False),
    Column("plain", Integer, nullable=False),
)

proof_roots = Table(
    "proof_roots",
    metadata,
    Column("number", Id, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("root", String(64), nullable=False),
    Column("leaves", Id, nullable=False),
    Column("lines", Id, nullable=False),
    Column("algorithm", String(16), nullable=False),
    Column("peaks", Text, nullable=False),  # hashes, space between
    Column("file", String(64), nullable=False),
    Column("filed", Id, nullable=False),
    Index("ix_proof_roots_file", "file", "number"),
)

# Journals begun before there was a key: up to this line their hashes are plain. Written by the migration alone.
plain_chains = Table(
    "plain_chains",
    metadata,
    Column("ticket_id", Id, primary_key=True, autoincrement=False),
    Column("seq", Integer, nullable=False),
)
