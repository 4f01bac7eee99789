"""`kill -9` on the way out to 企业微信: nothing is lost, and the platform's own check keeps a second copy away."""

import base64
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.clock import SystemClock
from storage import outbox, register, tickets
from storage.records import Message, MessageState
from tests.fakes.peer import serving
from tests.fakes.qyapi import AGENT, CORP, SECRET, QyApi
from tests.faults.process import House, furnish

MEMBERS = {"jia": "ZhangSan", "yi": "LiSi"}
AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")


@pytest.fixture
def qyapi() -> Iterator[QyApi]:
    peer = QyApi()
    with serving(peer) as peer.url:
        yield peer


@pytest.fixture
def house(database_url: str, tmp_path: Path, qyapi: QyApi) -> House:
    """甲 and 乙 on 企业微信, with a step due now and messages waiting."""
    made = furnish(database_url, tmp_path / "data")
    with made.database() as database, database.begin() as conn:
        for who, member in MEMBERS.items():
            register.bind_address(conn, made.people[who], "wecom", member, SystemClock().now(), -1)
    wecom = {"CORP_ID": CORP, "SECRET": SECRET, "AGENT_ID": str(AGENT), "TOKEN": "callback", "AES_KEY": AES_KEY}
    more = {f"DUBAN_WECOM__{key}": value for key, value in (wecom | {"BASE_URL": qyapi.url}).items()}
    return replace(made, more=more)


def messages(house: House) -> list[Message]:
    """What was to be told about tickets to those on 企业微信."""
    people = {house.people[who] for who in MEMBERS}
    with house.database() as database, database.read() as conn:
        rows = [one for each in tickets.matching(conn) for one in outbox.of_ticket(conn, each.id)]
    return [one for one in rows if one.person_id in people]


def ended(message: Message) -> bool:
    """Whether nothing more will happen to it; what may have arrived and is overtaken stays uncertain for ever."""
    left = message.state == MessageState.UNCERTAIN and message.lease_until is None
    return left or message.state in (MessageState.ACCEPTED, MessageState.SUPERSEDED)


def run_until_told(house: House, seconds: float = 30) -> None:
    """Start again and wait until everything that was to be told has an end."""
    house.let_leases_run_out()
    with house.running():
        end = time.monotonic() + seconds
        while not (found := messages(house)) or not all(map(ended, found)):
            assert time.monotonic() < end, [(one.intent, one.state, one.reason) for one in found]
            time.sleep(0.2)


@pytest.mark.parametrize("name", ["after_claim", "before_send", "after_send", "after_settle"])
def test_killed_on_the_way_to_wecom_everybody_is_told_once(house: House, qyapi: QyApi, name: str) -> None:
    house.killed(failpoint=name)
    run_until_told(house)
    told = [one for one in messages(house) if one.state == MessageState.ACCEPTED]
    assert {one.person_id for one in told} == {house.people[who] for who in MEMBERS}
    for who, member in MEMBERS.items():
        put = [one for one in messages(house) if one.person_id == house.people[who]]
        sure = [one for one in put if one.state == MessageState.ACCEPTED]
        cards = [one for one in qyapi.sent if one.to == member and one.kind == "template_card"]
        assert len(sure) <= len(cards) <= len(put)
    assert len({one.raw for one in qyapi.sent}) == len(qyapi.sent)
