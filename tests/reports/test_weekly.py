"""The weekly summary as a text: whole on screen and in a file, short in a chat."""

from datetime import date, time
from typing import Any

import pytest

from bot.reports.weekly import chat_text, text
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.zone import at
from bot.rules.reports.counting import weekly
from bot.rules.reports.figures import WeeklyFigures
from tests.cast.rows import sh, ticket
from tests.cast.weeks import AFTER, W34, W35, facts, many, small_week, told_late, water
from tests.rules.calendar.oracle import WORKING


def test_the_text_is_ready_to_paste() -> None:
    assert text(small_week(told_late())) == (
        "督办周报 2021年第34周（8月23日至8月29日）\n"
        "截至8月29日24:00：收到5件，按时办结1件，逾期办结0件；逾期未办结1件，上周末0件。"
        "另有1件在告知单位之前已逾期，不计入。\n"
        "2件中1件按时。\n"
        "本周办结1件，用时中位数：平台下发至录入几乎没有用时，录入至答复7个工作小时。\n"
        "逾期未办结（1件）：\n"
        "1. 市水利局 水清三明（微信公众号）FJ-20210823-01，A角甲、B角乙：应于8月24日办结，尚未办结，"
        "已逾期3个工作日（5个自然日）；期限内无人签收。已告知：甲8月23日10:01起2次、乙8月23日15:00、丁8月25日08:00起2次。\n"
        "告知前已逾期（1件，不计入以上逾期件数）：\n"
        "1. 市水利局 水清三明（微信公众号）FJ-9，A角甲、B角乙：应于8月24日办结，尚未办结，"
        "已逾期3个工作日（5个自然日）；8月25日09:00才告知本单位，此后2个工作日（4个自然日）。\n"
        "下周末前到期（至9月5日，1件）：\n"
        "1. 市林业局 水清三明（微信公众号）FJ-2，A角甲、未登记B角：待签收，8月30日到期。\n"
        "时限待定（1件，节假日安排尚未公布，不计逾期）：\n"
        "1. 未匹配单位 水清三明（微信公众号）FJ-3：不早于2022年1月4日。\n"
        "问题类别：内容监测收到1件、逾期1件；错别字收到2件；错敏词收到1件；未注明收到1件。"
    )


def test_a_quiet_week_says_so_shortly() -> None:
    assert text(weekly([], W34, AFTER, WORKING, scope=("市水利局",))) == (
        "督办周报 2021年第34周（8月23日至8月29日）\n"
        "范围：市水利局\n"
        "截至8月29日24:00：收到0件，按时办结0件，逾期办结0件；逾期未办结0件，上周末0件。\n"
        "没有可判定的工单。\n"
        "没有逾期未办结的工单。"
    )


def test_what_was_finished_late_says_why() -> None:
    told = text(weekly([water()], W35, AFTER, WORKING))
    assert "9月2日办结，逾期7个工作日（9个自然日）；期限内无人签收。" in told


def test_a_wide_scope_is_counted() -> None:
    told = text(weekly([], W34, AFTER, WORKING, scope=("甲局", "乙局", "丙局", "丁局")))
    assert told.splitlines()[1] == "范围：甲局、乙局、丙局等4个单位"


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
    figures = weekly([*many(*before, 0), *many(*now, 1)], W35, AFTER, WORKING)
    assert text(figures).splitlines()[2] == sentence


def test_holidays_ahead_are_told_with_their_make_up_days() -> None:
    told = text(weekly([], Week.parse("2021-W37"), AFTER, WORKING))
    assert told.endswith("放假安排：9月20日至9月21日中秋节放假；9月26日（周日）上班；10月1日至10月7日国庆节放假。")
    told = text(weekly([], Week.parse("2026-W52"), at(date(2027, 6, 1), time(9)), WORKING))
    assert told.endswith("2027年放假安排尚未公布，请留意并及时导入。")


def a_bad_week(unit: str = "市水利局") -> WeeklyFigures:
    """Three hundred tickets overdue, of as many classes, and some of every other list."""
    late = [ticket(sh(8, 23), date(2021, 8, 24), problem_class=f"类别{place}") for place in range(300)]
    soon = [ticket(sh(8, 27), date(2021, 8, 30), number=f"SOON-{place}") for place in range(20)]
    return weekly([*(facts(one, unit) for one in (*late, *soon)), water()], W34, AFTER, WORKING, scope=(unit,))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("unit", ["市水利局", "很长的单位名称" * 28])
def test_in_a_chat_it_is_cut_and_says_so(unit: str, language: Any) -> None:
    told = chat_text(a_bad_week(unit), language)
    assert len(told.encode()) <= 2_000
    assert told.endswith({"zh": "其余见附表。", "en": "The rest is in the attached table."}[language])
    assert "301" in told


def test_what_is_overdue_is_told_in_a_chat_before_anything_else() -> None:
    lines = chat_text(a_bad_week()).splitlines()
    overdue, soon = (
        lines.index("逾期未办结（301件）："),
        next(place for place, line in enumerate(lines) if line.startswith("下周末前到期")),
    )
    assert soon - overdue - 1 >= 3
    assert "最近告知：丁 8月26日08:00（共5次）" in lines[overdue + 1]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_on_screen_it_is_whole(language: Any) -> None:
    told = text(a_bad_week(), language)
    assert all(f"SOON-{place}" in told for place in range(20))
    assert all(f"类别{place}" in told for place in range(300))
    assert told.count("FJ-") == 301
    assert "附表" not in told
    assert "attached" not in told


def test_what_fits_a_chat_is_the_same_there() -> None:
    assert chat_text(small_week()) == text(small_week())


def test_the_english_text_says_the_same() -> None:
    told = text(small_week(told_late()), "en")
    assert "A: 甲, B: 乙: due 24 August, not completed, 3 working days (5 calendar days) late so far; taken by" in told
    assert "told: 甲 2 times since" in told
    assert "the unit was told 25 August 09:00, 2 working days (4 calendar days) since." in told
    assert "1 of 2 in time." in told


def test_no_phone_number_and_no_free_text_comes_out() -> None:
    free = {"problem": "请致电13800138000", "suggestion": "13800138000", "completion_text": "13800138000"}
    figures = weekly([water(**free)], W35, AFTER, WORKING)
    assert "13800138000" not in text(figures) + text(figures, "en") + chat_text(figures)


def test_what_proves_the_journals_stands_at_the_end_however_long_the_week_was() -> None:
    root = "128-9f2c41d07a3be655"
    for told in (
        text(small_week(), "zh", root),
        chat_text(small_week(), "zh", root),
        chat_text(a_bad_week(), "zh", root),
    ):
        assert told.splitlines()[-1] == f"存证号：{root}"
        assert told.count(root) == 1
    assert len(chat_text(a_bad_week(), "zh", root).encode()) <= 2_000
