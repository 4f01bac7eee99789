"""请假 for somebody else: whose it is is named, and only the desk or a leader notes it."""

import pytest

from storage.tickets import journal
from storage.tickets.journal import SYSTEM
from tests.cast.office import Office


@pytest.fixture
def busy(office: Office) -> Office:
    """甲 took FJ-1 on Monday at 10:00."""
    office.at("08-23 10:00").receives("FJ-1")
    office.says("jia", "签收")
    return office.forget()


def away(office: Office, who: str) -> list[str]:
    """The leaves of a person, until when."""
    with office.database.read() as conn:
        leaves = office.engine.context.directory(conn).leaves.get(office.people[who], ())
    return [f"{office.engine.wording.moment_short(one.starts_at)} {one.ends_at:%m-%d %H}" for one in leaves]


def last_line(office: Office) -> dict[str, object]:
    with office.database.read() as conn:
        line = [one for one in journal.read(conn, SYSTEM) if one.kind == "leave"][-1]
    return {"actor": line.actor, "person": line.data.get("person")}


@pytest.mark.parametrize("who", ["wu", "bing"])
@pytest.mark.parametrize("words", ["甲请假到8月25日", "帮甲请假到8月25日", "甲 请假 到8月25日"])
def test_the_desk_and_a_leader_note_it_and_both_are_told(busy: Office, who: str, words: str) -> None:
    reply = busy.says(who, words)
    assert reply.text.splitlines()[0] == "已为甲登记请假：8月23日10:00至8月25日24:00，已告知本人。"
    name = {"wu": "戊", "bing": "丙"}[who]
    busy.expect("jia", "", says=f"{name}已为您登记请假：8月23日10:00至8月25日24:00。")
    busy.expect("yi", "notice:deputy")
    assert away(busy, "jia") == ["8月23日10:00 08-25 16"]
    assert away(busy, who) == []
    assert last_line(busy) == {"actor": f"person:{busy.people[who]}", "person": busy.people["jia"]}
    busy.says("yi", "办结 FJ-1 已改")


def test_it_is_undone_by_whoever_noted_it(busy: Office) -> None:
    busy.says("bing", "甲请假到8月25日")
    busy.forget()
    assert busy.says("bing", "撤销").text == "已撤销请假，已告知代办人员。"
    busy.expect("yi", "notice:back")
    assert away(busy, "jia") == []
    busy.says("jia", "已改")


@pytest.mark.parametrize("who", ["yi", "ding"])
def test_nobody_else_may(busy: Office, who: str) -> None:
    reply = busy.says(who, "甲请假到8月25日")
    assert reply.text == "甲请假须由本人、其分管领导或电子政务科登记，未作任何记录。"
    assert away(busy, "jia") == away(busy, who) == []
    busy.says("jia", "已改")


def test_a_name_behind_is_the_deputy_unless_one_is_named_as_well(busy: Office) -> None:
    asked = busy.says("wu", "请假 甲 到8月25日")
    assert asked.text.startswith("请问是甲请假，还是您请假、由甲代？")
    assert away(busy, "jia") == away(busy, "wu") == []
    assert busy.says("wu", "请假 甲 到8月25日 由己代").text.startswith("已为甲登记请假")
    busy.forget()
    assert "期间由甲代办" not in busy.says("yi", "请假 到8月24日 由丙代").text
    busy.forget()
    busy.says("ji", "办结 FJ-1 已改")


@pytest.mark.parametrize("name", ["老王头", "小陈", "张三"])
def test_a_name_nobody_knows_is_nobodys_leave(busy: Office, name: str) -> None:
    assert busy.says("wu", f"{name}请假三天").text.startswith(f"通讯录里没有找到“{name}”，未登记请假。")
    for who, words in (("wu", "张三请假到周五"), ("jia", "张三请假到周五"), ("bing", "请假 王五 到周五")):
        assert "通讯录里没有找到" in busy.says(who, words).text
        assert away(busy, who) == []
    assert away(busy, "wu") == []
    busy.says("jia", "已改")


@pytest.mark.parametrize(
    ("words", "noted"),
    [
        ("我明天请假一天", "8月24日00:00 08-24 16"),
        ("明天请假", "8月24日00:00 08-24 16"),
        ("我想请假到周五", "8月23日10:00 08-27 16"),
        ("请三天假", "8月23日10:00 08-25 16"),
        ("周四请假两天", "8月26日00:00 08-27 16"),
    ],
)
def test_ones_own_as_people_say_it(busy: Office, words: str, noted: str) -> None:
    assert busy.says("jia", words).text.startswith("已记录请假：")
    busy.forget()
    assert away(busy, "jia") == [noted]
    busy.says("yi", "办结 FJ-1 已改")
