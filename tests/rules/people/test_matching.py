"""Which account is meant."""

import pytest

from bot.rules.people.matching import PLATFORMS, find_account, name_key, platform_of
from storage.records import Account, Directory

NAMES = [("微信公众号", "水清三明"), ("新浪微博", "水清三明"), ("新浪微博", "三明特警"), ("抖音", "三明水利发布")]


def register() -> Directory:
    accounts = {n: Account(id=n, platform=on, name=name, unit_id=1) for n, (on, name) in enumerate(NAMES, 1)}
    keys = {(one.platform, name_key(one.name)): one.id for one in accounts.values()}
    return Directory(version=1, accounts=accounts, account_keys=keys)


@pytest.mark.parametrize("text", ["水清三明", " 水清 三明\u3000", "“水清三明”", "《水清三明》", "「水清三明」"])
def test_names_are_equal_without_spaces_and_quotes(text: str) -> None:
    assert name_key(text) == "水清三明"


def test_names_are_equal_without_width_and_case() -> None:
    assert name_key("建宁交通２０１５（ＡＢ）") == name_key("建宁交通2015(ab)")


@pytest.mark.parametrize(
    ("text", "platform"),
    [
        ("微信", "微信公众号"),
        ("公众号", "微信公众号"),
        ("微信公众号（订阅号）", "微信公众号"),
        ("微信公众号（服务号）", "微信公众号"),
        ("微博", "新浪微博"),
        (" 新浪 微博 ", "新浪微博"),
        ("头条", "今日头条"),
        ("ＡＰＰ", "移动客户端"),
        ("B站", "哔哩哔哩"),
        ("视频号", "微信视频号"),
        ("查无此平台", None),
        ("", None),
    ],
)
def test_platforms_by_their_synonyms(text: str, platform: str | None) -> None:
    assert platform_of(text) == platform


def test_every_platform_knows_itself() -> None:
    assert [platform_of(one) for one in PLATFORMS] == list(PLATFORMS)


def test_an_account_is_found_by_platform_and_name() -> None:
    found = find_account(register(), "微信", "“水清三明”")
    assert found is not None
    assert (found.platform, found.name) == ("微信公众号", "水清三明")


def test_without_a_platform_only_a_single_name_is_found() -> None:
    unique = find_account(register(), None, "三明特警")
    assert unique is not None
    assert unique.id == 3
    assert find_account(register(), "", "水清三明") is None


@pytest.mark.parametrize(("platform", "name"), [("抖音", "水清三明"), ("查无此平台", "三明特警"), ("微博", "查无此号")])
def test_what_does_not_fit_is_not_guessed(platform: str, name: str) -> None:
    assert find_account(register(), platform, name) is None
