"""What is doubtful about a notice is said before it counts."""

import json
from datetime import date, timedelta

import pytest

from bot.rules.calendar.notice import Understood, read_notice
from bot.rules.calendar.notice_check import Doubt, check, days_text, expected_working_days, working_days
from bot.rules.calendar.workdays import GovChina
from storage.calendar.schedules import layered
from tests.rules.calendar.notices import NOTHING, YEARS, approved, halved, text
from tests.rules.calendar.oracle import CALENDAR, DAY

TODAY = date(2026, 11, 24)


def doubts(understood: Understood, before: GovChina = CALENDAR, today: date = TODAY) -> list[Doubt]:
    after = GovChina(layered(approved(understood.notice)), "after")
    return list(check(understood, before, after, today))


@pytest.mark.parametrize("year", YEARS)
def test_a_published_notice_raises_no_grave_doubt(year: int):
    found = doubts(read_notice(text(year), NOTHING), today=date(year - 1, 12, 15))
    assert [one.sentence for one in found if one.grave] == []
    # The extension of January 2020, issued later, took two working days more.
    sums = [] if year != 2020 else ["2020年共249个工作日，按周一至周五减法定假日应为251个，请逐日核对。"]
    assert [one.sentence for one in found] == sums


def _of_2027(**given: object) -> Understood:
    off = {"2027-01-01": "元旦", **{f"2027-02-{d:02}": "春节" for d in range(5, 13)}, "2027-04-05": "清明节"}
    off |= {f"2027-05-{d:02}": "劳动节" for d in range(1, 6)} | {"2027-06-09": "端午节", "2027-09-15": "中秋节"}
    off |= {f"2027-10-{d:02}": "国庆节" for d in range(1, 8)}
    work = dict.fromkeys(("2027-02-14", "2027-02-20", "2027-05-08", "2027-09-26", "2027-10-09"), "调休")
    table = {"year": 2027, "issued": "2026-11-20", "off": off, "work": work}
    for key, changed in given.items():
        table[key] = changed(table[key])  # type: ignore[operator]
    return read_notice(json.dumps(table), NOTHING)


def test_a_made_up_2027_with_the_right_sum_passes():
    # Not the real schedule, which was not published: only the sum of 248 working days is.
    found = _of_2027()
    after = GovChina(layered(approved(found.notice)), "after")
    assert (working_days(after, 2027), expected_working_days(2027)) == (248, 248)
    assert doubts(found) == []


@pytest.mark.parametrize(
    ("given", "grave", "said"),
    [
        ({"work": lambda w: w | {"2027-03-03": "调休"}}, True, "调休上班日应在周末，下列不是：2027年3月3日"),
        ({"work": lambda w: w | {"2027-02-06": "调休"}}, True, "既写放假又写上班：2027年2月6日"),
        ({"off": lambda o: o | {"2029-01-01": "元旦"}}, True, "超过一年：2029年1月1日"),
        ({"off": lambda o: {d: n for d, n in o.items() if n != "端午节"}}, True, "没有读到：端午节"),
        ({"off": lambda o: {d: n for d, n in o.items() if d != "2027-05-02"}}, True, "不在放假日期里：2027年5月2日"),
        (
            {"off": lambda o: {d: n for d, n in o.items() if n != "清明节"} | {"2027-04-06": "清明节"}},
            True,
            "4月5日",
        ),
        ({"off": lambda o: o | {"2027-11-15": "国庆节"}}, False, "共247个工作日，按周一至周五减法定假日应为248个"),
        ({"work": lambda w: {d: n for d, n in w.items() if d > "2027-05"}}, False, "全年调休上班3天"),
        ({"issued": lambda _: "2026-12-24"}, False, "落款日期2026年12月24日在将来"),
        ({"issued": lambda _: None}, False, "没有读到落款日期"),
        ({"work": lambda w: w | {"2026-11-22": "元旦"}}, False, "改动了已经过去的日期：2026年11月22日"),
    ],
)
def test_what_is_doubtful_is_said(given: dict, grave: bool, said: str):
    found = doubts(_of_2027(**given))
    assert any(one.grave is grave and said in one.sentence for one in found), found


def test_an_amendment_to_an_unknown_year_and_another_version_of_a_known_one_are_doubtful():
    amendment = read_notice(halved(text("2019-amendment")).replace("2019", "2028"), NOTHING)
    assert any(one.grave and "2028年的全年安排还没有导入" in one.sentence for one in doubts(amendment))
    other = read_notice(halved(text(2026)).replace("5月9日(周六)", "5月10日(周日)"), NOTHING)
    [found] = doubts(other, today=date(2025, 12, 1))
    assert "与已知的2026年安排不同：2026年5月9日至10日" in found.sentence
    assert not found.grave


def test_another_library_that_disagrees_is_named_only_where_it_knows_the_year():
    understood = _of_2027()
    after = GovChina(layered(approved(understood.notice)), "after")
    year = frozenset(day for i in range(365) if after.is_working_day(day := date(2027, 1, 1) + DAY * i))
    opinions = {"甲库": lambda _: year, "乙库": lambda _: None, "丙库": lambda _: year - {date(2027, 3, 3)}}
    found = check(understood, CALENDAR, after, TODAY, opinions)
    assert [one.sentence for one in found] == ["与丙库的2027年数据不同：2027年3月3日。"]


def test_runs_of_days_are_written_short():
    days = [date(2026, 12, 31) + timedelta(i) for i in (0, 1, 2, 5, 40)]
    assert days_text(days) == "2026年12月31日至2027年1月2日、5日、2月9日"
    assert days_text([]) == ""


def test_a_sentence_that_does_not_fit_is_a_grave_doubt():
    understood = read_notice(halved(text(2026)).replace("共9天", "共8天"), NOTHING)
    grave = [one.sentence for one in doubts(understood, today=date(2025, 12, 1)) if one.grave]
    assert len(grave) == 1
    assert "写明8天，读出9天" in grave[0]
