"""`bind` by the operator: a code, an address, and all members whose numbers the register knows."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.fakes import qyapi as api
from tests.fakes.peer import serving
from tests.fakes.qyapi import QyApi
from tests.handlers.shell.commands import Shell


@pytest.fixture
def qyapi() -> Iterator[QyApi]:
    fake = QyApi()
    with serving(fake) as fake.url:
        yield fake


@pytest.fixture
def shell(with_register: Shell, qyapi: QyApi) -> Shell:
    given = {"CORP_ID": api.CORP, "SECRET": api.SECRET, "AGENT_ID": str(api.AGENT), "TOKEN": "callback"}
    given |= {"AES_KEY": "A" * 43, "BASE_URL": qyapi.url}
    extra = tuple((f"DUBAN_WECOM__{name}", value) for name, value in given.items())
    return replace(with_register, extra=extra)


def test_members_are_found_by_number_and_no_number_is_shown(shell: Shell, qyapi: QyApi) -> None:
    qyapi.mobiles = {"13800000001": "ZhangSan"}
    qyapi.patience = 1_000
    ran = shell("bind", "--wecom")
    assert "测试甲一" in ran.out
    assert "已请本人确认1人" in ran.out or "今天不再查" in ran.err
    assert "1380000" not in ran.out + ran.err
    assert qyapi.sent == []  # the running bot sends it
    assert shell("verify").code == 0


def test_a_query_that_is_refused_is_named_in_a_sentence(shell: Shell, qyapi: QyApi) -> None:
    qyapi.trusted = False
    ran = shell("bind", "--wecom")
    assert ran.code == 1
    assert "企业可信IP" in ran.err
    assert "1380000" not in ran.out + ran.err
    assert "Traceback" not in ran.err


def test_without_wecom_or_a_name_the_way_is_shown(shell: Shell) -> None:
    without = Shell(folder=shell.folder)
    assert "DUBAN_WECOM__" in without("bind", "--wecom").err
    ran = without("bind")
    assert ran.code == 1
    assert "bind --wecom" in ran.err


@pytest.mark.parametrize(
    ("channel", "address", "why"),
    [
        ("wecom", "@all", "UserID"),
        ("wecom", "ZhangSan|LiSi", "UserID"),
        ("wechat", "张三", "OpenID"),
        ("mail", "nobody", "邮箱地址不对"),
        ("robot", "nobody", "已设置：desk"),
        ("inbox", "测试甲一", "人员编号"),
    ],
)
def test_an_address_the_channel_can_never_use_is_not_bound(shell: Shell, channel: str, address: str, why: str) -> None:
    more = {
        "WECHAT__APP_ID": "wx1",
        "WECHAT__SECRET": "s",
        "WECHAT__TOKEN": "t",
        "WECHAT__AES_KEY": "A" * 43,
        "MAIL__HOST": "mail.example.cn",
        "MAIL__SENDER": "d@example.cn",
        "ROBOTS__DESK__KIND": "wecom",
        "ROBOTS__DESK__URL": "https://example.cn/robot?key=1",
    }
    extra = (*shell.extra, *((f"DUBAN_{name}", value) for name, value in more.items()))
    ran = replace(shell, extra=extra)("bind", "测试甲一", channel, address)
    assert (ran.code, ran.out) == (1, "")
    assert why in ran.err
    assert "没有绑定。" in ran.err


def test_who_is_bound_by_the_operator_is_told_at_the_new_address(shell: Shell) -> None:
    ran = shell("bind", "测试甲一", "wecom", "ZhangSan")
    assert (ran.code, ran.out.strip()) == (0, "已绑定：测试甲一 → wecom。")
    again = shell("bind", "测试甲一", "wecom", "LiSi")
    assert "原地址已作废" in again.out


def test_an_address_taken_from_somebody_else_is_said_to_be(shell: Shell) -> None:
    assert len(shell("bind", "测试甲一", "wecom", "ZhangSan").out.splitlines()) == 1
    ran = shell("bind", "测试乙一", "wecom", "ZhangSan")
    assert ran.code == 0
    assert "原由测试甲一使用" in ran.out
