"""One calendar for each unit: the schedules with the local decisions and office hours that concern it."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import time

from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import GovChina
from storage.records import OfficeHours, Overlay, Schedule, Unit

LONGEST_NAME = 24  # of the list of local decisions in a revision's name


class Calendars:
    """The working time of every unit at one revision; made when first asked for, shared where nothing differs."""

    def __init__(
        self,
        schedules: Sequence[Schedule],
        name: str,
        hours: tuple[OfficeHours, ...],
        *,
        overlays: Sequence[Overlay] = (),
        unit_hours: Mapping[str, tuple[OfficeHours, ...]] | None = None,
        units: Mapping[int, Unit] | None = None,
        send_window: tuple[time, time] = (time(8), time(20)),
    ) -> None:
        self.name = name
        self._schedules, self._overlays, self._hours = schedules, overlays, hours
        self._unit_hours, self._units = unit_hours or {}, units or {}
        self._send_window = send_window
        self._by_unit: dict[int | None, WorkingTime] = {}
        self._by_parts: dict[tuple[tuple[int, ...], str], WorkingTime] = {}

    @property
    def uniform(self) -> bool:
        """Whether all units share one calendar, so that their tree does not matter."""
        return not self._unit_hours and all(overlay.units is None for overlay in self._overlays)

    def of(self, unit_id: int | None) -> WorkingTime:
        """Return the working time of a unit; None: of no particular one, where only what concerns all counts."""
        found = self._by_unit.get(unit_id)
        if found is None:
            found = self._by_unit[unit_id] = self._made(unit_id)
        return found

    def _made(self, unit_id: int | None) -> WorkingTime:
        line = self._line(unit_id)
        concerned = [
            overlay for overlay in self._overlays if overlay.units is None or not overlay.units.isdisjoint(line)
        ]
        owner = next((self._units[one].name for one in line if self._units[one].name in self._unit_hours), "")
        key = (tuple(one.id for one in concerned), owner)
        if key not in self._by_parts:
            opens, closes = self._send_window
            calendar = GovChina(self._schedules, self.name + _suffix(key[0]), concerned)
            self._by_parts[key] = WorkingTime(
                calendar, self._hours, own=self._unit_hours.get(owner, ()), send_from=opens, send_until=closes
            )
        return self._by_parts[key]

    def _line(self, unit_id: int | None) -> list[int]:
        """The unit and those above it, the nearest first."""
        line: list[int] = []
        while unit_id is not None and unit_id in self._units and unit_id not in line:
            line.append(unit_id)
            unit_id = self._units[unit_id].parent_id
        return line


def _suffix(overlays: tuple[int, ...]) -> str:
    if not overlays:
        return ""
    text = ".".join(map(str, overlays))
    return "+" + (text if len(text) <= LONGEST_NAME else hashlib.sha256(text.encode()).hexdigest()[:12])
