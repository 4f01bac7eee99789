"""What a sheet says of a problem chooses the policy, unless the sheet names one itself; nothing is guessed."""

from datetime import UTC, datetime

import pytest

from bot.rules.tickets.arrivals import Refusal, TicketInput
from bot.rules.tickets.policies.choosing import PolicyChoice, choose, covers
from bot.rules.tickets.policies.naming import find_policy
from storage.records import Policy, PolicyRow
from tests.rules.calendar.oracle import POLICIES

BOOK = POLICIES.book


def ticket(problem_class: str = "", severity: str = "", policy: str | None = None) -> TicketInput:
    moment = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    return TicketInput(
        number="1",
        account_name="水清三明",
        received_at=moment,
        problem_class=problem_class,
        severity=severity,
        policy=policy,
    )


CHOSEN = [
    ("", "", "monitor_1wd", ""),
    ("错别字", "一般", "monitor_1wd", ""),
    ("错别字", "严重", "monitor_1wd", ""),
    ("错别字", "单项否决", "veto_now", "severity"),
    ("错别字", "单 项 否 决", "veto_now", "severity"),
    ("内容更新不及时（单项否决）", "", "veto_now", "problem_class"),
    ("严重表述错误/不规范", "", "veto_now", "problem_class"),
    ("页面被篡改", "", "veto_now", "problem_class"),
    ("挂马/篡改", "疑似", "veto_now", "problem_class"),
    ("泄密", "", "veto_now", "problem_class"),
    ("泄露国家秘密", "", "veto_now", "problem_class"),
    ("隐私泄露", "严重", "veto_now", "problem_class"),
    ("隐私泄漏", "", "veto_now", "problem_class"),
    ("泄露个人隐私", "", "veto_now", "problem_class"),
    ("错别字、隐私泄露", "一般", "veto_now", "problem_class"),
    ("文字", "严重表述错误", "veto_now", "severity"),
    ("表述错误", "严重", "veto_now", "problem_class severity"),
    ("表述错误", "一般", "monitor_1wd", ""),
    ("表述错误", "不严重", "monitor_1wd", ""),
    # What is denied is not there.
    ("非单项否决", "非单项否决", "monitor_1wd", ""),
    ("未发现隐私泄露", "", "monitor_1wd", ""),
    ("错别字（不涉及泄密）", "", "monitor_1wd", ""),
    ("防篡改", "", "monitor_1wd", ""),
    ("错别字", "单项否决：否", "monitor_1wd", ""),
    ("无篡改，有泄密", "", "veto_now", "problem_class"),
]


@pytest.mark.parametrize(("problem_class", "severity", "policy", "because"), CHOSEN)
def test_the_table_chooses_by_class_and_severity(problem_class: str, severity: str, policy: str, because: str) -> None:
    choice = choose(ticket(problem_class, severity), BOOK)
    assert isinstance(choice, PolicyChoice)
    assert (choice.policy.name, " ".join(choice.because)) == (policy, because)


def test_what_the_sheet_names_itself_is_kept_whatever_the_problem() -> None:
    choice = choose(ticket("页面被篡改", "单项否决", "监测工单"), BOOK)
    assert isinstance(choice, PolicyChoice)
    assert (choice.policy.name, choice.because) == ("monitor_1wd", {"policy": "监测工单"})


@pytest.mark.parametrize("dash", ["-", "——", "/", " "])
def test_a_dash_names_nothing(dash: str) -> None:
    choice = choose(ticket("泄密", policy=dash), BOOK)
    assert isinstance(choice, PolicyChoice)
    assert choice.policy.name == "veto_now"


NAMES = [
    ("veto_now", "veto_now"),
    ("VETO_NOW", "veto_now"),
    ("\uff36\uff45\uff54\uff4f\uff3f\uff2e\uff4f\uff57", "veto_now"),
    ("严重问题立即处置", "veto_now"),
    (" 严重问题 立即处置 ", "veto_now"),
    ("“立即处置”", "veto_now"),
    ("2小时", "veto_now"),
    ("两小时内", "veto_now"),
    ("1个工作日", "monitor_1wd"),
    ("一个工作日内办结", "monitor_1wd"),
    ("\uff11个工作日", "monitor_1wd"),
    ("5个工作日", "enquiry"),
    ("十五个工作日", "enquiry:complex"),
    ("网站留言(简单咨询)", "enquiry"),
    ("网站留言\uff08简单咨询\uff09", "enquiry"),
    ("enquiry\uff1acomplex", "enquiry:complex"),
    ("找错答复", "find_error:answer"),
    ("当日办结", "hotline"),
]


@pytest.mark.parametrize(("written", "name"), NAMES)
def test_policies_go_by_name_title_plain_word_and_limit(written: str, name: str) -> None:
    found = find_policy(written, BOOK)
    assert isinstance(found, Policy), found
    assert found.name == name


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("严重问题立即处理", "没有名为“严重问题立即处理”的时限规则，是不是“严重问题立即处置”（veto_now）"),
        ("网站留言", "是不是“网站留言（简单咨询）”（enquiry）、“网站留言（复杂事项）”（enquiry:complex）？"),
        ("monitor_2wd", "是不是“监测工单”（monitor_1wd）"),
        ("xyz", "没有名为“xyz”的时限规则，可用：monitor_1wd（监测工单）、veto_now（严重问题立即处置）、"),
        (
            "3个工作日",
            "可以是“网民找错答复”（find_error:answer）、“热线咨询、求助件”（hotline:consult），请写明其中一个",
        ),
        ("99个工作日", "没有名为“99个工作日”的时限规则"),
    ],
)
def test_an_unknown_name_gets_a_sentence_with_near_names(written: str, said: str) -> None:
    found = find_policy(written, BOOK)
    assert isinstance(found, Refusal)
    assert said in found.reason
    assert choose(ticket("泄密", policy=written), BOOK) == found


def test_a_row_covers_what_would_never_reach_the_next_one() -> None:
    leak = PolicyRow(policy="veto_now", problem_class=("泄密",))
    serious_leak = PolicyRow(policy="veto_now", problem_class=("重大泄密",), severity=("严重",))
    no_leak = PolicyRow(policy="monitor_1wd", problem_class=("未泄密",))
    assert covers(leak, serious_leak)
    assert not covers(serious_leak, leak)
    assert not covers(leak, no_leak)
