"""A ticket finished in time and returned after its limit is judged as its policy says, and everybody can read how."""

from pathlib import Path

import pytest

from bot.policies.loading import load
from bot.reports.ledger import ledger_line
from bot.rules.reports.late import how_late
from bot.rules.tickets.lifecycle import Verb
from tests.cast.office import Office
from tests.rules.calendar.oracle import CALENDAR
from tests.stories.tickets.test_severity import told

ANEW = '[policies.monitor_1wd]\nextends = "monitor_1wd"\nreturned = "new_limit"\n'


@pytest.fixture
def anew(office: Office, tmp_path: Path) -> Office:
    """The office under a policy that counts anew."""
    file = tmp_path / "anew.toml"
    file.write_text(ANEW, encoding="utf-8")
    office.engine.context.policies = load(file)
    return office


def returned(office: Office, *, done: str, back: str) -> Office:
    """Finished then, returned then."""
    office.at("08-23 10:00").receives("FJ-1")
    office.at(done)
    office.says("jia", "办结 FJ-1 已整改")
    office.at(back).forget()
    office.does("ding", Verb.RETURN, "FJ-1", "链接仍可打开")
    return office.settle()


def test_in_time_and_returned_after_the_limit_the_time_counts_anew(anew: Office) -> None:
    returned(anew, done="08-23 11:00", back="08-27 10:00")  # a Friday
    for who in ("jia", "yi"):
        anew.expect(who, "notice:returned", says="已过原时限，按规则自退回之时重新计时。")
    anew.expect_silence()  # nobody above is told of a lateness that is not the unit's
    ticket = anew.ticket("FJ-1")
    assert (str(ticket.due_day), ticket.overdue(anew.clock.now())) == ("2021-08-30", False)
    sentence = "丁于8月27日10:00退回，已过原时限8月24日24:00，按规则自退回之时重新计时，时限为8月30日24:00。"
    why = anew.says("jia", "为什么 FJ-1").text
    assert sentence in why
    assert "8月27日（周五）退回，当日不计；8月30日（周一）为第1个工作日。请于8月30日18:00前办结，最迟24:00。" in why
    assert "丁退回：链接仍可打开。已过原时限8月24日24:00，按规则自退回之时重新计时" in told(anew, "FJ-1")
    for who in ("jia", "yi"):
        anew.at("08-30 16:00").expect(who, "last_call", at="08-30 16:00")
    anew.says("jia", "办结 FJ-1 已删除")
    ticket = anew.ticket("FJ-1")
    assert how_late(ticket, anew.clock.now(), CALENDAR) is None
    assert ledger_line(ticket, None) == "退回后重新计时，应于8月30日办结，8月30日办结，按时"


def test_finished_too_late_the_return_does_not_undo_it(anew: Office) -> None:
    returned(anew, done="08-25 09:00", back="08-27 10:00")
    anew.forget()
    assert str(anew.ticket("FJ-1").due_day) == "2021-08-24"
    assert "丁于8月27日10:00退回，办结时已超过时限8月24日24:00，原时限不变。" in anew.says("jia", "为什么").text
    anew.says("jia", "办结 FJ-1 已删除")
    anew.forget()


def test_returned_before_the_limit_nothing_changes(anew: Office) -> None:
    returned(anew, done="08-23 11:00", back="08-24 10:00")
    anew.forget()
    assert (anew.ticket("FJ-1").moves, str(anew.ticket("FJ-1").due_day)) == (0, "2021-08-24")
    assert "重新计时" not in anew.says("jia", "为什么").text
    anew.says("jia", "办结 FJ-1 已删除")
    anew.forget()


def test_by_the_shipped_rule_the_limit_stays_and_that_is_said(office: Office) -> None:
    returned(office, done="08-23 11:00", back="08-27 10:00")
    office.expect("jia", "notice:returned", says="已过原时限，退回后原时限不变。")
    office.forget()
    sentence = "丁于8月27日10:00退回，已过原时限8月24日24:00，按规则原时限不变。"
    assert sentence in office.says("jia", "为什么").text
    assert "已过原时限8月24日24:00，按规则原时限不变" in told(office, "FJ-1")
    office.says("jia", "办结 FJ-1 已删除")
    office.forget()


def test_an_extension_of_the_new_limit_counts_and_one_of_the_old_does_not(anew: Office) -> None:
    anew.at("08-23 10:00").receives("FJ-1")
    anew.says("jia", "延期 FJ-1 到8月26日 等待平台审核")
    anew.says("ding", "同意")
    anew.at("08-26 11:00")
    anew.says("jia", "办结 FJ-1 已整改")
    anew.at("08-27 10:00")
    anew.does("ding", Verb.RETURN, "FJ-1", "链接仍可打开")
    assert "同意延期" not in anew.says("jia", "为什么 FJ-1").text
    anew.says("jia", "延期 FJ-1 到8月31日 还要平台审核")
    anew.says("ding", "同意")
    why = anew.says("jia", "为什么 FJ-1").text
    assert "丁于8月27日10:00同意延期至8月31日24:00。原时限8月30日24:00，甲申请，理由：还要平台审核。" in why
    assert "8月30日（周一）为第1个工作日。经同意已延期，请于8月31日18:00前办结，最迟24:00。" in why
    anew.says("jia", "办结 FJ-1 已删除")
    anew.forget()


def test_a_new_limit_in_an_unpublished_year_is_never_late(anew: Office) -> None:
    anew.at("2026-12-29 10:00").forget()
    anew.receives("FJ-1")
    anew.says("jia", "办结 FJ-1 已整改")
    anew.at("2026-12-31 10:00").forget()
    anew.does("ding", Verb.RETURN, "FJ-1", "链接仍可打开")
    ticket = anew.ticket("FJ-1")
    assert (ticket.due_day, ticket.deadline_status, ticket.overdue(anew.clock.now())) == (None, "unpublished", False)
    assert "12月31日（周四）退回，当日不计；2027年放假安排尚未公布" in anew.says("jia", "为什么").text
    anew.says("jia", "办结 FJ-1 已删除")
    anew.forget()
