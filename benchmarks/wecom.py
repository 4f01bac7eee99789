"""Notices to 企业微信, beside the bare client library in threads against the same server in the same run."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from pydantic import SecretStr
from sqlalchemy import delete, func, select
from wechatpy.enterprise import WeChatClient

from benchmarks import office
from benchmarks.measure import Row, in_turn, number, rates, ratio, seconds
from benchmarks.stage import Stage
from bot.channels.base import Button, Outgoing
from bot.channels.wecom import parts as wecom_parts
from bot.channels.wecom.channel import WeComChannel
from bot.clock import Clock
from bot.delivery.sender import Sender
from bot.delivery.wording import Wording
from settings import WeCom
from storage.records import MessageState
from storage.sql.database import Database
from storage.tables import addresses, journal, tickets
from storage.tables import outbox as messages
from tests.fakes.qyapi import AGENT, CORP, SECRET

QUESTION = "how many notices a second reach 企业微信, its limits off?"

MESSAGES = 1_000
ROUNDS = 5
IN_FLIGHT = 10
SHARE = 0.8  # of the bare client's rate
Request = tuple[str, dict[str, Any]]  # to whom, what
BUTTONS = (Button(label="签收", action="ack:12"), Button(label="办结", action="done:12"))


def measure(stage: Stage) -> Iterator[Row]:
    """The channel, and the whole way from the outbox, beside bare wechatpy."""
    count, marks = stage.count(MESSAGES), iter(range(1_000))
    with _server() as url, stage.sqlite() as database:
        subjects = {
            "channel": _channel(url, database, count),
            "outbox": _outbox(url, database, count),
            "wechatpy": _bare(url, _cards(count)),
            "same": _bare(url, lambda: _stored(database, next(marks))),
        }
        found = rates(in_turn(stage.rounds(ROUNDS), subjects), count)
        requests = len(_stored(database))
    whole = "notices from the outbox to the journal, SQLite"
    for name, what, peer in (("channel", "cards through the channel", "wechatpy"), ("outbox", whole, "same")):
        share = ratio(found[name], found[peer])
        yield Row(
            what=f"{count:,} {what}",
            figure=found[name],
            unit="notices/s",
            against=f"{number(share)} x wechatpy",
            target=f">= {SHARE} x",
            met=share >= SHARE,
        )
    yield Row(what="wechatpy in ten threads, the same cards", figure=found["wechatpy"], unit="notices/s")
    again = f"wechatpy in ten threads, the same {requests:,} requests"
    yield Row(what=again, figure=found["same"], unit="notices/s")


def _channel(url: str, database: Database, count: int) -> Callable[[], float]:
    rounds = iter(range(1_000_000))

    async def fan_out(channel: WeComChannel, notices: list[Outgoing]) -> None:
        places = asyncio.Semaphore(IN_FLIGHT)

        async def one(notice: Outgoing) -> None:
            async with places:
                await channel.send(notice)

        await asyncio.gather(*(one(notice) for notice in notices))

    def once() -> float:
        channel = _made(url, database, office.context_at(database).clock)
        notices = _notices(count, next(rounds))
        asyncio.run(channel.send(replace(notices[0], key="warm")))
        took = seconds(lambda: asyncio.run(fan_out(channel, notices)))
        asyncio.run(channel.close())
        return took

    return once


def _outbox(url: str, database: Database, count: int) -> Callable[[], float]:
    # A and B of every account hear of one ticket each: nothing is bundled.
    office.fill(database, accounts=count // 2)
    context = office.context_at(database)
    with database.begin() as conn:
        conn.execute(addresses.update().values(channel="wecom", address="member-" + addresses.c.address))

    def once() -> float:
        with database.begin() as conn:
            for table in (messages, journal, tickets):
                conn.execute(delete(table))
        office.take_all(context, office.arrivals(count // 2, accounts=count // 2), 500)
        channel = _made(url, database, context.clock)
        sender = Sender(context, {"wecom": channel}, Wording("zh"), holder="benchmark")
        took = seconds(lambda: asyncio.run(sender.drain()))
        asyncio.run(channel.close())
        with database.read() as conn:
            accepted = conn.execute(select(func.count()).where(messages.c.state == MessageState.ACCEPTED)).scalar_one()
        if accepted != count:
            raise RuntimeError(f"{accepted} accepted of {count}")
        return took

    return once


def _cards(count: int) -> Callable[[], list[Request]]:
    rounds = iter(range(1_000_000))
    return lambda: [one for notice in _notices(count, f"bare-{next(rounds)}") for one in _requests(notice)]


def _stored(database: Database, mark: object = "") -> list[Request]:
    """What the outbox sent last, under other keys: the server does not take the same bytes twice."""
    with database.read() as conn:
        sent = conn.execute(select(messages.c.intent, messages.c.address, messages.c.payload)).all()
    requests = []
    for intent, address, payload in sent:
        body = json.loads(payload)
        buttons = tuple(Button(label=label, action=action) for label, action in body["buttons"])
        requests += _requests(Outgoing(key=f"{intent}{mark}", address=address, text=body["text"], buttons=buttons))
    return requests


def _requests(notice: Outgoing) -> list[Request]:
    return [(notice.address, wecom_parts.once_only(part, notice.key)) for part in wecom_parts.worded(notice)]


def _bare(url: str, wanted: Callable[[], list[Request]]) -> Callable[[], float]:
    local = threading.local()

    class Client(WeChatClient):  # type: ignore[misc]
        API_BASE_URL = f"{url}/cgi-bin/"

    token = Client(CORP, SECRET, access_token="unused")._http.get(
        f"{url}/cgi-bin/gettoken", params={"corpid": CORP, "corpsecret": SECRET}, timeout=10
    )

    def send(both: tuple[str, dict[str, Any]]) -> None:
        if not hasattr(local, "client"):
            local.client = Client(CORP, SECRET, access_token=token.json()["access_token"], timeout=10)
        local.client.message.send(AGENT, both[0], msg=both[1])

    def once() -> float:
        bodies = wanted()
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            list(pool.map(send, bodies[:IN_FLIGHT]))  # connections are made before the clock runs
            return seconds(lambda: list(pool.map(send, bodies)))

    return once


def _notices(count: int, mark: object) -> list[Outgoing]:
    text = "【监测工单】FJ-{}\n微信公众号“水清三明”有一件新工单，请于8月24日18:00前办结，最迟24:00。"
    return [
        Outgoing(key=f"t{n}:receipt:{mark}", address=f"member-{n}", text=text.format(n), buttons=BUTTONS)
        for n in range(count)
    ]


def _made(url: str, database: Database, clock: Clock) -> WeComChannel:
    section = WeCom(
        corp_id=CORP,
        secret=SecretStr(SECRET),
        agent_id=AGENT,
        token=SecretStr("callback"),
        aes_key=SecretStr("A" * 43),
        base_url=url,
    )
    return WeComChannel(section, database, clock, limits=())


@contextmanager
def _server() -> Iterator[str]:
    """The fake platform in a process of its own, so that it does not share our interpreter."""
    with subprocess.Popen([sys.executable, "-m", "tests.fakes.qyapi", "0"], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            yield child.stdout.readline().strip()
        finally:
            child.kill()
