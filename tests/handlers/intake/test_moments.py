"""Times as people and spreadsheets write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.zone import SHANGHAI
from bot.rules.tickets.arrivals import Refusal
from handlers.intake.moments import ReadMoment, read_moment

TEN = datetime(2021, 8, 23, 10, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    "text",
    [
        "2021-08-23 10:00",
        "2021/8/23 10:00:00",
        "2021.8.23 10:00",
        "2021年8月23日10时",
        "2021年8月23日 10时00分",
        "2021年8月23日10点",
        "2021年8月23日（星期一）上午10:00",
        "2021-08-23 周一 10:00:00.000",
        "2021-8-23 10:00 AM",
        "202108231000",
        "20210823100000",
        "20210823T100000",
        "44431.4166667",
        "2021-08-23T10:00:00+08:00",
        "2021-08-23T02:00:00Z",
        "2021-08-23T04:00+0200",
        "２０２１－０８－２３　１０：００",
        " 2021-08-23 10:00\0",
    ],
)
def test_a_time_is_read_however_it_is_written(text: str) -> None:
    assert read_moment(text) == ReadMoment(at=TEN.astimezone(UTC))


@pytest.mark.parametrize(
    ("text", "hour", "minute"),
    [
        ("2021年8月23日 下午3:05", 15, 5),
        ("2021-08-23 3:05 PM", 15, 5),
        ("2021年8月23日 中午12:30", 12, 30),
        ("2021年8月23日 上午12:30", 0, 30),
        ("2021年8月23日 凌晨1:00", 1, 0),
        ("2021-08-23 24:00", 24, 0),
    ],
)
def test_halves_of_the_day(text: str, hour: int, minute: int) -> None:
    read = read_moment(text)
    assert read == ReadMoment(at=TEN.replace(hour=0) + timedelta(hours=hour, minutes=minute))


@pytest.mark.parametrize("text", ["2021-08-23", "2021年8月23日", "20210823", "44431", "2021/8/23 星期一"])
def test_a_day_alone_begins_at_midnight_and_says_so(text: str) -> None:
    assert read_moment(text) == ReadMoment(at=TEN.replace(hour=0), day_only=True)


@pytest.mark.parametrize("text", ["8-23", "8月23日", "8月23日 10:00", "08/23", "8.23 上午10时"])
def test_a_year_is_never_guessed(text: str) -> None:
    read = read_moment(text)
    assert isinstance(read, Refusal)
    assert "没有年份" in read.reason


@pytest.mark.parametrize(
    "text",
    [
        *("", "昨天", "1个工作日", "23/08/2021", "08/23/2021", "2021-13-01", "2021-02-29", "2021-08-23 25:00"),
        *("2021-08-23 24:01", "2021-08-23 10:60", "2021-08-23 10", "2021-08-23 10:0512", "99999", "1629684000"),
        *("9999-12-31 24:00", "0000-01-01", "2021-08-23T10:00+99:00", "2021-08-23 10:00 或以后", "٢٠٢١"),
        "2021-08-23" + " " * 10_000 + "x",
    ],
)
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    read = read_moment(text)
    assert isinstance(read, Refusal)
    assert "请写成 2021-08-23 10:00 这样" in read.reason
    assert len(read.reason) < 100


@given(st.datetimes(datetime(1992, 1, 1), datetime(2100, 1, 1), timezones=st.just(SHANGHAI)))
def test_every_minute_is_read_back_from_every_form(moment: datetime) -> None:
    moment = moment.replace(second=0, microsecond=0)
    serial = (moment.replace(tzinfo=None) - datetime(1899, 12, 30)) / timedelta(days=1)
    forms = ["%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y年%m月%d日%H时%M分", "%Y%m%d%H%M", "%Y-%m-%dT%H:%M:%S%z"]
    for text in [*(moment.strftime(form) for form in forms), repr(serial)]:
        read = read_moment(text)
        assert isinstance(read, ReadMoment), text
        assert read.at == moment, text


@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert isinstance(read_moment(text), ReadMoment | Refusal)
