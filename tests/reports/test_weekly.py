"""The weekly summary as people get it: the text and the table."""

from datetime import date, datetime, time
from io import BytesIO
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from bot.reports.ledger import ledger_line
from bot.reports.weekly import text
from bot.reports.weekly_workbook import workbook
from bot.rules.calendar.deadline import Lateness
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.workdays import GovChina
from bot.rules.calendar.zone import at
from bot.rules.reports.figures import WeeklyFigures, how_late, weekly
from storage.calendar.calendar import base_schedules
from storage.records import MessageKind, Telling, Ticket, TicketFacts, TicketState
from tests.cast.rows import sh, ticket

CALENDAR = GovChina(base_schedules(), "base")
W34, W35 = Week.parse("2021-W34"), Week.parse("2021-W35")
AFTER = sh(12, 1)


def telling(person_id: int, person: str, step: str, moment: datetime, kind: MessageKind) -> Telling:
    return Telling(ticket_id=1, person_id=person_id, person=person, kind=kind, step=step, at=moment)


TOLD = (
    telling(1, "甲", "receipt", sh(8, 23, 10, 1), MessageKind.ASSIGNED),
    telling(2, "乙", "take_over", sh(8, 23, 15), MessageKind.ESCALATION),
    telling(1, "甲", "last_call", sh(8, 24, 16), MessageKind.REMINDER),
    telling(3, "丁", "overdue", sh(8, 25, 8), MessageKind.UNREACHED),
    telling(3, "丁", "made_up", sh(8, 26, 8), MessageKind.SLIP),
)


def water(**given: Any) -> TicketFacts:
    """The case of 2021."""
    values = {"number": "FJ-20210823-01", "problem_class": "内容监测", **given}
    one = ticket(sh(8, 23), date(2021, 8, 24), sh(9, 2, 16), **values)
    return TicketFacts(ticket=one, unit="市水利局", told=TOLD)


def small_week() -> WeeklyFigures:
    """The case beside one answered in time, one due next week and one without a schedule."""
    others = [
        ticket(sh(8, 26), date(2021, 8, 27), sh(8, 27), problem_class="错别字"),
        ticket(sh(8, 27), date(2021, 8, 30), number="FJ-2", problem_class="错别字"),
        ticket(sh(8, 27), None, number="FJ-3", earliest_day=date(2022, 1, 4), account_id=None, unit_id=None),
    ]
    units = ["市林业局", "市林业局", ""]
    facts = [TicketFacts(ticket=one, unit=unit) for one, unit in zip(others, units, strict=True)]
    return weekly([water(), *facts], W34, AFTER, CALENDAR)


def opened(figures: WeeklyFigures) -> Workbook:
    return load_workbook(BytesIO(workbook(figures)))


def column(book: Workbook, sheet: str, heading: str) -> list[Any]:
    """The cells under a heading."""
    rows = list(book[sheet].iter_rows(min_row=3))
    place = [cell.value for cell in rows[0]].index(heading)
    return [row[place] for row in rows[1:]]


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (
            ticket(sh(8, 23), date(2021, 8, 24), sh(9, 2, 16)),
            "应于8月24日办结，9月2日办结，逾期7个工作日（9个自然日）",
        ),
        (ticket(sh(8, 23), date(2021, 8, 24), sh(8, 24, 23, 59)), "应于8月24日办结，8月24日办结，按时"),
        (ticket(sh(8, 23), date(2021, 8, 24)), "应于8月24日办结，尚未办结，已逾期2个工作日（2个自然日）"),
        (ticket(sh(8, 25), date(2021, 8, 26)), "应于8月26日办结，尚未办结"),
        (ticket(sh(8, 23), None), "时限待定，尚未办结"),
        (ticket(sh(8, 23), None, sh(8, 24)), "时限待定，8月24日办结"),
        (
            ticket(sh(8, 23), date(2021, 8, 23), sh(8, 23, 15), due_at=sh(8, 23, 12)),
            "应于8月23日办结，8月23日办结，当日逾期",
        ),
        (
            ticket(sh(8, 23), date(2021, 8, 24), state=TicketState.VOID, closed_at=sh(8, 26)),
            "应于8月24日办结，经认定无需整改",
        ),
        (
            ticket(sh(12, 30), date(2021, 12, 31), at(date(2022, 1, 4), time(9))),
            "应于2021年12月31日办结，2022年1月4日办结，逾期1个工作日（4个自然日）",
        ),
        (
            ticket(sh(12, 30), date(2026, 12, 31), at(date(2027, 1, 4), time(9))),
            "应于2026年12月31日办结，2027年1月4日办结，逾期4个自然日（节假日安排尚未公布，工作日数待定）",
        ),
    ],
)
def test_the_ledger_line_says_due_answered_and_how_late(one: Ticket, line: str) -> None:
    assert ledger_line(one, how_late(one, sh(8, 26), CALENDAR)) == line


def test_the_ledger_line_of_an_answer_in_time_ignores_an_empty_lateness() -> None:
    in_time = ticket(sh(8, 23), date(2021, 8, 24), sh(8, 24))
    assert ledger_line(in_time, Lateness(workdays=0, days=0)).endswith("，按时")


def test_the_text_is_ready_to_paste() -> None:
    assert text(small_week()) == (
        "督办周报 2021年第34周（8月23日至8月29日）\n"
        "截至8月29日24:00：收到4件，按时办结1件，逾期办结0件；逾期未办结1件，上周末0件。\n"
        "2件中1件按时。\n"
        "逾期未办结（1件）：\n"
        "1. 市水利局 水清三明（微信公众号）FJ-20210823-01：应于8月24日办结，尚未办结，已逾期3个工作日（5个自然日）。"
        "已告知：甲8月23日10:01起2次、乙8月23日15:00、丁8月25日08:00起2次。\n"
        "下周末前到期（至9月5日，1件）：\n"
        "1. 市林业局 水清三明（微信公众号）FJ-2：8月30日到期。\n"
        "时限待定（1件，节假日安排尚未公布，不计逾期）：\n"
        "1. 未匹配单位 水清三明（微信公众号）FJ-3：不早于2022年1月4日。\n"
        "问题类别：内容监测收到1件、逾期1件；错别字收到2件；未注明收到1件。"
    )


def test_a_quiet_week_says_so_shortly() -> None:
    assert text(weekly([], W34, AFTER, CALENDAR, scope=("市水利局",))) == (
        "督办周报 2021年第34周（8月23日至8月29日）\n"
        "范围：市水利局\n"
        "截至8月29日24:00：收到0件，按时办结0件，逾期办结0件；逾期未办结0件，上周末0件。\n"
        "没有可判定的工单。\n"
        "没有逾期未办结的工单。"
    )


def test_a_wide_scope_is_counted() -> None:
    told = text(weekly([], W34, AFTER, CALENDAR, scope=("甲局", "乙局", "丙局", "丁局")))
    assert told.splitlines()[1] == "范围：甲局、乙局、丙局等4个单位"


def many(on_time: int, late: int, week: int) -> list[TicketFacts]:
    """Tickets of one Monday, so many answered in time, so many two days too late."""
    received = sh(8, 23 + 7 * week)
    days = [24 + 7 * week] * on_time + [26 + 7 * week] * late
    due = date(2021, 8, 24 + 7 * week)
    answered = [sh(8, day) if day <= 31 else sh(9, day - 31) for day in days]
    return [TicketFacts(ticket=ticket(received, due, moment), unit="市水利局") for moment in answered]


@pytest.mark.parametrize(
    ("before", "now", "sentence"),
    [
        ((4, 1), (5, 1), "按时率83.3%（6件中5件按时），比上周上升3.3个百分点。"),
        ((5, 0), (4, 1), "按时率80%（5件中4件按时），比上周下降20个百分点。"),
        ((4, 1), (8, 2), "按时率80%（10件中8件按时），与上周持平。"),
        ((2, 1), (5, 0), "按时率100%（5件中5件按时）；上周3件中2件按时。"),
        ((4, 1), (2, 1), "3件中2件按时；上周按时率80%（5件中4件按时）。"),
        ((0, 0), (2, 1), "3件中2件按时。"),
    ],
)
def test_a_share_is_told_only_where_enough_were_judged(
    before: tuple[int, int], now: tuple[int, int], sentence: str
) -> None:
    figures = weekly([*many(*before, 0), *many(*now, 1)], W35, AFTER, CALENDAR)
    assert text(figures).splitlines()[2] == sentence


def test_holidays_ahead_are_told_with_their_make_up_days() -> None:
    told = text(weekly([], Week.parse("2021-W37"), AFTER, CALENDAR))
    assert told.endswith("放假安排：9月20日至9月21日中秋节放假；9月26日（周日）上班；10月1日至10月7日国庆节放假。")
    told = text(weekly([], Week.parse("2026-W52"), at(date(2027, 6, 1), time(9)), CALENDAR))
    assert told.endswith("2027年放假安排尚未公布，请留意并及时导入。")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("unit", ["市水利局", "很长的单位名称" * 28])
def test_the_text_never_grows_beyond_what_a_chat_takes(unit: str, language: Any) -> None:
    late = [ticket(sh(8, 23), date(2021, 8, 24), problem_class=f"类别{place}") for place in range(300)]
    figures = weekly(
        [TicketFacts(ticket=one, unit=unit, told=TOLD) for one in late], W34, AFTER, CALENDAR, scope=(unit,)
    )
    told = text(figures, language)
    assert len(told.encode()) <= 2_000
    assert told.endswith({"zh": "其余见附表。", "en": "The rest is in the attached table."}[language])
    assert "300" in told


def test_the_english_text_says_the_same() -> None:
    told = text(small_week(), "en")
    assert "due 24 August, not completed, 3 working days (5 calendar days) late so far; told: 甲 2 times since" in told
    assert "1 of 2 in time." in told


def test_the_table_has_its_sheets_ready_to_print() -> None:
    book = opened(small_week())
    assert book.sheetnames == ["周报", "逾期未办结", "逾期办结", "下周到期", "时限待定", "说明"]
    for sheet in book:
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert (sheet.freeze_panes, sheet.print_title_rows) == ("A4", "$1:$3")
        assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)
        assert sheet.column_dimensions["B" if sheet.max_column > 1 else "A"].width >= 20
    assert "时限待定" not in opened(weekly([], W34, AFTER, CALENDAR)).sheetnames


def test_the_first_sheet_sets_the_week_beside_the_week_before() -> None:
    book = opened(weekly([*many(4, 1, 0), *many(5, 1, 1)], W35, AFTER, CALENDAR, scope=("市水利局",)))
    rows = {row[0]: row[1:] for row in book["周报"].iter_rows(values_only=True)}
    assert rows["收到"] == (6, 5, 1)
    assert rows["按时办结"] == (5, 4, 1)
    assert rows["逾期办结"] == (1, 1, 0)
    assert rows["期末逾期未办结"] == (0, 0, 0)
    assert rows["按时率"] == (pytest.approx(5 / 6), 0.8, "比上周上升3.3个百分点")
    assert rows["未注明"] == (6, 1, None)
    assert "范围：市水利局  截至9月5日24:00" in rows
    few = opened(weekly(many(2, 1, 1), W35, AFTER, CALENDAR))
    assert ("按时率", "3件中2件按时", "没有可判定的工单", None) in few["周报"].iter_rows(values_only=True)


def test_the_overdue_are_listed_with_real_dates_and_who_was_told() -> None:
    book = opened(small_week())
    received, due = column(book, "逾期未办结", "收到时间"), column(book, "逾期未办结", "应办结日")
    assert [cell.value for cell in received] == [datetime(2021, 8, 23, 10)]
    assert [cell.value for cell in due] == [datetime(2021, 8, 24)]
    assert due[0].number_format == 'yyyy"年"m"月"d"日"'
    assert received[0].number_format == 'yyyy"年"m"月"d"日" hh:mm'
    assert [cell.value for cell in column(book, "逾期未办结", "逾期工作日")] == [3]
    assert [cell.value for cell in column(book, "逾期未办结", "逾期自然日")] == [5]
    [told] = column(book, "逾期未办结", "告知情况")
    assert told.value.splitlines() == [
        "8月23日10:01 甲 新工单",
        "8月23日15:00 乙 无人签收，请接手",
        "8月24日16:00 甲 即将到时",
        "8月25日08:00 丁 经办人员联系不上",
        "8月26日08:00 丁 督查单待发",
    ]
    assert told.alignment.wrap_text


def test_the_other_tables_list_theirs() -> None:
    book = opened(small_week())
    assert [cell.value for cell in column(book, "下周到期", "工单号")] == ["FJ-2"]
    assert [cell.value for cell in column(book, "时限待定", "最早可能")] == [datetime(2022, 1, 4)]
    assert [cell.value for cell in column(book, "时限待定", "单位")] == ["未匹配单位"]
    assert book["逾期办结"]["A4"].value == "无"
    later = opened(weekly([water()], W35, AFTER, CALENDAR))
    assert [cell.value for cell in column(later, "逾期办结", "办结时间")] == [datetime(2021, 9, 2, 16)]
    assert [cell.value for cell in column(later, "逾期办结", "逾期工作日")] == [7]


def test_a_long_story_is_cut_to_its_last_lines() -> None:
    told = tuple(telling(1, "甲", "slip_red", sh(8, 25, 8, minute), MessageKind.SLIP) for minute in range(40))
    one = TicketFacts(ticket=ticket(sh(8, 23), date(2021, 8, 24)), unit="市水利局", told=told)
    [cell] = column(opened(weekly([one], W34, AFTER, CALENDAR)), "逾期未办结", "告知情况")
    lines = cell.value.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (26, "共40次，以下为最近25次", "8月25日08:39 甲 红色督查单待发")


@pytest.mark.parametrize("number", ["=1+1", '=HYPERLINK("http://x","y")', "http://x.example", "+1", "{=1}", "a\x01b"])
def test_what_came_from_outside_stays_text(number: str) -> None:
    book = opened(weekly([water(number=number)], W34, AFTER, CALENDAR))
    [cell] = column(book, "逾期未办结", "工单号")
    assert (cell.data_type, cell.hyperlink) == ("s", None)
    assert cell.value.replace("_x0001_", "\x01") == number


def test_no_phone_number_and_no_free_text_comes_out() -> None:
    free = {"problem": "请致电13800138000", "suggestion": "13800138000", "completion_text": "13800138000"}
    figures = weekly([water(**free)], W35, AFTER, CALENDAR)
    cells = [str(cell.value) for sheet in opened(figures) for row in sheet.iter_rows() for cell in row]
    assert not any("13800138000" in told for told in (*cells, text(figures), text(figures, "en")))


def test_the_same_figures_give_the_same_bytes() -> None:
    one = small_week()
    assert workbook(one) == workbook(one)
