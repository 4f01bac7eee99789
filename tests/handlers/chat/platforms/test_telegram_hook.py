"""Telegram's pushes over real HTTP: kept before they are answered for, never believed without the secret, never 5xx."""

import asyncio
import json
import logging
import shutil
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time as day_time
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, select

from bot.actions.context import Context
from bot.channels.telegram.client import TelegramClient, hook_path, hook_url
from bot.clock import SystemClock
from bot.policies.loading import load
from handlers.chat.platforms.telegram_hook import MOST_BYTES, Registration, router
from settings import Settings, SettingsInvalid
from settings import load as load_settings
from storage.sql.database import Database
from storage.tables import inbound
from tests.cast.proof import KEY
from tests.fakes.serving import Serving
from tests.fakes.telegram import FakeTelegram
from tests.fakes.telegram_wire import TOKEN
from tests.waiting import LONG, wait_for

SECRET = "a-secret_of-20-letters"
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # loads no certificates, which takes long: all here is plain HTTP
HEADER = "X-Telegram-Bot-Api-Secret-Token"
UPDATE = json.dumps({"update_id": 700000001, "message": {"text": "签收 3"}})


def settings_for(base_url: str = "http://127.0.0.1:9", public_url: str = "https://duban.example.test") -> Settings:
    telegram = {"token": TOKEN, "base_url": base_url, "mode": "webhook", "webhook_secret": SECRET}
    return Settings(telegram=telegram, web={"public_url": public_url})  # type: ignore[arg-type]


def context_on(database: Database) -> Context:
    return Context(database, SystemClock(), load(), (day_time(8), day_time(20)))


@contextmanager
def node(database: Database, settings: Settings) -> Iterator[Serving]:
    """The hook of one node, on a real socket."""
    app = FastAPI()
    app.include_router(router(settings, context_on(database)))
    with Serving(app) as serving:
        yield serving


def address(serving: Serving, settings: Settings) -> str:
    return f"{serving.url}/hooks/telegram/{hook_path(settings.telegram)}"


def kept(database: Database) -> list[tuple[str, str]]:
    with database.read() as conn:
        rows = conn.execute(select(inbound.c.event_id, inbound.c.raw).order_by(inbound.c.id))
        return [(row.event_id, row.raw) for row in rows]


class Hook:
    """One node to send things to."""

    def __init__(self, database: Database, url: str) -> None:
        self.database, self.url = database, url

    def post(self, body: Any = UPDATE, headers: Any = None, url: str = "") -> int:
        given = {HEADER: SECRET} if headers is None else headers
        with httpx.Client(timeout=LONG, verify=PLAIN, trust_env=False) as client:
            return client.post(url or self.url, content=body, headers=given).status_code


@pytest.fixture
def hook(database: Database) -> Iterator[Hook]:
    settings = settings_for()
    with node(database, settings) as serving:
        yield Hook(database, address(serving, settings))


@pytest.fixture(scope="module")
def door(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hook]:
    """One node for everything that must leave no trace."""
    path = tmp_path_factory.mktemp("door") / "duban.sqlite3"
    shutil.copy(sqlite_template, path)
    database, settings = Database(f"sqlite:///{path}", journal_key=KEY), settings_for()
    with node(database, settings) as serving:
        yield Hook(database, address(serving, settings))
    database.close()


def test_an_update_is_kept_as_it_came_before_it_is_answered_for(hook: Hook) -> None:
    assert hook.post() == 200
    assert kept(hook.database) == [("700000001", UPDATE)]


def test_the_same_update_again_changes_nothing(hook: Hook) -> None:
    assert [hook.post() for _ in range(3)] == [200, 200, 200]
    assert hook.post(UPDATE.replace("签收", "办结")) == 200
    assert kept(hook.database) == [("700000001", UPDATE)]


def test_updates_out_of_order_are_all_kept(hook: Hook) -> None:
    for number in (7, 5, 6):
        assert hook.post(json.dumps({"update_id": number})) == 200
    assert [one for one, _ in kept(hook.database)] == ["7", "5", "6"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: SECRET[:-1]},
        {HEADER: SECRET + "x"},
        {HEADER: SECRET.upper()},
        {HEADER: "密".encode()},
        {HEADER: b"\xff\xfe"},
        {"Authorization": f"Bearer {SECRET}"},
    ],
    ids=str,
)
def test_a_forged_push_is_refused_unread(door: Hook, headers: Any, caplog: pytest.LogCaptureFixture) -> None:
    assert door.post(UPDATE, headers) == 403
    assert door.post(b"x" * (MOST_BYTES + 1), headers) == 403
    assert kept(door.database) == []
    assert SECRET not in caplog.text


def test_an_unknown_path_is_nothing(door: Hook) -> None:
    base = door.url.rpartition("/")[0]
    assert door.post(url=f"{base}/{'0' * 32}") == 404
    assert door.post(url=f"{base}/%E5%AF%86%00") == 404
    assert door.post(url=base) == 404
    assert httpx.get(door.url, headers={HEADER: SECRET}, verify=PLAIN, trust_env=False).status_code == 405
    assert kept(door.database) == []


JUNK = {
    "empty": b"",
    "no JSON": b"hello",
    "half": b'{"update_id": 1',
    "list": b"[1]",
    "number": b"5",
    "null": b"null",
    "text": b'"update_id"',
    "no id": b"{}",
    "id as text": b'{"update_id":"1"}',
    "id null": b'{"update_id":null}',
    "id true": b'{"update_id":true}',
    "id broken": b'{"update_id":1.5}',
    "id negative": b'{"update_id":-1}',
    "id huge": b'{"update_id":' + b"9" * 40 + b"}",
    "id endless": b'{"update_id":' + b"9" * 100_000 + b"}",
    "deep": b"[" * 200_000,
    "deep objects": b'{"a":' * 40_000,
    "not UTF-8": b'{"update_id":1,"x":"\xff\xfe"}',
    "a NUL": b'{"update_id":1,"x":"\x00"}',
    "UTF-16": '{"update_id":1}'.encode("utf-16"),
    "a form": b"update_id=1&text=x",
    "XML": b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>',
}


@pytest.mark.parametrize("body", list(JUNK.values()), ids=list(JUNK))
def test_junk_is_refused_and_leaves_only_a_line_in_the_log(
    door: Hook, body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert door.post(body) == 400
    assert kept(door.database) == []
    assert len([one for one in caplog.records if one.name == "handlers.chat.platforms.telegram_hook"]) == 1


def test_a_body_that_lies_about_its_packing_is_junk(door: Hook) -> None:
    assert door.post(UPDATE[::-1], {HEADER: SECRET, "Content-Encoding": "gzip"}) == 400


def test_what_is_too_large_is_refused_whether_it_says_so_or_not(hook: Hook) -> None:
    head, tail = b'{"update_id":1,"x":"', b'"}'
    fits = head + b"x" * (MOST_BYTES - len(head) - len(tail)) + tail
    assert hook.post(fits + b" ") == 413
    assert hook.post(iter([fits, b" "])) == 413
    assert kept(hook.database) == []
    assert hook.post(iter([fits[:1000], fits[1000:]])) == 200


def test_signed_but_odd_content_is_kept_for_people_to_look_at(hook: Hook) -> None:
    odd = '{"update_id":9,"message":{"from":5,"x":"\\u0000\\ud800"}}'
    assert hook.post(odd) == 200
    assert kept(hook.database) == [("9", odd)]


def test_a_push_that_breaks_off_is_no_mistake_of_ours(door: Hook, caplog: pytest.LogCaptureFixture) -> None:
    where = httpx.URL(door.url)
    with socket.create_connection((where.host, where.port or 0)) as line:
        head = f"POST {where.path} HTTP/1.1\r\nHost: x\r\n{HEADER}: {SECRET}\r\nContent-Length: 500\r\n\r\n"
        line.sendall(head.encode() + b'{"update_id":1')
    time.sleep(0.2)
    assert kept(door.database) == []
    assert [one for one in caplog.records if one.levelno >= logging.ERROR] == []


def test_the_same_update_on_two_nodes_at_once_is_kept_once(database_url: str) -> None:
    settings, one, other = (
        settings_for(),
        Database(database_url, journal_key=KEY),
        Database(database_url, journal_key=KEY),
    )
    with FakeTelegram() as fake, node(one, settings) as first, node(other, settings) as second:
        fake.webhook["secret_token"] = SECRET
        urls = [address(serving, settings) for serving in (first, second)] * 4
        for number in range(20):
            update = {"update_id": number, "message": {"text": "签收"}}
            assert fake.push_at_once(update, urls) == [200] * 8
    assert sorted(int(event_id) for event_id, _ in kept(one)) == list(range(20))
    one.close()
    other.close()


def test_an_update_while_the_database_is_locked_waits_for_it(database_url: str) -> None:
    database, blocker = Database(database_url, journal_key=KEY), Database(database_url, journal_key=KEY)
    settings, release = settings_for(), threading.Event()
    with node(database, settings) as serving:
        thread = threading.Thread(target=_hold_locked, args=(blocker, release, holding := threading.Event()))
        thread.start()
        holding.wait(LONG)
        answers: list[int] = []
        posting = threading.Thread(target=lambda: answers.append(Hook(database, address(serving, settings)).post()))
        posting.start()
        time.sleep(0.3)
        assert answers == []
        release.set()
        posting.join()
        thread.join()
    assert answers == [200]
    assert len(kept(database)) == 1
    database.close()
    blocker.close()


def _hold_locked(database: Database, release: threading.Event, holding: threading.Event) -> None:
    with database.begin() as conn:
        if not database.sqlite:
            conn.exec_driver_sql("LOCK TABLE inbound IN ACCESS EXCLUSIVE MODE")
        holding.set()
        release.wait(LONG)


def test_what_cannot_be_kept_now_is_brought_again_by_telegram_until_it_is(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    database, blocker = Database(database_url, journal_key=KEY), Database(database_url, journal_key=KEY)
    wait = "PRAGMA busy_timeout=200" if database.sqlite else "SET lock_timeout=200"
    event.listen(database.engine, "connect", lambda connection, _: (connection.execute(wait), connection.commit()))
    settings, release, holding = settings_for(), threading.Event(), threading.Event()
    with FakeTelegram() as fake, node(database, settings) as serving:
        fake.webhook.update(url=address(serving, settings), secret_token=SECRET)
        thread = threading.Thread(target=_hold_locked, args=(blocker, release, holding))
        thread.start()
        holding.wait(LONG)
        update = fake.person(1001).says("签收 13800001234")
        wait_for(lambda: len(fake.pushed) >= 2)
        release.set()
        thread.join()
        wait_for(lambda: fake.updates == [])
    statuses = [status for _, status in fake.pushed]
    assert set(statuses[:-1]) == {503}
    assert statuses[-1] == 200
    assert [one for one, _ in kept(database)] == [str(update["update_id"])]
    assert "13800001234" not in caplog.text
    database.close()
    blocker.close()


def test_a_database_that_is_down_is_503() -> None:
    database, settings = Database("postgresql://nobody@127.0.0.1:9/none"), settings_for()
    with node(database, settings) as serving:
        assert Hook(database, address(serving, settings)).post() == 503
    database.close()


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


def methods(fake: FakeTelegram) -> list[str]:
    return [call.method for call in fake.calls]


async def registered(fake: FakeTelegram, database: Database, holder: str = "a") -> bool:
    settings = settings_for(fake.url)
    client = TelegramClient(settings.telegram)
    try:
        return await Registration(settings, context_on(database), client, holder=holder).once()
    finally:
        await client.close()


async def test_the_webhook_is_registered_once_with_the_secret_and_only_what_is_listened_to(
    fake: FakeTelegram, database: Database
) -> None:
    assert await registered(fake, database)
    assert await registered(fake, database)
    assert fake.webhook["url"] == hook_url(settings_for())
    assert fake.webhook["secret_token"] == SECRET
    assert fake.webhook["allowed_updates"] == ["message", "callback_query", "my_chat_member"]
    assert methods(fake).count("setWebhook") == 1


async def test_of_two_nodes_one_registers(fake: FakeTelegram, database: Database) -> None:
    assert await registered(fake, database, "a")
    fake.webhook["url"] = ""
    assert await registered(fake, database, "b")
    assert methods(fake).count("setWebhook") == 1


async def test_a_webhook_that_points_elsewhere_is_put_right(
    fake: FakeTelegram, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    fake.webhook["url"] = "https://developer.example.test/x"
    assert await registered(fake, database)
    assert fake.webhook["url"] == hook_url(settings_for())
    assert "取代原来的地址" in caplog.text
    assert hook_path(settings_for().telegram) not in caplog.text


async def test_a_failed_registration_says_so_and_is_tried_again(
    fake: FakeTelegram, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    fake.refuse("setWebhook", 400, "Bad Request: bad webhook: HTTPS url must be provided")
    assert not await registered(fake, database)
    assert "webhook 没有登记上" in caplog.text
    assert TOKEN not in caplog.text
    assert await registered(fake, database)


async def test_stopping_deletes_nothing(fake: FakeTelegram, database: Database) -> None:
    settings = settings_for(fake.url)
    client, stop = TelegramClient(settings.telegram), asyncio.Event()
    task = asyncio.create_task(Registration(settings, context_on(database), client, holder="a").run(stop))
    while "setWebhook" not in methods(fake):
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(task, LONG)
    await client.close()
    assert fake.webhook["url"] == hook_url(settings)
    assert "deleteWebhook" not in methods(fake)


def test_another_secret_is_another_address() -> None:
    other = Settings(telegram={"token": TOKEN, "webhook_secret": "other"})  # type: ignore[arg-type]
    assert hook_path(other.telegram) != hook_path(settings_for().telegram)
    assert SECRET not in hook_url(settings_for())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"TELEGRAM__TOKEN": "1:a", "TELEGRAM__MODE": "webhook"}, "WEBHOOK_SECRET"),
        (
            {"TELEGRAM__TOKEN": "1:a", "TELEGRAM__MODE": "webhook", "TELEGRAM__WEBHOOK_SECRET": "abc"},
            "DUBAN_WEB__PUBLIC_URL",
        ),
        ({"TELEGRAM__TOKEN": "1:a b"}, "DUBAN_TELEGRAM__TOKEN"),
        ({"TELEGRAM__TOKEN": "1:a/../x"}, "DUBAN_TELEGRAM__TOKEN"),
        ({"TELEGRAM__WEBHOOK_SECRET": "中文"}, "DUBAN_TELEGRAM__WEBHOOK_SECRET"),
        ({"TELEGRAM__READ_SECONDS": "0"}, "DUBAN_TELEGRAM__READ_SECONDS"),
    ],
)
def test_half_filled_or_unusable_settings_stop_the_start(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], named: str
) -> None:
    for key, value in given.items():
        monkeypatch.setenv(f"DUBAN_{key}", value)
    with pytest.raises(SettingsInvalid, match=named) as refused:
        load_settings()
    assert "1:a" not in str(refused.value)
