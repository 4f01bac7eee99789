"""Weeks nobody planned: whatever people say and whenever it is down, nothing breaks and nothing is told twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from random import Random

import pytest

from bot.rules.calendar.zone import SHANGHAI
from storage.tickets import tickets
from tests.cast.bureau import KEYS, NAMES
from tests.cast.office import Office

STEPS = 200
PEOPLE = ("jia", "yi", "bing", "ding", "wu", "ji")
POLICIES = (
    *("monitor_1wd",) * 6,
    *("veto_now", "find_error", "enquiry", "enquiry:complex", "hotline", "stale_account", "cancel_account"),
)
MINUTES = (1, 5, 5, 30, 90, 240, 600, 1_200)
UNTIL = ("明天", "后天", "下周五", "9月30日", "10月8日 12:00", "3天", "昨天", "")
ABOUT_A_TICKET = (
    *(
        "签收 {n}",
        "办结 {n} 已整改",
        "办结 {n}",
        "已修改 {n}",
        "转B角 {n}",
        "工单 {n}",
        "为什么 {n}",
        "退回 {n} 没改完",
    ),
    *("延期 {n} {until} 领导出差", "误报 {n} 不是错字", "误报 {n}", "转派 {n} {name}", "转派 {n} 三明市水利局"),
    *("同意 {n}", "不同意 {n} 不合适", "同意延期 {n}", "同意误报 {n}", "同意转派 {n}"),
)
ABOUT_NONE = (
    *("已删除", "请假 到{until}", "请假 到{until} 由{name}代", "返岗", "撤销", "督办列表", "我的工单", "1", "2"),
    *("取消", "帮助", "好的", "领导出差", "签收 1 2 3", "绑定", "看板"),
)
ACTIONS = ("ack", "done", "ticket", "why", "hand", "more", "false", "move", "ok", "no", "back", "gone")
HAPPENS = (20, 8, 3, 60, 9)  # how often of a hundred: time, tickets, a new start, words, buttons


@pytest.mark.parametrize("seed", range(4))
def test_random_weeks(office: Office, seed: int) -> None:
    chance = Random(seed)
    numbers: list[str] = []
    for step in range(STEPS):
        what = chance.choices((_time_passes, _tickets_come, _starts_anew, _says, _taps), HAPPENS)[0]
        if what is _tickets_come or not numbers:
            numbers += _tickets_come(
                office, chance, [f"FJ-{step}-{place}" for place in range(chance.choice((1, 1, 2, 7)))]
            )
        else:
            what(office, chance, numbers)
    copies = Counter(one.key for one in office.stage["chat"].kept)
    assert [key for key, many in copies.items() if many > 1] == []
    with office.database.read() as conn:
        assert tickets.due(conn, office.clock.now(), 10) == []
    office.forget()  # journals, open ends and logged errors are looked at when the office closes


def _time_passes(office: Office, chance: Random, _numbers: Sequence[str]) -> None:
    then = (office.clock.now() + timedelta(minutes=chance.choice(MINUTES))).astimezone(SHANGHAI)
    pass_by = office.down_until if chance.random() < 0.15 else office.at
    pass_by(f"{then:%Y-%m-%d %H:%M}")


def _tickets_come(office: Office, chance: Random, numbers: Sequence[str]) -> Sequence[str]:
    account = {"account": "无此账号"} if chance.random() < 0.1 else {}
    taken = office.receives(*numbers, policy=chance.choice(POLICIES), **account)
    assert {one.outcome for one in taken} == {"created"}
    return numbers


def _starts_anew(office: Office, _chance: Random, _numbers: Sequence[str]) -> None:
    office.reopen()


def _says(office: Office, chance: Random, numbers: Sequence[str]) -> None:
    names = {"name": NAMES[KEYS[chance.choice(PEOPLE)]], "until": chance.choice(UNTIL)}
    number = chance.choice(numbers[-5:]) if chance.random() < 0.8 else chance.choice(("1", "2", "3", ""))
    who = _somebody(chance)
    said = chance.choice(ABOUT_A_TICKET + ABOUT_NONE).format(n=number, **names)
    _answered(office, office.says(who, said).text)
    if chance.random() < 0.3:
        then = chance.choice(
            (
                (who, "撤销"),
                (who, "1"),
                (who, "网站改版"),
                ("ding", f"同意 {number}"),
                ("wu", f"不同意 {number} 不合适"),
            )
        )
        _answered(office, office.says(*then).text)


def _taps(office: Office, chance: Random, numbers: Sequence[str]) -> None:
    action = f"{chance.choice(ACTIONS)}:{office.ticket(chance.choice(numbers[-5:])).id}"
    _answered(office, office.taps(_somebody(chance), action).text)


def _somebody(chance: Random) -> str:
    return chance.choices(PEOPLE, (6, 4, 1, 3, 2, 1))[0]


def _answered(office: Office, text: str) -> None:
    """There always is an answer, and never "could not be handled"."""
    assert text not in ("", office.engine.wording("chat.trouble"), office.engine.wording("chat.not_kept"))
