"""The sentence that explains a deadline, and the count day by day."""

import pytest

from bot.delivery.explaining import explain, explain_by_day
from bot.rules.calendar.deadline import compute
from bot.rules.calendar.hours import WorkingTime
from bot.rules.calendar.workdays import GovChina
from storage.calendar.calendar import base_schedules
from storage.records import JudgingLine, Policy, Schedule, TimeUnit
from tests.rules.calendar.oracle import POLICIES, WORKING, beijing, policy


def said(one: Policy, received: str, fixed: str = "") -> str:
    deadline = compute(one, beijing(received), WORKING, fixed_at=beijing(fixed) if fixed else None)
    return explain(one, deadline, WORKING)


@pytest.mark.parametrize(
    ("name", "received", "sentence"),
    [
        (
            "monitor_1wd",
            "2021-08-23 10:00",
            "8月23日（周一）收到，当日不计；8月24日（周二）为第1个工作日。请于8月24日18:00前办结，最迟24:00。",
        ),
        (
            "monitor_1wd",
            "2021-09-25 09:00",
            "9月25日（周六）收到，当日不计；9月26日（周日，调休上班）为第1个工作日。请于9月26日18:00前办结，最迟24:00。",
        ),
        (
            "monitor_1wd",
            "2021-09-18 16:41",
            "9月18日（周六，调休上班）收到，当日不计；9月19日至21日中秋节放假；9月22日（周三）为第1个工作日。"
            "请于9月22日18:00前办结，最迟24:00。",
        ),
        (
            "enquiry",
            "2021-09-28 09:00",
            "9月28日（周二）收到，当日不计；10月1日至7日国庆节放假；10月9日（周六）调休上班；10月11日（周一）为第5个工作日。"
            "请于10月11日17:30前办结，最迟24:00。",
        ),
        (
            "monitor_1wd",
            "2022-12-30 09:00",
            "12月30日（周五）收到，当日不计；12月31日至2023年1月2日元旦放假；2023年1月3日（周二）为第1个工作日。"
            "请于2023年1月3日17:30前办结，最迟24:00。",
        ),
        ("hotline", "2021-09-18 09:00", "9月18日（周六，调休上班）收到，当日办结。请于9月18日18:00前办结，最迟24:00。"),
        (
            "hotline",
            "2021-08-28 09:00",
            "8月28日（周六）收到，当日不上班；顺延至8月30日（周一），当日办结。请于8月30日18:00前办结，最迟24:00。",
        ),
        (
            "veto_now",
            "2021-09-30 22:00",
            "9月30日（周四）22:00收到，按自然小时计2小时，夜间和节假日照算。请于9月30日24:00前办结。",
        ),
        (
            "stale_account",
            "2021-09-20 12:00",
            "9月20日（周一，中秋节放假）收到，当日不计；10月4日（周一，国庆节放假）为第14天，节假日照算。"
            "请于9月30日18:00前办结，最迟10月4日24:00。",
        ),
        (
            "monitor_1wd",
            "2026-12-31 10:00",
            "12月31日（周四）收到，当日不计；2027年放假安排尚未公布，暂不能确定截止日，最早可能为2027年1月2日（周六）。"
            "公布后自动补算，在此之前不算逾期。",
        ),
    ],
)
def test_one_sentence(name: str, received: str, sentence: str):
    assert said(policy(name), received) == sentence


def test_a_fixed_moment_and_working_hours():
    assert said(policy("notice_report"), "2021-09-18 16:41", "2021-09-27 00:00") == (
        "9月18日（周六，调休上班）收到，按文件写明的时间办结，截止日为9月26日（周日，调休上班）。"
        "请于9月26日18:00前办结，最迟24:00。"
    )
    hours = Policy(name="h", title="试", unit=TimeUnit.WORKING_HOURS, amount=3.5, judged=JudgingLine.EXACT, steps=())
    assert said(hours, "2021-08-23 10:00") == (
        "8月23日（周一）10:00收到，按上班时间计3.5小时。请于8月23日16:30前办结。"
    )
    assert said(hours, "2021-09-18 17:00") == (
        "9月18日（周六，调休上班）17:00收到，按上班时间计3.5小时；9月19日至21日中秋节放假。请于9月22日10:30前办结。"
    )


def test_day_by_day_with_the_document():
    one = policy()
    lines = explain_by_day(one, compute(one, beijing("2021-09-18 16:41"), WORKING), WORKING)
    assert lines == (
        "2021年9月18日（周六）：中秋节调休上班，收到，不计",
        "2021年9月19日（周日）：中秋节放假，不计",
        "2021年9月20日（周一）：中秋节放假，不计",
        "2021年9月21日（周二）：中秋节放假，不计",
        "2021年9月22日（周三）：第1个工作日，截止日",
        "依据：国务院办公厅关于2021年部分节假日安排的通知（国办发明电〔2020〕27号）",
    )


def test_every_day_names_its_document_where_they_differ():
    one = policy()
    lines = explain_by_day(one, compute(one, beijing("2020-01-30 10:00"), WORKING), WORKING)
    assert lines[0] == (
        "2020年1月30日（周四）：春节放假，收到，不计（依据：国务院办公厅关于2020年部分节假日安排的通知）"
    )
    assert lines[1] == "2020年1月31日（周五）：春节放假，不计（依据：国务院办公厅关于延长2020年春节假期的通知）"
    assert lines[-1] == (
        "2020年2月3日（周一）：第1个工作日，截止日（依据：国务院办公厅关于2020年部分节假日安排的通知）"
    )


def test_hours_and_unpublished_years_day_by_day():
    veto, one = policy("veto_now"), policy()
    night = explain_by_day(veto, compute(veto, beijing("2021-09-30 23:30"), WORKING), WORKING)
    assert night[:2] == (
        "2021年9月30日（周四）：收到，计0.5小时",
        "2021年10月1日（周五）：国庆节放假，计1.5小时，截止日",
    )
    waiting = explain_by_day(one, compute(one, beijing("2026-12-31 10:00"), WORKING), WORKING)
    assert waiting[1] == "2027年1月1日（周五）：放假安排尚未公布"


def test_a_local_closure_is_named_in_its_own_words():
    closed = Schedule(year=2021, off={beijing("2021-08-24 10:00").date(): "台风停工"}, work={}, source="市防指通知")
    changed = WorkingTime(GovChina((*base_schedules(), closed), "changed"), POLICIES.office_hours)
    deadline = compute(policy(), beijing("2021-08-23 10:00"), changed)
    assert explain(policy(), deadline, changed).startswith(
        "8月23日（周一）收到，当日不计；8月24日台风停工；8月25日（周三）为第1个工作日。"
    )
