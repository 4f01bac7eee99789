"""What every action needs: the database, the clock, the register and calendar at their present version."""

from collections.abc import Callable
from datetime import datetime

from bot.clock import Clock
from bot.policies.loading import Policies, decode
from bot.rules.hours import WorkingTime
from bot.rules.workdays import GovChina
from storage import calendar as calendar_store
from storage import policies as policy_store
from storage.database import Connection, Database
from storage.records import Directory, Policy
from storage.register import Register


class Context:
    """Owns nothing but small caches that renew themselves when the database has a newer version."""

    def __init__(self, database: Database, clock: Clock, policies: Policies, send_window: "SendWindow") -> None:
        self.database = database
        self.clock = clock
        self.policies = policies
        self._send_window = send_window
        self._register = Register()
        self._snapshots: dict[str, Policy] = {}
        self._working: WorkingTime | None = None

    def now(self) -> datetime:
        """Aware UTC moment of the injected clock."""
        return self.clock.now()

    def directory(self, conn: Connection) -> Directory:
        """Return the register at its present version."""
        return self._register.directory(conn)

    def working(self, conn: Connection) -> WorkingTime:
        """Return working time on the calendar revision in force."""
        revision = calendar_store.revision(conn)
        if self._working is None or self._working.calendar.revision != revision:
            calendar = GovChina(calendar_store.schedules(conn), revision)
            self._working = WorkingTime(calendar, self.policies.office_hours, self._send_window)
        return self._working

    def policy(self, conn: Connection, key: str) -> Policy:
        """Return the policy snapshot a ticket was opened with."""
        if key not in self._snapshots:
            self._snapshots[key] = decode(policy_store.body(conn, key))
        return self._snapshots[key]


SendWindow = tuple[str, str]
Work = Callable[[Connection], object]
