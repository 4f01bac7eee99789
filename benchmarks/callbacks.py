"""Callbacks of 企业微信: signed, sealed, committed, answered; beside a durable insert and nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from pydantic import SecretStr
from sqlalchemy import insert

from benchmarks import office
from benchmarks.measure import Row, Spread, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage
from bot.clock import WoundClock
from bot.engine import Engine, open_engine
from handlers.chat.platforms import wecom
from handlers.web import server
from settings import Settings, WeCom
from storage.records import InboundState
from storage.sql.database import Database
from storage.tables import inbound
from tests.fakes import callbacks
from tests.fakes.callbacks import Platform
from tests.fakes.peer import serving

QUESTION = "how many callbacks a second are committed and answered on SQLite, and how long does one wait?"

UPDATES = 1_000
ROUNDS = 5
AT_ONCE = 20
PER_SECOND, LONGEST = 300, 1.0
CORP, TOKEN, KEY = "ww0123456789abcdef", "callback-token", "A" * 43


def measure(stage: Stage) -> Iterator[Row]:
    """The whole door over HTTP, from another process, and bare Core beside it."""
    count, waits = stage.count(UPDATES), []
    with stage.sqlite() as database:
        engine = _engine(stage, database)
        with serving(server.build(engine, [router] if (router := wecom.hook(engine)) else [])) as url:

            def brought() -> float:
                told = _bring(url, count)
                waits.append(told["slowest"])
                return float(told["seconds"])

            found = rates(
                in_turn(stage.rounds(ROUNDS), {"door": brought, "core": lambda: _core(database, count)}), count
            )
        engine.database.close()
    against = f"{number(ratio(found['door'], found['core']))} x Core"
    rate, slowest = found["door"], Spread(values=tuple(waits))
    yield Row(
        what=f"{count:,} callbacks, {AT_ONCE} at once",
        figure=rate,
        unit="answers/s",
        against=against,
        target=f">= {PER_SECOND}",
        met=rate.median >= PER_SECOND,
    )
    yield Row(
        what="the slowest answer", figure=slowest, unit="s", target=f"< {LONGEST:g}", met=slowest.median < LONGEST
    )
    yield Row(what="Core, one durable insert each", figure=found["core"], unit="inserts/s")


def _engine(stage: Stage, database: Database) -> Engine:
    secrets = {"secret": SecretStr("s" * 32), "token": SecretStr(TOKEN), "aes_key": SecretStr(KEY)}
    settings = Settings(
        data_dir=stage.folder,
        database_url=SecretStr(database.url),
        secret_key=SecretStr("only to measure " * 4),
        wecom=WeCom(corp_id=CORP, agent_id=1, **secrets),
    )
    return open_engine(settings, clock=WoundClock(office.OPENS), channels={})


def _bring(url: str, count: int) -> dict[str, Any]:
    at = int(office.OPENS.timestamp())
    platform = Platform(url=url + wecom.PATH, token=TOKEN, aes_key=KEY, receiver=CORP)
    where = urlsplit(url)
    requests = []
    for place in range(count):
        query, body = platform.request(callbacks.text(f"member-{place}", "签收", at), at)
        head = f"POST {wecom.PATH}?{urlencode(query)} HTTP/1.1\r\nHost: {where.netloc}\r\nContent-Length: {len(body)}"
        requests.append(f"{head}\r\n\r\n{body.decode()}")
    command = [sys.executable, "-m", "benchmarks.knock", str(where.hostname), str(where.port), str(AT_ONCE)]
    done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(done.stdout)
    if told["statuses"] != {"200": count}:
        raise RuntimeError(f"answers were {told['statuses']}")
    return told


def _core(database: Database, count: int) -> float:
    row = {"kind": "bench", "source": "core", "received_at": office.OPENS, "raw": "x" * 400, "reason": ""}
    rows = [{**row, "event_id": f"{next(callbacks.numbers)}", "state": InboundState.SETTLED} for _ in range(count)]

    def all_rows() -> None:
        for one in rows:
            with database.begin() as conn:
                conn.execute(insert(inbound), one)

    return seconds(all_rows)
