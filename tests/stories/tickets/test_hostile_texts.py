"""What a ticket says is shown as words: no links, no calls, no escapes, no citizens' numbers; nothing for a group."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels.cutting import inert, unlinked
from handlers.chat.platforms.heard import Heard, HeardKind
from storage.messages import outbox
from tests.cast.office import Office
from tests.handlers.shell.commands import Shell

ESCAPE = "\x1b]0;改标题\x07\x1b[31m红\x9b2J\u202e"
PROBLEM = f"<a href='http://evil'>点此</a>{ESCAPE} 公开了13812341234和身份证11010119900307123X"
TAGS = (
    '<a href="http://evil">x</a>',
    "<A HREF=x>",
    "< a href=x>",
    "<\u200ba href=x>",
    "<\n\ta href=x>",
    '<at user_id="all">所有人</at>',
    "<at id=all></at>",
    "</a>",
)


@pytest.fixture
def told(office: Office) -> Iterator[Office]:
    office.at("08-23 10:00")
    yield office
    office.forget()


@pytest.mark.parametrize("tag", TAGS)
def test_no_link_and_no_call_opens_anywhere(tag: str) -> None:
    for plain in (unlinked, inert):
        shown = plain(f"1 < 2 {tag} <abc>")
        assert shown.startswith("1 < 2 \uff1c")
        assert shown.endswith(" <abc>")


def test_words_with_an_address_behind_are_no_link_in_a_group() -> None:
    assert "](" not in inert("[点此](http://evil) [x]( weixin://y)")
    assert inert("[表](一)") == "[表](一)"


def test_escapes_and_numbers_reach_no_chat(told: Office) -> None:
    told.receives("FJ-1", problem=PROBLEM, suggestion=f"删去{ESCAPE}13812341234")
    told.says("jia", f"误报 FJ-1 原文{ESCAPE}是13812341234打来的")
    told.at("08-25 09:00")
    texts = [one.text for one in told.stage["chat"].tried]
    assert len(texts) > 5
    for text in texts:
        assert not set(text) & set("\x1b\x07\x9b\u202e"), text
        assert "13812341234" not in text, text
    assert "138****1234" in " ".join(texts)


def group_hears(office: Office, who: str, text: str, *, action: str = "") -> tuple[list[str], list[str]]:
    """Let somebody speak in a group; returns what the group and what the person alone then read."""
    before = len(office.stage["chat"].tried)
    event = f"group-{before}-{len(text)}-{action}"
    heard = Heard(
        kind=HeardKind.TAP if action else HeardKind.TEXT,
        event_id=event,
        address=f"chat:{who}",
        at=office.clock.now(),
        text=text,
        action=action,
        chat="chat:group",
        in_group=True,
    )
    office.listens("chat", **{event: heard})
    office.settle()
    said = office.stage["chat"].tried[before:]
    group = [one.text for one in said if one.address == "chat:group"]
    return group, [one.text for one in said if one.address == f"chat:{who}"]


@pytest.mark.parametrize("asked", ["我的工单", "工单 FJ-1", "FJ-1", "督办列表", "绑定", "周报", "签收", "1"])
def test_a_group_reads_no_list_and_no_ticket(told: Office, asked: str) -> None:
    told.receives("FJ-1", "FJ-2", problem="内部情况：某某被投诉")
    if asked == "1":
        told.says("jia", "我的工单")
    group, alone = group_hears(told, "jia", asked)
    assert group == []
    assert alone
    assert not any("内部情况" in text for text in group)


def test_what_is_answered_to_a_group_holds_no_number_of_a_citizen(told: Office) -> None:
    told.receives("FJ-1")
    group, _ = group_hears(told, "jia", "办结 FJ-1 已删除 13812341234")
    assert "13812341234" not in " ".join(group)
    [done] = told.story("FJ-1", "complete")
    assert "13812341234" in str(done.data["raw"])  # the record keeps what was said


def test_a_forged_button_answers_the_same_whether_the_request_is_there_or_not(told: Office) -> None:
    told.add_forest().receives("FJ-1")
    told.says("jia", "误报 FJ-1 原文为引用古籍")
    with told.database.read() as conn:
        known = {one.params.request for one in outbox.of_ticket(conn, told.ticket("FJ-1").id) if one.kind == "request"}
    [request] = known
    for who in ("jia", "yi", "ji", "geng", "xin"):
        for code in ("ok", "no"):
            there, gone = told.taps(who, f"{code}:{request}"), told.taps(who, f"{code}:{request + 1000}")
            assert (there.text, there.buttons, there.private) == (gone.text, gone.buttons, gone.private)
    for who in ("geng", "xin"):
        for code in ("ack", "done", "why", "back"):
            there = told.taps(who, f"{code}:{told.ticket('FJ-1').id}")
            gone = told.taps(who, f"{code}:99999")
            assert (there.text, there.buttons, there.private) == (gone.text, gone.buttons, gone.private)
    assert told.story("FJ-1", "denied")


def test_nothing_of_a_ticket_steers_the_terminal(tmp_path: Path) -> None:
    shell, file = Shell(folder=tmp_path / "data"), tmp_path / "t.csv"
    row = f"FJ-{ESCAPE}1,微信公众号,水清{ESCAPE}三明,错{ESCAPE}[link=http://evil]x[/link],改{ESCAPE},"
    heads = "工单编号,平台类型,账号名称,存在问题,推荐修改,下发时间"
    file.write_text(f"{heads}\n{row}2021-08-23 10:00\n{row.replace('1,', '2,', 1)}昨天{ESCAPE}\n", encoding="utf-8")
    ran = [shell("intake", str(file)), shell("tickets"), shell("tickets", "--json"), shell("check", "--all")]
    ran.append(shell("report", "weekly", "--out", str(tmp_path / "out")))
    number = ran[2].lines[0]["ticket"]
    ran += [
        shell("ticket", number),
        shell("ticket", number, "--json"),
        shell("ticket", f"x{ESCAPE}"),
        shell(f"x{ESCAPE}"),
    ]
    assert "改标题" in ran[1].out
    for one in ran:
        for text in (one.out, one.err):
            assert not set(text) & set("\x1b\x07\x9b\u202e"), repr(text)
