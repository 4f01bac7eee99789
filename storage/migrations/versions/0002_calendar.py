"""calendar revisions and local decisions"""

import sqlalchemy as sa
from alembic import op

import storage.sql.types

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def _id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), 'sqlite')


def upgrade() -> None:
    op.create_table('calendar_revisions',
    sa.Column('number', _id(), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('document', sa.String(length=300), nullable=False),
    sa.Column('notice_number', sa.String(length=64), nullable=False),
    sa.Column('issued', sa.Date(), nullable=True),
    sa.Column('body', storage.sql.types.JsonText(), nullable=False),
    sa.Column('raw', sa.Text(), nullable=False),
    sa.Column('proposed_by', _id(), nullable=True),
    sa.Column('proposed_name', sa.String(length=64), nullable=False),
    sa.Column('proposed_at', storage.sql.types.UtcDateTime(), nullable=False),
    sa.Column('settled_by', _id(), nullable=True),
    sa.Column('settled_name', sa.String(length=64), nullable=False),
    sa.Column('settled_at', storage.sql.types.UtcDateTime(), nullable=True),
    sa.Column('withdrawn_by', _id(), nullable=True),
    sa.Column('withdrawn_name', sa.String(length=64), nullable=False),
    sa.Column('withdrawn_at', storage.sql.types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['proposed_by'], ['people.id'], name=op.f('fk_calendar_revisions_proposed_by')),
    sa.ForeignKeyConstraint(['settled_by'], ['people.id'], name=op.f('fk_calendar_revisions_settled_by')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['people.id'], name=op.f('fk_calendar_revisions_withdrawn_by')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_calendar_revisions'))
    )
    op.create_table('calendar_overlays',
    sa.Column('id', _id(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=False),
    sa.Column('last_day', sa.Date(), nullable=False),
    sa.Column('units', sa.Text(), nullable=False),
    sa.Column('why', sa.String(length=200), nullable=False),
    sa.Column('document', sa.String(length=300), nullable=False),
    sa.Column('decided_by', _id(), nullable=True),
    sa.Column('decided_name', sa.String(length=64), nullable=False),
    sa.Column('decided_at', storage.sql.types.UtcDateTime(), nullable=False),
    sa.Column('withdrawn_by', _id(), nullable=True),
    sa.Column('withdrawn_name', sa.String(length=64), nullable=False),
    sa.Column('withdrawn_at', storage.sql.types.UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(['decided_by'], ['people.id'], name=op.f('fk_calendar_overlays_decided_by')),
    sa.ForeignKeyConstraint(['withdrawn_by'], ['people.id'], name=op.f('fk_calendar_overlays_withdrawn_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_overlays'))
    )
    # The row must be there before the first change: whoever computes a deadline holds it while writing.
    op.execute("INSERT INTO meta (key, value) VALUES ('calendar_revision', '0')")


def downgrade() -> None:
    op.execute("DELETE FROM meta WHERE key = 'calendar_revision'")
    op.drop_table('calendar_overlays')
    op.drop_table('calendar_revisions')
