"""Everything a person hears is played: summaries, briefs, buttons, and what lies unread in the web inbox."""

import json
from pathlib import Path
from typing import Any

from tests.simulator.playing import DOWN, EXAMPLE, LINES, LOOK, TICKET, play, reports, scenario


def form(line: dict[str, Any]) -> tuple[str, ...]:
    """What a line is about: its event, and of a message who hears what."""
    return tuple(str(line.get(key, "")) for key in ("event", "to", "person", "kind", "step", "ticket", "state"))


def test_the_lines_have_the_form_of_the_example() -> None:
    lines = play(EXAMPLE)
    for wanted in map(json.loads, LINES.read_text(encoding="utf-8").splitlines()):
        [line, *_] = [one for one in lines if form(one) == form(wanted)]
        assert wanted.keys() <= line.keys(), wanted
        assert wanted.get("at", "")[:10] == line.get("at", "")[:10]
        assert wanted.get("channel") == line.get("channel")
        assert {type(line[key]) for key in wanted} == {type(value) for value in wanted.values()}
        pressed = wanted.get("buttons", [])
        assert pressed == line.get("buttons", [])[: len(pressed)]
    times = [one["at"] for one in lines if "at" in one]
    assert times == sorted(times)
    assert all(time.endswith("+08:00") for time in times)


def test_summaries_and_briefs_are_played() -> None:
    lines = play(EXAMPLE)
    assert reports(lines, "summary") == [("08-30T08:00", "desk")]
    mornings = [f"{day}T08:00" for day in ("08-24", "08-25", "08-26", "08-27", "08-30", "08-31", "09-01", "09-02")]
    assert reports(lines, "brief") == [(day, who) for day in mornings for who in ("lead", "desk")]
    texts = {one["kind"]: one["text"] for one in lines if one["event"] == "message"}
    assert "逾期未办结（1件）" in texts["summary"]
    assert "已逾期7个工作日（9个自然日）" in texts["brief"]


def test_every_message_and_reply_carries_its_buttons(tmp_path: Path) -> None:
    said = '[[event]]\nat = 2021-08-23T10:30:00\nsay = { person = "jia", text = "签收" }\n'
    lines = scenario(tmp_path, TICKET, said, until="2021-08-23T11:00:00")
    first, *_ = [one for one in lines if one["event"] == "message"]
    assert first["buttons"] == ["签收", "办结", "为什么"]
    [reply] = [one for one in lines if one["event"] == "reply"]
    assert "办结" in reply["buttons"]


IN_THE_INBOX = 'channel = "inbox"'


def test_who_has_a_chat_is_told_there(tmp_path: Path) -> None:
    lines = scenario(tmp_path, TICKET, until="2021-08-23T11:00:00")
    assert {one["channel"] for one in lines if one["event"] == "message"} == {"wecom"}


def test_what_lies_in_the_inbox_is_not_told_and_the_next_in_line_hears(tmp_path: Path) -> None:
    lines = scenario(tmp_path, TICKET, jia=IN_THE_INBOX, yi=IN_THE_INBOX, until="2021-08-23T10:30:00")
    sent = [(one["to"], one["channel"]) for one in lines if one["event"] == "message"]
    assert sent == [("jia", "inbox"), ("yi", "inbox"), ("desk", "wecom")]


def test_a_look_into_the_inbox_tells_what_lies_there_once(tmp_path: Path) -> None:
    again = LOOK.replace("10:20", "10:25")
    lines = scenario(tmp_path, TICKET, LOOK, again, jia=IN_THE_INBOX, until="2021-08-30T08:00:00")
    looks = [(one["at"][11:16], one["person"], one["items"]) for one in lines if one["event"] == "open"]
    assert looks == [("10:20", "jia", 1), ("10:25", "jia", 0)]
    [summary] = [one["text"] for one in lines if one.get("kind") == "summary"]
    assert "甲8月23日10:20" in summary


def test_what_nobody_looked_at_is_not_told_in_the_summary(tmp_path: Path) -> None:
    lines = scenario(tmp_path, TICKET, jia=IN_THE_INBOX, until="2021-08-30T08:00:00")
    [summary] = [one["text"] for one in lines if one.get("kind") == "summary"]
    assert "甲8月23日" not in summary
    assert "乙8月23日10:00" in summary


def test_the_moment_of_issue_is_kept(tmp_path: Path) -> None:
    late = TICKET.replace("账号", "").replace(" }", ", issued_at = 2021-08-21T10:00:00 }")
    [first, *_] = scenario(tmp_path, late, until="2021-08-23T11:00:00")
    assert first["issued_at"] == "2021-08-21T10:00:00+08:00"
    assert first["at"] == "2021-08-23T10:00:00+08:00"
    [first, *_] = scenario(tmp_path, TICKET, until="2021-08-23T11:00:00")
    assert first["issued_at"] == first["at"]


def test_the_time_limit_runs_from_the_issue_and_the_first_message_says_so(tmp_path: Path) -> None:
    late = TICKET.replace("2021-08-23T10", "2021-08-25T09").replace(" }", ", issued_at = 2021-08-23T10:00:00 }")
    lines = scenario(tmp_path, late, until="2021-08-25T11:00:00")
    assert lines[0]["due_day"] == "2021-08-24"
    first = next(one["text"] for one in lines if one.get("to") == "jia")
    assert "8月23日10:00下发，8月25日09:00录入。" in first
    assert "8月23日（周一）收到" in first


def test_offices_that_open_late_hear_the_brief_then(tmp_path: Path) -> None:
    hours = """[[office_hours]]\nfrom = "01-01"\nuntil = "12-31"\nsessions = ["09:30-12:00", "14:00-17:00"]\n"""
    (tmp_path / "late.toml").write_text(hours, encoding="utf-8")
    lines = scenario(tmp_path, TICKET, policy="late.toml", until="2021-08-24T18:00:00")
    assert reports(lines, "brief") == [("08-24T09:30", "desk")]


def test_down_all_morning_no_brief_is_made_up_for(tmp_path: Path) -> None:
    down = DOWN.replace("2021-08-23T09:00", "2021-08-24T07:00").replace("180", "300")
    lines = scenario(tmp_path, TICKET, down, until="2021-08-24T18:00:00")
    assert reports(lines, "brief") == []
