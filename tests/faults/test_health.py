"""Health that tells the truth: `/readyz`, `check` and the dead-man's switch, on a process that is made unfit."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.clock import SystemClock, WoundClock
from bot.pulse import STUCK_AFTER, TICK_OLD_SECONDS, WRITE_OLD_SECONDS, Trouble
from storage.sql.database import Database
from storage.sql.schema import NEWEST
from tests.faults.process import House, furnish
from tests.waiting import LONG, wait_for


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> House:
    """One ticket with a step due now and messages waiting."""
    return furnish(database_url, tmp_path / "data")


def logged(house: House) -> str:
    return house.log.read_text() if house.log.exists() else ""


def answered(house: House) -> tuple[int, str]:
    """What /readyz of the process says; (0, "") while it does not serve."""
    ready = [json.loads(line) for line in logged(house).splitlines() if '"action": "ready"' in line]
    if not ready:
        return 0, ""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{ready[-1]['port']}/readyz", timeout=LONG) as answer:
            return answer.status, json.load(answer)["status"]
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)["status"]


def forbid_beats(house: House) -> None:
    """From now on nobody can write a beat, as on a disk that is full."""
    with house.database() as database, database.begin() as conn:
        for statement in _trap(database):
            conn.execute(text(statement))


def allow_beats(house: House) -> None:
    with house.database() as database, database.begin() as conn:
        conn.execute(text("DROP TRIGGER full_disk" + ("" if database.sqlite else " ON meta")))


def _trap(database: Database) -> tuple[str, ...]:
    if database.sqlite:
        return (
            "CREATE TRIGGER full_disk BEFORE INSERT ON meta WHEN NEW.key LIKE 'beat:%' "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END",
        )
    body = "BEGIN IF NEW.key LIKE 'beat:%' THEN RAISE 'disk full'; END IF; RETURN NEW; END"
    return (
        f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
        "CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON meta FOR EACH ROW EXECUTE FUNCTION full_disk()",
    )


@contextmanager
def watchman() -> Iterator[tuple[str, list[str]]]:
    """Somebody who notes every call; gives their address and the calls."""
    calls: list[str] = []

    class Noted(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            calls.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/ping/secret", calls
    finally:
        server.shutdown()
        server.server_close()


def test_the_heartbeat_stops_when_nothing_can_be_written_and_comes_back(house: House) -> None:
    with watchman() as (address, calls), house.running(heartbeat_url=address):
        wait_for(lambda: len(calls) >= 2, lambda: logged(house))
        forbid_beats(house)
        wait_for(lambda: '"beat": "beat"' in logged(house), lambda: logged(house))
        time.sleep(0.5)  # a call that was under way
        heard = len(calls)
        time.sleep(3)  # more than two beats
        assert len(calls) == heard
        allow_beats(house)
        wait_for(lambda: len(calls) > heard, lambda: logged(house))
    assert set(calls) == {"/ping/secret"}
    assert "secret" not in logged(house)


def test_an_address_that_is_away_does_not_disturb_the_work(house: House) -> None:
    with house.running(heartbeat_url="http://127.0.0.1:9/ping/secret"):
        wait_for(lambda: "heartbeat not taken" in logged(house), lambda: logged(house))
        wait_for(lambda: house.copies() != [])
        assert answered(house) == (200, "ready")
    assert "secret" not in logged(house)


def test_a_node_idles_from_the_moment_a_newer_version_took_over(house: House) -> None:
    with house.running() as process:
        wait_for(lambda: house.copies() != [])
        wait_for(lambda: answered(house) == (200, "ready"))
        with house.database() as database, database.begin() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        wait_for(lambda: answered(house) == (503, Trouble.OUTDATED))
        told = house.copies()
        with house.database() as database, database.begin() as conn:
            conn.execute(text("UPDATE tickets SET next_step_at = created_at"))
        time.sleep(1)  # some ticks
        assert house.copies() == told
        assert process.is_alive()
        with house.database() as database, database.begin() as conn:
            conn.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": NEWEST})
    assert logged(house).count("a newer version has taken the database over") == 1
    assert "Traceback" not in logged(house)


def test_readiness_follows_ticks_writes_and_messages(house: House) -> None:
    clock = WoundClock(SystemClock().now() - timedelta(minutes=15))  # five minutes after the ticket came
    with house.engine(clock) as engine:
        assert engine.trouble() is None
        clock.wind_to(clock.now() + timedelta(seconds=TICK_OLD_SECONDS + 1))
        assert engine.trouble() == Trouble.TICK
        engine.pulse.note("tick")
        engine.beat()
        assert engine.trouble() is None
        clock.wind_to(clock.now() + timedelta(seconds=WRITE_OLD_SECONDS + 1))
        engine.pulse.note("tick")
        assert engine.trouble() == Trouble.WRITE
        engine.beat()
        assert engine.trouble() is None
        clock.wind_to(clock.now() + STUCK_AFTER)
        engine.pulse.note("tick")
        engine.beat()
        assert engine.trouble() == Trouble.OUTBOX
    short_of_space = replace(house, sections={"disk_left_mb": 10**12})
    with short_of_space.engine(WoundClock(SystemClock().now() - timedelta(minutes=15))) as engine:
        assert engine.trouble() == Trouble.DISK


def test_no_beat_is_written_by_a_process_that_does_not_tick(house: House) -> None:
    clock = WoundClock(SystemClock().now())
    with house.engine(clock) as engine:
        engine.beat()
        assert engine.pulse.done("written") is None
        engine.pulse.note("tick")
        engine.beat()
        first = engine.pulse.done("written")
        clock.wind_to(clock.now() + timedelta(seconds=60))
        engine.beat()
        assert engine.pulse.done("written") == first


def test_check_is_red_when_the_bot_stopped_working(house: House) -> None:
    with house.engine(WoundClock(SystemClock().now() - timedelta(hours=1))) as engine:
        engine.pulse.note("tick")
        engine.beat()
    with house.running("check", "--json") as checking:
        checking.join(LONG)
        assert checking.exitcode == 1
    assert "机器人没有在工作" in logged(house)
