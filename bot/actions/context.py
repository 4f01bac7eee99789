"""What every action needs: the database, the clock, the register and calendar at their present version."""

import secrets
from datetime import datetime, time

from bot.clock import Clock
from bot.policies.loading import Policies, decode
from bot.rules.calendar.calendars import Calendars
from bot.rules.calendar.hours import WorkingTime
from bot.sealing import KEY_CHARACTERS, Sealer
from storage.calendar import calendar as calendar_store
from storage.calendar.calendar import Layers
from storage.nodes import leases
from storage.people.register import Register
from storage.records import Directory, JournalKind, Policy, Ticket
from storage.sql.database import Connection, Database
from storage.tickets import journal
from storage.tickets import policies as policy_store

MAX_PAST_CALENDARS = 32  # calendars no longer in force, kept to explain what rests on them


class Context:
    """Owns nothing but small caches that renew themselves when the database has a newer version."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        policies: Policies,
        send_window: tuple[time, time],
        sealer: Sealer | None = None,
        *,
        lease_clock: bool = False,
    ) -> None:
        """Without a sealer what this process seals, and the codes it gives out, hold for this process alone.

        With a lease clock leases are counted by the database's own, for the nodes' may differ.
        """
        self.database = database
        self._lease_clock = lease_clock
        self.clock = clock
        self.policies = policies
        self.sealer = sealer or Sealer(secrets.token_urlsafe(KEY_CHARACTERS))
        self._send_window = send_window
        self._register = Register()
        self._snapshots: dict[str, Policy] = {}
        self._stored: set[str] = set()  # keys of policies whose snapshots are known to be in the database for good
        self._past: dict[str, Calendars] = {}  # by the name of the schedules
        self._calendars: tuple[int, int, Calendars] | None = None  # with the versions of calendar and register

    def now(self) -> datetime:
        """Aware UTC moment of the injected clock."""
        return self.clock.now()

    def lease_now(self, conn: Connection) -> datetime:
        """Aware UTC moment by which leases are counted."""
        return leases.shared_now(conn) if self._lease_clock else self.now()

    def directory(self, conn: Connection) -> Directory:
        """Return the register at its present version."""
        return self._register.directory(conn)

    def calendars(self, conn: Connection, *, steady: bool = False) -> Calendars:
        """Return the calendars in force; `steady` keeps them from changing until the transaction ends.

        Whoever stamps a deadline asks steadily, so that a change never overlooks it.
        """
        version = calendar_store.version(conn, steady=steady)
        last = self._calendars
        if last is None or last[0] != version or not (last[2].uniform or last[1] == self.directory(conn).version):
            made = self.calendars_of(conn, calendar_store.layers(conn))
            self._calendars = last = (version, self.directory(conn).version, made)
        return last[2]

    def calendars_of(self, conn: Connection, layers: Layers) -> Calendars:
        """Return the calendars made of these layers."""
        return Calendars(
            layers.schedules,
            layers.name,
            self.policies.office_hours,
            overlays=layers.overlays,
            unit_hours=self.policies.unit_hours,
            units=self.directory(conn).units,
            send_window=self._send_window,
        )

    def working(self, conn: Connection, unit_id: int | None = None) -> WorkingTime:
        """Return working time of a unit, or of no particular one, on the calendar in force."""
        return self.calendars(conn).of(unit_id)

    def working_of(self, conn: Connection, ticket: Ticket) -> WorkingTime:
        """Return the working time the ticket's deadline rests on, be it no longer in force."""
        present = self.working(conn, ticket.unit_id)
        if present.calendar.revision == ticket.calendar_revision:
            return present
        name = ticket.calendar_revision
        if name not in self._past:
            if len(self._past) >= MAX_PAST_CALENDARS:
                self._past.clear()
            computed = (
                journal.last_at(conn, ticket.id, JournalKind.DEADLINE_MOVED, JournalKind.GRANT_EXTENSION)
                or ticket.created_at
            )
            self._past[name] = self.calendars_of(conn, calendar_store.layers(conn, computed))
        past = self._past[name].of(ticket.unit_id)
        return past if past.calendar.revision == name else present

    def policy(self, conn: Connection, key: str) -> Policy:
        """Return the policy snapshot a ticket was opened with."""
        if key not in self._snapshots:
            self._snapshots[key] = decode(policy_store.body(conn, key))
        return self._snapshots[key]

    def stored(self, conn: Connection, key: str) -> bool:
        """Whether a policy's snapshot is in the database; to be asked before the same transaction stores it."""
        if key not in self._stored and policy_store.known(conn, key):
            self._stored.add(key)
        return key in self._stored
