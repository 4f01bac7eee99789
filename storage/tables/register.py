"""Units, people, accounts, and how people are reached and known."""

from sqlalchemy import Boolean, Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from storage.sql.types import UtcDateTime
from storage.tables.base import Id, id_column, metadata

units = Table(
    "units",
    metadata,
    id_column(),
    Column("name", String(200), nullable=False, unique=True),
    Column("parent_id", Id, ForeignKey("units.id")),
    Column("desk", Boolean, nullable=False, default=False),
    Column("jurisdiction", String(64), nullable=False, default=""),
)

people = Table(
    "people",
    metadata,
    id_column(),
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
    id_column(),
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
    id_column(),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("channel", String(32), nullable=False),
    Column("address", String(200), nullable=False),
    Column("preference", Integer, nullable=False, default=0),
    Column("usable", Boolean, nullable=False, default=True),
    Column("bound_at", UtcDateTime, nullable=False),
    UniqueConstraint("channel", "address"),
    UniqueConstraint("person_id", "channel"),
)

leaves = Table(
    "leaves",
    metadata,
    id_column(),
    Column("person_id", Id, ForeignKey("people.id"), nullable=False, index=True),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("deputy_id", Id, ForeignKey("people.id")),
)

signin_tokens = Table(
    "signin_tokens",
    metadata,
    Column("token", String(64), primary_key=True),  # only its hash is kept
    Column("person_id", Id, ForeignKey("people.id"), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

bind_codes = Table(
    "bind_codes",
    metadata,
    # Of each person one: a newer code takes the place of the older, be they made at the same moment.
    Column("person_id", Id, ForeignKey("people.id"), primary_key=True, autoincrement=False),
    Column("code", String(64), nullable=False, unique=True),  # only its keyed hash is kept
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

bind_tries = Table(
    "bind_tries",
    metadata,
    Column("channel", String(32), primary_key=True),
    Column("address", String(200), primary_key=True),
    Column("wrong", Integer, nullable=False),  # codes in a row that were wrong
    Column("last_at", UtcDateTime, nullable=False, index=True),
    Column("locked_until", UtcDateTime),
)
