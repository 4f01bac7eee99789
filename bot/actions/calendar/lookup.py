"""The calendars of an existing database, read without touching it: for questions asked beside the running bot."""

from datetime import time

from bot.policies.loading import Policies
from bot.rules.calendar.calendars import Calendars
from storage.calendar import calendar
from storage.calendar.schedules import base_schedules, revision_of
from storage.people import register
from storage.records import Unit
from storage.sql.database import Database
from storage.sql.trouble import told


def stored_calendars(url: str, policies: Policies, send_window: tuple[time, time]) -> tuple[Calendars, dict[int, Unit]]:
    """Return the calendars in force and the units; DatabaseRefused where the database cannot be read.

    A database from before the calendar had tables of its own answers with the shipped schedules.
    """
    database = Database(url, read_only=True)
    try:
        with told(database.file), database.read() as conn:
            layers = calendar.stored(conn)
            units = dict(register.load(conn).units) if layers else {}
    finally:
        database.close()
    if layers is None:
        return shipped_calendars(policies, send_window), units
    made = Calendars(
        layers.schedules,
        layers.name,
        policies.office_hours,
        overlays=layers.overlays,
        unit_hours=policies.unit_hours,
        units=units,
        send_window=send_window,
    )
    return made, units


def shipped_calendars(policies: Policies, send_window: tuple[time, time]) -> Calendars:
    """Return the calendar of the shipped schedules."""
    base = base_schedules()
    return Calendars(base, revision_of(base), policies.office_hours, send_window=send_window)
