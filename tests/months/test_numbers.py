"""No false sentence: every number, time and span that anybody reads is counted again, at every rung of every policy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.delivery.wording import Language
from bot.rules.calendar.zone import SHANGHAI
from tests.months.numbers import Auditor
from tests.months.truth import rules
from tests.months.world import Line, World
from tests.months.writing import Table, play

RULES = rules()
PLATFORM = "微信公众号"
REASON = "“服务商排期已满”"
PEOPLE = {"jia": "林甲", "yi": "陈乙", "lead": "黄丙", "sup": "吴丁", "desk": "郑戊", "li": "何己"}
HOMES = {"sup": "county", "desk": "office", "li": "forest"}
# Before a plain week, Mid-Autumn, National Day, New Year, Spring Festival, Labour Day.
STARTS = tuple(
    datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=SHANGHAI)
    for day in ("2021-08-23", "2021-09-16", "2021-09-27", "2021-12-29", "2022-01-26", "2024-04-25")
)
SAYINGS = (
    *(
        "签收 {n}",
        "办结 {n} 已整改",
        "工单 {n}",
        "为什么 {n}",
        "我的工单",
        "督办列表",
        "转B角 {n}",
        "误报 {n} " + REASON,
    ),
    *("延期 {n} 到{day} " + REASON, "同意 {n}", "不同意 {n} " + REASON, "退回 {n} " + REASON, "几点前", "谁负责 {n}"),
    *("转派 {n} 市林业局", "补充 {n} " + REASON, "日历", "撤销", "已改 {n} 明天再发"),
)
GAPS = (1, 14, 45, 125, 300, 720, 1_440, 2_900, 6_000)  # minutes between what happens


def office(policy: str, start: datetime, until: datetime, events: Sequence[Table]) -> Table:
    """Two bureaus under a county, the desk above."""
    units = [("office", "市政府办公室", None), ("county", "区政府办公室", "office")]
    units += [("water", "市水利局", "county"), ("forest", "市林业局", "county")]
    duties = {"primary": "jia", "backup": "yi", "leader": "lead"}
    return {
        "start": start,
        "until": until,
        "policy": policy,
        "unit": [{"id": key, "name": name, **({"parent": up} if up else {"desk": True})} for key, name, up in units],
        "person": [{"id": key, "name": name, "unit": HOMES.get(key, "water")} for key, name in PEOPLE.items()],
        "account": [
            {"platform": PLATFORM, "name": "水清山明", "unit": "water", **duties},
            {"platform": PLATFORM, "name": "绿水林间", "unit": "forest", "primary": "li", "leader": "lead"},
        ],
        "supervisor": [{"unit": "county", "person": "sup"}],
        "event": list(events),
    }


def ticket(place: int, at: datetime, policy: str, issued: datetime, account: str = "水清山明") -> Table:
    """One of these tickets comes in."""
    given: dict[str, Any] = {"no": f"FJ-{place}", "platform": PLATFORM, "account": account, "problem": "错敏词"}
    given |= {
        "text": "首页把甲写成了乙",
        "suggestion": "改回甲",
        "url": f"https://gov.example/{place}",
        "issued_at": issued,
    }
    if RULES[policy].unit == "fixed":
        given["fixed_at"] = (issued + timedelta(days=9)).replace(hour=17, minute=0)
    return {"at": at, "ticket": given}


@st.composite
def plays(draw: st.DrawFn, policy: str) -> Table:
    """What happens to some tickets of one policy."""
    start = draw(st.sampled_from(STARTS))
    at = start + timedelta(minutes=draw(st.integers(0, 3 * 1_440)))
    late = draw(st.sampled_from((0, 0, 0, 20, 300, 2_900)))
    account = draw(st.sampled_from(("水清山明", "水清山明", "绿水林间", "无人认领")))
    many = draw(st.sampled_from((1, 1, 2, 3, 10)))
    events = [ticket(place, at, policy, at - timedelta(minutes=late), account) for place in range(many)]
    for _ in range(draw(st.integers(0, 6))):
        at += timedelta(minutes=draw(st.sampled_from(GAPS)))
        who = draw(st.sampled_from(("jia", "jia", "jia", "yi", "lead", "sup", "sup", "desk")))
        day = at.date() + timedelta(days=draw(st.integers(1, 12)))
        said = draw(st.sampled_from(SAYINGS)).format(
            n=f"FJ-{draw(st.integers(0, many - 1))}", day=f"{day.month}月{day.day}日"
        )
        events.append({"at": at, "say": {"person": who, "text": said}})
    until = at + timedelta(days=draw(st.sampled_from((3, 12, 40))))
    return office(policy, start - timedelta(minutes=late), until, events)


def faults(scenario: Table, folder: Path, language: Language) -> tuple[list[str], Sequence[Line]]:
    """What was said that is not so."""
    read, lines = play(scenario, folder, language)
    auditor = Auditor(World(read), language)
    return [fault for line in lines for fault in auditor.wrong(line)], lines


@pytest.mark.parametrize("policy", sorted(RULES))
def test_every_number_of_every_policy_is_counted_again(policy: str, tmp_path: Path) -> None:
    @settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(scenario=plays(policy), language=st.sampled_from(("zh", "en")))
    def counted_again(scenario: Table, language: Language) -> None:
        assert faults(scenario, tmp_path, language)[0] == []

    counted_again()
