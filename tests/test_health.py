"""What `check` says of a register: one line a kind, and only what is true."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from bot.channels.base import Abilities, Outgoing, Receipt
from bot.health import Finding, Level, channel_findings, findings, ladder_findings, together
from bot.policies.loading import load
from bot.rules.calendar.workdays import GovChina
from storage.calendar.schedules import base_schedules
from storage.records import Account, Address, Directory, Person, Role, Unit

TODAY = date(2021, 8, 23)
CALENDAR = GovChina(base_schedules(), "base")
PEOPLE = 6
CHANNELS = ("inbox", "console", "wecom")


def directory() -> Directory:
    """An office whose 丁 supervises the bureau and sits at the desk, in a chat; five at the bureau have the inbox."""
    people = {n: Person(id=n, name=f"甲{n}", unit_id=2) for n in range(1, PEOPLE)}
    held = range(1, PEOPLE)
    return Directory(
        version=1,
        units={1: Unit(id=1, name="市政府办", desk=True), 2: Unit(id=2, name="水利局", parent_id=1)},
        people={**people, 9: Person(id=9, name="丁", unit_id=1)},
        accounts={n: Account(id=n, platform="新浪微博", name=f"号{n}", unit_id=2) for n in held},
        duties={(n, role): n for n in held for role in Role},
        supervisors={2: (9,)},
        addresses={
            **{n: (Address(id=n, person_id=n, channel="inbox", address=str(n)),) for n in people},
            9: (Address(id=9, person_id=9, channel="wecom", address="ding"),),
        },
    )


def told(of: Directory) -> list[str]:
    return [one.sentence for one in together(findings(of, CALENDAR, TODAY, CHANNELS))]


def test_findings_of_one_kind_are_one_line_with_the_count_and_a_few_names() -> None:
    assert len(findings(directory(), CALENDAR, TODAY, CHANNELS)) == PEOPLE - 1
    [line] = told(directory())
    assert line.startswith("有5人没有能用的聊天绑定")
    assert "请逐人绑定" in line
    assert line.endswith("甲1、甲2、甲3等。")


@pytest.mark.parametrize("channel", ["inbox", "mail", "robot"])
def test_who_has_nothing_that_tells_is_red(channel: str) -> None:
    ways = {n: (replace(way[0], channel=channel),) for n, way in directory().addresses.items() if n < PEOPLE}
    kept = {9: directory().addresses[9]}
    found = findings(replace(directory(), addresses=ways | kept), CALENDAR, TODAY, (*CHANNELS, "mail", "robot"))
    assert {(one.level, one.kind) for one in found} == {(Level.RED, "no_chat")}


def test_a_chat_that_is_not_set_up_tells_nobody() -> None:
    found = findings(directory(), CALENDAR, TODAY, ("inbox", "console"))
    assert any("没有可联系的市级督办人员" in one.sentence for one in found)
    assert any(one.kind == "no_chat" and one.name == "丁" for one in found)


def test_one_finding_of_a_kind_keeps_its_own_sentence() -> None:
    duties = {key: who for key, who in directory().duties.items() if key != (2, Role.BACKUP)}
    assert "账号“号2”（新浪微博）未登记B角，请补登。" in told(replace(directory(), duties=duties))


def test_a_desk_that_supervises_by_name_is_a_supervisor() -> None:
    assert not any("监督人员" in line for line in told(directory()))
    assert any("“水利局”及其上级未登记监督人员" in line for line in told(replace(directory(), supervisors={})))


def test_steps_that_only_tell_people_nobody_registered_are_named() -> None:
    duties = {key: who for key, who in directory().duties.items() if key[1] != Role.LEADER}
    assert list(ladder_findings(load(), directory(), {})) == []
    [line] = [one.sentence for one in together(ladder_findings(load(), replace(directory(), duties=duties), {}))]
    assert line.startswith("有11个策略的某几级，催办对象在登记簿里没有任何人")
    assert "“监测工单”的 nobody_took、leader_at_target" in line


def test_a_cancelled_account_asks_for_nobody() -> None:
    gone = {n: replace(one, state="cancelled") for n, one in directory().accounts.items()}
    lines = told(replace(directory(), accounts=gone, supervisors={}, duties={}))
    assert lines == []


def test_what_loses_work_stands_first() -> None:
    yellow = Finding(level=Level.YELLOW, about="register", sentence="a", kind="no_chat", name="甲")
    red = Finding(level=Level.RED, about="channel", sentence="b")
    assert together([yellow, red, red]) == [red, red, yellow]


class Broken:
    """A channel that breaks while it is checked, or says what is wrong."""

    name = "broken"
    abilities = Abilities(two_way=False, tells_doubles=False)

    def __init__(self, *sentences: str) -> None:
        self._sentences = sentences

    async def send(self, message: Outgoing) -> Receipt:
        return Receipt()

    async def check(self) -> Sequence[str]:
        if not self._sentences:
            raise RuntimeError("corpsecret=hunter2")
        return self._sentences

    async def close(self) -> None:
        return None


async def test_a_channel_that_breaks_while_checked_does_not_silence_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        found = await channel_findings({"one": Broken(), "two": Broken("IP 不对")})
    told = ["渠道 one：检查时出错（RuntimeError），请核对这一渠道的设置", "渠道 two：IP 不对"]
    assert [one.sentence for one in found] == told
    assert "hunter2" not in caplog.text
