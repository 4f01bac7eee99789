"""Messages on their way, and what the platforms were asked for."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, text

from storage.sql.types import JsonText, UtcDateTime
from storage.tables.base import Id, id_column, metadata

outbox = Table(
    "outbox",
    metadata,
    id_column(),
    Column("intent", String(128), nullable=False, unique=True),
    Column("person_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("ticket_id", Id, index=True),
    Column("step", String(32), nullable=False, default=""),
    Column("urgency", Integer, nullable=False),
    Column("params", JsonText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("channel", String(32), nullable=False, default=""),
    Column("address", String(200), nullable=False, default=""),
    Column("payload", Text, nullable=False, default=""),
    Column("file_id", Id),
    Column("lease_until", UtcDateTime),
    Column("leased_by", String(64), nullable=False, default=""),
    Column("fence", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("provider_id", String(128), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("parent_id", Id),
    Column("accepted_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("card_code", Text, nullable=False, default=""),
    Index(
        "ix_outbox_waiting",
        "urgency",
        "not_before",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_outbox_person",
        "person_id",
        "not_before",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
    Index(
        "ix_outbox_leased",
        "lease_until",
        sqlite_where=text("state IN ('leased', 'uncertain')"),
        postgresql_where=text("state IN ('leased', 'uncertain')"),
    ),
    Index(
        "ix_outbox_parent_id",
        "parent_id",
        sqlite_where=text("parent_id IS NOT NULL"),
        postgresql_where=text("parent_id IS NOT NULL"),
    ),
    Index(
        "ix_outbox_provider_id",
        "channel",
        "provider_id",
        sqlite_where=text("provider_id != ''"),
        postgresql_where=text("provider_id != ''"),
    ),
)

inbox_items = Table(
    "inbox_items",
    metadata,
    id_column(),
    Column("message_key", String(128), nullable=False, unique=True),  # a second send of one message changes nothing
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("buttons", Text, nullable=False, default="[]"),
    Column("file_id", Id),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("read_at", UtcDateTime),
)

platform_tokens = Table(
    "platform_tokens",
    metadata,
    Column("key", String(128), primary_key=True),  # "wecom:<corp>:<agent>", never a secret
    Column("sealed", Text, nullable=False, default=""),  # the token, encrypted by whoever uses it
    Column("expires_at", UtcDateTime),
    Column("refreshed_at", UtcDateTime),
    Column("busy_until", UtcDateTime),  # somebody fetches, or nobody asks again before this
    Column("refused_code", Integer),  # why nobody asks again: the platform's own code
)

quotas = Table(
    "quotas",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("window_at", UtcDateTime, nullable=False),
    Column("used", Integer, nullable=False),
)
