"""`run` and `demo` as real processes."""

import json
import os
import signal
import socket
import urllib.request
from pathlib import Path

from tests.handlers.shell.commands import SAMPLES, Shell
from tests.waiting import LONG, wait_for


def ready(log: Path) -> int:
    """The port it serves on; 0 while it does not."""
    lines = [json.loads(line) for line in log.read_text().splitlines() if '"action": "ready"' in line]
    return int(lines[0]["port"]) if lines else 0


def test_run_serves_delivers_and_stops_cleanly_on_sigterm(tmp_path: Path) -> None:
    extra = (("DUBAN_RHYTHM__SEND_FROM", "00:00"),)
    shell, log = Shell(folder=tmp_path / "data", extra=extra), tmp_path / "log"
    shell("register", "import", str(SAMPLES / "register.xlsx"))
    log.touch()
    with shell.started("run", err=log) as running:
        wait_for(lambda: ready(log), log.read_text)
        with urllib.request.urlopen(f"http://127.0.0.1:{ready(log)}/readyz", timeout=LONG) as answer:
            assert json.load(answer) == {"status": "ready"}
        shell("intake", str(SAMPLES / "tickets-2021-08-23.xlsx"))
        os.kill(running.pid or 0, signal.SIGTERM)
        running.join(LONG)
        assert running.exitcode == 0
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["level"] for line in lines if line["level"] in ("ERROR", "CRITICAL")] == []
    assert lines[-1]["action"] == "stopped"
    assert shell("verify").code == 0


def test_a_second_run_on_the_same_port_is_refused_politely(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = str(door.getsockname()[1])
        ran = Shell(folder=tmp_path / "data", extra=(("DUBAN_WEB__PORT", port),))("run")
    assert ran.code == 1
    assert "DUBAN_WEB__PORT" in ran.err
    assert "Traceback" not in ran.err


def test_the_demo_ends_with_the_ledger_line_and_leaves_its_files(tmp_path: Path) -> None:
    ran = Shell(folder=tmp_path / "data").from_a_terminal("demo", "--once", "--out", str(tmp_path / "out"))
    assert ran.code == 0
    assert "应于8月24日办结，9月2日办结，逾期7个工作日（9个自然日）" in ran.out
    order = [
        ran.out.index(word)
        for word in (
            "请您（A角）处理",
            "请接手",
            "无人签收】",
            "即将到时】",
            "未按时办结】",
            "已逾期】",
            "蓝色",
            "橙色",
            "红色",
        )
    ]
    assert order == sorted(order)
    assert (tmp_path / "out" / "duban.sqlite3").exists()
    assert list((tmp_path / "out").glob("*.xlsx"))


def test_the_demo_empties_no_folder_but_its_own(tmp_path: Path) -> None:
    shell, out = Shell(folder=tmp_path / "data"), tmp_path / "mine"
    out.mkdir()
    (out / "letter.txt").write_text("keep")
    ran = shell("demo", "--once", "--out", str(out))
    assert ran.code == 1
    assert "演示不会清空它" in ran.err
    assert (out / "letter.txt").read_text() == "keep"
    assert shell("demo", "--once", "--out", str(out / "letter.txt" / "x")).code == 1
    for _ in range(2):
        assert shell("demo", "--once", "--out", str(tmp_path / "new")).code == 0
