"""The weekly summary as a table (.xlsx) in Chinese: real dates, print-ready, without phone numbers."""

from collections.abc import Callable
from datetime import UTC
from io import BytesIO

from xlsxwriter import Workbook

from bot.delivery.wording import Wording
from bot.reports import weekly_words as words
from bot.reports.ledger import told_line
from bot.reports.sheets import HEAD_ROW, Cell, Column, Style, WorkbookWriter
from bot.rules.reports.figures import FEWEST_FOR_RATE, LateTicket, WeekCounts, WeeklyFigures
from storage.records import TicketFacts

NOTES = (
    "统计周期为周一0时至周日24时（北京时间）；各项数字均为截至时刻的情况，此后的办理计入下一期。",
    "按工作日计的时限，收到当日不计，自次日起算；工作日以国务院办公厅公布的节假日安排为准，包括调休上班的周末。",
    "逾期天数同时列出两种：工作日为应办结日之后至答复日（未办结的至截至日）的工作日数；自然日为相应的日历天数。",
    "每件工单只判定一次：期限内答复的，计入答复的那一周；超过期限的，计入期限届满的那一周。",
    f"按时率=期限内答复的件数÷判定的件数；判定不足{FEWEST_FOR_RATE}件时只列件数，不折算百分比。",
    "经认定无需整改（误报）的工单不计逾期，也不参加判定；退回再办的工单按未办结计。",
    "时限待定的工单，因所需年份的节假日安排尚未公布，单独列出，不计逾期。",
    "告知情况只列渠道已接收的消息；并入汇总消息的，以汇总消息被接收的时间为准。",
    "本表只反映单位和账号的办理情况，不对人员排名，不含电话号码。",
)

SUMMARY_COLUMNS = 4
TOLD_LINES = 25  # a row of a sheet is never higher than 409 points

COUNTS: tuple[tuple[str, Callable[[WeekCounts], int]], ...] = (
    ("收到", lambda counts: counts.received),
    ("按时办结", lambda counts: counts.on_time),
    ("逾期办结", lambda counts: counts.late),
    ("本周超过期限", lambda counts: counts.missed),
    ("期末逾期未办结", lambda counts: counts.overdue),
    ("经认定无需整改", lambda counts: counts.void),
)


def workbook(figures: WeeklyFigures) -> bytes:
    """Lay the figures out; the same figures give the same bytes."""
    wording, body = Wording("zh"), BytesIO()
    with Workbook(body, {"in_memory": True}) as made:
        # The moment of making would make every file different; the moment of the figures does not.
        created = figures.as_of.astimezone(UTC).replace(tzinfo=None)
        made.set_properties({"title": words.title(figures, wording), "created": created})
        _write(WorkbookWriter(made), figures, wording)
    return body.getvalue()


def _write(book: WorkbookWriter, figures: WeeklyFigures, wording: Wording) -> None:
    until = f"截至{words.as_of(figures, wording)}"
    scope = f"{words.scope(figures, wording)}  " if figures.scope else ""
    coming = f"{until}，应于{wording.day(figures.week.following().sunday)}前（含当日）办结"
    _summary(book, figures, wording, scope + until)
    book.table("逾期未办结", "逾期未办结工单", scope + until, _overdue(wording), figures.overdue)
    book.table("逾期办结", "本周逾期办结工单", scope + until, _finished_late(wording), figures.finished_late)
    book.table("下周到期", "即将到期工单", scope + coming, _due_soon(wording), figures.due_soon)
    if figures.unpublished:
        book.table("时限待定", "时限待定工单（不计逾期）", scope + until, _unpublished(wording), figures.unpublished)
    notes = book.sheet("说明", "统计口径说明", words.title(figures, wording), [120])
    for place, note in enumerate(NOTES, 1):
        book.put_across(notes, HEAD_ROW + place, 1, f"{place}. {note}", Style.NOTE)


def _summary(book: WorkbookWriter, figures: WeeklyFigures, wording: Wording, subtitle: str) -> None:
    """The first sheet: numbers beside those of the week before, problem classes, days ahead."""
    sheet = book.sheet("周报", words.title(figures, wording), subtitle, [36, 28, 28, 28])
    book.put_head(sheet, HEAD_ROW, ["指标", "本周", "上周", "比上周"])
    numbers = [*_numbers(figures), _share(figures, wording)]
    for row, (cells, styles) in enumerate(numbers, HEAD_ROW + 1):
        book.put_row(sheet, row, cells, styles)
    row = HEAD_ROW + len(numbers) + 2
    book.put_head(sheet, row, ["问题类别", "本周收到", "逾期未办结和逾期办结"])
    for cause in figures.causes:
        row += 1
        cells = [words.cause_name(cause, wording), cause.received, cause.late]
        book.put_row(sheet, row, cells, [Style.TEXT, Style.NUMBER, Style.NUMBER])
    row += 2
    book.put_head(sheet, row, ["今后两周放假安排"])
    for told in words.days_ahead(figures.ahead, wording) or ["无放假或调休"]:
        row += 1
        book.put_across(sheet, row, SUMMARY_COLUMNS, told, Style.NOTE)


def _numbers(figures: WeeklyFigures) -> list[tuple[list[Cell], list[Style]]]:
    styles = [Style.TEXT, Style.NUMBER, Style.NUMBER, Style.CHANGE]
    rows: list[tuple[list[Cell], list[Style]]] = []
    for heading, count in COUNTS:
        now, before = count(figures.counts), count(figures.previous)
        rows.append(([heading, now, before, now - before], styles))
    return rows


def _share(figures: WeeklyFigures, wording: Wording) -> tuple[list[Cell], list[Style]]:
    cells: list[Cell] = ["按时率"]
    styles = [Style.TEXT]
    for counts in (figures.counts, figures.previous):
        rate = counts.on_time_rate
        cells.append(words.share(counts, wording) if rate is None else rate)
        styles.append(Style.MIDDLE if rate is None else Style.PERCENT)
    return [*cells, words.points(figures, wording) or None], [*styles, Style.MIDDLE]


def _facts(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    unmatched = wording("weekly.unmatched")
    return (
        Column(heading="单位", width=24, style=Style.TEXT, value=lambda one: one.unit or unmatched),
        Column(heading="账号", width=20, style=Style.TEXT, value=lambda one: one.ticket.account_name),
        Column(heading="平台", width=12, style=Style.TEXT, value=lambda one: one.ticket.platform),
        Column(heading="工单号", width=20, style=Style.TEXT, value=lambda one: one.ticket.number),
        Column(heading="问题类别", width=14, style=Style.TEXT, value=lambda one: one.ticket.problem_class),
        Column(heading="收到时间", width=22, style=Style.MOMENT, value=lambda one: one.ticket.received_at),
    )


def _due_day() -> Column[TicketFacts]:
    return Column(heading="应办结日", width=16, style=Style.DAY, value=lambda one: one.ticket.due_day)


def _state(wording: Wording) -> Column[TicketFacts]:
    return Column(heading="状态", width=12, style=Style.MIDDLE, value=lambda one: wording.state(one.ticket.state))


def _due_soon(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    return (*_facts(wording), _due_day(), _state(wording))


def _unpublished(wording: Wording) -> tuple[Column[TicketFacts], ...]:
    earliest: Column[TicketFacts] = Column(
        heading="最早可能", width=16, style=Style.DAY, value=lambda one: one.ticket.earliest_day
    )
    return (*_facts(wording), earliest, _state(wording))


def _overdue(wording: Wording) -> tuple[Column[LateTicket], ...]:
    return (*map(_of_late, _due_soon(wording)), *_lateness(), _told(wording))


def _finished_late(wording: Wording) -> tuple[Column[LateTicket], ...]:
    done: Column[TicketFacts] = Column(
        heading="办结时间", width=22, style=Style.MOMENT, value=lambda one: one.ticket.completed_at
    )
    return (*map(_of_late, (*_facts(wording), _due_day(), done)), *_lateness(), _told(wording))


def _lateness() -> tuple[Column[LateTicket], ...]:
    return (
        Column(heading="逾期工作日", width=9, style=Style.NUMBER, value=lambda one: one.lateness.workdays),
        Column(heading="逾期自然日", width=9, style=Style.NUMBER, value=lambda one: one.lateness.days),
    )


def _told(wording: Wording) -> Column[LateTicket]:
    def lines(late_ticket: LateTicket) -> str:
        told = [told_line(each, wording) for each in late_ticket.facts.told[-TOLD_LINES:]]
        if len(late_ticket.facts.told) > TOLD_LINES:
            told.insert(0, wording("weekly.told_last", count=len(late_ticket.facts.told), shown=TOLD_LINES))
        return "\n".join(told) or wording("weekly.told_none")

    return Column(heading="告知情况", width=38, style=Style.TEXT, value=lines)


def _of_late(column: Column[TicketFacts]) -> Column[LateTicket]:
    value = column.value
    return Column(heading=column.heading, width=column.width, style=column.style, value=lambda one: value(one.facts))
