"""Group robots against a real HTTP server: a status of 200 is no success, the provider's code is."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from bot.channels.base import Outgoing, SendFailed
from bot.channels.robot.channel import RobotChannel
from bot.clock import WoundClock
from settings import Robot, SettingsInvalid, load
from storage.sql.database import Database
from tests.channels.leaks import everything, real_logs
from tests.fakes import robots as fakes
from tests.fakes.peer import Fault, cut, late, page, serving
from tests.fakes.robots import Robots
from tests.waiting import HASTY, HELD, LONG

NAMES = ("wecom", "dingtalk", "feishu")
PATHS = {"wecom": fakes.WECOM, "dingtalk": fakes.DINGTALK, "feishu": fakes.FEISHU}


@pytest.fixture(scope="session")
def robots_server() -> Iterator[Robots]:
    fake = Robots()
    with serving(fake) as url:
        fake.url = url
        yield fake


@pytest.fixture
def robots(robots_server: Robots, clock: WoundClock) -> Robots:
    robots_server.reset()
    robots_server.clock = clock
    return robots_server


def _settings(url: str, **changes: Any) -> dict[str, Robot]:
    urls = {
        "wecom": f"{url}{fakes.WECOM}?key={fakes.KEY}",
        "dingtalk": f"{url}{fakes.DINGTALK}?access_token={fakes.KEY}",
        "feishu": f"{url}{fakes.FEISHU}",
    }
    plain = {name: {"kind": name, "url": urls[name], "secret": fakes.SECRET} for name in NAMES}
    return {name: Robot.model_validate(plain[name] | changes.get(name, {})) for name in NAMES}


def _channel(url: str, database: Database, clock: WoundClock, seconds: float = LONG, **changes: Any) -> RobotChannel:
    return RobotChannel(_settings(url, **changes), database, clock, timeout=httpx.Timeout(seconds))


@pytest.fixture
async def channel(robots: Robots, file_database: Database, clock: WoundClock) -> AsyncIterator[RobotChannel]:
    one = _channel(robots.url, file_database, clock)
    yield one
    await one.close()


@pytest.fixture
async def hasty(robots: Robots, file_database: Database, clock: WoundClock) -> AsyncIterator[RobotChannel]:
    """One that does not wait long for an answer."""
    one = _channel(robots.url, file_database, clock, HASTY)
    yield one
    await one.close()


async def _failure(channel: RobotChannel, name: str, text: str = "今日逾期1件") -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await channel.send(Outgoing(key="n", address=name, text=text))
    return failed.value


def _code(name: str, code: int, words: str = "no") -> Fault:
    answer = {"code": code, "msg": words} if name == "feishu" else {"errcode": code, "errmsg": words}
    return Fault(executes=False, answer=answer)


async def test_each_provider_gets_its_signed_message(channel: RobotChannel, robots: Robots) -> None:
    for name in NAMES:
        await channel.send(Outgoing(key=f"n:{name}", address=name, text="今日逾期1件"))
    assert robots.said == [(name, "今日逾期1件") for name in NAMES]


async def test_no_phone_number_is_said_in_a_group_and_long_texts_are_cut(channel: RobotChannel, robots: Robots) -> None:
    await channel.send(Outgoing(key="n", address="wecom", text="请联系 13812345678 " + "督" * 1000))
    [(_, text)] = robots.said
    assert "138****5678" in text
    assert len(text.encode()) <= 2048
    assert text.endswith("…（内容较长，已截短）")


@pytest.mark.parametrize(
    ("name", "code", "minutes"),
    [("wecom", 45009, 1), ("dingtalk", 130101, 10), ("feishu", 9499, 1), ("feishu", 11232, 1)],
)
async def test_an_answer_of_200_with_a_code_is_no_success(
    channel: RobotChannel, robots: Robots, name: str, code: int, minutes: int
) -> None:
    robots.fail(PATHS[name], _code(name, code))
    assert (await _failure(channel, name)).retry_after == timedelta(minutes=minutes)
    assert robots.said == []


@pytest.mark.parametrize(("name", "code"), [("wecom", 93000), ("dingtalk", 300005), ("feishu", 19001)])
async def test_a_robot_removed_from_its_group_is_gone(
    channel: RobotChannel, robots: Robots, name: str, code: int
) -> None:
    robots.fail(PATHS[name], _code(name, code))
    assert (await _failure(channel, name)).permanent


@pytest.mark.parametrize(("name", "code"), [("dingtalk", 310000), ("feishu", 19021), ("feishu", 19022)])
async def test_what_the_operator_has_to_put_right_harms_no_address(
    channel: RobotChannel, robots: Robots, name: str, code: int
) -> None:
    robots.fail(PATHS[name], _code(name, code))
    failure = await _failure(channel, name)
    assert (failure.unavailable, failure.permanent, failure.retry_after) == (True, False, timedelta(minutes=5))


@pytest.mark.parametrize("name", NAMES)
async def test_what_nobody_knows_is_uncertain(hasty: RobotChannel, robots: Robots, name: str) -> None:
    for fault in (late(HELD), cut(executed=True), page(502), page(200), Fault(executes=True, answer={"ok": True})):
        robots.fail(PATHS[name], fault)
        assert (await _failure(hasty, name)).uncertain


async def test_who_refuses_before_the_provider_has_surely_not_sent(channel: RobotChannel, robots: Robots) -> None:
    robots.fail(fakes.WECOM, page(404), page(429))
    lost, fast = await _failure(channel, "wecom"), await _failure(channel, "wecom")
    assert (lost.reason, lost.uncertain) == ("企业微信服务器出错（HTTP 404）", False)
    assert (fast.uncertain, fast.retry_after) == (False, timedelta(minutes=1))


@pytest.mark.parametrize("url", ["http://..", "http://127.0.0.1:9/x?key=1"])
async def test_an_address_that_leads_nowhere_is_surely_not_sent(
    file_database: Database, clock: WoundClock, url: str
) -> None:
    channel = RobotChannel({"desk": Robot(kind="wecom", url=SecretStr(url))}, file_database, clock)
    failure = await _failure(channel, "desk")
    await channel.close()
    assert (failure.reason, failure.uncertain) == ("连不上企业微信服务器", False)


async def test_check_names_the_setting_of_a_server_that_does_not_answer(channel: RobotChannel, robots: Robots) -> None:
    robots.fail(fakes.WECOM, page(502))
    assert list(await channel.check()) == [
        "群机器人“wecom”：企业微信服务器出错（HTTP 502），请核对本机网络和 DUBAN_ROBOTS__WECOM__URL"
    ]


async def test_nobody_there_is_surely_not_sent(file_database: Database, clock: WoundClock) -> None:
    channel = _channel("http://127.0.0.1:9", file_database, clock)
    failure = await _failure(channel, "wecom")
    await channel.close()
    assert (failure.uncertain, failure.permanent) == (False, False)


async def test_twenty_a_minute_and_each_robot_for_itself(
    channel: RobotChannel, robots: Robots, clock: WoundClock
) -> None:
    for number in range(20):
        await channel.send(Outgoing(key=f"n:{number}", address="wecom", text="x"))
    assert (await _failure(channel, "wecom")).retry_after == timedelta(minutes=1)
    await channel.send(Outgoing(key="n", address="feishu", text="x"))
    clock.wind(timedelta(minutes=1))
    await channel.send(Outgoing(key="n:21", address="wecom", text="x"))
    assert len(robots.said) == 22


async def test_an_unknown_robot_is_no_address(channel: RobotChannel) -> None:
    assert (await _failure(channel, "nobody")).permanent


async def test_check_says_nothing_in_the_groups_and_names_what_is_wrong(
    channel: RobotChannel, robots: Robots, file_database: Database, clock: WoundClock
) -> None:
    assert list(await channel.check()) == []
    robots.keyword = "督办"  # nothing holds no keyword either: that proves that the robot is there
    assert list(await channel.check()) == []
    changes = {
        "wecom": {"url": f"{robots.url}{fakes.WECOM}?key=old"},
        "dingtalk": {"secret": "wrong"},
        "feishu": {"secret": "wrong"},
    }
    other = _channel(robots.url, file_database, clock, **changes)
    found = list(await other.check())
    await other.close()
    assert [one.partition("\uff1a")[0] for one in found] == [f"群机器人“{name}”" for name in NAMES]
    assert robots.said == []


async def test_nothing_tells_a_key(hasty: RobotChannel, robots: Robots, capfd: pytest.CaptureFixture[str]) -> None:
    told = ""
    with real_logs():
        for fault in (late(HELD), cut(executed=True), page(502), _code("wecom", 93000, f"key={fakes.KEY}")):
            robots.fail(fakes.WECOM, fault)
            told += everything(await _failure(hasty, "wecom"))
        await hasty.check()
    told += "".join(capfd.readouterr()) + repr(_settings(robots.url))
    assert "SendFailed" in told
    assert fakes.KEY not in told
    assert fakes.SECRET not in told


def test_robots_never_count_as_told() -> None:
    assert not RobotChannel.abilities.two_way


@pytest.mark.parametrize(
    ("given", "word"),
    [({"kind": "qq", "url": "https://x"}, "KIND"), ({"kind": "wecom", "url": "key-only"}, "Webhook")],
)
def test_a_robot_set_wrong_stops_the_start(given: dict[str, str], word: str) -> None:
    with pytest.raises(SettingsInvalid, match=word):
        load(robots={"desk": given})


async def test_nobody_is_called_and_no_link_opens_by_what_a_ticket_quotes(
    channel: RobotChannel, robots: Robots
) -> None:
    text = '<at user_id="all">所有人</at> [点此](http://evil) <b>x</b> <a href=x>y</a> 电话13812341234'
    for place, kind in enumerate(("feishu", "wecom", "dingtalk")):
        await channel.send(Outgoing(key=f"call:{place}", address=kind, text=text))
    feishu, *others = [text for _, text in robots.said]
    assert "](" not in feishu
    for said in (feishu, *others):
        assert "<at" not in said
        assert "<a " not in said
    assert not any("13812341234" in said for said in (feishu, *others))
