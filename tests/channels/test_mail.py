"""Mail through a real SMTP dialogue: three kinds of TLS, sign-in, and what each refusal means."""

import base64
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import Attachment, Outgoing, SendFailed
from bot.channels.mail import MailChannel
from bot.clock import WoundClock
from settings import Mail, SettingsInvalid, load
from tests.channels.leaks import everything, real_logs
from tests.fakes.smtp import PASSWORD, USER, MailServer, mail_server, make_certificate
from tests.waiting import HASTY

SHEET = Attachment(id=1, name="督办周报.xlsx", media_type="application/vnd.ms-excel", body=bytes(range(256)) * 20)
MESSAGE = Outgoing(
    key="weekly:2021-W34:p7", address="dingyi@example.org", text="督办周报\n\n.一行点\n逾期1件", attachment=SHEET
)


def channel(server: MailServer, clock: WoundClock, **given: Any) -> MailChannel:
    values = {"host": "127.0.0.1", "port": server.port, "sender": f"督办 <{USER}>", "tls": server.tls}
    return MailChannel(Mail(**(values | given)), clock)


async def _failure(one: MailChannel, message: Outgoing = MESSAGE) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await one.send(message)
    return failed.value


async def test_a_mail_arrives_whole_with_an_id_made_of_its_message(clock: WoundClock) -> None:
    with mail_server() as server:
        one = channel(server, clock)
        receipts = [await one.send(MESSAGE) for _ in range(2)]
        other = await one.send(Outgoing(key="n:2", address="dingyi@example.org", text="甲\n乙"))
    first, second, third = server.got
    assert (first.sender, first.recipient) == (USER, "dingyi@example.org")
    mail = first.mail
    assert (mail["Subject"], mail["Date"]) == ("督办周报", "Mon, 23 Aug 2021 10:00:00 +0800")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_body().get_content().splitlines() == MESSAGE.text.splitlines()  # type: ignore[union-attr]
    [sheet] = list(mail.iter_attachments())
    assert (sheet.get_filename(), sheet.get_content()) == (SHEET.name, SHEET.body)
    ids = [one.mail["Message-ID"] for one in (first, second, third)]
    assert ids == [*(receipt.provider_id for receipt in receipts), other.provider_id]
    assert (ids[0] == ids[1], ids[1] != ids[2], ids[0].endswith("@example.org>")) == (True, True, True)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_it_is_secret_on_the_way_and_signed_in(tls: str, clock: WoundClock, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with mail_server(tls, certificate) as server:
        given = {"ca_file": certificate, "user": USER, "password": SecretStr(PASSWORD)}
        await channel(server, clock, **given).send(MESSAGE)
        assert await channel(server, clock, **given).check() == ()
    assert [one.secure for one in server.got] == [True]


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_an_unknown_certificate_is_refused_and_named(tls: str, clock: WoundClock, tmp_path: Path) -> None:
    with mail_server(tls, make_certificate(tmp_path)) as server:
        failure = await _failure(channel(server, clock))
    assert (failure.unavailable, failure.permanent, failure.uncertain) == (True, False, False)
    assert "DUBAN_MAIL__CA_FILE" in failure.reason
    assert server.got == []


async def test_a_server_without_starttls_gets_nothing(clock: WoundClock) -> None:
    with mail_server() as server:
        [sentence] = await channel(server, clock, tls="starttls").check()
        failure = await _failure(channel(server, clock, tls="starttls"))
    assert "DUBAN_MAIL__TLS" in sentence
    assert (failure.unavailable, server.got) == (True, [])


@pytest.mark.parametrize(
    ("verb", "reply", "permanent", "unavailable"),
    [
        ("RCPT", "550 5.1.1 no such user dingyi@example.org", True, False),
        ("RCPT", "550 5.7.1 relaying denied", False, True),
        ("RCPT", "450 4.7.1 greylisted", False, False),
        ("MAIL", "553 sender not allowed", False, True),
        ("MAIL", "421 too busy", False, False),
        ("DATA", "554 looks like spam", False, True),
    ],
)
async def test_what_a_refusal_means(
    clock: WoundClock, verb: str, reply: str, permanent: bool, unavailable: bool
) -> None:
    with mail_server() as server:
        server.says[verb] = reply
        failure = await _failure(channel(server, clock))
    assert (failure.permanent, failure.unavailable, failure.uncertain) == (permanent, unavailable, False)
    assert "dingyi" not in everything(failure)


@pytest.mark.parametrize("after_data", ["silent", "cut"])
async def test_taken_but_not_confirmed_is_uncertain(clock: WoundClock, after_data: str) -> None:
    with mail_server() as server:
        server.after_data = after_data
        failure = await _failure(channel(server, clock, timeout_seconds=HASTY))
    assert (failure.uncertain, len(server.got)) == (True, 1)


async def test_nobody_there_is_surely_not_sent(clock: WoundClock) -> None:
    with mail_server() as server:
        pass
    failure = await _failure(channel(server, clock))
    assert (failure.uncertain, failure.permanent, failure.unavailable) == (False, False, False)


async def test_a_host_that_is_no_name_is_told_in_words(clock: WoundClock) -> None:
    broken = MailChannel(Mail(host="..", sender="d@example.cn"), clock)
    [sentence] = await broken.check()
    assert "DUBAN_MAIL__HOST" in sentence


async def test_a_wrong_password_is_named_and_never_told(clock: WoundClock, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = "wrong-password-1234"
    with mail_server() as server, real_logs():
        one = channel(server, clock, user=USER, password=SecretStr(wrong))
        told = everything(await _failure(one)) + str(await one.check())
    told += "".join(capfd.readouterr())
    assert "DUBAN_MAIL__PASSWORD" in told
    assert wrong not in told
    assert base64.b64encode(f"\0{USER}\0{wrong}".encode()).decode() not in told
    assert server.got == []


@pytest.mark.parametrize("address", ["", "nobody", "a@b@c", "a b@c.org", "a@c.org\r\nBcc: x@c.org", "甲@c.org"])
async def test_what_is_no_address_never_leaves(clock: WoundClock, address: str) -> None:
    with mail_server() as server:
        failure = await _failure(channel(server, clock), Outgoing(key="n", address=address, text="x"))
    assert (failure.permanent, server.got) == (True, [])


async def test_no_header_can_be_smuggled_in(clock: WoundClock) -> None:
    with mail_server() as server:
        one = channel(server, clock)
        await one.send(Outgoing(key="n", address="a@c.org", title="周报\r\nBcc: x@c.org", text="x"))
    assert (server.got[0].mail["Bcc"], server.got[0].mail["Subject"]) == (None, "周报 Bcc: x@c.org")


def test_mail_never_counts_as_told(clock: WoundClock) -> None:
    assert not MailChannel.abilities.two_way


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({"ca_file": "/nowhere.pem"}, "CA_FILE"),
        ({"sender": "督办"}, "SENDER"),
        ({"sender": "@"}, "SENDER"),
        ({"sender": "督办@例子.cn"}, "SENDER"),
    ],
)
def test_settings_that_cannot_work_stop_the_start(given: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsInvalid, match=word):
        load(mail={"host": "h", "sender": "a@b.org"} | given)
