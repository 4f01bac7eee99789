"""Journals are chained with a key from here on, and stand in one tree; where each old chain ends is marked."""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
HOUSE = "SELECT value FROM meta WHERE key = 'house_journal'"


def upgrade() -> None:
    op.create_table(
        "unproved",
        sa.Column("id", ID, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unproved")),
    )
    op.create_table(
        "proof_leaves",
        sa.Column("place", ID, autoincrement=False, nullable=False),
        sa.Column("ticket_id", ID, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(64), nullable=False),
        sa.Column("plain", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_proof_leaves")),
    )
    op.create_table(
        "proof_roots",
        sa.Column("number", ID, autoincrement=False, nullable=False),
        sa.Column("at", storage.sql.types.UtcDateTime(), nullable=False),
        sa.Column("root", sa.String(64), nullable=False),
        sa.Column("leaves", ID, nullable=False),
        sa.Column("lines", ID, nullable=False),
        sa.Column("algorithm", sa.String(16), nullable=False),
        sa.Column("peaks", sa.Text(), nullable=False),
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("filed", ID, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_proof_roots")),
    )
    op.create_index("ix_proof_roots_file", "proof_roots", ["file", "number"])
    op.create_table(
        "plain_chains",
        sa.Column("ticket_id", ID, autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id", name=op.f("pk_plain_chains")),
    )
    _mark_old_chains()


def downgrade() -> None:
    for name in ("plain_chains", "proof_roots", "proof_leaves", "unproved"):
        op.drop_table(name)


def _mark_old_chains() -> None:
    """Mark where each old chain ends, and let it wait for the first root as it stands."""
    old = "FROM tickets WHERE journal_seq > 0"
    op.execute(f"INSERT INTO plain_chains (ticket_id, seq) SELECT id, journal_seq {old}")
    waits = "INSERT INTO unproved (ticket_id, seq, head, lines)"
    op.execute(f"{waits} SELECT id, journal_seq, journal_hash, journal_seq {old} ORDER BY id")
    house = op.get_bind().execute(sa.text(HOUSE)).scalar()
    if house:
        seq, head = str(house).split()
        row = {"seq": int(seq), "head": head}
        op.get_bind().execute(sa.text("INSERT INTO plain_chains (ticket_id, seq) VALUES (0, :seq)"), row)
        op.get_bind().execute(sa.text(f"{waits} VALUES (0, :seq, :head, :seq)"), row)
