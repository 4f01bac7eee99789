"""`deadline`: answers before anything is set up, one line in for one line out, with the database where there is one."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.handlers.shell.commands import Shell

FIELDS = [
    "received_at",
    "policy",
    "due_day",
    "target_at",
    "due_at",
    "status",
    "earliest_day",
    "explanation",
    "calendar_revision",
]


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """An empty data folder."""
    return Shell(folder=tmp_path / "data")


def test_it_answers_before_anything_is_set_up_and_leaves_nothing_behind(shell: Shell) -> None:
    ran = shell("deadline", "2026-09-30 16:00", "--json")
    [line] = ran.lines
    assert list(line) == FIELDS
    assert (line["due_day"], line["target_at"]) == ("2026-10-08", "2026-10-08T17:30:00+08:00")
    assert (line["due_at"], line["status"], line["policy"]) == ("2026-10-09T00:00:00+08:00", "ok", "monitor_1wd")
    assert not shell.folder.exists()


def test_a_sentence_for_people_and_the_count_day_by_day(shell: Shell) -> None:
    ran = shell("deadline", "2021-09-24", "18:30", "--explain")  # typed without quotes
    assert ran.code == 0
    assert "9月26日（周日，调休上班）为第1个工作日。请于9月26日18:00前办结，最迟24:00。" in ran.out
    assert "2021年9月25日（周六）：周末，不计" in ran.out
    assert "国办发明电〔2020〕27号" in ran.out


def test_one_line_out_for_each_line_in_and_bad_ones_do_not_stop_the_rest(shell: Shell) -> None:
    ran = shell("deadline", "-", stdin="2021-08-23 10:00\n\n昨天\n2021年9月17日 17:40\n9999-12-31\n2026-12-31\n")
    assert ran.code == 1
    found = [line.get("due_day", line.get("error")) for line in ran.lines]
    assert found[0] == "2021-08-24"
    assert found[1].startswith("时间“昨天”读不懂")
    assert found[2:] == ["2021-09-18", "时间超出可计算的范围。", None]
    waits = ran.lines[-1]
    assert (waits["status"], waits["due_at"], waits["earliest_day"]) == ("unpublished", None, "2027-01-02")
    assert "2027年放假安排尚未公布" in waits["explanation"]


def test_without_a_time_it_is_asked_for_now(shell: Shell) -> None:
    [line] = shell("deadline", "--json", "--policy", "veto_now").lines
    received, due = (datetime.fromisoformat(line[name]) for name in ("received_at", "due_at"))
    assert due - received == timedelta(hours=2)
    assert abs(datetime.now(UTC) - received) < timedelta(minutes=5)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2021-08-23", "--policy", "nothing"), "没有名为“nothing”的时限规则，可用：monitor_1wd"),
        (("2021-08-23", "--unit", "三明市水利局"), "登记簿里没有名为“三明市水利局”的单位"),
        (("2021-08-23", "--policy", "notice_report"), "--fixed-at"),
        (("2021-08-23", "--policy", "notice_report", "--fixed-at", "某日"), "读不懂"),
        (("8月23日",), "没有年份"),
    ],
)
def test_what_cannot_be_answered_says_why(shell: Shell, words: tuple[str, ...], said: str) -> None:
    ran = shell("deadline", *words)
    assert ran.code == 1
    assert said in ran.err
    assert ran.out == ""


def test_a_fixed_moment_is_the_deadline(shell: Shell) -> None:
    words = ("deadline", "2021-09-18", "--policy", "notice_report", "--fixed-at", "2021-09-26 12:00", "--json")
    [line] = shell(*words).lines
    assert (line["due_day"], line["due_at"]) == ("2021-09-26", "2021-09-26T12:00:00+08:00")


def test_a_policy_file_with_a_mistake_stops_every_command_and_names_the_line(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    file.write_text('[policies.monitor_1wd]\nextends = "monitor_1wd"\namuont = 2\n', encoding="utf-8")
    broken = Shell(folder=shell.folder, extra=(("DUBAN_POLICIES", str(file)),))
    for words in (("deadline", "2021-08-23"), ("calendar", "show", "2026"), ("tickets",), ("run",)):
        ran = broken(*words)
        assert ran.code == 1
        assert "策略文件 own.toml 第3行 policies.monitor_1wd.amuont：没有这个键" in ran.err
    assert not (shell.folder / "duban.sqlite3").exists()


def test_it_counts_with_the_database_where_there_is_one_even_an_older_one(shell: Shell) -> None:
    assert shell("migrate").code == 0
    assert shell("deadline", "2026-09-30", "--json").lines[0]["due_day"] == "2026-10-08"
    old = Shell(folder=shell.folder, extra=(("DUBAN_DATABASE_URL", f"sqlite:///{shell.folder}/empty.sqlite3"),))
    (shell.folder / "empty.sqlite3").touch()
    assert old("deadline", "2026-09-30", "--json").lines[0]["due_day"] == "2026-10-08"
    gone = Shell(folder=shell.folder, extra=(("DUBAN_DATABASE_URL", f"sqlite:///{shell.folder}/none.sqlite3"),))
    ran = gone("deadline", "2026-09-30")
    assert (ran.code, "打不开，请检查文件夹" in ran.err) == (1, True)
    assert not (shell.folder / "none.sqlite3").exists()


def test_a_day_written_in_a_notice_lasts_until_its_24_00(shell: Shell) -> None:
    words = ("2021-09-18 16:41", "--policy", "notice_report", "--json", "--fixed-at")
    [day] = shell("deadline", *words, "2021年9月26日").lines
    assert (day["due_day"], day["due_at"]) == ("2021-09-26", "2021-09-27T00:00:00+08:00")
    [clock] = shell("deadline", *words, "2021-09-26 12:00").lines
    assert (clock["due_day"], clock["due_at"]) == ("2021-09-26", "2021-09-26T12:00:00+08:00")
    assert "读不懂" in shell("deadline", *words, "月底").err
