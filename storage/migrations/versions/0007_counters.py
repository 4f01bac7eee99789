"""How often a ticket's deadline moved and how often it changed hands are numbers, no longer names among its steps."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

COUNTERS = {"moves": "deadline_moved", "reroutes": "rerouted"}
TICKETS = sa.table(
    "tickets", sa.column("id", sa.BigInteger), sa.column("steps_taken", sa.Text), *(sa.column(name) for name in COUNTERS)
)


def upgrade() -> None:
    for name in COUNTERS:
        op.add_column("tickets", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    for ticket_id, steps in _counted(*COUNTERS.values()):
        counts = {name: sum(_counts(one, prefix) for one in steps) for name, prefix in COUNTERS.items()}
        left = [one for one in steps if not any(_counts(one, prefix) for prefix in COUNTERS.values())]
        _write(ticket_id, steps_taken=" ".join(left), **counts)


def downgrade() -> None:
    changed = sa.select(TICKETS).where((TICKETS.c.moves > 0) | (TICKETS.c.reroutes > 0))
    for row in op.get_bind().execute(changed).mappings().all():
        names = [f"{prefix}.{one + 1}" for name, prefix in COUNTERS.items() for one in range(row[name])]
        _write(row["id"], steps_taken=" ".join([*row["steps_taken"].split(), *names]))
    for name in COUNTERS:
        op.drop_column("tickets", name)


def _counted(*prefixes: str) -> list[tuple[int, list[str]]]:
    holds = sa.or_(*(TICKETS.c.steps_taken.like(f"%{prefix}.%") for prefix in prefixes))
    rows = op.get_bind().execute(sa.select(TICKETS.c.id, TICKETS.c.steps_taken).where(holds))
    return [(number, steps.split()) for number, steps in rows.all()]


def _counts(step: str, prefix: str) -> bool:
    name, dot, number = step.partition(".")
    return name == prefix and dot == "." and number.isdigit()


def _write(ticket_id: int, **values: object) -> None:
    op.get_bind().execute(TICKETS.update().where(TICKETS.c.id == ticket_id).values(values))
