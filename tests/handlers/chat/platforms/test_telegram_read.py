"""Telegram, the way in: what an update says, and that odd input only ever is "not understood"."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.chat.platforms.heard import UNTIMED, Heard, HeardKind
from handlers.chat.platforms.telegram import TelegramReader
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import BOT_ID, USERNAME, Shown

MOMENT = datetime(2021, 8, 23, 6, 2, tzinfo=UTC)


class Bot:
    bot_id = BOT_ID
    username = USERNAME


@pytest.fixture
def fake() -> FakeTelegram:
    """Nothing is sent here, so the server need not run."""
    made = FakeTelegram()
    made.clock = MOMENT.timestamp
    return made


@pytest.fixture
def jia(fake: FakeTelegram) -> Person:
    return fake.person(1001, "甲")


def read(update: dict[str, Any], bot: Any = Bot) -> Heard | None:
    return TelegramReader(bot).read(json.dumps(update))


def heard(update: dict[str, Any], bot: Any = Bot) -> Heard:
    found = read(update, bot)
    assert found is not None
    return found


def card(fake: FakeTelegram, chat: int = 1001) -> Shown:
    """A message of the bot, with a button."""
    shown = Shown(chat=chat, id=77, text="工单", sender=BOT_ID, buttons=[("签收", "ack:12")])
    fake.chats.setdefault(chat, {})[77] = shown
    return shown


def test_words_are_heard_with_who_when_and_what_they_answer(fake: FakeTelegram, jia: Person) -> None:
    update = jia.says("签收 3", reply_to=card(fake))
    assert heard(update) == Heard(
        kind=HeardKind.TEXT,
        event_id=str(update["update_id"]),
        address="1001",
        at=MOMENT,
        text="签收 3",
        message_id="1001:1",
        reply_to="1001:77",
    )


def test_a_tap_names_its_action_card_and_what_telegram_wants_back(fake: FakeTelegram, jia: Person) -> None:
    update = jia.taps(card(fake), "ack:12")
    found = heard(update)
    assert (found.kind, found.action, found.card) == (HeardKind.TAP, "ack:12", "1001:77")
    assert found.callback == update["callback_query"]["id"]
    assert (found.address, found.chat, found.at) == ("1001", "", UNTIMED)


def test_whoever_taps_is_heard_not_whom_the_card_was_for(fake: FakeTelegram, jia: Person) -> None:
    fake.group(-500)
    found = heard(fake.person(1002, "乙").taps(card(fake, -500), "ack:12"))
    assert (found.address, found.chat, found.in_group) == ("1002", "-500", True)


def test_a_tap_on_a_card_telegram_no_longer_has_is_still_heard(fake: FakeTelegram, jia: Person) -> None:
    update = jia.taps(card(fake), "ack:12")
    update["callback_query"]["message"] = {"chat": {"id": 1001, "type": "private"}, "message_id": 77, "date": 0}
    assert (heard(update).action, heard(update).card) == ("ack:12", "1001:77")
    del update["callback_query"]["message"]
    assert (heard(update).action, heard(update).card) == ("ack:12", "")


@pytest.mark.parametrize(("typed", "code"), [("/start", ""), ("/start AB23CD45", "AB23CD45"), ("/Start  X ", "X")])
def test_start_is_told_with_its_code(jia: Person, typed: str, code: str) -> None:
    found = heard(jia.says(typed))
    assert (found.kind, found.text) == (HeardKind.START, code)


def test_start_pressed_by_link(jia: Person) -> None:
    assert heard(jia.start("AB23CD45")).text == "AB23CD45"


def test_only_ones_own_number_shared_first_hand_in_private_counts(fake: FakeTelegram, jia: Person) -> None:
    own = jia.shares_phone("+8613800001234")
    assert (heard(own).kind, heard(own).text) == (HeardKind.PHONE, "+8613800001234")
    others = jia.shares_phone("+8613800005678", owner=1002)
    nobodys = jia.shares_phone("+8613800005678")
    del nobodys["message"]["contact"]["user_id"]
    forwarded = jia.shares_phone("+8613800005678")
    forwarded["message"]["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "某"}
    for update in (others, nobodys, forwarded):
        assert (heard(update).kind, heard(update).text) == (HeardKind.OTHER, "")


def test_a_blocked_bot_is_told_and_its_return_too(jia: Person) -> None:
    blocked = heard(jia.blocks())
    assert (blocked.kind, blocked.address, blocked.at) == (HeardKind.BLOCKED, "1001", MOMENT)
    assert heard(jia.unblocks()).kind == HeardKind.OTHER


def test_whoever_throws_the_bot_out_of_a_group_has_not_shut_their_own_door(fake: FakeTelegram, jia: Person) -> None:
    assert heard(fake.group(-500).throws_out(jia)).kind == HeardKind.OTHER


def test_a_picture_is_heard_in_its_largest_size_with_its_caption(jia: Person) -> None:
    update = jia.sends_photo(b"12345678", "办结 已删除")
    found = heard(update)
    [file] = found.files
    assert (found.kind, found.text) == (HeardKind.TEXT, "办结 已删除")
    assert file.reference == update["message"]["photo"][-1]["file_id"]
    assert (file.media_type, file.name.endswith(".jpg")) == ("image/jpeg", True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("整改 报告.pdf", "整改 报告.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.pdf", "a.pdf"),
        ("a\r\nb\x00\u202e.pdf", "ab.pdf"),
        ("..", "file"),
        ("", "file_unique-"),
        ("长" * 300 + ".pdf", "长" * 96 + ".pdf"),
    ],
)
def test_a_document_keeps_a_harmless_name(jia: Person, given: str, kept: str) -> None:
    [file] = heard(jia.sends_document(given, b"x")).files
    assert file.name.startswith(kept)
    assert file.media_type == "application/pdf"


def test_pictures_of_one_album_are_told_to_belong_together(jia: Person) -> None:
    update = jia.sends_photo(b"1234")
    update["message"]["media_group_id"] = "A1"
    assert heard(update).details == {"album": "A1"}


def test_forwarded_words_are_marked_and_start_nothing(jia: Person) -> None:
    update = jia.says("/start AB23CD45")
    update["message"]["forward_origin"] = {"type": "hidden_user", "date": 1, "sender_user_name": "某"}
    found = heard(update)
    assert (found.kind, found.text, found.details) == (HeardKind.TEXT, "start AB23CD45", {"forwarded": "yes"})


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        (f"@{USERNAME} 签收 3", "签收 3"),
        (f"签收 3 @{USERNAME.upper()}", "签收 3"),
        ("/ack 3", "ack 3"),
        (f"/ack@{USERNAME} 3", "ack 3"),
        ("签收 3", None),
        ("收到", None),
        ("@other_bot 签收 3", None),
        ("/ack@other_bot 3", None),
        (f"说说 /ack{USERNAME}", None),
        (f"a@{USERNAME}", None),
    ],
)
def test_in_a_group_only_what_is_meant_for_the_bot_is_heard(
    fake: FakeTelegram, jia: Person, typed: str, understood: str | None
) -> None:
    fake.privacy = False
    group = fake.group(-500)
    found = read(jia.says(typed, chat=group.id))
    assert (found.text if found else None) == understood
    if found:
        assert (found.in_group, found.chat, found.address) == (True, "-500", "1001")
        assert found.message_id == "-500:1"


def test_in_a_group_a_reply_to_the_bot_is_heard_and_one_to_others_is_not(fake: FakeTelegram, jia: Person) -> None:
    fake.group(-500)
    found = heard(jia.says("签收", reply_to=card(fake, -500), chat=-500))
    assert (found.text, found.reply_to) == ("签收", "-500:77")
    other = Shown(chat=-500, id=78, text="闲聊", sender=1001)
    assert jia.says("收到", reply_to=other, chat=-500)["update_id"] == 0
    fake.privacy = False
    assert read(jia.says("收到", reply_to=other, chat=-500)) is None


def test_privacy_mode_of_the_fake_shows_what_telegram_would(fake: FakeTelegram, jia: Person) -> None:
    fake.group(-500)
    assert jia.says("签收 3", chat=-500)["update_id"] == 0
    assert jia.says(f"@{USERNAME} 签收 3", chat=-500)["update_id"] > 0
    assert [one["message"]["text"] for one in fake.updates] == [f"@{USERNAME} 签收 3"]


def test_a_caption_in_a_group_is_read_like_words(fake: FakeTelegram, jia: Person) -> None:
    fake.group(-500)
    found = heard(jia.sends_document("a.pdf", b"x", f"@{USERNAME} 办结 已删除", chat=-500))
    assert (found.text, len(found.files)) == ("办结 已删除", 1)
    fake.privacy = False
    assert read(jia.sends_document("a.pdf", b"x", chat=-500)) is None


def test_before_the_name_is_known_any_bots_name_is_taken_for_it(fake: FakeTelegram, jia: Person) -> None:
    class Unnamed(Bot):
        username = ""

    fake.privacy = False
    fake.group(-500)
    assert heard(jia.says("@some_bot 签收", chat=-500), Unnamed).text == "@some_bot 签收"
    assert read(jia.says("@somebody 签收", chat=-500), Unnamed) is None


def test_start_in_a_group_binds_nobody(fake: FakeTelegram, jia: Person) -> None:
    fake.group(-500)
    assert heard(jia.says(f"/start@{USERNAME} AB23CD45", chat=-500)).kind == HeardKind.OTHER


def test_what_is_none_of_ours_is_nothing(fake: FakeTelegram, jia: Person) -> None:
    bots = jia.says("签收")
    bots["message"]["from"]["is_bot"] = True
    nobodys = jia.says("签收")
    del nobodys["message"]["from"]
    posted = jia.says("签收")
    posted["message"]["chat"]["type"] = "channel"
    edited = jia.edits("办结")
    unknown = {"update_id": 5, "something_of_2030": {"a": 1}}
    for update in (bots, nobodys, posted, edited, unknown, {"update_id": 5}):
        assert read(update) is None


def test_a_message_of_telegrams_own_says_nothing(jia: Person) -> None:
    update = jia.says("")
    assert heard(update).kind == HeardKind.OTHER


def test_a_voice_is_heard_but_nobody_can_read_it(jia: Person) -> None:
    assert heard(jia.speaks()).kind == HeardKind.WORDLESS


def test_what_no_database_stores_is_dropped(jia: Person) -> None:
    found = heard(jia.says("签\x00收\ud800 3"))
    assert found.text == "签收 3"


ODD = [
    "",
    "{",
    "null",
    "[]",
    "5",
    '"x"',
    "{}",
    '{"update_id":"7"}',
    '{"update_id":null}',
    '{"update_id":true}',
    '{"update_id":1,"message":5}',
    '{"update_id":1,"message":[]}',
    '{"update_id":1,"message":{"message_id":1}}',
    '{"update_id":1,"message":{"message_id":1,"date":"x","chat":{"id":1,"type":"private"}}}',
    '{"update_id":1,"message":{"message_id":1,"date":1e300,"chat":{"id":1,"type":"private"}}}',
    '{"update_id":1,"callback_query":{"id":"1"}}',
    '{"update_id":1,"my_chat_member":{"chat":{"id":1,"type":"private"}}}',
    '{"update_id":1,"message":' + "[" * 100_000,
    '{"update_id":1,"message":' + "9" * 5_000 + "}",
    "\x00",
]


@pytest.mark.parametrize("raw", ODD, ids=lambda raw: raw[:40] or "empty")
def test_odd_input_is_not_understood_and_nothing_worse(raw: str) -> None:
    with pytest.raises(ValueError) as refused:
        TelegramReader(Bot).read(raw)
    assert type(refused.value) is ValueError
    assert refused.value.__cause__ is None


WORD = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2)


@given(data=st.data())
def test_whatever_is_changed_in_an_update_nothing_but_not_understood_comes_of_it(data: st.DataObject) -> None:
    fake = FakeTelegram()
    jia = fake.person(1001, "甲")
    fake.group(-500)
    updates = [
        jia.says("签收 3", reply_to=card(fake)),
        jia.says(f"@{USERNAME} 签收", chat=-500),
        jia.taps(card(fake), "ack:12"),
        jia.sends_photo(b"12", "图"),
        jia.sends_document("a.pdf", b"1"),
        jia.shares_phone("+8613800001234"),
        jia.blocks(),
    ]
    update = json.loads(json.dumps(data.draw(st.sampled_from(updates))))
    where: Any = update
    while True:
        keys = list(where) if isinstance(where, dict) else list(range(len(where)))
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(where[key], dict | list) and where[key] and data.draw(st.booleans())):
            break
        where = where[key]
    if data.draw(st.booleans()):
        del where[key]
    else:
        where[key] = data.draw(WORD)
    try:
        found = TelegramReader(Bot).read(json.dumps(update))
    except ValueError:
        return
    if found is not None:
        assert found.address.removeprefix("-").isdigit()
        assert found.event_id.removeprefix("-").isdigit()
        assert found.at.tzinfo is not None
        assert all(isinstance(one, str) for one in (found.text, found.action, found.callback, found.chat))
