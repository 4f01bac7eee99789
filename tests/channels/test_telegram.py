"""Telegram, the way out, against a real HTTP peer: what people see, and what its refusals and silences mean."""

import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import RetryAfter

from bot.channels import catalog
from bot.channels.base import SHARE_PHONE, Attachment, Button, Outgoing, SendFailed
from bot.channels.telegram.channel import RateLimits, TelegramChannel
from bot.channels.telegram.client import hook_url, pause_of
from bot.clock import SystemClock
from bot.logs import scrub
from settings import Settings
from storage.sql.database import Database
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import HTML, TOKEN

BUTTONS = (Button(label="签收", action="ack:12"), Button(label="办结", action="done:12"))

Opened = Callable[..., TelegramChannel]


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
def jia(fake: FakeTelegram) -> Person:
    return fake.person(1001, "甲")


def settings_for(fake: FakeTelegram, **more: Any) -> Settings:
    return Settings(telegram={"token": TOKEN, "base_url": fake.url, **more})  # type: ignore[arg-type]


@pytest.fixture
async def opened(fake: FakeTelegram) -> AsyncIterator[Opened]:
    """Makes channels and closes them, however a test ends."""
    made: list[TelegramChannel] = []

    def open_channel(limits: RateLimits | None = None, **more: Any) -> TelegramChannel:
        made.append(TelegramChannel(settings_for(fake, **more), SystemClock(), limits))
        return made[-1]

    yield open_channel
    for one in made:
        await one.close()


@pytest.fixture
def channel(opened: Opened) -> TelegramChannel:
    return opened()


def note(to: int = 1001, text: str = "工单 FJ-1 请处理", **more: Any) -> Outgoing:
    return Outgoing(key=more.pop("key", "t1:receipt:0:p1"), address=str(to), text=text, **more)


async def failing(channel: TelegramChannel, message: Outgoing) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await channel.send(message)
    assert TOKEN not in str(failed.value)
    return failed.value


async def test_a_message_with_buttons_is_seen_as_it_was_meant(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    receipt = await channel.send(note(buttons=BUTTONS))
    [shown] = jia.sees
    assert (shown.text, shown.buttons) == ("工单 FJ-1 请处理", [("签收", "ack:12"), ("办结", "done:12")])
    assert receipt.provider_id == shown.key == "1001:1"
    assert not receipt.delivered


async def test_signs_of_markup_are_plain_text(fake: FakeTelegram, jia: Person, channel: TelegramChannel) -> None:
    text = "<b>*粗*</b> _下划线_ & [链接](http://example.test) `x`"
    await channel.send(note(text=text))
    assert jia.sees[0].text == text
    assert "parse_mode" not in fake.calls[-1].params


async def test_no_preview_fetches_the_addresses_in_a_ticket(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    await channel.send(note(text="链接：http://example.test/article/1"))
    assert fake.calls[-1].object("link_preview_options") == {"is_disabled": True}


async def test_numbers_repeat_from_chat_to_chat_but_ids_do_not(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    fake.person(1002, "乙")
    ids = [(await channel.send(note(to))).provider_id for to in (1001, 1002)]
    assert ids == ["1001:1", "1002:1"]


async def test_a_tap_is_answered_before_the_card_is_changed_and_loses_its_buttons(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    card = (await channel.send(note(buttons=BUTTONS))).provider_id
    tap = jia.taps(jia.sees[0], "ack:12")["callback_query"]["id"]
    receipt = await channel.send(note(text="已签收，14:02", edits=card, callback=tap))
    [shown] = jia.sees
    assert (shown.text, shown.buttons, shown.edits) == ("已签收，14:02", [], 1)
    assert [call.method for call in fake.calls[1:]] == ["answerCallbackQuery", "editMessageText"]
    assert fake.answered == [tap]
    assert receipt.provider_id == ""


async def test_a_tap_that_waited_too_long_still_changes_the_card(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    card = (await channel.send(note(buttons=BUTTONS))).provider_id
    await channel.send(note(text="已签收", edits=card, callback="too-old"))
    assert jia.sees[0].text == "已签收"


async def test_a_tap_whose_answer_is_cut_off_still_changes_the_card(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    card = (await channel.send(note(buttons=BUTTONS))).provider_id
    fake.cut("answerCallbackQuery", executed=False)
    await channel.send(note(text="已签收", edits=card, callback="any"))
    assert jia.sees[0].text == "已签收"


async def test_a_tap_alone_needs_no_message(fake: FakeTelegram, jia: Person, channel: TelegramChannel) -> None:
    await channel.send(note())
    tap = jia.taps(jia.sees[0], "ack:12")["callback_query"]["id"]
    await channel.send(note(text="", callback=tap))
    assert fake.answered == [tap]
    assert len(jia.sees) == 1


async def test_a_card_that_says_so_already_is_fine(fake: FakeTelegram, jia: Person, channel: TelegramChannel) -> None:
    card = (await channel.send(note(buttons=BUTTONS))).provider_id
    for _ in range(2):
        await channel.send(note(text="已签收", edits=card))
    assert [(one.text, one.edits) for one in jia.sees] == [("已签收", 1)]


async def test_a_card_that_is_gone_is_answered_by_a_new_message(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    receipt = await channel.send(note(text="已签收", edits="1001:77"))
    assert [one.text for one in jia.sees] == ["已签收"]
    assert receipt.provider_id == jia.sees[0].key


async def test_a_card_whose_change_was_not_answered_is_simply_changed_again(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    card = (await channel.send(note(buttons=BUTTONS))).provider_id
    fake.cut("editMessageText", executed=True)
    failed = await failing(channel, note(text="已签收", edits=card))
    assert (failed.uncertain, failed.permanent) == (False, False)
    await channel.send(note(text="已签收", edits=card))
    assert [(one.text, one.edits) for one in jia.sees] == [("已签收", 1)]


async def test_an_answer_quotes_what_it_answers_where_it_can(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    said = jia.says("我的工单")["message"]["message_id"]
    for quoted in (f"1001:{said}", "1001:4711", "-500:1", ""):
        await channel.send(note(text=quoted or "无", reply_to=quoted))
    assert [one.reply_to for one in jia.sees] == [said, 4711, None, None]


async def test_a_button_is_never_a_link_and_never_too_long(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    buttons = [
        Button(label="可", action="工" * 21 + "x"),
        Button(label="长", action="工" * 22),
        Button(label="空", action=""),
    ]
    await channel.send(note(buttons=tuple(buttons)))
    assert jia.sees[0].buttons == [("可", "工" * 21 + "x")]


async def test_a_person_is_asked_for_their_own_number(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    await channel.send(note(text="请绑定", buttons=(Button(label="发送我的手机号", action=SHARE_PHONE),)))
    assert jia.sees[0].keyboard["keyboard"] == [[{"text": "发送我的手机号", "request_contact": True}]]  # type: ignore[index]


@pytest.mark.parametrize("text", ["水" * 5000, "😀" * 3000, "a" * 4097])
async def test_a_long_text_is_cut_by_us_with_a_word(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, text: str
) -> None:
    await channel.send(note(text=text))
    shown = jia.sees[0].text
    assert shown.endswith("…（内容较长，已截短）")
    assert 4090 <= len(shown.encode("utf-16-le")) // 2 <= 4096


async def test_a_text_that_just_fits_is_left_alone(fake: FakeTelegram, jia: Person, channel: TelegramChannel) -> None:
    await channel.send(note(text="水" * 4096))
    assert jia.sees[0].text == "水" * 4096


REPORT = Attachment(
    id=1, name="周报 第34周.xlsx", media_type="application/vnd.ms-excel", body=b"PK\x03\x04\r\n--\r\n\x00\xff"
)


async def test_a_file_goes_out_with_its_text_as_caption(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    receipt = await channel.send(note(text="本周汇总", attachment=REPORT, buttons=BUTTONS))
    [shown] = jia.sees
    assert (shown.text, shown.document) == ("本周汇总", (REPORT.name, REPORT.body))
    assert (len(shown.buttons), receipt.provider_id) == (2, shown.key)


async def test_a_text_too_long_for_a_caption_goes_first_and_only_once(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    text = "周" * 1025
    fake.flood("sendDocument", 3)
    failed = await failing(channel, note(text=text, attachment=REPORT))
    assert failed.retry_after == timedelta(seconds=3)
    receipt = await channel.send(note(text=text, attachment=REPORT))
    assert [(one.text, one.document is not None) for one in jia.sees] == [(text, False), ("", True)]
    assert receipt.provider_id == jia.sees[0].key


async def test_a_file_telegram_would_not_take_is_named_in_the_text(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    huge = Attachment(id=2, name="全部.zip", media_type="", body=bytes(50_000_001))
    await channel.send(note(text="本周汇总", attachment=huge))
    [shown] = jia.sees
    assert (shown.text, shown.document) == ("本周汇总\n（附件《全部.zip》过大，请在网页上查看）", None)


@pytest.mark.parametrize("why", ["blocked", "never started", "unknown"])
async def test_a_person_who_cannot_be_written_to_is_unreachable_at_once(
    fake: FakeTelegram, channel: TelegramChannel, why: str
) -> None:
    if why != "unknown":
        person = fake.person(started=why != "never started")
        person.blocked = why == "blocked"
    failed = await failing(channel, note())
    assert (failed.permanent, failed.uncertain, failed.retry_after) == (True, False, None)


@pytest.mark.parametrize("address", ["", "甲", "@duban", "١٢٣", "12a", "-"])
async def test_an_address_that_is_no_number_is_refused_unasked(
    fake: FakeTelegram, channel: TelegramChannel, address: str
) -> None:
    failed = await failing(channel, Outgoing(key="k", address=address, text="x"))
    assert (failed.permanent, fake.calls) == (True, [])


async def test_content_at_fault_does_not_cost_a_person_their_address(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    fake.refuse("sendMessage", 400, "Bad Request: BUTTON_DATA_INVALID")
    failed = await failing(channel, note())
    assert (failed.permanent, failed.uncertain, failed.unavailable) == (False, False, True)
    assert "不接受这条消息的内容" in caplog.text


@pytest.mark.parametrize("opted", ["true", "false"])
@pytest.mark.filterwarnings("ignore:.*retry_after.*")
async def test_a_pause_comes_in_seconds_or_as_a_span_of_time(
    monkeypatch: pytest.MonkeyPatch, fake: FakeTelegram, jia: Person, channel: TelegramChannel, opted: str
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", opted)
    assert isinstance(RetryAfter(7).retry_after, timedelta if opted == "true" else int)
    assert pause_of(RetryAfter(7)) == timedelta(seconds=7)
    fake.flood("sendMessage", 7)
    assert (await failing(channel, note())).retry_after == timedelta(seconds=7)


async def test_a_pause_holds_back_one_chat_and_asks_telegram_no_more(
    fake: FakeTelegram, jia: Person, opened: Opened
) -> None:
    fake.person(1002, "乙")
    channel = opened(RateLimits())
    fake.flood("sendMessage", 40, chat=1001)
    assert (await failing(channel, note())).retry_after == timedelta(seconds=40)
    again = await failing(channel, note(key="other"))
    assert again.retry_after is not None
    assert timedelta(seconds=30) < again.retry_after <= timedelta(seconds=40)
    await channel.send(note(1002))
    assert [call.number("chat_id") for call in fake.calls] == [1001, 1002]


async def test_a_group_that_moved_is_named_and_then_followed(fake: FakeTelegram, channel: TelegramChannel) -> None:
    old = fake.group(-500)
    new = old.becomes_supergroup(-1_000_000_500)
    failed = await failing(channel, note(-500))
    assert (failed.moved_to, failed.permanent, failed.uncertain) == ("-1000000500", False, False)
    # An answer keeps the address it was asked from.
    await channel.send(note(-500))
    assert [one.text for one in new.sees] == ["工单 FJ-1 请处理"]


async def test_a_card_in_a_group_that_moved_is_told_anew(fake: FakeTelegram, channel: TelegramChannel) -> None:
    new = fake.group(-500).becomes_supergroup(-1_000_000_500)
    await channel.send(note(-500, text="已签收", edits="-500:3"))
    assert [one.text for one in new.sees] == ["已签收"]


def unsure(fake: FakeTelegram) -> dict[str, Any]:
    """Silences and noises after which nobody knows whether the message is there."""
    return {
        "late": lambda: fake.late("sendMessage", 1.5),
        "slow drip": lambda: fake.drip("sendMessage", 60),
        "cut after": lambda: fake.cut("sendMessage", executed=True),
        "cut before": lambda: fake.cut("sendMessage", executed=False),
        "500": lambda: fake.refuse("sendMessage", 500, "Internal Server Error"),
        "502 page": lambda: fake.junk("sendMessage", 502),
        "502 page after": lambda: fake.junk("sendMessage", 502, executed=True),
        "504 nothing": lambda: fake.junk("sendMessage", 504, b""),
        "200 page": lambda: fake.junk("sendMessage", 200),
        "200 list": lambda: fake.junk("sendMessage", 200, b"[]"),
        "200 no result": lambda: fake.junk("sendMessage", 200, b'{"ok":true}'),
        "200 odd result": lambda: fake.junk("sendMessage", 200, b'{"ok":true,"result":{"message_id":"x"}}'),
        "500 list": lambda: fake.junk("sendMessage", 500, b"[1]"),
    }


@pytest.mark.parametrize("how", list(unsure(None)))  # type: ignore[arg-type]
async def test_what_may_have_arrived_is_called_uncertain(
    fake: FakeTelegram, jia: Person, how: str, opened: Opened
) -> None:
    channel = opened(connect_seconds=1, read_seconds=0.5)
    unsure(fake)[how]()
    started = time.monotonic()
    failed = await failing(channel, note())
    assert (failed.uncertain, failed.permanent, failed.retry_after, failed.moved_to) == (True, False, None, "")
    assert time.monotonic() - started < 2.5


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_box_on_the_way_is_not_taken_for_telegram(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, status: int
) -> None:
    fake.junk("sendMessage", status, b"<html>blocked by policy</html>", times=1)
    failed = await failing(channel, note())
    assert (failed.permanent, failed.uncertain, failed.retry_after) == (False, False, None)
    await channel.send(note())
    assert len(jia.sees) == 1


async def test_where_nobody_listens_nothing_was_sent(fake: FakeTelegram, opened: Opened) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    channel = opened(base_url=f"http://127.0.0.1:{port}")
    failed = await failing(channel, note())
    assert (failed.uncertain, failed.permanent, failed.reason) == (False, False, "连不上 Telegram")


async def test_a_silently_dropped_message_counts_as_accepted_and_no_more(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    fake.drop("sendMessage")
    receipt = await channel.send(note())
    assert jia.sees == []
    assert not receipt.delivered


async def test_a_refused_token_stops_the_channel_loudly_but_costs_nobody_their_address(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    fake.token = "987654321:AARevokedMeanwhile"
    for _ in range(3):
        failed = await failing(channel, note())
        assert (failed.permanent, failed.uncertain, failed.unavailable) == (False, False, True)
        assert failed.retry_after == timedelta(minutes=5)
    [line] = [one for one in caplog.records if one.levelno >= logging.ERROR]
    assert "DUBAN_TELEGRAM__TOKEN" in line.getMessage()
    fake.token = TOKEN
    await channel.send(note())
    assert len(jia.sees) == 1


async def test_the_pace_is_kept_over_all_and_to_each_chat(fake: FakeTelegram, opened: Opened) -> None:
    for number in range(1001, 1013):
        fake.person(number)
    channel = opened(RateLimits(second=5))
    await channel.check()
    await asyncio.gather(*(channel.send(note(number)) for number in range(1001, 1013)))
    moments = [call.at for call in fake.calls if call.method == "sendMessage"]
    assert all(late - early > 0.8 for early, late in zip(moments, moments[5:], strict=False))
    started = time.monotonic()
    await channel.send(note(1001))
    await channel.send(note(1001))
    assert time.monotonic() - started > 0.95


async def test_more_than_a_chat_may_get_goes_back_to_the_outbox(fake: FakeTelegram, opened: Opened) -> None:
    group = fake.group(-500)
    channel = opened(RateLimits(chat_second=100))
    for _ in range(20):
        await channel.send(note(-500))
    failed = await failing(channel, note(-500))
    assert failed.retry_after is not None
    assert timedelta(seconds=50) < failed.retry_after <= timedelta(seconds=60)
    assert len(group.sees) == 20


WEBHOOK = {"mode": "webhook", "webhook_secret": "s" * 20}


async def checked(fake: FakeTelegram, **more: Any) -> list[str]:
    web = {"public_url": "https://duban.example.test"}
    settings = Settings(telegram={"token": TOKEN, "base_url": fake.url, **more}, web=web)  # type: ignore[arg-type]
    channel = TelegramChannel(settings, SystemClock())
    try:
        return list(await channel.check())
    finally:
        await channel.close()


async def test_check_asks_once_and_is_content(fake: FakeTelegram) -> None:
    assert await checked(fake) == []
    assert [call.method for call in fake.calls] == ["getMe", "getWebhookInfo"]


async def test_check_names_a_webhook_that_starves_the_polling_without_its_path(fake: FakeTelegram) -> None:
    fake.webhook["url"] = "https://elsewhere.example.test/secret-path"
    [sentence] = await checked(fake)
    assert "elsewhere.example.test" in sentence
    assert "轮询收不到消息" in sentence
    assert "secret-path" not in sentence
    assert fake.webhook["url"]


async def test_check_names_a_webhook_that_is_missing_elsewhere_or_failing(fake: FakeTelegram) -> None:
    [missing] = await checked(fake, **WEBHOOK)
    assert "还没有登记 webhook" in missing
    fake.webhook["url"] = "https://other.example.test/x"
    [elsewhere] = await checked(fake, **WEBHOOK)
    assert "other.example.test" in elsewhere
    settings = Settings(
        telegram={"token": TOKEN, "base_url": fake.url, **WEBHOOK},  # type: ignore[arg-type]
        web={"public_url": "https://duban.example.test"},  # type: ignore[arg-type]
    )
    fake.webhook["url"] = hook_url(settings)
    assert await checked(fake, **WEBHOOK) == []
    fake.webhook["last_error_date"], fake.updates = int(time.time()), [{"update_id": 1}]
    [failing_pushes] = await checked(fake, **WEBHOOK)
    assert "积压1条" in failing_pushes


async def test_check_names_a_wrong_token_and_a_dead_line(fake: FakeTelegram) -> None:
    [wrong] = await checked(fake, token="111111:AAWrong")
    assert "DUBAN_TELEGRAM__TOKEN" in wrong
    assert "AAWrong" not in wrong
    [dead] = await checked(fake, base_url="http://127.0.0.1:9")
    assert "连不上 Telegram" in dead
    fake.junk("getMe", 403, HTML)
    [boxed] = await checked(fake)
    assert "中间的网络设备" in boxed


async def test_files_people_sent_are_fetched(fake: FakeTelegram, jia: Person, channel: TelegramChannel) -> None:
    photo = jia.sends_photo(b"small-and-large" * 2)["message"]["photo"][-1]["file_id"]
    document = jia.sends_document("整改.pdf", b"%PDF\x00\xff")["message"]["document"]["file_id"]
    assert await channel.fetch(photo) == b"small-and-large" * 2
    assert await channel.fetch(document) == b"%PDF\x00\xff"


async def test_a_file_too_large_is_refused_whatever_was_said_of_it(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel
) -> None:
    file_id = jia.sends_document("a.bin", bytes(20_000_001))["message"]["document"]["file_id"]
    for said in (20_000_001, 5):
        fake.said_sizes[file_id] = said
        with pytest.raises(SendFailed, match="20 MB"):
            await channel.fetch(file_id)


async def test_a_file_that_cannot_be_had_is_refused_without_the_token(
    fake: FakeTelegram, jia: Person, channel: TelegramChannel, opened: Opened
) -> None:
    with pytest.raises(SendFailed, match="没有这个文件"):
        await channel.fetch("unknown")
    file_id = jia.sends_document("a.pdf", b"x")["message"]["document"]["file_id"]
    fake.files[file_id] = ("gone", b"x")
    fake.said_sizes[file_id] = 1
    fake.late("getFile", 1.5)
    with pytest.raises(SendFailed) as failed:
        await opened(read_seconds=0.5).fetch(file_id)
    assert TOKEN not in repr(failed.value)


def test_without_a_token_there_is_no_channel(database: Database) -> None:
    assert "telegram" not in catalog.build(Settings(), database, SystemClock())


def test_an_unreachable_telegram_stops_no_start(database: Database) -> None:
    settings = Settings(telegram={"token": TOKEN, "base_url": "http://127.0.0.1:9"})  # type: ignore[arg-type]
    assert "telegram" in catalog.build(settings, database, SystemClock())


@pytest.mark.parametrize(
    ("rooms", "loaded"),
    [
        (
            "bot.channels.telegram.channel, "
            "handlers.chat.platforms.telegram_hook, handlers.chat.platforms.telegram_poll",
            ["telegram"],
        ),
        ("bot.channels.catalog, handlers.chat.catalog", []),
    ],
    ids=["with Telegram set up", "without"],
)
def test_the_librarys_own_application_and_scheduler_are_never_loaded(rooms: str, loaded: list[str]) -> None:
    probe = f"import sys, {rooms}; print(sorted({{'telegram', 'telegram.ext', 'apscheduler'}} & set(sys.modules)))"
    told = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == str(loaded)


@pytest.mark.parametrize(
    "line", [f"HTTP Request: POST https://api.telegram.org/bot{TOKEN}/sendMessage", f"token {TOKEN}", TOKEN[:-1] + "-"]
)
def test_a_token_is_scrubbed_from_any_line(line: str) -> None:
    assert TOKEN[:40] not in scrub(line)
