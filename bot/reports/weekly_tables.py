"""The tables of the weekly workbook: which columns stand in them, and what in each."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.delivery.wording import Wording
from bot.reports import weekly_words as words
from bot.reports.ledger import extension, moved, problem, reason, step_word
from bot.reports.sheets import MOST_LINES, Cell, Column, Style, lines_of
from bot.rules.calendar.zone import shanghai_day
from bot.rules.reports.counting import issued_at
from bot.rules.reports.figures import FEWEST_FOR_RATE, UnitCounts, WeekCounts
from bot.rules.reports.late import LateTicket
from storage.records import Telling, TicketFacts

TOLD_WIDTH = 76

COUNTS: tuple[tuple[str, Callable[[WeekCounts], int]], ...] = (
    ("收到", lambda counts: counts.received),
    ("按时办结", lambda counts: counts.on_time),
    ("逾期办结", lambda counts: counts.late),
    ("当周超过期限", lambda counts: counts.missed),
    ("期末逾期未办结", lambda counts: counts.overdue),
    ("告知前已逾期（另计）", lambda counts: counts.untold),
    ("经认定无需整改", lambda counts: counts.void),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToldRow:
    """One row of the long form: a ticket, and who was told what about it, a line each."""

    facts: TicketFacts
    lines: tuple[str, ...]


def overdue(wording: Wording) -> tuple[Column[LateTicket], ...]:
    """Return the columns of what is overdue and open."""
    return (*_late(wording), _told(wording))


def finished_late(wording: Wording) -> tuple[Column[LateTicket], ...]:
    """Return the columns of what was finished too late."""
    done: Column[LateTicket] = Column(
        heading="办结日", width=8.5, style=Style.DAY, value=lambda late: _day(late.facts.ticket.completed_at)
    )
    return (*_late(wording, problem_width=12.5), done, _told(wording))


def untold(wording: Wording) -> tuple[Column[LateTicket], ...]:
    """Return the columns of what was late before its unit was told."""
    entered: Column[LateTicket] = Column(
        heading="录入时间", width=11.5, style=Style.MOMENT, value=lambda late: late.facts.ticket.created_at
    )
    told: Column[LateTicket] = Column(
        heading="告知单位时间", width=11.5, style=Style.MOMENT, value=lambda late: late.told_at or "未告知"
    )
    done: Column[LateTicket] = Column(
        heading="办结时间",
        width=11.5,
        style=Style.MOMENT,
        value=lambda late: late.facts.ticket.completed_at or "未办结",
    )
    since: Column[LateTicket] = Column(
        heading="告知后\n工作日",
        width=6,
        style=Style.NUMBER,
        value=lambda late: late.since_told.workdays if late.since_told else None,
    )
    issued: Column[LateTicket] = Column(
        heading="平台下发时间", width=11.5, style=Style.MOMENT, value=lambda late: issued_at(late.facts.ticket)
    )
    facts = tuple(map(_of_late, (*_who(wording), _problem(wording, 18.5))))
    return (*facts, issued, entered, told, done, since)


def due_soon(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    """Return the columns of what is due soon."""
    return (*_who(wording), _problem(wording, 44), _due_day(), _extension(wording), _state(wording))


def unpublished(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    """Return the columns of what waits for a schedule."""
    earliest: Column[TicketFacts] = Column(
        heading="最早可能", width=8.5, style=Style.DAY, value=lambda facts: facts.ticket.earliest_day
    )
    received: Column[TicketFacts] = Column(
        heading="收到时间", width=11.5, style=Style.MOMENT, value=lambda facts: facts.ticket.received_at
    )
    return (*_who(wording), _problem(wording, 40), received, earliest, _state(wording))


def by_unit(wording: Wording) -> tuple[Column[UnitCounts], ...]:
    """Return the columns of the units: counts, and a share only where enough were judged."""
    name: Column[UnitCounts] = Column(
        heading="单位", width=33, style=Style.TEXT, value=lambda unit: unit.name or wording("weekly.unmatched")
    )
    counts = tuple(
        Column(heading=heading, width=9, style=Style.NUMBER, value=_of_unit(count)) for heading, count in COUNTS
    )
    soon: Column[UnitCounts] = Column(
        heading="下周末前到期", width=9, style=Style.NUMBER, value=lambda unit: unit.due_soon
    )
    share: Column[UnitCounts] = Column(
        heading=f"按时率（满{FEWEST_FOR_RATE}件）", width=10, style=Style.MIDDLE, value=lambda unit: _share(unit.counts)
    )
    return (name, *counts, soon, share)


def told(wording: Wording) -> tuple[Column[ToldRow], ...]:
    """Return the columns of the long form of who was told."""
    return (
        *map(_of_facts, (*_where(wording), _number(12))),
        Column(heading="告知情况（对象、时间、事项）", width=TOLD_WIDTH, style=Style.TEXT, value=_lines),
    )


def told_rows(tickets: Iterable[LateTicket], wording: Wording) -> Iterator[ToldRow]:
    """Yield who was told what about the tickets; a ticket takes several rows where one would grow too high."""
    for late in tickets:
        room, lines = MOST_LINES, list[str]()
        for line in _people(late.facts.told, wording):
            needed = lines_of(line, TOLD_WIDTH)
            if lines and needed > room:
                yield ToldRow(facts=late.facts, lines=tuple(lines))
                room, lines = MOST_LINES, []
            room, lines = room - needed, [*lines, line]
        yield ToldRow(facts=late.facts, lines=tuple(lines or [wording("weekly.told_none")]))


def _people(told: Sequence[Telling], wording: Wording) -> Iterator[str]:
    people: dict[int, list[Telling]] = {}
    for telling in told:
        people.setdefault(telling.person_id, []).append(telling)
    for each in people.values():
        steps = (
            wording("weekly.told_step", at=wording.moment_short(one.at), step=step_word(one, wording)) for one in each
        )
        yield f"{each[0].person}（{len(each)}次）：{wording('weekly.between').join(steps)}"


def _lines(row: ToldRow) -> Cell:
    return "\n".join(row.lines)


def _late(wording: Wording, problem_width: float = 21) -> tuple[Column[LateTicket], ...]:
    facts: tuple[Column[TicketFacts], ...] = (*_who(wording), _problem(wording, problem_width), _due_day())
    return (
        *map(_of_late, facts),
        Column(heading="逾期\n工作日", width=5.8, style=Style.NUMBER, value=_workdays),
        Column(heading="逾期\n自然日", width=5.8, style=Style.NUMBER, value=lambda late: late.lateness.days),
        _of_late(_extension(wording)),
        Column(heading="原因", width=8, style=Style.TEXT, value=lambda late: reason(late, wording)),
    )


def _workdays(late: LateTicket) -> Cell:
    # Late over days off only, the answer was late by calendar days alone.
    return late.lateness.workdays or (None if late.lateness.days else 0)


def _where(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    unmatched = wording("weekly.unmatched")
    return (
        Column(heading="单位", width=14, style=Style.TEXT, value=lambda facts: facts.unit or unmatched),
        Column(heading="账号（平台）", width=14, style=Style.TEXT, value=lambda facts: _account(facts, wording)),
    )


def _who(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    unmatched, none = wording("weekly.unmatched"), "未登记"
    return (
        Column(heading="单位", width=11.5, style=Style.TEXT, value=lambda facts: facts.unit or unmatched),
        Column(heading="账号（平台）", width=12, style=Style.TEXT, value=lambda facts: _account(facts, wording)),
        Column(heading="A角", width=6, style=Style.MIDDLE, value=lambda facts: facts.primary or none),
        Column(heading="B角", width=6, style=Style.MIDDLE, value=lambda facts: facts.backup or none),
        _number(10),
    )


def _number(width: float) -> Column[TicketFacts]:
    return Column(heading="工单号", width=width, style=Style.TEXT, value=lambda facts: facts.ticket.number)


def _account(facts: TicketFacts, wording: Wording) -> Cell:
    named = f"{facts.ticket.account_name}（{facts.ticket.platform}）"
    return "\n".join(part for part in (named, moved(facts.transfers, wording)) if part)


def _problem(wording: Wording, width: float) -> Column[TicketFacts]:
    return Column(
        heading="问题 → 建议", width=width, style=Style.TEXT, value=lambda facts: problem(facts.ticket, wording)
    )


def _due_day() -> Column[TicketFacts]:
    return Column(heading="应办结日", width=8.5, style=Style.DAY, value=lambda facts: facts.ticket.due_day)


def _extension(wording: Wording) -> Column[TicketFacts]:
    return Column(heading="延期", width=8, style=Style.TEXT, value=lambda facts: extension(facts.requests, wording))


def _state(wording: Wording) -> Column[TicketFacts]:
    return Column(heading="状态", width=10, style=Style.MIDDLE, value=lambda facts: wording.state(facts.ticket.state))


def _told(wording: Wording) -> Column[LateTicket]:
    return Column(heading="最近告知", width=13, style=Style.TEXT, value=lambda late: _last(late.facts.told, wording))


def _last(told: Sequence[Telling], wording: Wording) -> Cell:
    if not told:
        return wording("weekly.told_none")
    times = f"（共{len(told)}次）" if len(told) > 1 else ""
    return f"{told[-1].person}{times}\n{wording.moment_short(told[-1].at)}"


def _day(moment: datetime | None) -> Cell:
    return shanghai_day(moment) if moment else None


def _of_unit(count: Callable[[WeekCounts], int]) -> Callable[[UnitCounts], Cell]:
    return lambda unit: count(unit.counts)


def _share(counts: WeekCounts) -> Cell:
    return "—" if counts.on_time_rate is None else words.percent(counts.on_time_rate)


def _of_late(column: Column[TicketFacts]) -> Column[LateTicket]:
    value = column.value
    return Column(heading=column.heading, width=column.width, style=column.style, value=lambda late: value(late.facts))


def _of_facts(column: Column[TicketFacts]) -> Column[ToldRow]:
    value = column.value
    return Column(heading=column.heading, width=column.width, style=column.style, value=lambda row: value(row.facts))
