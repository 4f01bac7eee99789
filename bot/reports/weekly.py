"""The weekly summary as a text, whole and short enough for a chat; its table stands in weekly_workbook."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from bot.delivery.wording import Language, Wording
from bot.reports import weekly_words as words
from bot.reports.ledger import ledger_line, reason, told_briefly, told_last, untold_line, whom_to_ring
from bot.rules.reports.figures import CauseCount, WeeklyFigures
from bot.rules.reports.late import LateTicket
from storage.records import TicketFacts

TEXT_BYTES = 2_000  # WeCom cuts a text at 2048
# So many tickets are told of what is overdue, and of each other list: the most that fit.
LENGTHS = ((50, 25), (20, 10), (10, 5), (7, 4), (5, 3), (4, 2), (3, 2), (3, 1), (2, 1), (1, 1), (2, 0), (1, 0), (0, 0))
CAUSES = 6

R = TypeVar("R")


def text(figures: WeeklyFigures, language: Language = "zh", root: str = "") -> str:
    """Word the whole summary, as it stands on screen and in a file; `root` is what proves the journals by now."""
    wording = Wording(language)
    return "\n".join([*_lines(figures, wording), *_proof(root, wording)])


def chat_text(figures: WeeklyFigures, language: Language = "zh", root: str = "") -> str:
    """Word the summary in at most 2,000 bytes of UTF-8; what does not fit is in the table, and the text says so."""
    wording, told = Wording(language), text(figures, language, root)
    if len(told.encode()) <= TEXT_BYTES:
        return told
    for longest, others in LENGTHS:
        told = "\n".join([*_lines(figures, wording, longest, others), *_proof(root, wording)])
        if len(told.encode()) <= TEXT_BYTES:
            return told
    rest = "\n".join(["…", wording("weekly.rest"), *_proof(root, wording)])
    return told.encode()[: TEXT_BYTES - len(rest.encode())].decode(errors="ignore") + rest


def _lines(
    figures: WeeklyFigures, wording: Wording, longest: int | None = None, others: int | None = None
) -> Iterator[str]:
    """Every line; of what is overdue at most the `longest` first, of each other list `others`; all where None."""
    yield words.title(figures, wording)
    if figures.scope:
        yield words.scope(figures, wording)
    yield _numbers(figures, wording)
    yield words.share(figures.counts, wording) + words.change(figures, wording) + wording("weekly.stop")
    if stages := words.stages(figures.stages, wording):
        yield stages + wording("weekly.stop")
    if not figures.overdue:
        yield wording("weekly.none_overdue")
    yield from _listed("overdue", figures.overdue, _overdue if longest is None else _shortly, wording, longest)
    yield from _listed("untold", figures.untold, _untold, wording, others)
    yield from _listed("finished_late", figures.finished_late, _late, wording, others)
    until = wording.day(figures.week.following().sunday)
    yield from _listed("due_soon", figures.due_soon, _due, wording, others, until=until)
    yield from _listed("unpublished", figures.unpublished, _earliest, wording, others)
    causes = figures.causes if longest is None else figures.causes[:CAUSES]
    if causes:
        yield _causes(causes, wording)
    if days := words.days_ahead(figures.ahead, wording):
        yield wording("weekly.ahead", days=wording("weekly.between").join(days))
    if longest is not None and others is not None and _cut_short(figures, longest, others):
        yield wording("weekly.rest")


def _proof(root: str, wording: Wording) -> list[str]:
    return [wording("weekly.root", root=root)] if root else []


def _cut_short(figures: WeeklyFigures, longest: int, others: int) -> bool:
    lists = (figures.untold, figures.finished_late, figures.due_soon, figures.unpublished)
    rest = max(map(len, lists)) > others
    return rest or len(figures.overdue) > longest or len(figures.causes) > CAUSES


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
    if counts.void:
        told += wording("weekly.void", count=counts.void)
    return told + (wording("weekly.apart", count=counts.untold) if counts.untold else "")


def _listed(
    key: str, rows: Sequence[R], told: Callable[[R, Wording], str], wording: Wording, longest: int | None, **head: str
) -> Iterator[str]:
    """A heading with the number of all, and the first of them."""
    shown = rows[:longest]
    if rows:
        yield wording(f"weekly.{key}", count=len(rows), **head) + wording("weekly.colon" if shown else "weekly.stop")
    for place, row in enumerate(shown, 1):
        yield wording("weekly.item", place=place, told=told(row, wording))


def _overdue(late: LateTicket, wording: Wording) -> str:
    return wording("weekly.overdue_item", **_late_words(late, wording), told=told_briefly(late.facts.told, wording))


def _shortly(late: LateTicket, wording: Wording) -> str:
    told = wording("weekly.told_latest", last=told_last(late.facts.told, wording)) if late.facts.told else ""
    return wording("weekly.overdue_item", **_late_words(late, wording), told=told or wording("weekly.told_none"))


def _late(late: LateTicket, wording: Wording) -> str:
    return wording("weekly.late_item", **_late_words(late, wording))


def _untold(late: LateTicket, wording: Wording) -> str:
    return wording("weekly.untold_item", **_late_words(late, wording), told=untold_line(late, wording))


def _late_words(late: LateTicket, wording: Wording) -> dict[str, str]:
    line = ledger_line(late.facts.ticket, late.lateness, wording.language)
    return {"who": whom_to_ring(late.facts, wording), "line": line, "reason": reason(late, wording)}


def _due(facts: TicketFacts, wording: Wording) -> str:
    due = wording.day(facts.ticket.due_day) if facts.ticket.due_day else ""
    state = wording.state(facts.ticket.state)
    return wording("weekly.due_item", who=whom_to_ring(facts, wording), due=due, state=state)


def _earliest(facts: TicketFacts, wording: Wording) -> str:
    who, day = whom_to_ring(facts, wording), facts.ticket.earliest_day
    if day is None:
        return wording("weekly.undated_item", who=who)
    return wording("weekly.earliest_item", who=who, earliest=wording.day_with_year(day))


def _causes(causes: Sequence[CauseCount], wording: Wording) -> str:
    told = [
        wording(
            "weekly.cause_late" if cause.late else "weekly.cause",
            name=words.cause_name(cause, wording),
            count=cause.received,
            late=cause.late,
        )
        for cause in causes
    ]
    return wording("weekly.causes", causes=wording("weekly.between").join(told))
