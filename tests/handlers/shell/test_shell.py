"""The operator's day, command by command, in real processes on one SQLite file."""

import json
import os
import pwd
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook

from bot.rules.calendar.zone import SHANGHAI
from tests.fakes.sheets import HEADINGS, xlsx
from tests.handlers.shell.commands import SAMPLES, Shell, copied

NUMBER = "FJ-20210823-01"


@pytest.fixture(scope="module")
def shell(ticket_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A data folder with the sample register and the sample ticket, for all that only look."""
    return copied(ticket_folder, tmp_path_factory.mktemp("day"))


def test_help_lists_every_command_in_chinese(fresh: Shell) -> None:
    ran = fresh.from_a_terminal("--help")
    assert ran.code == 0
    assert "计算并解释办结时限" in ran.out
    assert not fresh.folder.exists()


def test_nobody_else_on_the_machine_can_look_into_the_data_folder(shell: Shell) -> None:
    assert shell.folder.stat().st_mode & 0o077 == 0


def test_importing_the_register_again_changes_nothing(shell: Shell) -> None:
    [report] = [
        line for line in shell("register", "import", str(SAMPLES / "register.xlsx"), "--json").lines if "units" in line
    ]
    assert report["units"]["new"] == report["people"]["new"] == report["accounts"]["new"] == 0
    assert report["accounts"]["unchanged"] == 39


def test_importing_the_same_tickets_again_makes_none_twice(shell: Shell) -> None:
    [line] = shell("intake", str(SAMPLES / "tickets-2021-08-23.xlsx"), "--json").lines
    assert (line["outcome"], line["ticket"]) == ("duplicate", NUMBER)


def test_a_dry_run_says_what_would_happen_and_writes_nothing(fresh: Shell) -> None:
    ran = fresh("intake", str(SAMPLES / "tickets-2021-08-23.xlsx"), "--dry-run", "--json")
    assert [line["outcome"] for line in ran.lines] == ["created"]
    assert fresh("tickets", "--json").lines == []


GRAVE_ROWS = [
    (*HEADINGS, "错误等级", "时限规则"),
    ("FJ-1", "微信公众号", "水清三明", "乱码", "2021-08-23 10:00", "单项否决", ""),
    ("FJ-2", "微信公众号", "水清三明", "错字", "2021-08-23 10:00", "一般", ""),
    ("FJ-3", "微信公众号", "水清三明", "乱码", "2021-08-23 10:00", "单项否决", "监测 工单"),
    ("FJ-4", "微信公众号", "水清三明", "乱码", "2021-08-23 10:00", "一般", "严重问题立刻处置"),
]


def test_a_dry_run_says_which_rule_each_row_follows_and_why(with_register: Shell, tmp_path: Path) -> None:
    file = str(xlsx(tmp_path / "grave.xlsx", GRAVE_ROWS))
    ran = with_register("intake", file, "--dry-run")
    assert "第2行：按问题级别“单项否决”适用“严重问题立即处置”（FJ-1）" in ran.err
    assert "FJ-2" not in ran.err
    assert "第4行：按来源写明的时限规则“监测 工单”适用“监测工单”（FJ-3）" in ran.err
    assert "第5行搁置：没有名为“严重问题立刻处置”的时限规则，是不是“严重问题立即处置”（veto_now）？" in ran.err
    assert "适用规则：“严重问题立即处置”1件，“监测工单”2件。" in ran.out
    lines = with_register("intake", file, "--dry-run", "--json").lines
    assert [(one.get("policy"), one.get("chosen_by")) for one in lines] == [
        ("veto_now", {"severity": "单项否决"}),
        ("monitor_1wd", {}),
        ("monitor_1wd", {"policy": "监测 工单"}),
        (None, None),
    ]


def test_a_bad_row_is_set_aside_and_the_rest_goes_in(with_register: Shell) -> None:
    ran = with_register("intake", str(SAMPLES / "tickets-2021-08-23.csv"))
    assert ran.code == 1
    assert "没有年份" in ran.err
    assert "登记簿里没有这个账号" in ran.err
    assert "新建2件" in ran.out


def test_a_table_with_nothing_below_its_headings_is_told(shell: Shell, tmp_path: Path) -> None:
    ran = shell("intake", str(xlsx(tmp_path / "empty.xlsx", [HEADINGS])))
    assert "empty.xlsx 表头下面没有内容" in ran.err


def test_the_overdue_ticket_is_listed(shell: Shell) -> None:
    found = {line["ticket"]: line for line in shell("tickets", "--overdue", "--json").lines}
    assert found[NUMBER]["due_day"] == "2021-08-24"
    assert found[NUMBER]["target_at"] == "2021-08-24T18:00:00+08:00"
    assert found[NUMBER]["due_at"] == "2021-08-25T00:00:00+08:00"


def test_an_answer_by_telephone_completes_a_ticket_and_says_who_recorded_it(with_ticket: Shell) -> None:
    shell = with_ticket
    said = shell("say", "测试甲一", "已整改并答复", "--at", "2021-09-02 16:00")
    assert said.code == 0
    assert "9月2日16:00办结" in said.out
    assert "逾期7个工作日（9个自然日）" in said.out
    again = shell("say", "测试乙一", f"办结 {NUMBER}")
    assert "测试甲一" in again.out
    [story] = shell("ticket", NUMBER, "--json").lines
    assert story["state"] == "completed"
    assert story["completed_at"] == "2021-09-02T16:00:00+08:00"
    [done] = [line for line in story["journal"] if line["kind"] == "complete"]
    assert done["data"]["raw"] == "已整改并答复"
    assert done["data"]["via"].startswith("say:")
    today = datetime.now(SHANGHAI)
    assert done["data"]["recorded_at"].startswith(f"{today:%Y-}")
    assert f"于{today.year}年{today.month}月" in shell("ticket", NUMBER).out
    assert "应于8月24日办结，9月2日办结，逾期7个工作日（9个自然日）" in shell("ticket", NUMBER).out
    assert shell("verify").code == 0


def test_what_was_not_understood_is_listed_masked_the_newest_first(with_ticket: Shell) -> None:
    with_ticket("say", "测试甲一", "今天天气不错，电话13812345678")
    with_ticket("say", "测试甲一", "水库水位下降")
    assert [line["text"] for line in with_ticket("misunderstood", "--json").lines] == [
        "水库水位下降",
        "今天天气不错，电话138****5678",
    ]
    assert "  水库水位下降（没看懂）" in with_ticket("misunderstood", "--limit", "1").out


def test_a_changed_journal_line_is_named(with_ticket: Shell) -> None:
    shell = with_ticket
    with closing(sqlite3.connect(shell.folder / "duban.sqlite3")) as database, database:
        database.execute(
            "UPDATE journal SET data = replace(data, '2021-08-24', '2021-09-24') WHERE ticket_id = 1 AND seq = 1"
        )
    ran = shell("verify")
    assert ran.code == 1
    assert f"工单{NUMBER}的流水：第1行" in ran.err
    [line] = shell("verify", "--json").lines
    assert (line["ticket"], line["seq"]) == (NUMBER, 1)


def test_a_changed_line_of_the_register_is_named(with_register: Shell) -> None:
    shell = with_register
    with closing(sqlite3.connect(shell.folder / "duban.sqlite3")) as database, database:
        database.execute("UPDATE journal SET actor = 'somebody' WHERE ticket_id = 0 AND seq = 1")
    assert "登记簿与日历的流水：第1行" in shell("verify").err


def test_refused_rows_of_a_register_are_told_in_words(tmp_path: Path) -> None:
    people = [("姓名", "单位", "手机号"), ("张三", "市局", "138000"), ("李四", "市科", "13800000001")]
    units = [("单位名称", "上级单位"), ("市局", ""), ("市科", "没有的局")]
    shell, file = Shell(folder=tmp_path / "data"), xlsx(tmp_path / "a.xlsx", units, sheet="单位", more={"人员": people})
    ran = shell("register", "import", str(file))
    assert ran.code == 1
    assert "“人员”表第2行“张三”：手机号 **** 不对" in ran.err
    assert "“人员”表第3行“李四”：单位“市科”自己的那一行有错" in ran.err
    refused = [line for line in shell("register", "import", str(file), "--json").lines if "refused" in line]
    assert (refused[0]["sheet"], refused[0]["row"], refused[0]["name"]) == ("单位", 3, "市科")


def test_the_weekly_report_is_written_as_text_and_table(shell: Shell, tmp_path: Path) -> None:
    ran = shell("report", "weekly", "--week", "2021-W34", "--out", str(tmp_path / "out"))
    assert ran.code == 0
    assert NUMBER in ran.out
    [table] = (tmp_path / "out").glob("*.xlsx")
    cells = [str(cell.value) for sheet in load_workbook(table) for row in sheet.iter_rows() for cell in row]
    assert any(NUMBER in cell for cell in cells)


@pytest.mark.parametrize("week", ["2021-34", "2021-W60", "2099-W01"])
def test_a_wrong_week_is_refused_in_chinese(shell: Shell, week: str, tmp_path: Path) -> None:
    ran = shell("report", "weekly", "--week", week, "--out", str(tmp_path))
    assert ran.code == 1
    assert "周" in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("ticket", "NO-SUCH-1"), "没有编号为"),
        (("say", "查无此人", "办结"), "没有名为"),
        (("say", "测试甲一", "办结", "--at", "昨天"), "读不懂"),
        (("intake", "no-such-file.xlsx"), "没有找到文件“no-such-file.xlsx”"),
        (("register", "import", str(SAMPLES)), "是文件夹"),
        (("simulate", "no-such-file.toml"), "没有找到文件"),
        (("report", "weekly", "--week", "2021-W35", "--out", "/dev/null/out"), "请用 --out 换一个文件夹"),
        (("say", "测试甲一", "办结", "--at", "2099-01-01 10:00"), "在将来"),
        (("bind", "测试甲一", "fax", "123"), "没有启用"),
        (("intake", str(SAMPLES / "README.md")), ""),
        (("register", "import", str(SAMPLES / "tickets-2021-08-23.xlsx")), ""),
    ],
)
def test_a_refused_input_gets_a_sentence_and_exit_code_1(shell: Shell, words: tuple[str, ...], sentence: str) -> None:
    ran = shell(*words)
    assert ran.code == 1
    assert sentence in ran.err
    assert ran.err.strip()
    assert "Traceback" not in ran.err


def test_a_bind_code_is_made_and_its_act_is_in_the_journal(shell: Shell) -> None:
    ran = shell("bind", "测试甲一")
    assert ran.code == 0
    assert "绑定码" in ran.out
    assert shell("verify").code == 0


def test_check_says_what_is_missing(fresh: Shell, shell: Shell) -> None:
    empty = fresh("check")
    assert empty.code == 1
    assert "登记簿里还没有账号" in empty.out
    found = shell("check", "--json").lines
    assert {line["about"] for line in found} >= {"register"}
    assert len(shell("check").out.splitlines()) < 10 < len(found)
    assert len(shell("check", "--all").out.splitlines()) > len(found)


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    ran = Shell(folder=tmp_path / "data", extra=(("DUBAN_TELEGRAM__TOKN", "x"),))("tickets")
    assert ran.code == 1
    assert "DUBAN_TELEGRAM__TOKN" in ran.err
    assert "Traceback" not in ran.err


def test_no_phone_number_lies_in_the_open(shell: Shell) -> None:
    raw = b"".join(path.read_bytes() for path in shell.folder.glob("duban.sqlite3*"))
    assert b"13800000001" not in raw
    assert (shell.folder / "secret.key").stat().st_mode & 0o077 == 0


def test_the_story_and_the_report_show_what_proves_them(with_ticket: Shell, tmp_path: Path) -> None:
    last = with_ticket.folder.with_name("data-roots.txt").read_text("ascii").splitlines()[-1].split()
    short = f"{last[0]}-{last[2][:16]}"
    assert f"存证号：{short}" in with_ticket("ticket", NUMBER).out
    assert with_ticket("ticket", NUMBER, "--json").lines[0]["root"] == short
    assert f"存证号：{short}" in with_ticket("report", "weekly", "--week", "2021-W34", "--out", str(tmp_path / "o")).out
    assert with_ticket("verify", "--since", short).code == 0


def test_the_operator_is_the_account_whatever_the_environment_says(with_ticket: Shell) -> None:
    claimed = replace(with_ticket, extra=(("LOGNAME", "somebody"), ("USER", "somebody"), ("SUDO_USER", "somebody")))
    assert claimed("say", "测试甲一", f"签收 {NUMBER}").code == 0
    told = json.dumps(claimed("ticket", NUMBER, "--json").lines[0]["journal"], ensure_ascii=False)
    assert f"say:{pwd.getpwuid(os.getuid()).pw_name}" in told
    assert "somebody" not in told


def test_the_roots_lie_where_the_setting_says(tmp_path: Path) -> None:
    elsewhere = tmp_path / "kept apart.txt"
    shell = Shell(folder=tmp_path / "data", extra=(("DUBAN_ROOTS_PATH", str(elsewhere)), ("DUBAN_JOURNAL_MAC", "sm3")))
    assert shell("register", "import", str(SAMPLES / "register.xlsx")).code == 0
    assert len(elsewhere.read_text("ascii").splitlines()) == 2
    assert not (tmp_path / "data-roots.txt").exists()
    assert shell("verify").code == 0
    strange = replace(shell, extra=(*shell.extra[:1], ("DUBAN_JOURNAL_MAC", "md5")))("verify")
    assert (strange.code, "DUBAN_JOURNAL_MAC 有误：只能填 sha256 或 sm3" in strange.err) == (1, True)


def test_the_demo_never_touches_the_root_file_of_the_office(tmp_path: Path) -> None:
    own = tmp_path / "roots.txt"
    own.write_text("of the office\n", "ascii")
    shell = Shell(folder=tmp_path / "data", extra=(("DUBAN_ROOTS_PATH", str(own)),))
    for _ in range(2):
        assert shell("demo", "--once", "--out", "played").code == 0
    assert own.read_text("ascii") == "of the office\n"
    assert (tmp_path / "played-roots.txt").exists()
    shutil.rmtree(tmp_path / "played")
    assert "旁边有存证文件“played-roots.txt”" in shell("demo", "--once", "--out", "played").err
