"""Days off, make-up days and evenings: who hears when, and by when it must be done."""

from storage.records import DeadlineStatus, Role
from tests.cast.office import Office


def test_received_on_friday_evening_it_is_told_on_monday_morning(office: Office) -> None:
    office.at("08-27 21:00").receives("FJ-1")
    office.at("08-30 07:59").expect_silence()
    office.at("08-30 10:00")
    office.expect("jia", "receipt", at="08-30 08:00", says="请于8月30日18:00前办结，最迟24:00。")
    office.expect("yi", "receipt", at="08-30 08:00")
    office.expect("yi", "take_over", at="08-30 10:00")
    office.says("yi", "办结")


def test_the_make_up_saturday_is_a_working_day(office: Office) -> None:
    office.at("09-17 10:00").receives("FJ-1")
    assert str(office.ticket("FJ-1").due_day) == "2021-09-18"
    office.says("jia", "签收")
    office.at("09-18 18:00")
    for who in ("jia", "yi"):
        office.expect(who, "receipt", at="09-17 10:00")
        office.expect(who, "last_call", at="09-18 16:00")
    office.expect("ding", "target_passed", at="09-18 18:00")
    office.expect("bing", "leader_at_target", at="09-18 18:00")
    office.at("09-22 07:59").expect_silence()  # three days of Mid-autumn
    office.at("09-22 08:00")
    for who in ("jia", "yi", "bing", "ding", "wu"):
        office.expect(who, "overdue", at="09-22 08:00", says="应于9月18日办结")
    office.says("jia", "办结")


def test_before_national_day_the_ladder_waits_for_the_first_working_day(office: Office) -> None:
    office.at("09-30 16:00").receives("FJ-1")
    office.expect("jia", "receipt", says="10月8日（周五）为第1个工作日")
    office.expect("yi", "receipt")
    office.at("10-08 08:00")
    office.expect("yi", "take_over", at="09-30 18:00")
    office.at("10-09 08:00")
    office.expect("bing", "nobody_took", at="10-08 10:30")
    for who in ("jia", "yi"):
        office.expect(who, "last_call", at="10-08 15:30")
    office.expect("ding", "target_passed", at="10-08 17:30")
    office.expect("bing", "leader_at_target", at="10-08 17:30")
    for who in ("jia", "yi", "bing", "ding", "wu"):
        office.expect(who, "overdue", at="10-09 08:00")  # a make-up Saturday
    office.says("jia", "办结")


def test_an_unpublished_year_is_never_counted_late(office: Office) -> None:
    office.down_until("2026-12-31 10:00")
    office.receives("FJ-1")
    office.expect("jia", "receipt", says="2027年放假安排尚未公布")
    office.expect("yi", "receipt")
    waiting = office.ticket("FJ-1")
    assert (waiting.deadline_status, waiting.due_at) == (DeadlineStatus.UNPUBLISHED, None)
    office.at("2026-12-31 12:00").expect("yi", "take_over", says="待放假安排公布后确定")
    office.at("2027-03-01 10:00").expect_silence()
    assert not office.ticket("FJ-1").overdue(office.clock.now())
    office.says("jia", "办结 FJ-1 已整改")
    assert not office.ticket("FJ-1").overdue(office.clock.now())


def test_an_unmatched_account_goes_to_the_desk(office: Office) -> None:
    office.vacate(Role.BACKUP)  # of another account: makes no difference here
    [taken] = office.at("08-23 10:00").receives("FJ-1", account="水清三名")
    assert not taken.matched
    office.expect("wu", "unreached:receipt", at="08-23 10:00", says="该账号未在登记簿中")
    office.at("08-24 18:00").expect("wu", "target_passed", at="08-24 18:00")
    office.at("08-25 08:00").expect("wu", "overdue")
    office.says("wu", "办结 FJ-1 非本市账号")
