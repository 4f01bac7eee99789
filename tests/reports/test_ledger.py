"""The words every report shares: the ledger line, whom to ring, who was told, what was wrong, what was asked."""

from datetime import date, datetime, time
from typing import Any

import pytest

from bot.delivery.wording import Wording
from bot.reports.ledger import duty, extension, ledger_line, problem, told_last, untold_line
from bot.rules.calendar.deadline import Lateness
from bot.rules.calendar.zone import at
from bot.rules.messages.showing import masked
from bot.rules.reports.late import how_late, late_tickets
from storage.records import Request, RequestKind, Ticket, TicketState
from tests.cast.rows import sh, ticket
from tests.cast.weeks import TOLD, facts, told_late
from tests.rules.calendar.oracle import CALENDAR

ZH = Wording("zh")


@pytest.mark.parametrize(
    ("one", "line"),
    [
        (
            ticket(sh(8, 23), date(2021, 8, 24), sh(9, 2, 16)),
            "应于8月24日办结，9月2日办结，逾期7个工作日（9个自然日）",
        ),
        (ticket(sh(8, 23), date(2021, 8, 24), sh(8, 24, 23, 59)), "应于8月24日办结，8月24日办结，按时"),
        (ticket(sh(8, 23), date(2021, 8, 24)), "应于8月24日办结，尚未办结，已逾期2个工作日（2个自然日）"),
        (ticket(sh(8, 25), date(2021, 8, 26)), "应于8月26日办结，尚未办结"),
        (ticket(sh(8, 23), None), "时限待定，尚未办结"),
        (ticket(sh(8, 23), None, sh(8, 24)), "时限待定，8月24日办结"),
        (
            ticket(sh(8, 23), date(2021, 8, 23), sh(8, 23, 15), due_at=sh(8, 23, 12)),
            "应于8月23日办结，8月23日办结，当日逾期",
        ),
        (
            ticket(sh(8, 26), date(2021, 8, 27), sh(8, 28, 9)),
            "应于8月27日办结，8月28日办结，逾期1个自然日（其间没有工作日）",
        ),
        (
            ticket(sh(8, 23), date(2021, 8, 24), state=TicketState.VOID, closed_at=sh(8, 26)),
            "应于8月24日办结，经认定无需整改",
        ),
        (
            ticket(sh(12, 30), date(2021, 12, 31), at(date(2022, 1, 4), time(9))),
            "应于2021年12月31日办结，2022年1月4日办结，逾期1个工作日（4个自然日）",
        ),
        (
            ticket(sh(12, 30), date(2026, 12, 31), at(date(2027, 1, 4), time(9))),
            "应于2026年12月31日办结，2027年1月4日办结，逾期4个自然日（节假日安排尚未公布，工作日数待定）",
        ),
    ],
)
def test_the_ledger_line_says_due_answered_and_how_late(one: Ticket, line: str) -> None:
    assert ledger_line(one, how_late(one, sh(8, 26), CALENDAR)) == line


def test_the_ledger_line_of_an_answer_in_time_ignores_an_empty_lateness() -> None:
    in_time = ticket(sh(8, 23), date(2021, 8, 24), sh(8, 24))
    assert ledger_line(in_time, Lateness(workdays=0, days=0)).endswith("，按时")


def test_whom_to_ring_says_which_role_is_vacant() -> None:
    assert duty("甲", "乙", ZH) == "A角甲、B角乙"
    assert duty("", "乙", ZH) == "未登记A角、B角乙"
    assert duty("甲", "", Wording("en")) == "A: 甲, no role B registered"


def test_who_was_told_last_and_how_often() -> None:
    assert told_last(TOLD, ZH) == "丁 8月26日08:00（共5次）"
    assert told_last(TOLD[:1], ZH) == "甲 8月23日10:01"
    assert told_last((), ZH) == "尚无告知记录"


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (sh(8, 25, 18), "8月25日09:00才告知本单位"),
        (sh(8, 27), "8月25日09:00才告知本单位，此后2个工作日（2个自然日）"),
    ],
)
def test_what_was_told_late_says_since_when(moment: datetime, words: str) -> None:
    [late] = late_tickets([told_late()], moment, CALENDAR)
    assert untold_line(late, ZH) == words


def test_what_was_never_told_says_so() -> None:
    never = facts(ticket(sh(8, 23), date(2021, 8, 24)), told=())
    nobodys = facts(ticket(sh(8, 23), date(2021, 8, 24), account_id=None, unit_id=None), told=())
    lines = [untold_line(late, ZH) for late in late_tickets([never, nobodys], sh(8, 27), CALENDAR)]
    assert lines == ["本单位人员一直未获告知", "账号未在登记簿中，无从告知"]


def asked(**given: Any) -> Request:
    values = {"asked_at": sh(8, 23), "until": sh(8, 27, 0), **given}
    return Request(id=1, ticket_id=1, kind=RequestKind.EXTENSION, asked_by=1, **values)


@pytest.mark.parametrize(
    ("requests", "words"),
    [
        ([], ""),
        ([asked()], "申请延至8月26日，待答复"),
        ([asked(decided_at=sh(8, 24), granted=True)], "已延至8月26日"),
        ([asked(decided_at=sh(8, 24), granted=False)], "申请延至8月26日，未同意"),
        ([asked(decided_at=sh(8, 24))], "申请延至8月26日，已失效"),
        ([asked(decided_at=sh(8, 24), granted=False), asked(until=sh(8, 26, 18))], "申请延至8月26日18:00，待答复"),
        ([Request(id=1, ticket_id=1, kind=RequestKind.DISPUTE, asked_by=1, asked_at=sh(8, 23))], ""),
    ],
)
def test_what_became_of_the_last_extension(requests: list[Request], words: str) -> None:
    assert extension(requests, ZH) == words


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"problem_class": "错敏词"}, "错敏词"),
        ({"problem_class": "错敏词", "problem": "误", "suggestion": "正"}, "错敏词：误 → 正"),
        ({"problem": "误"}, "误"),
        ({"problem": "一\n 二" + "三" * 60}, "一 二" + "三" * 44 + "…"),
        ({"problem": "请致电13800138000", "suggestion": "0598-8222222"}, "请致电138****8000 → 0598-****"),
    ],
)
def test_what_is_wrong_and_what_it_should_be(given: dict[str, str], words: str) -> None:
    assert problem(ticket(sh(8, 23), None, **given), ZH) == words


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("138 0013 8000", "138****8000"),
        ("+86 13800138000", "138****8000"),
        ("电话0598-8222222转", "电话0598-****转"),
        ("059882222222", "0598****"),
        ("编号20210823013", "编号20210823013"),
        ("https://a.example/1380013800012", "https://a.example/1380013800012"),
    ],
)
def test_phone_numbers_are_hidden_and_other_numbers_are_not(text: str, shown: str) -> None:
    assert masked(text) == shown
