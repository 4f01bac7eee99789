"""Every channel keeps the same contract."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Button, Outgoing, Particular, SendFailed
from bot.channels.catalog import CATALOG
from bot.clock import WoundClock
from storage.sql.database import Database
from tests.cast.rows import sh
from tests.channels.rigs import RIGS, Rig

CLOCK = WoundClock(sh(8, 23))


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Rig]:
    """Each channel in turn, on both databases."""
    with RIGS[request.param](database, CLOCK) as ready:
        assert ready.channel.name == request.param
        yield ready
        await ready.channel.close()


def outgoing(rig: Rig, text: str = "【监测工单】请您处理。", key: str = "t1:receipt:0:p1", **given: object) -> Outgoing:
    return Outgoing(**({"key": key, "address": rig.good, "text": text} | given))


def test_every_channel_there_is_is_tried_here() -> None:
    assert RIGS.keys() == CATALOG.keys()


async def test_what_is_sent_is_seen_and_receipted(rig: Rig) -> None:
    receipt = await rig.channel.send(outgoing(rig))
    assert receipt.provider_id
    assert [one.text for one in rig.seen()] == ["【监测工单】请您处理。"]


async def test_two_messages_are_two_copies_in_order(rig: Rig) -> None:
    ids = [(await rig.channel.send(outgoing(rig, text, key=text))).provider_id for text in ("一", "二")]
    assert len(set(ids)) == 2
    assert [one.text for one in rig.seen()] == ["一", "二"]


async def test_a_channel_that_tells_doubles_shows_one_copy(rig: Rig) -> None:
    receipts = [await rig.channel.send(outgoing(rig)) for _ in range(3)]
    told = rig.channel.abilities.tells_doubles
    assert len(rig.seen()) == (1 if told else 3)
    assert len({one.provider_id for one in receipts}) == 1 or not told


async def test_a_bad_address_is_refused_for_good_and_nobody_sees_anything(rig: Rig) -> None:
    for address in rig.bad:
        with pytest.raises(SendFailed) as caught:
            await rig.channel.send(outgoing(rig, address=address))
        assert caught.value.permanent, address
        assert not caught.value.uncertain
        assert caught.value.reason
    assert rig.seen() == []


async def test_a_channel_that_knows_its_addresses_finds_no_fault_with_a_good_one(rig: Rig) -> None:
    way: object = rig.channel
    if isinstance(way, Particular):
        assert way.fault_of(rig.good) == ""
        assert any(way.fault_of(address) for address in rig.bad)


@pytest.mark.parametrize(
    "text",
    [
        "😀 👨‍👩‍👧 🇨🇳 已整改 ✅",
        "第一行\n第二行\n\n第四行",
        "<b>不是</b> & *标记* _也不是_ [链接](x)",
        "５０％“引号”",
        "x",
    ],
)
async def test_texts_arrive_as_they_are(rig: Rig, text: str) -> None:
    await rig.channel.send(outgoing(rig, text))
    assert [one.text for one in rig.seen()] == [text]


async def test_the_longest_text_it_takes_arrives_whole_and_a_longer_one_arrives(rig: Rig) -> None:
    whole = "长" * (rig.channel.abilities.text_bytes // 3)
    await rig.channel.send(outgoing(rig, whole, key="a"))
    await rig.channel.send(outgoing(rig, whole + "长" * 9_000, key="b"))
    first, second = (one.text for one in rig.seen())
    assert first == whole
    assert second.startswith("长" * 100)


async def test_buttons_are_shown_where_there_are_any_and_do_no_harm_elsewhere(rig: Rig) -> None:
    pressed = (Button(label="签收", action="ack:12"), Button(label="办结", action="done:12"))
    await rig.channel.send(outgoing(rig, buttons=pressed))
    [one] = rig.seen()
    assert one.labels == (("签收", "办结") if rig.channel.abilities.buttons else None)


async def test_check_finds_nothing_wrong_and_says_so_in_sentences(rig: Rig) -> None:
    assert list(await rig.channel.check()) == []


async def test_it_may_be_closed_twice(rig: Rig) -> None:
    await rig.channel.send(outgoing(rig))
    await rig.channel.close()
    await rig.channel.close()
