"""One-time codes for binding; files a person sent as evidence."""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = "0004"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bind_codes",
        sa.Column("code", sa.String(64), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("expires_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("used_at", storage.sql.types.UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_bind_codes_person_id")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_bind_codes")),
    )
    op.create_table(
        "evidence",
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("file_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["ticket_id"], ["tickets.id"], name=op.f("fk_evidence_ticket_id")),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name=op.f("fk_evidence_file_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_evidence_person_id")),
        sa.PrimaryKeyConstraint("ticket_id", "file_id", name=op.f("pk_evidence")),
    )


def downgrade() -> None:
    op.drop_table("evidence")
    op.drop_table("bind_codes")
