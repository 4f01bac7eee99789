"""Requests people make, what they did last, sign-in tokens, the ticket a question is about."""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("questions", sa.Column("about", ID, nullable=True))
    op.create_table(
        "requests",
        sa.Column("id", ID, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("asked_by", ID, nullable=False),
        sa.Column("asked_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("until", storage.sql.types.UtcDateTime(), nullable=True),
        sa.Column("decided_by", ID, nullable=True),
        sa.Column("decided_at", storage.sql.types.UtcDateTime(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_requests_ticket_id")),
        sa.ForeignKeyConstraint(["asked_by"], ["people.id"], name=op.f("fk_requests_asked_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["people.id"], name=op.f("fk_requests_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_ticket_id"), "requests", ["ticket_id"])
    op.create_index(
        "uq_requests_pending",
        "requests",
        ["ticket_id", "kind"],
        unique=True,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_table(
        "last_acts",
        sa.Column("person_id", ID, nullable=False),
        sa.Column("verb", sa.String(32), nullable=False),
        sa.Column("at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("ticket_id", ID, nullable=True),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("before", storage.sql.types.JsonText(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_last_acts_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_last_acts")),
    )
    op.create_table(
        "signin_tokens",
        sa.Column("token", sa.String(64), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("expires_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("used_at", storage.sql.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_signin_tokens_person_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_signin_tokens")),
    )


def downgrade() -> None:
    op.drop_table("signin_tokens")
    op.drop_table("last_acts")
    op.drop_index("uq_requests_pending", "requests")
    op.drop_index(op.f("ix_requests_ticket_id"), "requests")
    op.drop_table("requests")
    op.drop_column("questions", "about")
