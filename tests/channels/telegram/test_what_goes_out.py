"""Telegram: what people see of messages, cards and files, and what is fetched of theirs."""

from datetime import timedelta

import pytest

from bot.channels.base import SHARE_PHONE, Attachment, Button, SendFailed
from bot.channels.telegram.channel import TelegramChannel
from tests.channels.telegram.sending import BUTTONS, HASTY, Opened, failing, note
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import TOKEN
from tests.waiting import HELD


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
    fake.late("getFile", HELD)
    with pytest.raises(SendFailed) as failed:
        await opened(**HASTY).fetch(file_id)
    assert TOKEN not in repr(failed.value)
