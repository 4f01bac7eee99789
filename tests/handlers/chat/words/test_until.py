"""Days as people say them, read on Monday 23 August 2021."""

from datetime import date, time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.rules.tickets.extension import Until
from handlers.chat.words.until import read_period, read_until

TODAY = date(2021, 8, 23)


def day(month: int, number: int, clock: time | None = None, year: int = 2021) -> Until:
    """A day, perhaps with a clock."""
    return Until(day=date(year, month, number), clock=clock)


@pytest.mark.parametrize(
    ("text", "until", "rest"),
    [
        ("8月26日", day(8, 26), ""),
        ("到8月26日 等待平台审核", day(8, 26), "等待平台审核"),
        ("8月26号,等审核", day(8, 26), "等审核"),
        ("等待平台审核 延期到8月26日", day(8, 26), "等待平台审核"),
        ("8-26 等审核", day(8, 26), "等审核"),
        ("8/26 等审核", day(8, 26), "等审核"),
        ("8.26 等审核", day(8, 26), "等审核"),
        ("2021年8月26日", day(8, 26), ""),
        ("2021-08-26 等审核", day(8, 26), "等审核"),
        ("2021/8/26", day(8, 26), ""),
        ("20210826", day(8, 26), ""),
        ("\uff18月\uff12\uff16日", day(8, 26), ""),
        ("26日 等审核", day(8, 26), "等审核"),
        ("26号", day(8, 26), ""),
        ("20号", day(9, 20), ""),  # the 20th of this month is over
        ("周五", day(8, 27), ""),
        ("星期五 等审核", day(8, 27), "等审核"),
        ("礼拜天", day(8, 29), ""),
        ("周一", day(8, 30), ""),  # today is one
        ("本周一", day(8, 23), ""),
        ("这周五", day(8, 27), ""),
        ("下周五", day(9, 3), ""),
        ("下下周一", day(9, 6), ""),
        ("今天", day(8, 23), ""),
        ("明天18:00 等审核", day(8, 24, time(18)), "等审核"),
        ("明天18点 等审核", day(8, 24, time(18)), "等审核"),
        ("明天下午6点半 等审核", day(8, 24, time(18, 30)), "等审核"),
        ("后天上午9点30分前 等审核", day(8, 25, time(9, 30)), "等审核"),
        ("明天中午 等审核", day(8, 24, time(12)), "等审核"),
        ("明天下班前 等审核", day(8, 24), "等审核"),
        ("8月26日24:00 等审核", day(8, 26, time(0)), "等审核"),
        ("大后天", day(8, 26), ""),
        ("月底前 等审核", day(8, 31), "等审核"),
        ("1月5日", day(1, 5, year=2022), ""),
        ("8月20日", day(8, 20), ""),  # over: no year is guessed for it
        ("2个工作日 等审核", Until(working_days=2), "等审核"),
        ("两个工作日", Until(working_days=2), ""),
        ("十五个工作日", Until(working_days=15), ""),
        ("3天 等审核", Until(days=3), "等审核"),
        ("二十天", Until(days=20), ""),
        ("3个自然日", Until(days=3), ""),
        ("两周", Until(days=14), ""),
        ("1个星期", Until(days=7), ""),
        ("3天后 等审核", day(8, 26), "等审核"),
        ("until 2021-08-26 waiting", day(8, 26), "waiting"),
        ("friday waiting", day(8, 27), "waiting"),
        ("tomorrow 18:00", day(8, 24, time(18)), ""),
        ("2 working days waiting", Until(working_days=2), "waiting"),
        ("因平台8月20日升级,延期到8月26日", day(8, 26), "因平台8月20日升级"),
        ("平台升级到3.2版本,延到周四", day(8, 26), "平台升级到3.2版本"),
        ("等第3方处理,8月26日", day(8, 26), "等第3方处理"),
        ("周五前台审核", day(8, 27), "前台审核"),
        ("明天25:00 等审核", day(8, 24), "25:00 等审核"),
    ],
)
def test_reads(text: str, until: Until, rest: str) -> None:
    assert read_until(text, TODAY) == (until, rest)


@pytest.mark.parametrize(
    "text", ["", "等待平台审核", "8月32日", "2月30日", "中央已批", "0天", "三三天", "第3方", "周八", "13-45", "1.2.3"]
)
def test_reads_no_time(text: str) -> None:
    assert read_until(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "since", "until", "rest"),
    [
        ("8月24日到8月30日 由乙代", day(8, 24), day(8, 30), "由乙代"),
        ("从明天到周五 由乙代", day(8, 24), day(8, 27), "由乙代"),
        ("明天至27日,病假,请乙代班", day(8, 24), day(8, 27), "病假,请乙代班"),
        ("到周五 由乙代", None, day(8, 27), "由乙代"),
        ("3天 乙代", None, Until(days=3), "乙代"),
        ("自8月24日至26日", day(8, 24), day(8, 26), ""),
    ],
)
def test_reads_periods(text: str, since: Until | None, until: Until, rest: str) -> None:
    period = read_period(text, TODAY)
    assert period is not None
    assert (period.since, period.until, period.rest) == (since, until, rest)


def test_the_words_of_the_times_are_kept_apart() -> None:
    period = read_period("从明天到周五 病假 由乙代", TODAY)
    assert period is not None
    again = read_period(period.said, TODAY)
    assert again is not None
    assert (again.since, again.until, again.rest) == (period.since, period.until, "")


PIECES = st.lists(
    st.sampled_from([*"0123456789:/.-年月日号周一二十五天前到至 ", "个工作日", "明天", "下周", "理由"]), max_size=12
)


@example(text="延期十二十天", today=date(2021, 8, 23))
@example(text="十二五个工作日", today=date(2021, 8, 23))
@given(text=PIECES.map("".join) | st.text(max_size=40), today=st.dates(date(2019, 1, 1), date(2030, 12, 31)))
def test_any_text_is_read_without_error(text: str, today: date) -> None:
    read = read_until(text, today)
    if read is not None:
        until, _rest = read
        assert (until.day is not None) + bool(until.working_days) + bool(until.days) == 1
