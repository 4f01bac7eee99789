"""One binding code a person, known by a keyed hash; wrong tries are counted by sender."""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Codes given out before were kept by a hash without a key, which nobody makes any more: they are given anew.
    op.drop_table("bind_codes")
    op.create_table(
        "bind_codes",
        sa.Column("person_id", ID, autoincrement=False, nullable=False),
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("expires_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("used_at", storage.sql.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_bind_codes_person_id")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_bind_codes")),
        sa.UniqueConstraint("code", name=op.f("uq_bind_codes_code")),
    )
    op.create_table(
        "bind_tries",
        sa.Column("channel", sa.String(32), nullable=False),
        sa.Column("address", sa.String(200), nullable=False),
        sa.Column("wrong", sa.Integer(), nullable=False),
        sa.Column("last_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("locked_until", storage.sql.types.UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("channel", "address", name=op.f("pk_bind_tries")),
    )
    op.create_index(op.f("ix_bind_tries_last_at"), "bind_tries", ["last_at"])


def downgrade() -> None:
    op.drop_table("bind_tries")
    op.drop_table("bind_codes")
    op.create_table(
        "bind_codes",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("expires_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("used_at", storage.sql.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_bind_codes_person_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bind_codes")),
    )
