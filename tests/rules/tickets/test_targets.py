"""Whom people name: accounts, units, persons."""

import pytest

from bot.rules.people.matching import name_key
from bot.rules.tickets.targets import find_people, find_target
from storage.records import Account, Directory, Person, Unit
from tests.cast.values import ticket

UNITS = {
    1: Unit(id=1, name="市政府办", desk=True),
    2: Unit(id=2, name="三明市水利局"),
    3: Unit(id=3, name="三明市林业局"),
}
UNITS |= {4: Unit(id=4, name="三明市教育局"), 5: Unit(id=5, name="永安市林业局")}
PEOPLE = {
    1: Person(id=1, name="甲", unit_id=2),
    2: Person(id=2, name="张三", unit_id=3),
    3: Person(id=3, name="张三", unit_id=4),
    4: Person(id=4, name="李四", unit_id=4, active=False),
    5: Person(id=5, name="王五", unit_id=4),
}
NAMES = [(1, "微信公众号", "水清三明", 2), (2, "微信公众号", "三明林业", 3), (3, "新浪微博", "三明林业", 3)]
NAMES += [(4, "抖音", "永安林业", 5), (5, "抖音", "永安护林", 5)]
ACCOUNTS = {one: Account(id=one, platform=platform, name=name, unit_id=unit) for one, platform, name, unit in NAMES}
KNOWN = Directory(version=1, units=UNITS, people=PEOPLE, accounts=ACCOUNTS)


def found(text: str) -> list[str]:
    """The names of what a text names."""
    return [one.name for one in find_target(text, ticket(platform="微信公众号"), KNOWN).targets]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("水清三明", ["水清三明（微信公众号）"]),
        ("给水清三明", ["水清三明（微信公众号）"]),
        ("转给 水清三明，谢谢", ["水清三明（微信公众号）"]),
        ("三明林业（新浪微博）", ["三明林业（新浪微博）"]),
        ("三明林业", ["三明林业（微信公众号）", "三明林业（新浪微博）"]),
        ("三明市林业局", ["三明林业（微信公众号）"]),  # its only account on the ticket's platform
        ("给三明市林业局处理", ["三明林业（微信公众号）"]),
        ("永安市林业局", ["永安林业（抖音）", "永安护林（抖音）"]),
        ("水利局", ["水清三明（微信公众号）"]),
        ("甲", ["甲（三明市水利局）"]),
        ("给甲办理，他熟悉", ["甲（三明市水利局）"]),
        ("张三", ["张三（三明市林业局）", "张三（三明市教育局）"]),
        ("张三（三明市教育局）", ["张三（三明市教育局）"]),
        ("三明市教育局", ["张三（三明市教育局）", "王五（三明市教育局）"]),  # no account: its people
        ("李四", []),
        ("不存在的单位", []),
        ("局", []),
        ("", []),
        ("给", []),
    ],
)
def test_finds(text: str, names: list[str]) -> None:
    assert found(text) == names


def test_what_else_is_said_is_no_name() -> None:
    named = find_target("给三明市林业局，不是我单位的账号", ticket(), KNOWN)
    assert (named.word, named.rest) == ("三明市林业局", "不是我单位的账号")
    assert find_target("教育部，谢谢", ticket(), KNOWN).word == "教育部"


def test_people_who_left_are_nobody() -> None:
    assert find_people("李四", KNOWN) == []
    assert [one.id for one in find_people(" 张三 ", KNOWN)] == [2, 3]
    assert name_key("张三（三明市教育局）") == name_key("张三（三明市教育局）")
