"""A mistake in the settings stops the start with a Chinese sentence that names the key, and never the value."""

import re
from pathlib import Path

import pytest

from settings import SettingsInvalid, load

WECOM = {
    "DUBAN_WECOM__CORP_ID": "ww0123456789abcdef",
    "DUBAN_WECOM__SECRET": "secret",
    "DUBAN_WECOM__AGENT_ID": "1000002",
    "DUBAN_WECOM__TOKEN": "callback",
    "DUBAN_WECOM__AES_KEY": "A" * 43,
}
MISTAKES = {
    ("DUBAN_WECOM__AGENT_ID", "abc"): "应为整数",
    ("DUBAN_WECOM__BASE_URL", "foo"): "应为完整的网址，以 http:// 或 https:// 开头",
    ("DUBAN_WECOM__OVERVIEW", "html"): "只能填 text 或 markdown",
    ("DUBAN_WECOM__READ_SECONDS", "0"): "应大于 0",
    ("DUBAN_WECOM__READ_SECONDS", "soon"): "应为数字",
    ("DUBAN_WECOM__SECERT", "x"): "没有这个设置，请检查拼写",
    ("DUBAN_WECOM", "3"): "应为一组名字和值",
    ("DUBAN_MAIL__PORT", "99999"): "不能大于 65535",
    ("DUBAN_WEB__PORT", "-1"): "不能小于 0",
    ("DUBAN_WECHAT__TEMPLATE_FIELDS", "first=title"): '应为 JSON，如 {"名字": "值"}',
    ("DUBAN_WECHAT__TEMPLATE_FIELDS__FIRST", "words"): "只能填 title 或 text 或 time 或 number 或 due 或 mark",
    ("DUBAN_ROBOTS__DESK__KIND", "qq"): "只能填 wecom 或 dingtalk 或 feishu",
    ("DUBAN_RHYTHM__SEND_FROM", "25"): "应为时刻，如 08:00",
}


def refused(monkeypatch: pytest.MonkeyPatch, **given: str) -> list[str]:
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    with pytest.raises(SettingsInvalid) as caught:
        load()
    return str(caught.value).splitlines()


@pytest.mark.parametrize(("key", "value"), MISTAKES)
def test_each_kind_of_mistake_is_told_in_chinese(monkeypatch: pytest.MonkeyPatch, key: str, value: str) -> None:
    assert f"设置 {key} 有误：{MISTAKES[key, value]}" in refused(monkeypatch, **{key: value})


@pytest.mark.parametrize(
    "name", ["DUBAN_HARTBEAT_URL", "DUBAN_API__TOKENS", "DUBAN_WEB_PORT", "DUBAN_TELEGRAM_TOKEN", "DUBAN_SECRETKEY"]
)
def test_a_variable_that_is_no_setting_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert refused(monkeypatch, **{name: "8080"}) == [f"设置 {name} 有误：没有这个设置，请检查拼写"]


def test_a_key_of_the_file_that_is_no_setting_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "duban.toml"
    file.write_text('hartbeat_url = "https://example.cn"\n\n[web]\nprot = 8080\n', encoding="utf-8")
    lines = refused(monkeypatch, DUBAN_CONFIG=str(file))
    assert sorted(line.split()[1] for line in lines) == ["DUBAN_HARTBEAT_URL", "DUBAN_WEB__PROT"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DUBAN_TEST_POSTGRES_URL", "postgresql://localhost"),
        ("DUBAN_FAILPOINT", "before_send"),
        ("DUBAN_HARTBEAT_URL", ""),  # a line of an old form, never filled in
        ("DUBAN_SERVICE_HOST", "10.0.0.1"),
        ("DUBAN_SERVICE_PORT_HTTP", "8000"),
        ("DUBAN_PORT", "tcp://10.0.0.1:8000"),
        ("DUBAN_PORT_8000_TCP_ADDR", "10.0.0.1"),
        ("DUBAN_WEB_PORT", "tcp://10.0.0.1:8000"),
    ],
)
def test_what_others_put_into_the_environment_does_no_harm(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert load().web.port == 8000


def test_a_value_may_stand_in_a_file_and_a_setting_that_is_a_path_stays_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "held"
    file.write_text("hunter2\n", encoding="utf-8")
    for key, value in {"HOST": "smtp.example.cn", "SENDER": "d@example.cn", "USER": "u"}.items():
        monkeypatch.setenv(f"DUBAN_MAIL__{key}", value)
    monkeypatch.setenv("DUBAN_MAIL__PASSWORD_FILE", str(file))
    monkeypatch.setenv("DUBAN_MAIL__CA_FILE", str(file))
    mail = load().mail
    assert mail.password is not None
    assert (mail.password.get_secret_value(), mail.ca_file) == ("hunter2", file)


@pytest.mark.parametrize("left_out", WECOM)
def test_a_channel_half_filled_names_what_is_missing(monkeypatch: pytest.MonkeyPatch, left_out: str) -> None:
    [line] = refused(monkeypatch, **{key: value for key, value in WECOM.items() if key != left_out})
    assert line == f"设置 DUBAN_WECOM 有误：还缺 {left_out.rpartition('__')[2]}"


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"DUBAN_MAIL__USER": "u", "DUBAN_MAIL__PASSWORD": "p"}, "设置 DUBAN_MAIL 有误：还缺 HOST、SENDER"),
        ({"DUBAN_WECHAT__TEMPLATE_ID": "t"}, "设置 DUBAN_WECHAT 有误：还缺 APP_ID、SECRET、TOKEN、AES_KEY"),
        ({"DUBAN_TELEGRAM__WEBHOOK_SECRET": "s"}, "设置 DUBAN_TELEGRAM 有误：还缺 TOKEN"),
        ({"DUBAN_ROBOTS__DESK__KIND": "wecom"}, "设置 DUBAN_ROBOTS__DESK__URL 有误：还没有填"),
    ],
)
def test_what_only_makes_sense_with_the_rest_is_half_filled_too(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], line: str
) -> None:
    assert refused(monkeypatch, **given) == [line]


@pytest.mark.parametrize(("filled", "missing"), [("USER", "PASSWORD"), ("PASSWORD", "USER")])
def test_an_account_without_its_password_stops_the_start(
    monkeypatch: pytest.MonkeyPatch, filled: str, missing: str
) -> None:
    mail = {"DUBAN_MAIL__HOST": "smtp.example.cn", "DUBAN_MAIL__SENDER": "d@example.cn"}
    [line] = refused(monkeypatch, **mail, **{f"DUBAN_MAIL__{filled}": "x"})
    assert line.endswith(f"还缺 {missing}")


def test_keys_left_empty_are_absent_and_blanks_around_a_value_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    for key in WECOM:
        monkeypatch.setenv(key, "")
    assert not load().wecom.configured
    for key, value in WECOM.items():
        monkeypatch.setenv(key, f" {value}\n")
    found = load().wecom
    assert (found.configured, found.corp_id) == (True, "ww0123456789abcdef")
    assert found.secret is not None
    assert found.secret.get_secret_value() == "secret"


def test_a_broken_file_names_its_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "duban.toml"
    file.write_text("[wecom]\ncorp_id ww1\n", encoding="utf-8")
    assert refused(monkeypatch, DUBAN_CONFIG=str(file)) == [f"设置文件 {file} 读不懂：第2行的写法不对"]


def test_no_sentence_is_english_or_holds_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = refused(monkeypatch, DUBAN_WECOM__SECRET="[7]", DUBAN_WECOM__AGENT_ID="hunter2", DUBAN_WEB__PORT="hunter2")
    assert not [line for line in lines if re.search(r"should|input|valid|hunter2", line, re.IGNORECASE)]


@pytest.mark.parametrize("key", ["TELEGRAM__BASE_URL", "WECOM__BASE_URL", "WECHAT__BASE_URL"])
@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://api.example.gov.cn", True),
        ("http://127.0.0.1:8081", True),
        ("http://[::1]:8081", True),
        ("http://localhost/x", True),
        ("http://api.telegram.org", False),
        ("http://10.1.2.3", False),
        ("http://127.0.0.1.evil.example", False),
        ("http://localhost.evil.example", False),
        ("http://127.0.0.1@evil.example", False),
        ("HTTP://EVIL.example", False),
    ],
)
def test_without_tls_only_this_machine_is_spoken_to(
    monkeypatch: pytest.MonkeyPatch, key: str, url: str, taken: bool
) -> None:
    monkeypatch.setenv(f"DUBAN_{key}", url)
    if taken:
        load()
        return
    with pytest.raises(SettingsInvalid, match=f"DUBAN_{key}.*https://"):
        load()


def test_a_robot_is_spoken_to_with_tls_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DUBAN_ROBOTS", '{"a": {"kind": "feishu", "url": "http://open.feishu.cn/hook/secret"}}')
    with pytest.raises(SettingsInvalid, match="https://") as refused:
        load()
    assert "secret" not in str(refused.value)
