"""为什么 says of every policy what its count begins with, and of an extended ticket its own days and the extension."""

import pytest

from tests.cast.office import Office

BEGAN = [
    ("monitor_1wd", "8月23日（周一）收到，当日不计；8月24日（周二）为第1个工作日。"),
    ("veto_now", "8月23日（周一）10:00收到，按自然小时计2小时，夜间和节假日照算。请于8月23日12:00前办结。"),
    ("hotline", "8月23日（周一）收到，当日办结。请于8月23日18:00前办结，最迟24:00。"),
    ("stale_account", "8月23日（周一）最近更新，当日不计；9月6日（周一）为第14天，节假日照算。"),
    ("cancel_account", "8月23日（周一）平台受理注销，当日不计；8月30日（周一）为第7天，节假日照算。"),
    ("cancel_account:confirm", "8月23日（周一）冻结期满，当日不计；8月30日（周一）为第7天，节假日照算。"),
]


@pytest.mark.parametrize(("policy", "sentence"), BEGAN)
def test_the_count_begins_with_what_it_begins_with(office: Office, policy: str, sentence: str) -> None:
    office.at("08-23 10:00").receives("FJ-1", policy=policy)
    assert sentence in office.says("jia", "为什么 FJ-1").text
    office.says("jia", "办结 FJ-1 已处理")
    office.forget()


def test_an_extended_ticket_counts_its_own_days_and_names_the_extension(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "延期 FJ-1 到8月26日 等待平台审核")
    office.at("08-23 11:00")
    office.says("ding", "同意")
    why = office.says("jia", "为什么 FJ-1").text.splitlines()
    assert why[1:7] == [
        "8月23日（周一）收到，当日不计；8月24日（周二）为第1个工作日。经同意已延期，请于8月26日18:00前办结，最迟24:00。",
        "丁于8月23日11:00同意延期至8月26日24:00。原时限8月24日24:00，甲申请，理由：等待平台审核。",
        "2021年8月23日（周一）：收到，不计",
        "2021年8月24日（周二）：第1个工作日，原截止日",
        "2021年8月25日（周三）：延期",
        "2021年8月26日（周四）：延期，截止日",
    ]
    office.forget()
    office.says("jia", "办结 FJ-1 已处理")
    office.forget()


def test_an_undone_extension_is_not_named(office: Office) -> None:
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "延期 FJ-1 到8月26日 等待平台审核")
    office.says("ding", "同意")
    office.says("ding", "撤销")
    why = office.says("jia", "为什么 FJ-1").text
    assert "延期" not in why
    assert "8月24日（周二）为第1个工作日。请于8月24日18:00前办结" in why
    office.says("jia", "办结 FJ-1 已处理")
    office.forget()
