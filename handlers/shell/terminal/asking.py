"""The calendars for a question: those of the database where there is one, else as shipped; nothing is created."""

from dataclasses import dataclass, field

import settings as settings_file
from bot.policies.loading import Policies, PolicyInvalid
from bot.policies.loading import load as load_policies
from bot.rules.calendar.calendars import Calendars
from bot.rules.calendar.hours import WorkingTime
from handlers.shell.terminal.lines import refuse
from storage.calendar.schedules import base_schedules, revision_of
from storage.records import Unit


@dataclass(frozen=True, kw_only=True)
class CalendarSource:
    """What questions are answered from."""

    policies: Policies
    calendars: Calendars
    units: dict[int, Unit] = field(default_factory=dict)

    def working(self, unit_name: str = "") -> WorkingTime:
        """Return the working time of the unit of that name; exits with a sentence where there is none."""
        if not unit_name:
            return self.calendars.of(None)
        found = [unit.id for unit in self.units.values() if unit.name == unit_name.strip()]
        if not found:
            raise refuse(f"登记簿里没有名为“{unit_name}”的单位，请核对名称。")
        return self.calendars.of(found[0])


def known() -> CalendarSource:
    """Read settings, policies and calendars; exits with a sentence where one of them cannot be used."""
    try:
        settings = settings_file.load()
        policies = load_policies(settings.policies)
    except (settings_file.SettingsInvalid, PolicyInvalid) as error:
        raise refuse(str(error)) from None
    window = (settings.rhythm.send_from, settings.rhythm.send_until)
    if settings.database_url is None and not (settings.data_dir / "duban.sqlite3").exists():
        base = base_schedules()
        calendars = Calendars(base, revision_of(base), policies.office_hours, send_window=window)
        return CalendarSource(policies=policies, calendars=calendars)
    # Imported only where there is a database: it takes as long as all the rest.
    from bot.actions.calendar.lookup import stored_calendars
    from storage.sql.trouble import DatabaseRefused

    try:
        calendars, units = stored_calendars(settings.database, policies, window)
    except DatabaseRefused as refused:
        raise refuse(str(refused)) from None
    return CalendarSource(policies=policies, calendars=calendars, units=units)
