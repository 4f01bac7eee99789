"""The weekly summary as a table (.xlsx) in Chinese: ready to print and to forward, without phone numbers."""

from datetime import UTC
from io import BytesIO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from bot.delivery.wording import Wording
from bot.reports import weekly_charts as charts
from bot.reports import weekly_tables as tables
from bot.reports import weekly_words as words
from bot.reports.sheets import FULL_WIDTH, HEAD_ROW, Cell, Masthead, Style, WorkbookWriter, open_workbook
from bot.rules.reports.figures import FEWEST_FOR_RATE, WeeklyFigures

NOTES = (
    "统计周期为周一0时至周日24时（北京时间）；各项数字均为截至时刻的情况，此后的办理计入下一期。",
    "按工作日计的时限，收到当日不计，自次日起算；工作日以国务院办公厅公布的节假日安排为准，包括调休上班的周末。",
    "逾期天数同时列出两种：工作日为应办结日之后至答复日（未办结的至截至日）的工作日数；自然日为相应的日历天数；其间没有工作日的，工作日一栏留空。",
    "每件工单只判定一次：期限内答复的，计入答复的那一周；超过期限的，计入期限届满的那一周。",
    "期限届满时本单位还没有人获得告知的工单，单独列为“告知前已逾期”，不计入单位的逾期件数，也不参加判定；"
    "该表的“告知后工作日”为告知以后至答复日（未办结的至截至日）的工作日数。",
    f"按时率=期限内答复的件数÷判定的件数；判定不足{FEWEST_FOR_RATE}件时只列件数，不折算百分比。",
    "用时按工作时间计，取中位数：平台下发至录入为本系统知道之前的时间，录入至答复为单位办理的时间。",
    "“原因”按系统记录得出：是否有人签收、是否退回、有无等待答复的申请；不是对责任的认定。",
    "经认定无需整改（误报）的工单不计逾期，也不参加判定；退回再办的工单按未办结计。",
    "时限待定的工单，因所需年份的节假日安排尚未公布，单独列出，不计逾期。",
    "告知情况只列渠道已接收的消息；并入汇总消息的，以汇总消息被接收的时间为准。各件的全部告知见“告知明细”。",
    "各单位按登记簿的次序排列；本表只反映单位和账号的办理情况，不对单位和人员排名，不含电话号码。",
)

SUMMARY_WIDTHS = (FULL_WIDTH / 4,) * 4
NOTE_WIDTHS = (FULL_WIDTH / 2, FULL_WIDTH / 2)
NOTHING_AHEAD = "今后两周无放假或调休。"


def workbook(figures: WeeklyFigures) -> bytes:
    """Lay the figures out; the same figures give the same bytes."""
    wording, body = Wording("zh"), BytesIO()
    with open_workbook(body) as made:
        # The moment of making would make every file different; the moment of the figures does not.
        created = figures.as_of.astimezone(UTC).replace(tzinfo=None)
        made.set_properties({"title": words.title(figures, wording), "author": figures.issuer, "created": created})
        _write(made, WorkbookWriter(made, _masthead(figures, wording)), figures, wording)
    return body.getvalue()


def _masthead(figures: WeeklyFigures, wording: Wording) -> Masthead:
    issuer = f"制表：{figures.issuer}" if figures.issuer else ""
    scope = f"　{words.scope(figures, wording)}" if figures.scope else ""
    return Masthead(issuer=issuer + scope, period=words.period(figures, wording))


def _write(made: Workbook, book: WorkbookWriter, figures: WeeklyFigures, wording: Wording) -> None:
    sheet, below = _summary(book, figures, wording)
    # The charts stand on the first page, their numbers on the second.
    for place, chart in enumerate(charts.write(made, book, figures, wording)):
        sheet.insert_chart(below, 2 * place, chart, {"x_offset": 2, "y_offset": 4})
    book.table("分单位", "分单位情况", tables.by_unit(wording), figures.units)
    book.table("逾期未办结", "逾期未办结工单", tables.overdue(wording), figures.overdue)
    book.table("逾期办结", "本周逾期办结工单", tables.finished_late(wording), figures.finished_late)
    if figures.untold:
        book.table("告知前已逾期", "告知前已逾期的工单（不计入单位逾期）", tables.untold(wording), figures.untold)
    until = wording.day(figures.week.following().sunday)
    book.table("下周到期", f"即将到期工单（至{until}）", tables.due_soon(wording), figures.due_soon)
    if figures.unpublished:
        book.table("时限待定", "时限待定工单（不计逾期）", tables.unpublished(wording), figures.unpublished)
    late = (*figures.overdue, *figures.finished_late, *figures.untold)
    book.table("告知明细", "逾期工单告知明细", tables.told(wording), list(tables.told_rows(late, wording)))
    notes = book.sheet("说明", "统计口径说明", NOTE_WIDTHS)
    for place, note in enumerate(NOTES, 1):
        book.put_note(notes, HEAD_ROW + place, NOTE_WIDTHS, f"{place}. {note}")


def _summary(book: WorkbookWriter, figures: WeeklyFigures, wording: Wording) -> tuple[Worksheet, int]:
    """The first sheet: numbers beside those of the week before, where the time went, days ahead; and the row below."""
    widths = SUMMARY_WIDTHS
    sheet = book.sheet("周报", "督办周报", widths)
    book.put_head(sheet, HEAD_ROW, ["指标", "本周", "上周", "比上周"], widths)
    numbers = [*_numbers(figures), _share(figures, wording)]
    for row, (cells, styles) in enumerate(numbers, HEAD_ROW + 1):
        book.put_row(sheet, row, cells, styles, widths)
    ahead = wording("weekly.between").join(words.days_ahead(figures.ahead, wording))
    notes = [words.stages(figures.stages, wording)]
    notes += [wording("weekly.ahead", days=ahead) if ahead else NOTHING_AHEAD]
    below = HEAD_ROW + len(numbers) + 2
    for note in filter(None, notes):
        book.put_note(sheet, below, widths, note)
        below += 1
    return sheet, below


def _numbers(figures: WeeklyFigures) -> list[tuple[list[Cell], list[Style]]]:
    styles = [Style.TEXT, Style.NUMBER, Style.NUMBER, Style.CHANGE]
    rows: list[tuple[list[Cell], list[Style]]] = []
    for heading, count in tables.COUNTS:
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
