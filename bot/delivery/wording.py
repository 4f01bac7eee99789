"""Texts by language, and moments, states and time limits as people read them."""

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from typing import Literal

from bot.rules.calendar.zone import shanghai, shanghai_day
from bot.rules.refused import MoveRefused
from bot.rules.tickets.lifecycle import Verb
from storage.records import DeadlineStatus, Ticket, TicketState

Language = Literal["zh", "en"]
MINUTE = timedelta(minutes=1)


@cache
def texts(language: Language) -> Mapping[str, str]:
    """Return every text of a language by its full key, such as "chat.completed"."""
    tree = tomllib.loads((files("bot.texts") / f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, keys in tree.items() for key, text in keys.items()}


class Wording:
    """Fills the texts of one language; days and clocks are read in Asia/Shanghai."""

    def __init__(self, language: Language = "zh") -> None:
        self.language: Language = language
        self._texts = texts(language)

    def __call__(self, key: str, **params: object) -> str:
        """Fill one text; KeyError names a text or a parameter that is missing."""
        return self._texts[key].format_map(params)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._texts

    def channel(self, name: str) -> str:
        """Word a channel; one without a word of its own by its name."""
        return self(key) if self.has(key := f"channel.{name}") else name

    def day(self, day: date) -> str:
        """Word a day: "8月24日"."""
        return self("format.day", **_parts(self, day))

    def day_with_year(self, day: date) -> str:
        """Word a day with its year: "2021年8月24日"."""
        return self("format.day_with_year", year=day.year, **_parts(self, day))

    def moment(self, moment: datetime) -> str:
        """Word a moment with its weekday: "8月24日（周二）18:00"."""
        local = shanghai(moment)
        weekday = self(f"format.weekday_{local.weekday()}")
        return self("format.moment", day=self.day(local.date()), weekday=weekday, clock=f"{local:%H:%M}")

    def moment_short(self, moment: datetime) -> str:
        """Word a moment: "8月24日18:00"."""
        local = shanghai(moment)
        return self("format.moment_short", day=self.day(local.date()), clock=f"{local:%H:%M}")

    def issue(self, moment: datetime) -> str:
        """Word the moment of an issue: "8月23日10:00", the day alone where a source gives no time of day."""
        local = shanghai(moment)
        return self.moment_short(moment) if local.time() != time(0) else self.day(local.date())

    def due(self, ticket: Ticket) -> str:
        """Word both lines of the time limit: "8月24日18:00前办结，最迟24:00"; without a date where unpublished.

        The year is written where it is another than that of receipt.
        """
        if ticket.deadline_status == DeadlineStatus.UNPUBLISHED or ticket.due_at is None:
            earliest = ticket.earliest_day or shanghai_day(ticket.received_at)
            return self("format.due_unpublished", earliest=self.day_with_year(earliest))
        year = shanghai_day(ticket.received_at).year
        if ticket.target_at is None or ticket.target_at == ticket.due_at:
            return self("format.due", target=self.end(ticket.due_at, year))
        latest = self.end(ticket.due_at, year)
        if _end_day(ticket.due_at) == shanghai_day(ticket.target_at):
            latest = _end_clock(ticket.due_at)
        target = shanghai(ticket.target_at)
        day = self._day_seen_from(target.date(), year)
        return self(
            "format.due_latest", target=self("format.moment_short", day=day, clock=f"{target:%H:%M}"), latest=latest
        )

    def working_span(self, working_time: timedelta) -> str:
        """Word a span of working time: "2个工作小时30分"."""
        hours, minutes = divmod(max(working_time // MINUTE, 0), 60)
        if not hours:
            return self("format.working_minutes", minutes=minutes)
        return self("format.working_both" if minutes else "format.working_hours", hours=hours, minutes=minutes)

    def span(self, time: timedelta) -> str:
        """Word a plain span: "15分钟", "2小时30分", "3天"."""
        if time >= timedelta(days=2):
            return self("format.span_days", days=time.days)
        hours, minutes = divmod(time // MINUTE, 60)
        if not hours:
            return self("format.span_minutes", minutes=minutes)
        return self("format.span_both" if minutes else "format.span_hours", hours=hours, minutes=minutes)

    def state(self, state: TicketState) -> str:
        """Word a state: "待签收"."""
        return self(f"state.{state}")

    def refusal(self, refused: MoveRefused) -> str:
        """Say politely why something was not done."""
        words = {name: self._plain(value) for name, value in refused.params.items()}
        if isinstance(end := refused.params.get("end"), datetime):
            words["end"] = self.end(end)
        verb = refused.params.get("verb")
        if isinstance(verb, Verb) and self.has(f"asked.{verb}"):
            words["asked"] = self(f"asked.{verb}")
        return self(f"refusal.{refused.key}", **words)

    def _plain(self, value: object) -> str:
        if isinstance(value, datetime):
            return self.moment(value)
        if isinstance(value, Ticket):
            return self.due(value)
        if isinstance(value, TicketState):
            return self.state(value)
        if isinstance(value, Verb):
            return self(f"verb.{value}")
        return str(value)

    def end(self, end: datetime, year: int | None = None) -> str:
        """Word an exclusive end, 00:00 as 24:00 of the day before; with its year where that is not the given one."""
        day = self._day_seen_from(_end_day(end), year)
        return self("format.moment_short", day=day, clock=_end_clock(end))

    def _day_seen_from(self, day: date, year: int | None) -> str:
        return self.day(day) if year in (None, day.year) else self.day_with_year(day)


def _end_day(end: datetime) -> date:
    return shanghai_day(end - timedelta(microseconds=1))


def _end_clock(end: datetime) -> str:
    clock = f"{shanghai(end):%H:%M}"
    return "24:00" if clock == "00:00" else clock


def _parts(wording: Wording, day: date) -> dict[str, object]:
    return {"month": wording(f"format.month_{day.month}"), "day": day.day}
