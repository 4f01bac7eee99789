"""What goes wrong between us and Telegram, through the real sender: told once, or twice with a mark, never lost."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from storage.messages import outbox
from storage.people import addresses, register
from storage.records import AnswerTo, Message, MessageDraft, MessageKind, MessageState, TextParams
from tests.cast.bureau import NUMBER
from tests.cast.served import ServedOffice
from tests.fakes.inbox import items_of
from tests.fakes.telegram import FakeTelegram, Person
from tests.fakes.telegram_wire import TOKEN, Shown
from tests.processes import World, command, environment
from tests.waiting import HASTY, HELD, LONG, wait_for

AGAIN = "（重复提醒）"


@pytest.fixture
def fake() -> Iterator[FakeTelegram]:
    with FakeTelegram() as running:
        yield running


@pytest.fixture
def jia(fake: FakeTelegram) -> Person:
    return fake.person(1001, "甲")


@pytest.fixture
def office(database_url: str, tmp_path: Path, fake: FakeTelegram, jia: Person) -> Iterator[ServedOffice]:
    """甲 on Telegram and in the web inbox, 乙 and 戊 on Telegram."""
    fake.person(1002, "乙")
    fake.person(1004, "戊")
    telegram = {"token": TOKEN, "base_url": fake.url, "connect_seconds": HASTY, "read_seconds": HASTY}
    opened = ServedOffice(database_url, tmp_path, "2021-08-23 10:00", {"telegram": telegram})
    with opened.database.begin() as conn:
        now = opened.clock.now()
        for who, address in {"jia": "1001", "yi": "1002", "wu": "1004"}.items():
            addresses.bind(conn, opened.people[who], "telegram", address, now)
        addresses.bind(conn, opened.people["jia"], "inbox", str(opened.people["jia"]), now, 9)
    yield opened
    opened.close()


def received_by(office: ServedOffice, who: str) -> Message:
    """The message that told somebody of the ticket."""
    with office.database.read() as conn:
        [found] = [
            one for one in outbox.of_ticket(conn, office.ticket(NUMBER).id) if one.person_id == office.people[who]
        ]
    return found


def after(office: ServedOffice, **span: float) -> None:
    office.passes(timedelta(**span))


def about_the_ticket(shown: list[Shown]) -> list[str]:
    return [one.text for one in shown if NUMBER in one.text]


SILENCES: dict[str, Callable[[FakeTelegram], None]] = {
    "late after execution": lambda fake: fake.late("sendMessage", HELD, chat=1001),
    "cut after execution": lambda fake: fake.cut("sendMessage", executed=True, chat=1001),
    "dripping answer": lambda fake: fake.drip("sendMessage", HELD, chat=1001),
    "502 page after execution": lambda fake: fake.junk("sendMessage", 502, executed=True, chat=1001),
    "500 after execution": lambda fake: fake.junk("sendMessage", 500, b"{}", executed=True, chat=1001),
}


@pytest.mark.parametrize("how", SILENCES)
def test_a_message_that_may_have_arrived_is_sent_once_more_and_says_so(
    office: ServedOffice, fake: FakeTelegram, jia: Person, how: str
) -> None:
    SILENCES[how](fake)
    office.receives(NUMBER)
    assert received_by(office, "jia").state == MessageState.UNCERTAIN
    [first] = about_the_ticket(jia.sees)
    after(office, minutes=1)
    assert len(jia.sees) == 1
    after(office, minutes=1)
    assert about_the_ticket(jia.sees) == [first, AGAIN + first]
    assert jia.sees[1].buttons == jia.sees[0].buttons != []
    assert received_by(office, "jia").state == MessageState.ACCEPTED
    after(office, hours=1)
    assert len(jia.sees) == 2


@pytest.mark.parametrize(
    "how",
    [
        lambda fake: fake.cut("sendMessage", executed=False, chat=1001),
        lambda fake: fake.junk("sendMessage", 502, chat=1001),
        lambda fake: fake.drop("sendMessage", chat=1001),
    ],
    ids=["cut before execution", "502 page", "dropped silently"],
)
def test_what_never_arrived_is_never_claimed_to_have(
    office: ServedOffice, fake: FakeTelegram, jia: Person, how: Callable[[FakeTelegram], None]
) -> None:
    how(fake)
    office.receives(NUMBER)
    message = received_by(office, "jia")
    assert jia.sees == []
    assert message.state in (MessageState.UNCERTAIN, MessageState.ACCEPTED)
    assert message.delivered_at is None
    if message.state == MessageState.UNCERTAIN:
        after(office, minutes=2)
        assert [text.startswith(AGAIN) for text in about_the_ticket(jia.sees)] == [True]


def test_a_telegram_that_never_answers_gets_two_copies_and_the_person_another_way(
    office: ServedOffice, fake: FakeTelegram, jia: Person
) -> None:
    fake.late("sendMessage", HELD, chat=1001, times=99)
    office.receives(NUMBER)
    after(office, minutes=10)
    assert [text.startswith(AGAIN) for text in about_the_ticket(jia.sees)] == [False, True]
    # It lies in the inbox too, and may have arrived: nobody knows, so it does not count as told.
    message = received_by(office, "jia")
    assert (message.channel, message.state) == ("inbox", MessageState.FAILED)
    assert "多次超时，不能确定是否送达；已放入网页收件箱，尚未打开" in message.reason


def test_a_pause_is_kept_and_leads_to_one_unmarked_copy(office: ServedOffice, fake: FakeTelegram, jia: Person) -> None:
    fake.flood("sendMessage", 47, chat=1001)
    office.receives(NUMBER)
    message = received_by(office, "jia")
    assert (message.state, message.not_before - office.clock.now()) == (MessageState.PENDING, timedelta(seconds=47))
    assert len(fake.people[1002].sees) == 1
    after(office, seconds=46)
    assert jia.sees == []
    after(office, seconds=2)
    assert [text.startswith(AGAIN) for text in about_the_ticket(jia.sees)] == [False]


def test_a_pause_asked_for_at_the_second_copy_takes_nothing_of_the_doubt(
    office: ServedOffice, fake: FakeTelegram, jia: Person
) -> None:
    fake.late("sendMessage", HELD, chat=1001)
    fake.flood("sendMessage", 600, chat=1001)
    office.receives(NUMBER)
    after(office, minutes=3)
    assert received_by(office, "jia").state == MessageState.UNCERTAIN
    after(office, minutes=12)
    assert [text.startswith(AGAIN) for text in about_the_ticket(jia.sees)] == [False, True]


def test_a_telegram_that_is_down_for_hours_is_gone_round(
    office: ServedOffice, fake: FakeTelegram, jia: Person, database_url: str
) -> None:
    fake.goes_down()
    office.receives(NUMBER)
    assert received_by(office, "jia").state == MessageState.PENDING
    after(office, minutes=6)
    # It lies in the inbox, and the chat is tried in rounds all the same.
    message = received_by(office, "jia")
    assert (message.channel, message.state) == ("telegram", MessageState.PENDING)
    with office.database.read() as conn:
        assert [NUMBER in one.text for one in items_of(conn, office.people["jia"])] == [True]
    with office.database.read() as conn:
        ways = register.load(conn).addresses[office.people["jia"]]
    assert all(way.usable for way in ways)


def test_a_refused_token_leads_everybody_to_another_way_at_once(
    office: ServedOffice, fake: FakeTelegram, jia: Person, caplog: pytest.LogCaptureFixture
) -> None:
    fake.token = "987654321:AARevokedMeanwhile"
    office.receives(NUMBER)
    assert received_by(office, "jia").channel == "inbox"
    assert received_by(office, "yi").state == MessageState.PENDING
    assert TOKEN not in caplog.text
    fake.token = TOKEN
    after(office, minutes=6)
    assert [len(about_the_ticket(fake.people[who].sees)) for who in (1001, 1002)] == [1, 1]


def test_who_blocked_the_bot_is_told_another_way_at_once_and_the_desk_hears_of_it(
    office: ServedOffice, fake: FakeTelegram, jia: Person
) -> None:
    jia.blocked = True
    office.receives(NUMBER)
    assert received_by(office, "jia").channel == "inbox"
    with office.database.read() as conn:
        ways = register.load(conn).addresses[office.people["jia"]]
    assert {way.channel: way.usable for way in ways} == {"telegram": False, "inbox": True}
    assert "甲的Telegram联系方式已失效" in fake.people[1004].sees[-1].text


def test_a_firewall_on_the_way_costs_nobody_their_address(
    office: ServedOffice, fake: FakeTelegram, jia: Person
) -> None:
    fake.junk("sendMessage", 403, b"<html>access denied by policy</html>", times=3)
    office.receives(NUMBER)
    after(office, minutes=3)
    assert len(about_the_ticket(jia.sees)) == 1
    with office.database.read() as conn:
        assert all(way.usable for many in register.load(conn).addresses.values() for way in many)


def test_a_group_that_became_another_keeps_its_place_in_the_register(office: ServedOffice, fake: FakeTelegram) -> None:
    old = fake.group(-500, "水利局值班群")
    new = old.becomes_supergroup(-1_000_000_500)
    with office.database.begin() as conn:
        addresses.bind(conn, office.people["yi"], "telegram", "-500", office.clock.now())
    office.receives(NUMBER)
    assert len(about_the_ticket(new.sees)) == 1
    with office.database.read() as conn:
        [way] = register.load(conn).addresses[office.people["yi"]]
    assert way.address == "-1000000500"


def test_an_answer_to_a_group_that_became_another_moves_nobodys_own_address(
    office: ServedOffice, fake: FakeTelegram, jia: Person
) -> None:
    new = fake.group(-500).becomes_supergroup(-1_000_000_500)
    to = {"channel": "telegram", "address": "-500", "reply_to": "-500:7", "edits": "-500:7", "callback": ""}
    draft = MessageDraft(
        intent="answer:1",
        person_id=office.people["jia"],
        kind=MessageKind.ANSWER,
        params=TextParams(text="已签收", to=AnswerTo(**to)),
    )
    with office.database.begin() as conn:
        outbox.put(conn, [draft], office.clock.now())
    office.settle()
    assert [one.text for one in new.sees] == ["已签收"]
    with office.database.read() as conn:
        ways = register.load(conn).addresses[office.people["jia"]]
    assert {way.address for way in ways if way.channel == "telegram"} == {"1001"}


def world(folder: Path, fake: FakeTelegram, **more: object) -> World:
    settings = {"TELEGRAM__TOKEN": TOKEN, "TELEGRAM__BASE_URL": fake.url, "LOG_LEVEL": "DEBUG", **more}
    return World(environment=environment(folder / "data", settings), err=folder / "log", out=folder / "out")


@pytest.mark.parametrize("mode", ["polling", "webhook"])
def test_a_running_bot_answers_who_presses_start(fake: FakeTelegram, jia: Person, tmp_path: Path, mode: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    more = {"WEB__PORT": port, "TELEGRAM__MODE": mode}
    if mode == "webhook":
        more |= {"TELEGRAM__WEBHOOK_SECRET": "abc", "WEB__PUBLIC_URL": f"http://127.0.0.1:{port}"}
    with command(world(tmp_path, fake, **more), "run") as bot:
        wait_for(lambda: fake.polls or fake.webhook.get("url"))
        jia.start()
        wait_for(lambda: jia.sees)
        assert "还没有绑定" in jia.sees[0].text
        os.kill(bot.pid or 0, signal.SIGTERM)
        bot.join(LONG)
        assert bot.exitcode == 0
    assert TOKEN not in (tmp_path / "log").read_text()
    assert bool(fake.webhook.get("url")) == (mode == "webhook")


def test_check_says_what_is_wrong_without_a_secret_in_any_line(fake: FakeTelegram, tmp_path: Path) -> None:
    fake.token = "987654321:AARevokedMeanwhile"
    with command(world(tmp_path, fake), "check") as check:
        check.join(LONG)
        assert check.exitcode == 1
    told = (tmp_path / "out").read_text()
    assert "令牌被 Telegram 拒绝" in told
    assert TOKEN not in told + (tmp_path / "log").read_text()
