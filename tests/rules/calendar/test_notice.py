"""Reading notices: every published one of 2018–2026 word by word, odd copies, and what must not be believed."""

import json
import re
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rules.calendar.notice import NoticeRefused, read_notice
from bot.rules.calendar.notice_check import changes
from bot.rules.calendar.workdays import GovChina
from storage.calendar.schedules import AMENDMENTS, base_schedules, layered
from storage.records import NoticeKind
from tests.rules.calendar.notices import NOTHING, YEARS, approved, halved, text
from tests.rules.calendar.oracle import DAY, WORKED

AMENDED = {"2015-amendment": 2015, "2019-amendment": 2019, "2020-extension": 2020}


def schedules_without_amendments() -> tuple:
    return tuple(one for one in base_schedules() if one.source not in AMENDMENTS)


def calendar_of(*schedules: object) -> GovChina:
    return GovChina(schedules, "test")  # type: ignore[arg-type]


def known(schedules: tuple) -> dict[date, str]:
    return {day: name for one in schedules for day, name in one.off.items()}


@pytest.mark.parametrize("year", YEARS)
def test_the_notice_of_every_year_is_read_as_it_was_meant(year: int):
    found = read_notice(text(year), NOTHING)
    notice = found.notice
    assert (notice.year, notice.kind, found.misfits) == (year, NoticeKind.YEAR, ())
    assert notice.document == f"国务院办公厅关于{year}年部分节假日安排的通知"
    assert re.fullmatch(rf"国办发明电〔{year - 1}〕\d+号", notice.number)
    assert notice.issued is not None
    assert notice.issued.year == year - 1
    later = {day for days in AMENDMENTS.values() for day in days}
    wrong = [day for day in notice.off if WORKED[day]] + [day for day in notice.work if not WORKED[day]]
    assert set(wrong) <= later
    marked = {day for day, worked in WORKED.items() if worked is not (day.weekday() < 5)}
    of_year = {day for day in marked if day.year == year and (day.month, day.day) < (12, 20)}
    assert of_year - later <= {*notice.off, *notice.work}


@pytest.mark.parametrize("year", YEARS)
def test_the_calendar_built_from_the_notices_alone_is_the_published_one(year: int):
    notices = [read_notice(text(one), NOTHING).notice for one in (*YEARS, "2019-amendment")]
    before = {day: name for one in notices for day, name in one.off.items()}
    notices.append(read_notice(text("2020-extension"), before).notice)
    built = GovChina(layered(approved(*notices)), "notices")
    days = [date(year, 1, 1) + DAY * i for i in range(365)]
    assert [day for day in days if built.is_working_day(day) is not WORKED[day]] == []


def test_amendments_are_read_with_the_days_they_change():
    found = {name: read_notice(text(name), known(schedules_without_amendments())) for name in AMENDED}
    assert {name: one.notice.year for name, one in found.items()} == AMENDED
    assert all(one.notice.kind is NoticeKind.AMENDMENT and not one.misfits for one in found.values())
    days = {name: ([*one.notice.off], [*one.notice.work]) for name, one in found.items()}
    assert days["2019-amendment"] == (
        [date(2019, 5, 1), date(2019, 5, 2), date(2019, 5, 3), date(2019, 5, 4)],
        [date(2019, 4, 28), date(2019, 5, 5)],
    )
    assert days["2020-extension"] == ([date(2020, 1, 31), date(2020, 2, 1), date(2020, 2, 2)], [])
    assert days["2015-amendment"][1] == [date(2015, 9, 6)]
    names = {name: {*one.notice.off.values()} for name, one in found.items()}
    assert names == {"2015-amendment": {"纪念日"}, "2019-amendment": {"劳动节"}, "2020-extension": {"春节"}}


def test_an_amendment_over_the_years_own_notice_gives_the_calendar_as_it_was_in_force():
    for name, year in AMENDED.items():
        below = schedules_without_amendments()
        notice = read_notice(text(name), known(below)).notice
        over = calendar_of(*below, *(s for s in layered(approved(notice)) if s.source == notice.source))
        days = [date(year, 1, 1) + DAY * i for i in range(365)]
        assert [day for day in days if over.is_working_day(day) is not WORKED[day]] == []
        assert {one.day for one in changes(notice, calendar_of(*below), over)} <= {*notice.off, *notice.work}


def test_an_extension_of_a_holiday_nobody_knows_is_not_guessed():
    with pytest.raises(NoticeRefused, match="请先导入当年的通知"):
        read_notice(text("2020-extension").replace("2020", "2027"), known(base_schedules()))


def test_leave_recommended_on_new_years_eve_2024_is_no_day_off():
    found = read_notice(text(2024), NOTHING)
    assert date(2024, 2, 9) not in found.notice.off
    assert len(found.advice) == 1
    assert "除夕（2月9日）" in found.advice[0]


def test_joined_holidays_are_one_item():
    names = [one.name for one in read_notice(text(2025), NOTHING).items]
    assert names[-1] == "国庆节、中秋节"
    assert read_notice(text(2023), NOTHING).notice.off[date(2023, 10, 6)] == "中秋节、国庆节"


@pytest.mark.parametrize(
    "copied",
    [
        lambda s: halved(s),
        lambda s: s.replace("\n", ""),
        lambda s: s.replace("\n", "\r\n"),
        lambda s: s.replace("〔", "[").replace("〕", "]"),
        lambda s: re.sub(r"(\d)", lambda m: chr(ord(m[1]) + 0xFEE0), s),
        lambda s: re.sub(r"(\d+)(年|月|日|天)", r" \1 \2 ", s).replace("一、", "\u3000\u3000一、"),
        lambda s: "<p>" + s.replace("\n\n", "</p>\n<p>") + "</p>",
        lambda s: (
            "首页 > 政策\n发布时间：2024-11-12 18:48 来源：新华社\n" + s + "\n责任编辑：甲 2024年11月13日 点击：5125"
        ),
        lambda s: "新华社北京11月12日电 " + s,
        lambda s: s.replace("至", "—"),
        lambda s: "\ufeff" + s.replace("周", "星期"),
    ],
)
@pytest.mark.parametrize("year", [2019, 2023, 2025])
def test_copies_in_other_dress_are_read_alike(copied, year: int):
    found, plain = read_notice(copied(text(year)), NOTHING), read_notice(text(year), NOTHING)
    assert found.misfits == ()
    assert found.notice == plain.notice


@pytest.mark.parametrize(
    ("sentence", "off", "work"),
    [
        ("4月5日放假，4月7日（星期一）补休。", ["04-05", "04-07"], []),
        ("1月1日放假1天。", ["01-01"], []),
        ("9月8日放假，与周末连休。", ["09-08"], []),
        ("1月31日至2月6日放假调休，共7天。1月26日（星期日）、2月8日（星期六）上班。",
         ["01-31", "02-01", "02-02", "02-03", "02-04", "02-05", "02-06"], ["01-26", "02-08"]),
        ("5月1日、2日、3日放假。5月4日（星期日）上班。", ["05-01", "05-02", "05-03"], ["05-04"]),
        ("6月2日放假；6月7日（星期六）起正常上班。", ["06-02"], ["06-07"]),
        ("6月2日放假；6月9日（星期一）起正常上班。", ["06-02"], []),
    ],
)  # fmt: skip
def test_sentences_of_other_years(sentence: str, off: list[str], work: list[str]):
    found = read_notice(f"国务院办公厅关于2014年部分节假日安排的通知\n一、春节：{sentence}", NOTHING)
    assert found.misfits == ()
    assert [f"{day:%m-%d}" for day in sorted(found.notice.off)] == off
    assert [f"{day:%m-%d}" for day in sorted(found.notice.work)] == work


def test_december_under_new_years_day_is_last_years_even_without_a_year():
    found = read_notice(
        "国务院办公厅关于2023年部分节假日安排的通知\n一、元旦：12月31日至1月2日放假调休，共3天。12月24日（星期六）上班。",
        NOTHING,
    )
    assert [*found.notice.off] == [date(2022, 12, 31), date(2023, 1, 1), date(2023, 1, 2)]
    assert [*found.notice.work] == [date(2022, 12, 24)]
    assert found.misfits == ()


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("2月14日（周六）", "2月14日（周日）", "2026-02-14是星期六"),
        ("共9天", "共8天", "写明8天，读出9天"),
        ("23日（农历正月初七、周一）", "32日", "不是有效的日期"),
        ("5月9日（周六）上班", "5月9日（周六）", "没有写明放假还是上班"),
        ("关于2026年", "关于2027年", "与通知所写不符"),
        ("放假，共3天。\n\n四、", "休息，共3天。\n\n四、", "不知是放假还是建议"),
    ],
)
def test_what_does_not_fit_keeps_the_notice_out(right: str, wrong: str, said: str):
    good = halved(text(2026))
    right, wrong = halved(right), halved(wrong)
    assert right in good
    found = read_notice(good.replace(right, wrong), NOTHING)
    assert any(said in one for one in found.misfits)


def test_two_notices_in_one_file_are_not_mixed():
    found = read_notice(text(2020) + text("2020-extension"), NOTHING)
    assert found.notice == read_notice(text(2020), NOTHING).notice
    assert "请分开导入" in found.misfits[0]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "没有找到通知标题"),
        ("关于端午节值班的通知", "没有找到通知标题"),
        ("国务院办公厅关于2027年部分节假日安排的通知\n另行通知。", "没有读出任何"),
        ("国务院办公厅关于部分节假日安排的通知\n一、元旦：1月1日放假。", "年份"),
        ("[1]", "JSON 应为一个对象"),
        ("{", "JSON 读不懂"),
        ('{"year": 2027}', "没有任何放假"),
        ('{"year": 2027, "off": ["1月1日"]}', "日期应写成 2027-01-01"),
        ('{"off": ["2027-01-01"]}', "JSON 读不懂"),
        ('{"year": 2027, "kind": "draft", "off": ["2027-01-01"]}', "JSON 读不懂"),
    ],
)
def test_what_is_no_notice_is_refused_with_the_reason(given: str, said: str):
    with pytest.raises(NoticeRefused, match=said):
        read_notice(given, NOTHING)


def test_a_table_says_the_same_as_the_text():
    plain = read_notice(text(2026), NOTHING).notice
    table = {
        "year": 2026,
        "document": plain.document,
        "number": plain.number,
        "issued": "2025-11-04",
        "off": {day.isoformat(): name for day, name in plain.off.items()},
        "work": {day.isoformat(): name for day, name in plain.work.items()},
    }
    found = read_notice(json.dumps(table, ensure_ascii=False), NOTHING)
    assert found.notice == plain
    assert sorted(one.name for one in found.items) == sorted(set(plain.off.values()))
    rows = [{"name": n, "date": d.isoformat(), "isOffDay": True} for d, n in plain.off.items()]
    rows += [{"name": n, "date": d.isoformat(), "isOffDay": False} for d, n in plain.work.items()]
    other = read_notice(json.dumps({"year": 2026, "papers": [], "days": rows}), NOTHING).notice
    assert (other.off, other.work, other.document) == (plain.off, plain.work, plain.document)


@st.composite
def arrangements(draw) -> tuple[dict[str, tuple[date, date]], dict[str, list[date]]]:
    """Made-up holidays of a year that do not touch each other, each with make-up days on weekends."""
    off, work = {}, {}
    for place, name in enumerate(("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")):
        first = date(2027, 1, 1) + timedelta(50 * place + draw(st.integers(0, 20)))
        off[name] = (first, first + timedelta(draw(st.integers(0, 8))))
        later = [off[name][1] + timedelta(i) for i in range(1, 20)]
        weekend = [day for day in later if day.weekday() >= 5]
        work[name] = sorted(draw(st.sets(st.sampled_from(weekend), max_size=2)))
    return off, work


@given(made=arrangements(), short=st.booleans())
def test_any_arrangement_worded_as_notices_are_worded_is_read_back(made, short: bool):
    off, work = made
    week = "周{}" if short else "星期{}"

    def day(one: date) -> str:
        return f"{one.month}月{one.day}日（{week.format('一二三四五六日'[one.weekday()])}）"

    items = []
    for place, (name, (first, last)) in enumerate(off.items()):
        span = day(first) if first == last else f"{day(first)}至{day(last)}"
        sentence = f"{'一二三四五六七'[place]}、{name}：{span}放假调休，共{(last - first).days + 1}天。"
        items.append(sentence + ("、".join(map(day, work[name])) + "上班。" if work[name] else ""))
    found = read_notice("国务院办公厅关于2027年部分节假日安排的通知\n" + "\n".join(items), NOTHING)
    assert found.misfits == ()
    assert {*found.notice.off} == {a + DAY * i for a, b in off.values() for i in range((b - a).days + 1)}
    assert {*found.notice.work} == {one for days in work.values() for one in days}
