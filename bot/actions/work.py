"""One transaction of an action: what it reads from and writes to, at one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.actions.context import Context
from bot.rules.calendar.calendars import Calendars
from bot.rules.calendar.hours import WorkingTime
from bot.rules.tickets.decision import Scene
from storage.records import Directory, Policy, Ticket
from storage.sql.database import Connection
from storage.sql.schema import ensure_current


class Work:
    """Made by whoever opens the transaction, handed to whoever works in it; it commits as a whole or not at all."""

    def __init__(self, context: Context, conn: Connection) -> None:
        self.context, self.conn = context, conn
        self.now: datetime = context.now()

    @property
    def directory(self) -> Directory:
        """The register as this transaction sees it, its own writes included."""
        return self.context.directory(self.conn)

    def calendars(self, *, steady: bool = False) -> Calendars:
        """Return the calendars in force; `steady` keeps them from changing until the transaction ends."""
        return self.context.calendars(self.conn, steady=steady)

    def working(self, unit_id: int | None = None) -> WorkingTime:
        """Return working time of a unit, or of no particular one, on the calendar in force."""
        return self.context.working(self.conn, unit_id)

    def working_of(self, ticket: Ticket) -> WorkingTime:
        """Return the working time the ticket's deadline rests on, be it no longer in force."""
        return self.context.working_of(self.conn, ticket)

    def policy(self, key: str) -> Policy:
        """Return the policy snapshot a ticket was opened with."""
        return self.context.policy(self.conn, key)

    def scene(self, ticket: Ticket) -> Scene:
        """Return what a decision about the ticket looks at."""
        return Scene(
            policy=self.policy(ticket.policy_key),
            directory=self.directory,
            working=self.working(ticket.unit_id),
            now=self.now,
        )


@contextmanager
def begin(context: Context) -> Iterator[Work]:
    """Open a writing transaction: committed at the end, rolled back by an exception."""
    with context.database.begin() as conn:
        yield Work(context, conn)


@contextmanager
def take_up(context: Context) -> Iterator[Work]:
    """Open a writing transaction in which work is taken up; SchemaMovedOn where a newer version took over."""
    with begin(context) as work:
        ensure_current(work.conn)
        yield work


@contextmanager
def read(context: Context) -> Iterator[Work]:
    """Open a transaction that only reads."""
    with context.database.read() as conn:
        yield Work(context, conn)
