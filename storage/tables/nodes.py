"""What nodes share beside quotas and tokens: versions, and the leases of single-holder loops."""

from sqlalchemy import Column, Integer, String, Table, Text

from storage.sql.types import UtcDateTime
from storage.tables.base import metadata

meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),  # register_version, calendar_revision …
    Column("value", Text, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Column("fence", Integer, nullable=False, default=0),
)
