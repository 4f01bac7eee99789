"""On working mornings those above hear once what is due, stuck, waiting for them, and who is away."""

from tests.cast.office import Office
from tests.fakes.stage import down

ABOVE = ("bing", "ding", "wu")  # leader, supervisor, desk


def morning(office: Office, moment: str) -> Office:
    """Let the time come, with the beat that plans the briefs."""
    office.at(moment)
    office.engine.brief()
    return office.settle()


def hears_a_brief(office: Office, *who: str, says: str = "") -> None:
    for one in who:
        office.expect(one, "brief", says=says)


def test_what_is_due_today_is_told_at_the_opening(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.at("08-24 07:59").forget()
    morning(office, "08-24 08:00")
    sent = [office.expect(who, "brief", at="08-24 08:00", says="今日到期1件") for who in ABOVE]
    words = (
        "· 三明市水利局 水清三明（微信公众号）FJ-1，A角甲（8月23日10:00已告知，8月23日10:00签收）、"
        "B角乙（8月23日10:00已告知）：处理中，8月24日18:00前办结，最迟24:00。"
    )
    assert all(words in one.text for one in sent)
    assert "督办列表" in sent[1].text
    assert "我的工单" in sent[0].text
    office.expect_silence()
    office.says("jia", "办结")


def test_with_nothing_to_say_nobody_hears(office: Office) -> None:
    morning(office, "08-24 08:00").expect_silence()
    office.at("08-24 10:00").receives("FJ-1")
    office.says("jia", "办结")
    office.forget()
    morning(office, "08-25 08:00").expect_silence()


def test_once_a_morning_however_often_it_starts_anew(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.forget()
    morning(office, "08-24 08:00")
    office.reopen()
    morning(office, "08-24 08:30")
    morning(office, "08-24 11:00")
    hears_a_brief(office, *ABOVE)
    office.expect_silence()
    office.says("jia", "办结")


def test_down_all_morning_nobody_hears_in_the_afternoon(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.forget()
    office.down_until("08-24 12:00")
    assert office.engine.brief() == 0
    office.settle().expect_silence()
    office.says("jia", "办结")


def test_a_platform_that_is_down_until_noon_does_not_bring_it_later(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.at("08-24 11:57").forget()
    office.stage["chat"].script("ding", *[down()] * 20)
    morning(office, "08-24 11:58")
    office.at("08-24 15:00")
    hears_a_brief(office, "bing", "wu")
    office.stage["chat"].script("ding")
    office.at("08-24 15:30").expect_silence()
    office.says("jia", "办结")


def test_who_is_on_leave_hears_nothing_and_the_deputy_does(office: Office) -> None:
    office.on_leave("ding", "08-23 08:00", "08-25 18:00", deputy="ji")
    office.on_leave("bing", "08-23 08:00", "08-25 18:00")
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.forget()
    morning(office, "08-24 08:00")
    hears_a_brief(office, "ji", "wu", says="今日请假1人：丙。")
    office.expect_silence()
    office.says("jia", "办结")


def test_an_absence_alone_is_told_on_its_first_day(office: Office) -> None:
    office.on_leave("jia", "08-24 00:00", "08-28 00:00", deputy="ji")
    morning(office, "08-24 08:00")
    hears_a_brief(office, *ABOVE, says="今日请假1人：甲（己代办）。")
    morning(office, "08-25 08:00").expect_silence()


def test_a_request_waits_for_its_decision(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    office.says("jia", "延期 FJ-1 到8月27日 等待平台审核")
    office.forget()
    morning(office, "08-24 08:00")
    for who in ("ding", "wu"):
        office.expect(who, "brief", says="甲申请延期至8月27日24:00")
    office.expect("bing", "brief", says="今日到期1件")
    office.says("ding", "同意 FJ-1")
    office.forget()
    morning(office, "08-25 08:00").expect_silence()
    office.says("jia", "办结")


def test_a_leader_hears_of_their_unit_only(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1", account="无此账号")
    office.forget()
    morning(office, "08-24 08:00")
    office.expect("wu", "brief", says="账号未在登记簿中")
    office.forget()  # the ladder of a ticket of nobody's
