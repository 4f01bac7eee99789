"""The calendar itself: how right and how fast beside others, and what a change of it costs."""

import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta
from importlib.util import find_spec
from pathlib import Path

import chinese_calendar
from workalendar.asia import China

from benchmarks import office
from benchmarks.measure import Row, Spread, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Opened, Stage
from bot.actions.calendar import calendar as acts
from bot.actions.calendar.notices import Who
from bot.actions.context import Context
from bot.rules.calendar.notice import read_notice
from bot.rules.calendar.workdays import GovChina
from storage.calendar.schedules import base_schedules, revision_of
from storage.records import OverlayDraft, OverlayKind
from storage.sql.database import Database

QUESTION = "how right and how fast is the next working day, and what does a change of the calendar cost?"

FIRST, LAST = date(2018, 1, 1), date(2023, 12, 28)  # stock workalendar ends with 2023
DAYS, LOOKS, OPEN, ROUNDS, LINES = 20_000, 2_000, 5_000, 5, 20_000
STOCK, OURS = "workalendar China", "bot.rules.workdays.GovChina"
TIMES, APPLY_S, LOOK_US = 20, 10.0, 500
NOTICE = Path(__file__).parent.parent / "tests/notices/2026.txt"
CLOSED = office.OPENS.date() + timedelta(days=1)

Count = Callable[[date], object]


def measure(stage: Stage) -> Iterator[Row]:
    """Truth and speed beside the others; then notices, one look per action, a closure under open tickets, the shell."""
    yield from _next_days(stage)
    yield _row("build a calendar of 23 years", in_turn(stage.rounds(ROUNDS), {"": lambda: seconds(_ours)})[""], "ms")
    text = NOTICE.read_text(encoding="utf-8")
    read = in_turn(stage.rounds(ROUNDS), {"": lambda: seconds(lambda: read_notice(text, {}))})[""]
    yield _row("read a notice of the State Council", read, "ms")
    for name, opened in (("SQLite", stage.sqlite), ("PostgreSQL", stage.postgres)):
        yield from _change(stage, name, opened)
    yield from _shell(stage)


def _next_days(stage: Stage) -> Iterator[Row]:
    chance = random.Random(2021)
    span = (LAST - FIRST).days
    days = [FIRST + timedelta(days=chance.randrange(span)) for _ in range(stage.count(DAYS))]
    counts = _calendars()
    subjects = {name: _walked(count, days) for name, count in counts.items()}
    found = rates(in_turn(stage.rounds(ROUNDS), subjects), len(days))
    wrong = _wrong(counts)
    for name, figure in found.items():
        ours = name == OURS
        yield Row(
            what=f"next working day, {name}",
            figure=figure,
            unit="/s",
            against=f"{number(ratio(figure, found[STOCK]))} x {STOCK}; {wrong[name]} of {span + 1} days wrong",
            target=f">= {TIMES} x, 0 wrong" if ours else "",
            met=ratio(figure, found[STOCK]) >= TIMES and not wrong[name] if ours else None,
        )


def _wrong(counts: Mapping[str, Count]) -> dict[str, int]:
    """Days of 2018 to 2023 from which the next working day is another than a walk over the published days gives."""
    days = [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1)]
    true = {day: _walk(day) for day in days}
    return {name: sum(count(day) != true[day] for day in days) for name, count in counts.items()}


def _calendars() -> dict[str, Count]:
    ours, stock = _ours(), China()
    found: dict[str, Count] = {
        OURS: lambda day: ours.add_working_days(day, 1),
        STOCK: lambda day: stock.add_working_days(day, 1),
        "chinesecalendar find_workday": lambda day: chinese_calendar.find_workday(1, day),
        "chinesecalendar is_workday, day by day": _walk,
    }
    if find_spec("holidays"):
        import holidays

        china = holidays.country_holidays("CN", years=range(2018, 2025))
        found["holidays get_nth_working_day"] = lambda day: china.get_nth_working_day(day, 1)
    if find_spec("numpy"):
        import numpy

        off = [FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 60)]
        off = [day for day in off if not chinese_calendar.is_workday(day)]
        table = numpy.busdaycalendar(weekmask="1111111", holidays=off)
        found["numpy busday_offset, seven-day mask"] = lambda day: numpy.busday_offset(
            day, 1, roll="backward", busdaycal=table
        ).astype(object)
    return found


def _walk(day: date) -> date:
    day += timedelta(days=1)
    while not chinese_calendar.is_workday(day):
        day += timedelta(days=1)
    return day


def _ours() -> GovChina:
    base = base_schedules()
    return GovChina(base, revision_of(base))


def _change(stage: Stage, name: str, opened: Opened) -> Iterator[Row]:
    many = stage.count(OPEN)
    draft = OverlayDraft(kind=OverlayKind.CLOSURE, first=CLOSED, last=CLOSED, units=None, why="台风停工")
    with opened() as database:
        office.fill(database)
        context = office.context_at(database)
        office.take_all(context, office.arrivals(many), 500)
        who = Who(person_id=1, name="值班")
        look = seconds(lambda: _look(database, context)) / LOOKS
        tried = seconds(lambda: acts.close(context, draft, who, trial=True))
        done: list[acts.AppliedChange] = []
        applied = seconds(lambda: done.append(acts.close(context, draft, who)))
        if len(done[0].recomputed.moved) != many:
            raise RuntimeError("not every ticket moved")
    yield Row(
        what=f"see whether the calendar changed, once an action, {name}",
        figure=number(look * 1_000_000),
        unit="us",
        target=f"< {LOOK_US} us",
        met=look * 1_000_000 < LOOK_US,
    )
    yield Row(what=f"preview a closure under {many:,} open tickets, {name}", figure=number(tried), unit="s")
    yield Row(
        what=f"the closure itself: {many:,} moved, journals and {2 * many:,} messages, {name}",
        figure=number(applied),
        unit="s",
        against=f"{number(many / applied)} tickets/s",
        target=f"< {APPLY_S:.0f} s",
        met=applied < APPLY_S,
    )


def _look(database: Database, context: Context) -> None:
    with database.read() as conn:
        for _ in range(LOOKS):
            context.working(conn, 1)


def _shell(stage: Stage) -> Iterator[Row]:
    many = stage.count(LINES)
    lines = "".join(f"{FIRST + timedelta(days=i % 2000)} 10:00\n" for i in range(many))
    command = [sys.executable, "-m", "bot", "deadline"]

    def run(*words: str, given: str = "") -> float:
        return seconds(
            lambda: subprocess.run([*command, *words], input=given, text=True, check=True, stdout=subprocess.DEVNULL)
        )

    found = in_turn(stage.rounds(ROUNDS), {"one": lambda: run("2026-09-30"), "many": lambda: run("-", given=lines)})
    yield _row("`deadline` once, process and all", found["one"], "ms")
    yield Row(
        what=f"`deadline -`, {many:,} lines, process and all",
        figure=rates(found, many)["many"],
        unit="lines/s",
    )


def _row(what: str, figure: Spread, unit: str) -> Row:
    return Row(what=what, figure=figure.scaled(lambda one: one * 1000), unit=unit)


def _walked(count: Count, days: list[date]) -> Callable[[], float]:
    def all_days() -> None:
        for day in days:
            count(day)

    return lambda: seconds(all_days)
