"""Makes the two months of a city office from a seed: 51 units, 177 accounts, tickets, and people of eight tempers."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from bot.rules.calendar.zone import SHANGHAI
from tests.months.truth import days, midnight, worked_days
from tests.months.writing import Table
from tests.rules.calendar.oracle import DAY, WORKED, sessions

UNITS, ACCOUNTS = 51, 177
SUPERVISORS = 5  # each oversees a tenth of the units and hears of nothing else
START = datetime(2021, 8, 23, 8, tzinfo=SHANGHAI)
UNTIL = datetime(2021, 10, 22, 20, tzinfo=SHANGHAI)  # Mid-Autumn and National Day lie within, with their weekends
POLICIES = (*("monitor_1wd",) * 12, "veto_now", "find_error", "find_error:answer", "enquiry", "enquiry", "hotline")
TEMPERS = (
    *("prompt",) * 8,
    *("slow",) * 4,
    *("forgetful",) * 2,
    "never",
    "half_done",
    "disputes",
    "extends",
    "transfers",
)
PLATFORMS = ("微信公众号", "新浪微博", "政府网站", "抖音")
WRONG = (("错敏词", "把“接见”写成“接件”", "改为“接见”"), ("空链接", "首页“办事指南”打不开", "恢复或删除"))
REASON = "“服务商排期已满”"
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
NAMES = "安博成德恩方光海家建君凯立明宁平庆荣山泰文祥兴雅永泽"

Said = Iterator[tuple[datetime, str, str]]  # when, who, what


def months(tickets: int, seed: int) -> Table:
    """A scenario of two months with that many tickets."""
    chance = Random(seed)
    units, people, accounts = _register(chance)
    events = list(_tickets(tickets, accounts, chance)) + list(_leaves(people, accounts, chance))
    return {
        "start": START,
        "until": UNTIL,
        "policy": "monitor_1wd",
        "unit": units,
        "person": people,
        "account": accounts,
        "supervisor": [
            {"unit": unit["id"], "person": f"s{place % SUPERVISORS}"} for place, unit in enumerate(units) if place
        ],
        "event": sorted(events, key=lambda one: one["at"]),
    }


def _register(chance: Random) -> tuple[list[Table], list[Table], list[Table]]:
    units: list[Table] = [{"id": "u0", "name": "市政府办公室", "desk": True}]
    units += [{"id": f"u{place}", "name": f"第{_han(place)}单位", "parent": "u0"} for place in range(1, UNITS)]
    names = [f"{surname}{first}{second}" for surname in SURNAMES for first in NAMES for second in NAMES[:8]]
    chance.shuffle(names)
    people = [{"id": "d0", "name": names.pop(), "unit": "u0"}, {"id": "d1", "name": names.pop(), "unit": "u0"}]
    people += [{"id": f"s{place}", "name": names.pop(), "unit": f"u{place + 1}"} for place in range(SUPERVISORS)]
    for place in range(1, UNITS):
        for role in ("a", "b", "c", "l"):
            # One in forty has blocked the bot; leaders have not.
            blocked = {"reachable": False} if role != "l" and chance.random() < 0.025 else {}
            people.append({"id": f"{role}{place}", "name": names.pop(), "unit": f"u{place}", **blocked})
    accounts = []
    for number in range(ACCOUNTS):
        place = number % (UNITS - 1) + 1
        primary, backup = chance.sample((f"a{place}", f"b{place}", f"c{place}"), 2)
        duties = {"primary": primary, "leader": f"l{place}", **({"backup": backup} if chance.random() < 0.95 else {})}
        accounts.append({"platform": PLATFORMS[number % 4], "name": f"号{_han(number)}", "unit": f"u{place}", **duties})
    return units, people, accounts


def _han(number: int) -> str:
    """A number without digits: what is named is masked, and nothing that counts looks like it."""
    return "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))


def _tickets(many: int, accounts: Sequence[Table], chance: Random) -> Iterator[Table]:
    worked = [day for day in days(START.date(), (UNTIL - 10 * DAY).date()) if WORKED[day]]
    for number in range(many):
        day = chance.choice(worked)
        at = midnight(day) + timedelta(hours=8, minutes=chance.randint(0, 9 * 60 + 29))
        if chance.random() < 0.04:
            at += timedelta(hours=13)  # at night
        late = chance.choice((0,) * 17 + (2, 20, 50))
        account, (problem, text, suggestion) = chance.choice(accounts), chance.choice(WRONG)
        policy = chance.choice(POLICIES)
        name = f"FJ-{number:03d}"
        given: dict[str, Any] = {"no": name, "platform": account["platform"], "account": account["name"]}
        given |= {"problem": problem, "text": text, "suggestion": suggestion, "url": f"https://gov.example/{number}/p"}
        given |= {"policy": policy, "issued_at": max(at - timedelta(hours=late), START - 3 * DAY)}
        yield {"at": at, "ticket": given}
        temper = chance.choice(TEMPERS)
        for when, who, said in ANSWERS[temper](name, account, at, chance):
            yield {"at": when, "say": {"person": who, "text": said}}


def _leaves(people: Sequence[Table], accounts: Sequence[Table], chance: Random) -> Iterator[Table]:
    for _ in range(14):
        account = chance.choice([one for one in accounts if "backup" in one])
        first = chance.choice([day for day in days(START.date(), (UNTIL - 15 * DAY).date()) if WORKED[day]])
        until = midnight(first + DAY * chance.randint(2, 9)) + timedelta(hours=18)
        deputy = {"deputy": account["backup"]} if chance.random() < 0.7 else {}
        yield {
            "at": midnight(first) + timedelta(hours=8, minutes=chance.randint(0, 300)),
            "leave": {"person": account["primary"], "until": until, **deputy},
        }


def _after(at: datetime, minutes: int) -> datetime:
    """That much working time later, as people work."""
    left, day = timedelta(minutes=minutes), at.astimezone(SHANGHAI).date()
    while True:
        for first, last in sessions(day):
            start = max(first, at)
            if start < last and left < last - start:
                return (start + left).astimezone(SHANGHAI)
            left -= max(last - start, timedelta())
        day += DAY


def _prompt(number: str, account: Table, at: datetime, chance: Random) -> Said:
    yield _after(at, chance.randint(5, 90)), account["primary"], f"办结 {number} 已修改"


def _slow(number: str, account: Table, at: datetime, chance: Random) -> Said:
    yield _after(at, chance.randint(30, 200)), account["primary"], f"签收 {number}"
    yield _after(at, chance.randint(300, 900)), account["primary"], f"办结 {number} 已修改"


def _forgetful(number: str, account: Table, at: datetime, chance: Random) -> Said:
    yield _after(at, chance.randint(20, 100)), account["primary"], f"签收 {number}"
    yield _after(at, chance.randint(1_500, 3_500)), account["primary"], f"办结 {number} 已修改"


def _never(number: str, account: Table, at: datetime, chance: Random) -> Said:
    if chance.random() < 0.7:
        yield (
            _after(at, chance.randint(3_000, 9_000)),
            account.get("backup", account["leader"]),
            f"办结 {number} 已修改",
        )


def _half_done(number: str, account: Table, at: datetime, chance: Random) -> Said:
    yield _after(at, 40), account["primary"], f"已改 {number} 明天再发"
    yield _after(at, chance.randint(420, 800)), account["primary"], f"办结 {number} 已修改"


def _disputes(number: str, account: Table, at: datetime, chance: Random) -> Said:
    yield _after(at, 60), account["primary"], f"误报 {number} {REASON}"
    ruling = chance.choice((f"同意 {number}", f"不同意 {number} {REASON}"))
    yield _after(at, 200), "d0", ruling
    yield _after(at, 500), account["primary"], f"办结 {number} 已修改"


def _extends(number: str, account: Table, at: datetime, chance: Random) -> Said:
    asked = _after(at, 60)
    wanted = [
        day for day in days(asked.date() + DAY, asked.date() + 25 * DAY) if worked_days(asked.date(), day) in (5, 6)
    ]
    day = wanted[0]
    yield asked, account["primary"], f"延期 {number} 到{day.month}月{day.day}日 {REASON}"
    yield _after(at, 150), "d0", chance.choice((f"同意 {number}", f"同意 {number}", f"不同意 {number} {REASON}"))
    yield _after(at, chance.randint(1_500, 2_600)), account["primary"], f"办结 {number} 已修改"


def _transfers(number: str, account: Table, at: datetime, chance: Random) -> Said:
    place = chance.randint(1, UNITS - 1)
    target = f"号{_han(place - 1)}"
    yield _after(at, 50), account["primary"], f"转派 {number} {target}"
    yield _after(at, 120), "d0", f"转派 {number} {target}"
    yield _after(at, 400), f"a{place}", f"办结 {number} 已修改"
    yield _after(at, 420), f"b{place}", f"办结 {number} 已修改"


ANSWERS: dict[str, Callable[[str, Table, datetime, Random], Said]] = {
    "prompt": _prompt,
    "slow": _slow,
    "forgetful": _forgetful,
    "never": _never,
    "half_done": _half_done,
    "disputes": _disputes,
    "extends": _extends,
    "transfers": _transfers,
}
