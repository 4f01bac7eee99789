"""The morning brief as people read it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.reports.morning import text
from bot.rules.calendar.deadline import Lateness
from bot.rules.reports.morning import Absence, Brief, BriefTicket
from bot.rules.tickets.oversight import Contact, Stuck
from storage.records import Request, RequestKind, Role
from tests.cast.values import JIA, ticket
from tests.rules.calendar.oracle import beijing

TODAY = date(2021, 8, 24)
LONGEST_LINE = 300  # bytes of a ticket here
A = Contact(person_id=1, name="甲", role=Role.PRIMARY, told_at=beijing("2021-08-23 10:00"))
B = Contact(person_id=2, name="乙", role=Role.BACKUP)
ROW = BriefTicket(ticket=ticket(), unit="市水利局", contacts=(A, B))
OVERDUE = replace(
    ROW,
    ticket=ticket("2021-08-18 10:00", number="FJ-9"),
    why=Stuck.OVERDUE,
    lateness=Lateness(workdays=3, days=5),
)
ASKED = Request(
    id=1,
    ticket_id=12,
    kind=RequestKind.EXTENSION,
    asked_by=JIA,
    asked_at=beijing("2021-08-23 15:00"),
    until=beijing("2021-08-27 00:00"),
)
AWAY = Absence(person="甲", deputy="乙", begins=True)


def made(
    due: Sequence[BriefTicket] = (),
    stuck: Sequence[BriefTicket] = (),
    decisions: Sequence[BriefTicket] = (),
    away: Sequence[Absence] = (),
    *,
    oversees: bool = True,
) -> Brief:
    return Brief(
        day=TODAY,
        oversees=oversees,
        due=tuple(due),
        stuck=tuple(stuck),
        decisions=tuple(decisions),
        away=tuple(away),
    )


def test_the_brief_names_unit_account_whom_to_ring_and_both_lines() -> None:
    untaken = replace(ROW, why=Stuck.NOT_TAKEN, contacts=(A,))
    asked = replace(ROW, request=ASKED, asked_by="甲")
    brief = made([ROW, untaken], [OVERDUE], [asked], [AWAY, Absence(person="丙", deputy="", begins=False)])
    primary, people = "A角甲（8月23日10:00已告知，未签收）", "A角甲（8月23日10:00已告知，未签收）、B角乙（尚未告知到）"
    assert text(brief) == (
        "早间简报 8月24日（周二）\n"
        "今日到期2件：\n"
        f"· 市水利局 水清三明（微信公众号）FJ-12，{people}：待签收，8月24日18:00前办结，最迟24:00。\n"
        f"· 市水利局 水清三明（微信公众号）FJ-12，{primary}、未登记B角："
        "无人签收，时限为8月24日18:00前办结，最迟24:00。\n"
        "逾期或停滞1件：\n"
        f"· 市水利局 水清三明（微信公众号）FJ-9，{people}："
        "已逾期3个工作日（5个自然日），时限为8月19日18:00前办结，最迟24:00。\n"
        "等您答复1件：\n"
        f"· 市水利局 水清三明（微信公众号）FJ-12，{people}："
        "甲申请延期至8月26日24:00，时限为8月24日18:00前办结，最迟24:00。\n"
        "今日请假2人：甲（乙代办）、丙。\n"
        "回复“督办列表”查看全部，“工单 编号”看一件。"
    )


def test_a_leader_is_pointed_to_their_own_list() -> None:
    assert text(made([ROW], oversees=False)).endswith("回复“我的工单”查看全部，“工单 编号”看一件。")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (replace(OVERDUE, lateness=Lateness(workdays=0, days=0)), "：已逾期，时限为"),
        (replace(OVERDUE, lateness=Lateness(workdays=None, days=5)), "：已逾期5个自然日（节假日安排尚未公布"),
        (replace(OVERDUE, why=Stuck.TARGET_PASSED, lateness=None), "：下班前未办结，时限为"),
        (replace(ROW, request=replace(ASKED, kind=RequestKind.DISPUTE), asked_by="甲"), "：甲申诉误报，时限为"),
        (replace(ROW, request=replace(ASKED, kind=RequestKind.TRANSFER), asked_by="甲"), "：甲申请转派，时限为"),
        (
            replace(ROW, unit="", ticket=ticket(account_id=None), contacts=()),
            "未匹配单位 水清三明（微信公众号）FJ-12，账号未在登记簿中：",
        ),
    ],
)
def test_each_reason_has_its_words(row: BriefTicket, words: str) -> None:
    assert words in text(made(stuck=[row]))


def test_the_english_text_says_the_same() -> None:
    told = text(made([ROW], [OVERDUE], [], [AWAY]), "en")
    assert "Due today: 1:" in told
    late = "3 working days (5 calendar days) late so far, time limit: by 19 August 18:00"
    assert f"A 甲 (told 23 August 10:00, has not taken it), B 乙 (not reached yet): {late}" in told
    assert "On leave today: 甲 (deputy 乙) (1)." in told


def test_the_lists_share_the_lines_there_are() -> None:
    lines = text(made([ROW] * 9, [OVERDUE] * 2, [], [])).splitlines()
    assert lines[1] == "今日到期9件，列出前6件："
    assert sum(line.startswith("·") for line in lines) == 8
    assert "逾期或停滞2件：" in lines
    assert text(made([], [OVERDUE] * 30)).splitlines()[1] == "逾期或停滞30件，列出最近7件："


def test_long_names_leave_room_for_fewer_lines() -> None:
    long = replace(ROW, unit="很长的单位名称" * 25)
    lines = text(made([long] * 5)).splitlines()
    assert lines[1] == "今日到期5件，列出前2件："
    unspeakable = replace(ROW, unit="很长的单位名称" * 100)
    assert text(made([unspeakable] * 5)).splitlines()[1] == "今日到期5件。"


rows = st.integers(0, 40)


@given(rows, rows, rows, rows, st.sampled_from(["zh", "en"]))
def test_twelve_lines_at_most_and_every_list_says_how_many_it_holds(
    due: int, stuck: int, decisions: int, away: int, language: str
) -> None:
    asked = replace(ROW, request=ASKED, asked_by="甲")
    brief = made([ROW] * due, [OVERDUE] * stuck, [asked] * decisions, [AWAY] * away)
    told = text(brief, language)  # type: ignore[arg-type]
    lines = told.splitlines()
    listed = sum(line.startswith(("·", "-")) for line in lines)
    assert len(lines) <= 12
    assert len(told.encode()) <= 2_000
    counts = [count for count in (due, stuck, decisions) if count]
    assert listed >= min(len(counts), sum(counts))
    assert sum(str(count) in told for count in counts) == len(counts)
    # One more line would be too many, or too long.
    assert listed == sum(counts) or len(lines) == 12 or len(told.encode()) > 2_000 - LONGEST_LINE
