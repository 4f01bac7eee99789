"""The desk's year, command by command: a notice in, approved by another, a typhoon, and what is missing."""

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.actions.calendar import notices
from bot.actions.calendar.notices import Who
from bot.engine import Engine, open_engine
from settings import Settings
from storage.records import Directory
from tests.cast.decisions import YEAR
from tests.handlers.shell.commands import ROOT, Shell, copied
from tests.rules.calendar.notices import text
from tests.rules.calendar.oracle import WORKED

GUIDE = ROOT / "docs" / "calendar.md"
TODAY = min(date.today(), date(2026, 12, 29))  # what follows must be published
DESK, OTHER, BUREAU = "测试丁", "测试戊一", "三明市水利局"


@pytest.fixture(scope="module")
def prepared(register_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample register, and today's ticket of the water bureau."""
    folder = tmp_path_factory.mktemp("year")
    ready = copied(register_folder, folder)
    today = folder / "today.csv"
    row = f"A-1,微信公众号,水清三明,错别字,{TODAY.isoformat()} 00:10"
    today.write_text(f"工单编号,平台,账号名称,存在问题,下发时间\n{row}\n", encoding="utf-8")
    assert ready("intake", str(today)).code == 0
    return ready.folder


@pytest.fixture
def shell(prepared: Path, tmp_path: Path) -> Shell:
    """A copy of the prepared data folder."""
    return copied(prepared, tmp_path)


def test_a_year_as_lines_and_as_a_picture_without_a_database(fresh: Shell) -> None:
    days = fresh("calendar", "show", "2021", "--json").lines
    assert [list(day) for day in days] == [["date", "working", "kind", "name", "source"]] * 365
    assert all(day["working"] is WORKED[date.fromisoformat(day["date"])] for day in days)
    kinds = {day["date"]: day["kind"] for day in days}
    assert [kinds[f"2021-{one}"] for one in ("09-17", "09-18", "09-19", "08-28")] == [
        "weekday", "makeup", "holiday", "weekend",
    ]  # fmt: skip
    picture = fresh("calendar", "show", "2021")
    assert "13  14  15  16  17  18+ 19*" in picture.out
    assert "图例：*放假" in picture.out
    assert not fresh.folder.exists()
    unknown = fresh("calendar", "show", "2031")
    assert (unknown.code, "2031年放假安排尚未公布" in unknown.err) == (1, True)


def handed_in(shell: Shell, file: Path, account: str) -> None:
    """Hand a notice in as another account of the machine would."""
    engine = open_engine(Settings(data_dir=shell.folder), channels={})
    person = next(one for one in directory_of(engine).people.values() if one.name == DESK)
    given = file.read_text(encoding="utf-8")
    who = Who(person_id=person.id, name=person.name, recorded_by=account)
    notices.propose(engine.context, given, notices.examine(engine.context, given), who)
    engine.database.close()


def directory_of(engine: Engine) -> Directory:
    with engine.database.read() as conn:
        return engine.context.directory(conn)


def test_a_notice_goes_in_is_approved_by_another_and_counts_everywhere(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "notice.json"
    file.write_text(json.dumps({**YEAR, "year": 2031} | _shifted(4)), encoding="utf-8")
    looked = shell("calendar", "import", str(file), "--dry-run", "--json")
    assert looked.lines[0]["number"] is None
    assert not any(one["grave"] for one in looked.lines[0]["checks"])
    [line] = shell("calendar", "import", str(file), "--by", DESK, "--json").lines
    assert (line["number"], line["year"], line["usable"]) == (1, 2031, True)
    own = shell("calendar", "approve", "1", "--by", DESK, "--yes")
    assert (own.code, "须由通讯录中的另一人批准" in own.err) == (1, True)
    same = shell("calendar", "approve", "1", "--by", OTHER, "--yes")
    assert (same.code, "须由另一人用自己的账号批准" in same.err) == (1, True)
    assert shell("calendar", "refuse", "1", "--by", DESK, "--yes").code == 0
    handed_in(shell, file, "another account")
    preview = shell("calendar", "approve", "2", "--by", OTHER)
    assert "以上为预览，未作任何改动" in preview.err
    assert shell("calendar", "show", "2031").code == 1
    [summary] = shell("calendar", "approve", "2", "--by", OTHER, "--yes", "--json").lines
    assert (summary["event"], summary["applied"], summary["number"]) == ("summary", True, 2)
    assert shell("calendar", "show", "2031").code == 0
    [answer] = shell("deadline", "2031-10-08", "--json").lines
    assert answer["calendar_revision"].startswith("r2-2031-")
    [_refused, listed] = shell("calendar", "list", "--json").lines
    assert (listed["status"], listed["proposed_by"], listed["settled_by"]) == ("approved", DESK, OTHER)
    undone = shell("calendar", "refuse", "2", "--by", DESK, "--yes")
    assert undone.code == 0
    assert shell("calendar", "show", "2031").code == 1
    assert "已核验" in shell("verify").out


def _shifted(years: int) -> dict[str, object]:
    """The made-up arrangement in another year; its make-up days on Sundays of their weeks."""

    def moved(day: str) -> date:
        return date(int(day[:4]) + years, int(day[5:7]), int(day[8:]))

    work = {}
    for day in YEAR["work"]:  # type: ignore[attr-defined]
        then = moved(day)
        work[(then + timedelta(6 - then.weekday())).isoformat()] = "调休"
    off = {moved(day).isoformat(): name for day, name in YEAR["off"].items()}  # type: ignore[attr-defined]
    return {"off": off, "work": work, "issued": "2026-11-20"}


def test_what_was_understood_is_shown_and_a_copy_in_gb18030_is_read(shell: Shell, tmp_path: Path) -> None:
    copy = tmp_path / "通知.txt"
    copy.write_bytes(text(2024).encode("gb18030"))
    ran = shell("calendar", "import", str(copy), "--by", DESK)
    assert ran.code == 0
    # The guide shows exactly this, the picture left out.
    [sample] = re.findall(r"```text\n( *国务院办公厅关于2024年.*?)```", GUIDE.read_text(encoding="utf-8"), flags=re.S)
    shown = [line.strip() for line in ran.out.splitlines()]
    assert [line.strip() for line in sample.splitlines() if line.strip() and line.strip() not in shown] == []
    assert "13  14  15  16  17  18  19" in ran.out
    again = shell("calendar", "import", str(copy), "--by", OTHER)
    assert (again.code, "不必重复导入" in again.err) == (1, True)
    waits = "第1号《国务院办公厅关于2024年部分节假日安排的通知》由测试丁提交，待另一人批准"
    assert waits in shell("calendar", "check").out
    assert "已退回第1号" in shell("calendar", "refuse", "1", "--by", OTHER).out


def test_a_misprint_is_refused_with_the_days_and_nothing_is_kept(shell: Shell, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.txt"
    wrong.write_text(text(2026).replace("2月14日", "2月13日"), encoding="utf-8")
    ran = shell("calendar", "import", str(wrong), "--by", DESK)
    assert ran.code == 1
    assert "2026-02-13是星期五，与通知所写不符" in ran.out
    assert "调休上班日应在周末，下列不是：2026年2月13日" in ran.out
    assert shell("calendar", "list", "--json").lines == []
    nothing = tmp_path / "nothing.txt"
    nothing.write_text("关于端午节值班的通知", encoding="utf-8")
    assert "没有找到通知标题" in shell("calendar", "import", str(nothing)).err


def test_a_closure_lists_the_tickets_first_moves_them_and_is_taken_back(shell: Shell) -> None:
    [before] = shell("tickets", "--json").lines
    closed = before["due_day"]
    words = ("calendar", "closure", closed, "--units", BUREAU, "--why", "台风停工", "--by", DESK)
    preview = shell(*words)
    assert preview.code == 0
    assert "A-1" in preview.out
    assert "未作任何改动" in preview.err
    assert shell("tickets", "--json").lines[0]["due_day"] == closed
    moved, summary = shell(*words, "--document", "明防指〔2026〕3号", "--yes", "--json").lines
    assert (moved["ticket"], moved["old_due_day"], moved["told"]) == ("A-1", closed, ["测试甲一", "测试乙一"])
    assert (summary["applied"], summary["moved"]) == (True, 1)
    assert shell("tickets", "--json").lines[0]["due_day"] == moved["new_due_day"] > closed
    kinds = {day["date"]: day for day in shell("calendar", "show", closed[:4], "--unit", BUREAU, "--json").lines}
    assert (kinds[closed]["kind"], kinds[closed]["source"]) == ("closure", "明防指〔2026〕3号")
    everywhere = {day["date"]: day["kind"] for day in shell("calendar", "show", closed[:4], "--json").lines}
    assert everywhere[closed] != "closure"
    story = shell("ticket", "A-1").out
    assert "时限调整：" in story
    assert shell("calendar", "closure", "--withdraw", "1", "--by", DESK, "--yes").code == 0
    assert shell("tickets", "--json").lines[0]["due_day"] == closed
    assert shell("calendar", "list", "--json").lines[0]["withdrawn_by"] == DESK


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2026-07-10", "--units", "三明市水利", "--why", "台风", "--by", DESK), "是不是：三明市水利局？"),
        (("2026-07-10", "--why", "台风", "--by", DESK), "--units"),
        (("某日", "--units", "全市", "--why", "台风", "--by", DESK), "日期“某日”读不懂"),
        (("2026-07-10", "--units", "全市", "--by", DESK), "请写明原因"),
    ],
)
def test_a_closure_that_is_not_complete_says_what_is_missing(shell: Shell, words: tuple[str, ...], said: str) -> None:
    ran = shell("calendar", "closure", *words)
    assert ran.code == 1
    assert said in ran.err
