"""A year in the terminal: twelve months, coloured, with a mark beside each day so that it reads without colour too."""

import calendar as weeks
from collections.abc import Collection
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.rules.calendar.workdays import DayKind, GovChina

MARKS = {DayKind.HOLIDAY: "*", DayKind.MAKEUP: "+", DayKind.CLOSURE: "!"}
STYLES = {
    DayKind.WEEKDAY: "",
    DayKind.WEEKEND: "dim",
    DayKind.HOLIDAY: "bold red",
    DayKind.MAKEUP: "bold yellow",
    DayKind.CLOSURE: "bold magenta",
}
LEGEND = {
    DayKind.HOLIDAY: "放假",
    DayKind.MAKEUP: "调休或当地决定上班",
    DayKind.CLOSURE: "停工",
    DayKind.WEEKEND: "周末",
}
MONTH_WIDTH, GAP = 28, 3


def show_year(console: Console, calendar: GovChina, year: int, changed: Collection[date] = ()) -> None:
    """Print the year; changed days are underlined. CalendarNotPublished where it is not known."""
    across = max(1, min(4, (console.width + GAP) // (MONTH_WIDTH + GAP)))
    grid = Table.grid(padding=(0, GAP, 1, 0))
    months = [_month(calendar, year, month, changed) for month in range(1, 13)]
    for first in range(0, 12, across):
        grid.add_row(*months[first : first + across])
    console.print(grid)
    console.print(_legend(bool(changed)))


def _month(calendar: GovChina, year: int, month: int, changed: Collection[date]) -> Text:
    text = Text(f"{year}年{month}月\n", style="")
    text.append("一  二  三  四  五  六  日\n", style="dim")
    for week in weeks.Calendar().monthdatescalendar(year, month):
        for day in week:
            _day(text, calendar, day, month, changed)
        text.append("\n")
    return text


def _day(text: Text, calendar: GovChina, day: date, month: int, changed: Collection[date]) -> None:
    if day.month != month:
        text.append("    ")
        return
    kind = calendar.day(day).kind
    style = STYLES[kind] + (" underline" if day in changed else "")
    text.append(f"{day.day:>2}{MARKS.get(kind, ' ')}", style=style.strip())
    text.append(" ")


def _legend(changed: bool) -> Text:
    text = Text("图例：")
    for kind, words in LEGEND.items():
        text.append(f"{MARKS.get(kind, '')}{words}", style=STYLES[kind])
        text.append("  ")
    if changed:
        text.append("有改动的日期", style="underline")
    return text
