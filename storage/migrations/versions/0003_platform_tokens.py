"""Access tokens of platforms and counted sends, shared by all nodes."""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = "0003"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "platform_tokens",
        sa.Column("key", sa.String(128), nullable=False),
        sa.Column("sealed", sa.Text(), nullable=False),
        sa.Column("expires_at", storage.sql.types.UtcDateTime()),
        sa.Column("refreshed_at", storage.sql.types.UtcDateTime()),
        sa.Column("busy_until", storage.sql.types.UtcDateTime()),
        sa.Column("refused_code", sa.Integer()),
        sa.PrimaryKeyConstraint("key", name="pk_platform_tokens"),
    )
    op.create_table(
        "quotas",
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("window_at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_quotas"),
    )


def downgrade() -> None:
    op.drop_table("quotas")
    op.drop_table("platform_tokens")
