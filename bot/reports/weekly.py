"""The weekly summary as a short text to paste into chat; its table stands in weekly_workbook."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from bot.delivery.wording import Language, Wording
from bot.reports import weekly_words as words
from bot.reports.ledger import ledger_line, told_briefly, who
from bot.rules.reports.figures import LateTicket, WeeklyFigures
from storage.records import TicketFacts

TEXT_BYTES = 2_000  # WeCom cuts a text at 2048
LONGEST_LISTS = (50, 20, 10, 7, 5, 3, 2, 1, 0)  # so many tickets of each list are told: the most that fit
CAUSES = 6

R = TypeVar("R")


def text(figures: WeeklyFigures, language: Language = "zh") -> str:
    """Word the summary in at most 2,000 bytes of UTF-8; what does not fit is in the table, and the text says so."""
    wording = Wording(language)
    told = ""
    for longest in LONGEST_LISTS:
        told = "\n".join(_lines(figures, wording, longest))
        if len(told.encode()) <= TEXT_BYTES:
            return told
    rest = f"…\n{wording('weekly.rest')}"
    return told.encode()[: TEXT_BYTES - len(rest.encode())].decode(errors="ignore") + rest


def _lines(figures: WeeklyFigures, wording: Wording, longest: int) -> Iterator[str]:
    yield words.title(figures, wording)
    if figures.scope:
        yield words.scope(figures, wording)
    yield _numbers(figures, wording)
    yield words.share(figures.counts, wording) + words.change(figures, wording) + wording("weekly.stop")
    if not figures.overdue:
        yield wording("weekly.none_overdue")
    yield from _listed("overdue", figures.overdue, _overdue, wording, longest)
    yield from _listed("finished_late", figures.finished_late, _late, wording, longest)
    until = wording.day(figures.week.following().sunday)
    yield from _listed("due_soon", figures.due_soon, _due, wording, longest, until=until)
    yield from _listed("unpublished", figures.unpublished, _earliest, wording, longest)
    if figures.causes:
        yield _causes(figures, wording)
    if days := words.days_ahead(figures.ahead, wording):
        yield wording("weekly.ahead", days=wording("weekly.between").join(days))
    lists = (figures.overdue, figures.finished_late, figures.due_soon, figures.unpublished)
    if any(len(rows) > longest for rows in lists) or len(figures.causes) > CAUSES:
        yield wording("weekly.rest")


def _numbers(figures: WeeklyFigures, wording: Wording) -> str:
    counts = figures.counts
    told = wording(
        "weekly.counts",
        at=words.as_of(figures, wording),
        received=counts.received,
        on_time=counts.on_time,
        late=counts.late,
        overdue=counts.overdue,
        before=figures.previous.overdue,
    )
    return told + (wording("weekly.void", count=counts.void) if counts.void else "")


def _listed(
    key: str, rows: Sequence[R], told: Callable[[R, Wording], str], wording: Wording, longest: int, **heading: str
) -> Iterator[str]:
    """A heading with the number of all, and the first of them."""
    if rows:
        yield wording(f"weekly.{key}", count=len(rows), **heading) + wording("weekly.colon")
    for place, row in enumerate(rows[:longest], 1):
        yield wording("weekly.item", place=place, told=told(row, wording))


def _overdue(late_ticket: LateTicket, wording: Wording) -> str:
    line = ledger_line(late_ticket.facts.ticket, late_ticket.lateness, wording.language)
    told = told_briefly(late_ticket.facts.told, wording)
    return wording("weekly.overdue_item", who=who(late_ticket.facts, wording), line=line, told=told)


def _late(late_ticket: LateTicket, wording: Wording) -> str:
    line = ledger_line(late_ticket.facts.ticket, late_ticket.lateness, wording.language)
    return wording("weekly.late_item", who=who(late_ticket.facts, wording), line=line)


def _due(facts: TicketFacts, wording: Wording) -> str:
    due = wording.day(facts.ticket.due_day) if facts.ticket.due_day else ""
    return wording("weekly.due_item", who=who(facts, wording), due=due)


def _earliest(facts: TicketFacts, wording: Wording) -> str:
    day = facts.ticket.earliest_day
    if day is None:
        return wording("weekly.undated_item", who=who(facts, wording))
    return wording("weekly.earliest_item", who=who(facts, wording), earliest=wording.day_with_year(day))


def _causes(figures: WeeklyFigures, wording: Wording) -> str:
    told = [
        wording(
            "weekly.cause_late" if cause.late else "weekly.cause",
            name=words.cause_name(cause, wording),
            count=cause.received,
            late=cause.late,
        )
        for cause in figures.causes[:CAUSES]
    ]
    return wording("weekly.causes", causes=wording("weekly.between").join(told))
