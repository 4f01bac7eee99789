"""No false sentence: every number, time and span that anybody reads is counted again, at every rung of every policy."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.actions.messages.numbering import QUESTION_TTL
from bot.actions.people.bind_codes import LOCKED_FOR, WRONG_TRIES
from bot.actions.people.binding import CONFIRMATION_TTL
from bot.delivery.wording import Language, texts
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.tickets.undo import UNDO_WITHIN
from tests.months.numbers import Auditor, constants
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
    until = at + timedelta(days=draw(st.sampled_from((3, 3, 12, 30))))
    return office(policy, start - timedelta(minutes=late), until, events)


def faults(scenario: Table, folder: Path, language: Language) -> tuple[list[str], Sequence[Line]]:
    """What was said that is not so."""
    read, lines = play(scenario, folder, language)
    auditor = Auditor(World(read), language)
    return [fault for line in lines for fault in auditor.wrong(line)], lines


@pytest.mark.parametrize("policy", sorted(RULES))
def test_every_number_of_every_policy_is_counted_again(policy: str, tmp_path: Path) -> None:
    @settings(max_examples=2, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(scenario=plays(policy), language=st.sampled_from(("zh", "en")))
    def counted_again(scenario: Table, language: Language) -> None:
        assert faults(scenario, tmp_path, language)[0] == []

    counted_again()


# Where the limit lies on a day off, so that the rung before a holiday is climbed too.
PLAIN = "2021-08-23T08:30"
RECEIVED = {
    "stale_account": (PLAIN, "2021-08-25T09:00", "2021-09-20T09:00"),
    "cancel_account": ("2021-09-26T09:00",),
    "cancel_account:confirm": ("2021-09-26T09:00",),
    "cancel_account:10k": ("2021-09-18T09:00",),
    "cancel_account:100k": ("2021-09-04T09:00",),
    "cancel_account:more": ("2021-08-04T09:00",),
}


@pytest.mark.parametrize("policy", sorted(RULES))
def test_every_rung_is_heard_and_true(policy: str, tmp_path: Path) -> None:
    heard = set()
    for received in RECEIVED.get(policy, (PLAIN,)):
        at = datetime.fromisoformat(received).replace(tzinfo=SHANGHAI)
        until = at + timedelta(days=RULES[policy].amount + 15 if RULES[policy].unit == "calendar_days" else 35)
        found, lines = faults(office(policy, at, until, [ticket(0, at, policy, at)]), tmp_path, "zh")
        assert found == []
        heard |= {line["step"] for line in lines if line["event"] == "message" and line["ticket"]}
    # Seven working hours before the limit are the morning of the last working day: who hears both hears the later.
    same_morning = {"before_holiday"} if policy.startswith("cancel_account") else set()
    assert heard | same_morning == {step["name"] for step in RULES[policy].steps}


def test_what_runs_through_the_night_is_told_in_minutes(tmp_path: Path) -> None:
    at = datetime(2021, 8, 23, 22, tzinfo=SHANGHAI)
    events = [ticket(0, at, "veto_now", at)]
    found, lines = faults(office("veto_now", at, at + timedelta(hours=1), events), tmp_path, "zh")
    assert found == []
    [text] = [line["text"] for line in lines if line.get("step") == "take_over"]
    assert "收到后已过15分钟" in text


def test_the_numbers_in_the_words_are_those_of_the_program() -> None:
    minutes, undo, days = (
        str(span // timedelta(minutes=1)) for span in (QUESTION_TTL, UNDO_WITHIN, CONFIRMATION_TTL / 1_440)
    )
    allowed = {"chat.bind_ask": {days}, "chat.ruling_hint": {undo}, "chat.leave_hint": {undo}, "help.undo": {undo}}
    locked = str(LOCKED_FOR // timedelta(hours=1))
    allowed |= {"chat.bind_locked": {str(WRONG_TRIES)}, "notice.bind_locked": {str(WRONG_TRIES), locked}}
    allowed |= {"chat.help_after": {undo}}
    examples = (
        "story.",
        "weekly.",
        "ask.until",
        "ask.leave_until",
        "chat.hint_mistaken",
        "chat.help_numbers",
        "format.",
        "chat.oversight_hint",
    )
    examples += ("message.", "morning.", "notice.deputy_hint", "chat.which_what", "chat.mine_hint", "chat.which_or_all")
    for language in ("zh", "en"):
        for key, numbers in constants(language).items():
            if not key.startswith(examples):
                assert numbers <= allowed.get(key, {minutes}), (key, texts(language)[key])
