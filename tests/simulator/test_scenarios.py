"""Scenarios are played by the real engine: who hears what when, in the form others read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from handlers.shell.simulate import app
from tests.simulator.playing import DOWN, EXAMPLE, LOOK, OFFICE, TICKET, heard, play, scenario


def test_the_case_of_2021_comes_out_seven_working_days_and_nine_days_late() -> None:
    lines = play(EXAMPLE)
    assert heard(lines) == [
        ("08-23T10:00", "jia", "receipt"),
        ("08-23T10:00", "yi", "receipt"),
        ("08-23T12:00", "yi", "take_over"),
        ("08-24T09:00", "lead", "nobody_took"),
        ("08-24T16:00", "jia", "last_call"),
        ("08-24T16:00", "yi", "last_call"),
        ("08-24T18:00", "desk", "target_passed"),
        ("08-24T18:00", "lead", "leader_at_target"),
        ("08-25T08:00", "desk", "overdue"),
        ("08-25T08:00", "lead", "overdue"),
        ("08-25T08:00", "jia", "overdue"),
        ("08-25T08:00", "yi", "overdue"),
        ("08-26T08:00", "desk", "slip_blue"),
        ("08-27T08:00", "jia", "still_overdue"),
        ("08-27T08:00", "yi", "still_overdue"),
        ("08-27T08:00", "lead", "still_overdue"),
        ("08-27T08:00", "desk", "slip_orange"),
        ("08-30T08:00", "desk", "slip_red"),
        ("08-31T08:00", "jia", "still_overdue"),
        ("08-31T08:00", "yi", "still_overdue"),
        ("08-31T08:00", "lead", "still_overdue"),
        ("09-02T08:00", "jia", "still_overdue"),
        ("09-02T08:00", "yi", "still_overdue"),
        ("09-02T08:00", "lead", "still_overdue"),
        ("09-02T16:05", "yi", "done"),
        ("09-02T16:05", "lead", "done"),
    ]
    states = [(one["at"][5:16], one["state"]) for one in lines if one["event"] == "ticket"]
    assert states == [("08-23T10:00", "new"), ("09-02T16:00", "completed")]
    [reply] = [one for one in lines if one["event"] == "reply"]
    assert "逾期7个工作日（9个自然日）" in reply["text"]
    summary = lines[-1]
    assert summary["event"] == "summary"
    [ticket] = summary["tickets"]
    assert {key: ticket[key] for key in ("due_day", "target_at", "due_at", "completed_at")} == {
        "due_day": "2021-08-24",
        "target_at": "2021-08-24T18:00:00+08:00",
        "due_at": "2021-08-25T00:00:00+08:00",
        "completed_at": "2021-09-02T16:00:00+08:00",
    }
    assert (ticket["late_workdays"], ticket["late_days"]) == (7, 9)


def test_twice_the_same_scenario_gives_the_same_lines() -> None:
    assert play(EXAMPLE) == play(EXAMPLE)


@pytest.mark.parametrize("channel", ["", 'channel = "telegram"', 'channel = "inbox"'])
def test_who_is_not_reachable_is_not_reached(tmp_path: Path, channel: str) -> None:
    gone = f"reachable = false\n{channel}"
    found = heard(scenario(tmp_path, TICKET, jia=gone, yi=gone, until="2021-08-23T11:00:00"))
    assert ("08-23T10:00", "desk", "receipt") in found
    assert {who for _, who, _ in found} == {"desk"}


def test_the_scenarios_policy_holds_for_tickets_that_name_none(tmp_path: Path) -> None:
    lines = scenario(tmp_path, TICKET, policy="veto_now", until="2021-08-23T12:00:00")
    [ticket] = lines[-1]["tickets"]
    assert ticket["due_at"] == "2021-08-23T12:00:00+08:00"


def test_leave_sends_the_steps_to_the_deputy(tmp_path: Path) -> None:
    leave = (
        '[[event]]\nat = 2021-08-23T09:00:00\nleave = { person = "jia", until = 2021-08-27T18:00:00, deputy = "desk" }'
    )
    lines = scenario(tmp_path, leave, TICKET, until="2021-08-23T11:00:00")
    assert heard(lines) == [("08-23T10:00", "desk", "receipt"), ("08-23T10:00", "yi", "receipt")]
    assert lines[0] == {
        "at": "2021-08-23T09:00:00+08:00",
        "event": "leave",
        "person": "jia",
        "until": "2021-08-27T18:00:00+08:00",
    }


def test_what_comes_while_it_is_down_is_told_when_it_is_up_again(tmp_path: Path) -> None:
    lines = scenario(tmp_path, DOWN, TICKET, until="2021-08-23T15:00:00")
    assert heard(lines) == [("08-23T12:00", "jia", "receipt"), ("08-23T12:00", "yi", "receipt")]
    assert [one["until"] for one in lines if one["event"] == "down"] == ["2021-08-23T12:00:00+08:00"]


def test_down_again_while_it_is_down(tmp_path: Path) -> None:
    shorter = DOWN.replace("T09:00", "T09:30").replace("180", "60")
    lines = scenario(tmp_path, DOWN, shorter, TICKET, until="2021-08-23T12:30:00")
    assert {at for at, _, _ in heard(lines)} == {"08-23T12:00"}


def test_down_until_after_the_end_nothing_more_happens(tmp_path: Path) -> None:
    lines = scenario(tmp_path, TICKET, DOWN.replace("T09:00", "T11:00"), until="2021-08-23T13:00:00")
    assert heard(lines) == [("08-23T10:00", "jia", "receipt"), ("08-23T10:00", "yi", "receipt")]
    assert [one["state"] for one in lines[-1]["tickets"]] == ["new"]


CLOSED = """
[[event]]
at = {at}
closure = {{ day = {day}, kind = "{kind}", why = "台风停工", decided_by = "{by}" }}
"""


def test_a_closure_moves_the_deadline_and_everybody_hears_of_it(tmp_path: Path) -> None:
    event = CLOSED.format(at="2021-08-23T16:00:00", day="2021-08-24", kind="closure", by="desk")
    lines = scenario(tmp_path, TICKET + event, until="2021-08-26T09:00:00")
    [closure] = [one for one in lines if one["event"] == "closure"]
    assert closure["moved"] == [{"ticket": "FJ-1", "from": "2021-08-24", "to": "2021-08-25"}]
    told = [(one["to"], one["step"] or one["kind"]) for one in lines if one.get("at") == closure["at"] and "to" in one]
    assert told == [("jia", "deadline_moved"), ("yi", "deadline_moved"), ("desk", "notice")]
    changes = [(one["at"][:16], one["due_day"]) for one in lines if one["event"] == "ticket"]
    assert changes == [("2021-08-23T10:00", "2021-08-24"), ("2021-08-23T16:00", "2021-08-25")]
    overdue = [one["at"] for one in lines if one.get("step") == "overdue"]
    assert set(overdue) == {"2021-08-26T08:00:00+08:00"}


def test_extra_work_counts_and_whoever_decides_need_not_be_in_the_scenario(tmp_path: Path) -> None:
    ticket = TICKET.replace("2021-08-23T10:00:00", "2021-08-27T10:00:00")
    event = CLOSED.format(at="2021-08-27T11:00:00", day="2021-08-28", kind="extra_work", by="市防指")
    lines = scenario(tmp_path, ticket + event, until="2021-08-27T12:00:00")
    [moved] = [one["moved"] for one in lines if one["event"] == "closure"]
    assert moved == [{"ticket": "FJ-1", "from": "2021-08-30", "to": "2021-08-28"}]
    assert any("由市防指办理" in one["text"] for one in lines if one["event"] == "message")


def test_a_duplicate_and_a_refused_ticket_are_told(tmp_path: Path) -> None:
    again = TICKET.replace("10:00", "10:30")
    wrong = TICKET.replace("10:00", "10:40").replace('no = "FJ-1"', 'no = "FJ-2", policy = "no_such"')
    lines = scenario(tmp_path, TICKET, again, wrong, until="2021-08-23T11:00:00")
    told = [(one["event"], one["ticket"]) for one in lines if one["event"] in ("duplicate", "set_aside")]
    assert told == [("duplicate", "FJ-1"), ("set_aside", "FJ-2")]


def test_for_eyes_people_and_steps_have_their_names_and_words_stay_as_they_are(tmp_path: Path) -> None:
    said = '[[event]]\nat = 2021-08-23T11:00:00\nsay = { person = "jia", text = "办结 [/] [red]好" }\n'
    path = tmp_path / "scenario.toml"
    wrong = TICKET.replace('no = "FJ-1"', 'no = ""')
    office = OFFICE.format(until="2021-08-23T12:00:00", policy="", jia="", yi="")
    path.write_text(office + TICKET + wrong + said, encoding="utf-8")
    done = CliRunner().invoke(app, [str(path)])
    assert done.exit_code == 0, done.output
    assert "→ 甲 新工单" in done.stdout
    assert "← 甲 办结 [/] [red]好" in done.stdout
    assert "搁置：没有工单编号，请补上" in done.stdout
    assert "合计 FJ-1 水清三明 已办结，未逾期" in done.stdout


SOUND = OFFICE.format(until="2021-08-24T08:00:00", policy="", jia="", yi="")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SOUND.replace('policy = ""', 'policy = "no_such"'), "没有名为“no_such”的时限规则"),
        (SOUND.replace('id = "yi"', 'id = "jia"'), "有两个 person 的 id 都是“jia”"),
        (SOUND.replace("desk = true", 'parent = "water"'), "互相循环"),
        (SOUND.replace("desk = true", 'desk = "vielleicht"'), "请写 true 或 false"),
        (SOUND.replace("2021-08-23T08:00:00", "3"), "请写成 2021-08-23T10:00:00+08:00 这样的时间"),
        ("start = ", "不是正确的 TOML"),
        ("start = 2021-08-23T08:00:00\n", "until 有误：缺少这一项"),
        (OFFICE.format(until="2021-08-22T08:00:00", policy="", jia="", yi=""), "until 早于 start"),
        (
            OFFICE.format(until="2021-08-24T08:00:00", policy="", jia="nick = 1", yi=""),
            "person.0.nick 有误：没有这一项，请检查拼写",
        ),
        (SOUND + TICKET.replace(" }", ", issued = 1 }"), "event.0.ticket.issued 有误：没有这一项，请检查拼写"),
        (SOUND + LOOK.replace("open", "opened"), "event.0.opened 有误：没有这一项，请检查拼写"),
        ("colour = 1\n" + SOUND, "colour 有误：没有这一项，请检查拼写"),
        (SOUND + LOOK.replace("jia", "x"), "没有 id 为“x”的 person"),
        (SOUND + TICKET.replace(" }", ", issued_at = 2021-08-24T10:00:00 }"), "FJ-1 的 issued_at 晚于录入时间"),
        (
            OFFICE.format(until="2021-08-24T08:00:00", policy="", jia="", yi="").replace(
                'primary = "jia"', 'primary = "x"'
            ),
            "没有 id 为“x”的 person",
        ),
        (
            OFFICE.format(until="2021-08-24T08:00:00", policy="", jia="", yi="")
            + "[[event]]\nat = 2021-08-23T09:00:00\n",
            "恰好写",
        ),
    ],
)
def test_a_scenario_with_a_mistake_is_refused_with_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(app, [str(path), "--json"])
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert done.stdout == ""
