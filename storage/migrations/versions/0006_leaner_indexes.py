"""Fewer pages written with every ticket: two indexes hold only what is asked for, one is gone, the journal is one tree."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

OPEN = sa.text("state NOT IN ('completed', 'closed', 'void')")
BUNDLED = sa.text("parent_id IS NOT NULL")


def upgrade() -> None:
    op.drop_index(op.f("ix_tickets_unit_id"), "tickets")
    op.drop_index("ix_tickets_open", "tickets")
    op.create_index("ix_tickets_open", "tickets", ["unit_id"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.drop_index(op.f("ix_outbox_parent_id"), "outbox")
    op.create_index("ix_outbox_parent_id", "outbox", ["parent_id"], sqlite_where=BUNDLED, postgresql_where=BUNDLED)
    _rebuild_journal(with_rowid=False)


def downgrade() -> None:
    _rebuild_journal(with_rowid=True)
    op.drop_index("ix_outbox_parent_id", "outbox")
    op.create_index(op.f("ix_outbox_parent_id"), "outbox", ["parent_id"])
    op.drop_index("ix_tickets_open", "tickets")
    op.create_index("ix_tickets_open", "tickets", ["state"], sqlite_where=OPEN, postgresql_where=OPEN)
    op.create_index(op.f("ix_tickets_unit_id"), "tickets", ["unit_id"])


def _rebuild_journal(*, with_rowid: bool) -> None:
    if op.get_bind().dialect.name == "sqlite":
        # Nothing refers to the journal, so it may be copied as a whole.
        with op.batch_alter_table("journal", recreate="always", table_kwargs={"sqlite_with_rowid": with_rowid}):
            pass
