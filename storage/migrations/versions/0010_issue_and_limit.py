"""When the platform issued a ticket, where the source says so; and from when its limit counts anew after a return."""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

COLUMNS = ("issued_at", "limit_from")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("tickets", sa.Column(name, storage.sql.types.UtcDateTime(), nullable=True))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("tickets", name)
