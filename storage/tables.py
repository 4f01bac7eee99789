"""Every table of the product; the migrations build exactly these."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from storage.types import JsonText, Moment

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite only numbers rows by itself for INTEGER; PostgreSQL gets the wide type.
Id = BigInteger().with_variant(Integer, "sqlite")


def _id() -> "Column[int]":
    return Column("id", Id, primary_key=True)


meta = Table(
    "meta",
    metadata,
    Column("key", String(64), primary_key=True),  # register_version, calendar_revision …
    Column("value", Text, nullable=False),
)

units = Table(
    "units",
    metadata,
    _id(),
    Column("name", String(200), nullable=False, unique=True),
    Column("parent_id", Id, ForeignKey("units.id")),
    Column("desk", Boolean, nullable=False, default=False),
    Column("jurisdiction", String(64), nullable=False, default=""),
)

people = Table(
    "people",
    metadata,
    _id(),
    Column("name", String(64), nullable=False),
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False),
    Column("active", Boolean, nullable=False, default=True),
    Column("phone_sealed", Text, nullable=False, default=""),  # encrypted with the key in the 0600 file
    Column("phone_mask", String(32), nullable=False, default=""),
    Column("phone_index", String(64), nullable=False, default="", index=True),  # keyed hash, to find a person by number
    UniqueConstraint("unit_id", "name"),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("platform", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("name_key", String(200), nullable=False),  # normalised for matching
    Column("unit_id", Id, ForeignKey("units.id"), nullable=False),
    Column("state", String(32), nullable=False, default="active"),
    Column("verified_entity", String(200), nullable=False, default=""),
    UniqueConstraint("platform", "name_key"),
)

duties = Table(
    "duties",
    metadata,
    Column("account_id", Id, ForeignKey("accounts.id"), primary_key=True),
    Column("role", String(16), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
)

supervisors = Table(
    "supervisors",
    metadata,
    Column("unit_id", Id, ForeignKey("units.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
)

addresses = Table(
    "addresses",
    metadata,
    _id(),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", String(200), nullable=False),
    Column("preference", Integer, nullable=False, default=0),
    Column("usable", Boolean, nullable=False, default=True),
    Column("bound_at", Moment, nullable=False),
    UniqueConstraint("channel", "address"),
    UniqueConstraint("person_id", "channel"),
)

leaves = Table(
    "leaves",
    metadata,
    _id(),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("deputy_id", Id, ForeignKey("people.id")),
)

sources = Table(
    "sources",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("columns", JsonText, nullable=False),  # heading in the file -> our field, remembered once
)

inbound = Table(
    "inbound",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),  # ticket | chat
    Column("source", String(64), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("received_at", Moment, nullable=False),
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
    _id(),
    Column("source", String(64), nullable=False),
    Column("number", String(128), nullable=False),
    Column("number_key", String(128), nullable=False),  # the number without case, width and spaces
    Column("policy", String(64), nullable=False),
    Column("policy_key", String(64), ForeignKey("policies.key"), nullable=False),
    Column("account_id", Id, ForeignKey("accounts.id"), index=True),
    Column("unit_id", Id, ForeignKey("units.id"), index=True),
    Column("platform", String(64), nullable=False),
    Column("account_name", String(200), nullable=False),
    Column("received_at", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("problem", Text, nullable=False, default=""),
    Column("problem_class", String(64), nullable=False, default=""),
    Column("severity", String(32), nullable=False, default=""),
    Column("suggestion", Text, nullable=False, default=""),
    Column("url", Text, nullable=False, default=""),
    Column("deadline_status", String(16), nullable=False),
    Column("calendar_revision", String(64), nullable=False),
    Column("due_day", Date),
    Column("target_at", Moment),
    Column("due_at", Moment),
    Column("earliest_day", Date),
    Column("state", String(16), nullable=False),
    Column("version", Integer, nullable=False, default=0),
    Column("holder_id", Id, ForeignKey("people.id")),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", Id),
    Column("completed_at", Moment),
    Column("completed_by", Id),
    Column("completion_text", Text, nullable=False, default=""),
    Column("closed_at", Moment),
    Column("next_step_at", Moment),
    Column("steps_taken", Text, nullable=False, default=""),  # names, space between
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
        "state",
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
    Column("at", Moment, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("data", Text, nullable=False),  # canonical JSON, hashed as it stands
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
)

files = Table(
    "files",
    metadata,
    _id(),
    Column("name", String(200), nullable=False),
    Column("media_type", String(100), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("intent", String(128), nullable=False, unique=True),
    Column("person_id", Id, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("ticket_id", Id, index=True),
    Column("step", String(32), nullable=False, default=""),
    Column("urgency", Integer, nullable=False),
    Column("params", JsonText, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("not_before", Moment, nullable=False),
    Column("state", String(16), nullable=False),
    Column("channel", String(32), nullable=False, default=""),
    Column("address", String(200), nullable=False, default=""),
    Column("payload", Text, nullable=False, default=""),
    Column("file_id", Id),
    Column("lease_until", Moment),
    Column("leased_by", String(64), nullable=False, default=""),
    Column("fence", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("provider_id", String(128), nullable=False, default=""),
    Column("reason", Text, nullable=False, default=""),
    Column("parent_id", Id, index=True),
    Column("accepted_at", Moment),
    Column("delivered_at", Moment),
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
    _id(),
    Column("message_key", String(128), nullable=False, unique=True),  # a second send of one message changes nothing
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("buttons", Text, nullable=False, default="[]"),
    Column("file_id", Id),
    Column("sent_at", Moment, nullable=False),
    Column("read_at", Moment),
)

questions = Table(
    "questions",
    metadata,
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True),
    Column("command", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("ticket_ids", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("about", Id),
)

requests = Table(
    "requests",
    metadata,
    _id(),
    Column("ticket_id", Id, ForeignKey("tickets.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("asked_by", Id, ForeignKey("people.id"), nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("text", Text, nullable=False, default=""),
    Column("until", Moment),
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_at", Moment),
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
    Column("at", Moment, nullable=False),
    Column("ticket_id", Id),
    Column("seq", Integer, nullable=False, default=0),
    Column("before", JsonText, nullable=False),
)

signin_tokens = Table(
    "signin_tokens",
    metadata,
    Column("token", String(64), primary_key=True),  # only its hash is kept
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

bind_codes = Table(
    "bind_codes",
    metadata,
    Column("code", String(64), primary_key=True),  # only its hash is kept
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment),
)

evidence = Table(
    "evidence",
    metadata,
    Column("ticket_id", Id, ForeignKey("tickets.id"), primary_key=True),
    Column("file_id", Id, ForeignKey("files.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("at", Moment, nullable=False),
)

platform_tokens = Table(
    "platform_tokens",
    metadata,
    Column("key", String(128), primary_key=True),  # "wecom:<corp>:<agent>", never a secret
    Column("sealed", Text, nullable=False, default=""),  # the token, encrypted by whoever uses it
    Column("expires_at", Moment),
    Column("refreshed_at", Moment),
    Column("busy_until", Moment),  # somebody fetches, or nobody asks again before this
    Column("refused_code", Integer),  # why nobody asks again: the platform's own code
)

quotas = Table(
    "quotas",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("window_at", Moment, nullable=False),
    Column("used", Integer, nullable=False),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("until", Moment, nullable=False),
    Column("fence", Integer, nullable=False, default=0),
)

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
    Column("proposed_at", Moment, nullable=False),
    Column("settled_by", Id, ForeignKey("people.id")),
    Column("settled_name", String(64), nullable=False, default=""),
    Column("settled_at", Moment),  # approved or refused
    Column("withdrawn_by", Id, ForeignKey("people.id")),
    Column("withdrawn_name", String(64), nullable=False, default=""),
    Column("withdrawn_at", Moment),
)

calendar_overlays = Table(
    "calendar_overlays",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("units", Text, nullable=False, default=""),  # unit ids, space between; empty: all
    Column("why", String(200), nullable=False),
    Column("document", String(300), nullable=False, default=""),
    Column("decided_by", Id, ForeignKey("people.id")),
    Column("decided_name", String(64), nullable=False),
    Column("decided_at", Moment, nullable=False),
    Column("withdrawn_by", Id, ForeignKey("people.id")),
    Column("withdrawn_name", String(64), nullable=False, default=""),
    Column("withdrawn_at", Moment),
)
