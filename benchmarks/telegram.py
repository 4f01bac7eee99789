"""Telegram both ways: notices out beside the bare client library, pushes in beside a durable insert."""

import asyncio
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count as counting
from multiprocessing.connection import Connection as Pipe
from typing import Any
from urllib.parse import urlsplit

import telegram
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import delete, func, insert, select
from telegram.request import HTTPXRequest

from benchmarks import office
from benchmarks.measure import Row, Spread, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage
from bot.channels.base import Button, Outgoing
from bot.channels.telegram.channel import TelegramChannel
from bot.channels.telegram.client import HOOKS, hook_path
from bot.channels.telegram.layout import inline
from bot.clock import SystemClock
from bot.delivery.sender import IN_FLIGHT, Sender
from bot.delivery.wording import Wording
from handlers.chat.platforms.telegram_hook import router
from settings import Settings, Telegram
from storage.records import InboundState, MessageState
from storage.sql.database import Database
from storage.tables import addresses, inbound, journal, tickets
from storage.tables import outbox as messages
from tests.fakes.serving import Serving
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_wire import TOKEN

QUESTION = "how many notices a second reach Telegram, its limits off, and how many pushes are committed and answered?"

MESSAGES, PUSHES = 1_000, 1_000
ROUNDS = 5
SHARE = 0.8  # of the bare client's rate
AT_ONCE = 20
PER_SECOND, LONGEST = 300, 1.0
SECRET = "only-to-measure"
BUTTONS = (Button(label="签收", action="ack:12"), Button(label="办结", action="done:12"))
TEXT = "【监测工单】FJ-{}\n微信公众号“水清三明”有一件新工单，请于8月24日18:00前办结，最迟24:00。"


def measure(stage: Stage) -> Iterator[Row]:
    """Out, then in."""
    yield from _out(stage)
    yield from _in(stage)


def _out(stage: Stage) -> Iterator[Row]:
    count = stage.count(MESSAGES)
    with server(count) as url, stage.sqlite() as database:
        subjects = {
            "channel": _channel(url, count),
            "outbox": _outbox(url, database, count),
            "library": _bare(url, count),
        }
        found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
    for name, what in (("channel", "cards through the channel"), ("outbox", "from the outbox to the journal, SQLite")):
        share = ratio(found[name], found["library"])
        yield Row(
            what=f"{count:,} {what}",
            figure=found[name],
            unit="messages/s",
            against=f"{number(share)} x the library",
            target=f">= {SHARE} x",
            met=share >= SHARE,
        )
    yield Row(what=f"python-telegram-bot, {IN_FLIGHT} in flight", figure=found["library"], unit="messages/s")


def _channel(url: str, count: int) -> Callable[[], float]:
    notices = [Outgoing(key=f"t{n}", address=str(n + 1), text=TEXT.format(n), buttons=BUTTONS) for n in range(count)]

    async def all_of_them() -> float:
        channel = TelegramChannel(settings_of(url), SystemClock(), limits=None)
        try:
            await channel.check()  # connections are made before the clock runs
            return await _fan_out([lambda one=one: channel.send(one) for one in notices])
        finally:
            await channel.close()

    return lambda: asyncio.run(all_of_them())


def _bare(url: str, count: int) -> Callable[[], float]:
    async def all_of_them() -> float:
        requests = [HTTPXRequest(connection_pool_size=16, pool_timeout=10, read_timeout=10) for _ in range(2)]
        bot = telegram.Bot(TOKEN, base_url=f"{url}/bot", request=requests[0], get_updates_request=requests[1])
        try:
            await bot.get_me()
            return await _fan_out(
                [
                    lambda n=n: bot.send_message(n + 1, TEXT.format(n), reply_markup=inline(BUTTONS))
                    for n in range(count)
                ]
            )
        finally:
            for one in requests:
                await one.shutdown()

    return lambda: asyncio.run(all_of_them())


async def _fan_out(sends: list[Callable[[], Any]]) -> float:
    waiting = iter(sends)

    async def one_after_the_other() -> None:
        for send in waiting:
            await send()

    started = time.perf_counter()
    await asyncio.gather(*(one_after_the_other() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - started


def _outbox(url: str, database: Database, count: int) -> Callable[[], float]:
    # A and B of every account hear of one ticket each: nothing is bundled.
    office.fill(database, accounts=count // 2)
    context = office.context_at(database)
    with database.begin() as conn:
        conn.execute(addresses.update().values(channel="telegram"))

    def once() -> float:
        with database.begin() as conn:
            for table in (messages, journal, tickets):
                conn.execute(delete(table))
        office.take_all(context, office.arrivals(count // 2, accounts=count // 2), 500)
        channel = TelegramChannel(settings_of(url), SystemClock(), limits=None)
        sender = Sender(context, {"telegram": channel}, Wording("zh"), holder="benchmark")

        async def drained() -> float:
            try:
                await channel.check()
                started = time.perf_counter()
                await sender.drain()
                return time.perf_counter() - started
            finally:
                await channel.close()

        took = asyncio.run(drained())
        with database.read() as conn:
            accepted = conn.execute(select(func.count()).where(messages.c.state == MessageState.ACCEPTED)).scalar_one()
        if accepted != count:
            raise RuntimeError(f"{accepted} accepted of {count}")
        return took

    return once


def _in(stage: Stage) -> Iterator[Row]:
    count, waits, numbers = stage.count(PUSHES), list[float](), counting(1)
    settings = settings_of("http://127.0.0.1:9")
    with stage.sqlite() as database:
        app = FastAPI()
        app.include_router(router(settings, office.context_at(database)))
        with Serving(app) as serving:

            def brought() -> float:
                told = _bring(serving.url, settings, [next(numbers) for _ in range(count)])
                waits.append(told["slowest"])
                return float(told["seconds"])

            found = rates(
                in_turn(stage.rounds(ROUNDS), {"hook": brought, "core": lambda: _core(database, count, numbers)}),
                count,
            )
    rate, slowest = found["hook"], Spread(values=tuple(waits))
    yield Row(
        what=f"{count:,} pushes, {AT_ONCE} at once, SQLite",
        figure=rate,
        unit="answers/s",
        against=f"{number(ratio(rate, found['core']))} x Core",
        target=f">= {PER_SECOND}",
        met=rate.median >= PER_SECOND,
    )
    yield Row(
        what="the slowest answer", figure=slowest, unit="s", target=f"< {LONGEST:g}", met=slowest.median < LONGEST
    )
    yield Row(what="Core, one durable insert each", figure=found["core"], unit="inserts/s")


def _bring(url: str, settings: Settings, numbers: list[int]) -> dict[str, Any]:
    where, path = urlsplit(url), f"{HOOKS}/{hook_path(settings.telegram)}"
    requests = [push(where.netloc, path, told(one, 1001, f"签收 {one}")) for one in numbers]
    command = [sys.executable, "-m", "benchmarks.knock", str(where.hostname), str(where.port), str(AT_ONCE)]
    done = subprocess.run(command, input=json.dumps(requests), capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["statuses"] != {"200": len(numbers)}:
        raise RuntimeError(f"answers were {found['statuses']}")
    return found


def push(door: str, path: str, update: dict[str, Any]) -> str:
    """An update as Telegram brings it to host:port."""
    body = json.dumps(update)
    return (
        f"POST {path} HTTP/1.1\r\nHost: {door}\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


def told(number: int, who: int, text: str) -> dict[str, Any]:
    """The update in which somebody writes to the bot."""
    person = {"id": who, "is_bot": False, "first_name": "甲", "language_code": "zh-hans"}
    chat = {"id": who, "type": "private", "first_name": "甲"}
    message = {"message_id": number, "date": 1629684000, "from": person, "chat": chat, "text": text}
    return {"update_id": number, "message": message}


def _core(database: Database, count: int, numbers: Iterator[int]) -> float:
    row = {"kind": "bench", "source": "core", "received_at": office.OPENS, "raw": "x" * 400, "reason": ""}
    rows = [{**row, "event_id": str(next(numbers)), "state": InboundState.SETTLED} for _ in range(count)]

    def all_rows() -> None:
        for one in rows:
            with database.begin() as conn:
                conn.execute(insert(inbound), one)

    return seconds(all_rows)


def settings_of(url: str) -> Settings:
    """Settings of a bot that speaks to the fake platform."""
    section = Telegram(token=SecretStr(TOKEN), base_url=url, webhook_secret=SecretStr(SECRET))
    return Settings(telegram=section)


@contextmanager
def server(people: int) -> Iterator[str]:
    """The fake platform in a process of its own, so that it does not share our interpreter."""
    ours, theirs = multiprocessing.Pipe()
    child = multiprocessing.get_context("spawn").Process(target=_serve, args=(theirs, people), daemon=True)
    child.start()
    try:
        yield ours.recv()
    finally:
        child.kill()
        child.join()


def _serve(told: Pipe, people: int) -> None:
    with FakeTelegram() as fake:
        for one in range(3 * people):
            fake.person(one + 1)
        told.send(fake.url)
        while os.getppid() != 1:
            time.sleep(1)
