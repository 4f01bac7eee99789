"""What every action needs: the database, the clock, the register and calendar at their present version."""

from datetime import datetime, time

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

    def __init__(self, database: Database, clock: Clock, policies: Policies, send_window: tuple[time, time]) -> None:
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
        if self._working is None:
            schedules, (opens, closes) = calendar_store.base_schedules(), self._send_window
            calendar = GovChina(schedules, calendar_store.revision_of(schedules))
            self._working = WorkingTime(calendar, self.policies.office_hours, send_from=opens, send_until=closes)
        return self._working

    def policy(self, conn: Connection, key: str) -> Policy:
        """Return the policy snapshot a ticket was opened with."""
        if key not in self._snapshots:
            self._snapshots[key] = decode(policy_store.body(conn, key))
        return self._snapshots[key]
