"""企业微信: members found by number, and what `check` says."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import SendFailed
from bot.channels.wecom.channel import WeComChannel
from bot.clock import WoundClock
from storage.sql.database import Database
from tests.channels.leaks import everything, real_logs
from tests.channels.wecom.sending import settings
from tests.fakes import qyapi as api
from tests.fakes.peer import Fault, code, cut, late
from tests.fakes.qyapi import QyApi
from tests.waiting import HELD

REACH = "请核对本机网络和 DUBAN_WECOM__BASE_URL"


class TestCheck:
    @pytest.mark.parametrize(
        ("given", "sentence"),
        [
            ({}, None),
            ({"secret": SecretStr("wrong")}, "SECRET 不对"),
            ({"corp_id": "wrong"}, "DUBAN_WECOM__CORP_ID"),
            ({"agent_id": 7}, "DUBAN_WECOM__AGENT_ID"),
        ],
    )
    async def test_it_names_what_is_wrong(
        self, qyapi: QyApi, file_database: Database, clock: WoundClock, given: dict[str, Any], sentence: str | None
    ) -> None:
        channel = WeComChannel(settings(qyapi.url, **given), file_database, clock)
        found = list(await channel.check())
        await channel.close()
        assert (len(found) == 1 and sentence in found[0]) if sentence else found == []

    async def test_an_untrusted_ip_is_shown(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.trusted = False
        [sentence] = await wecom.check()
        assert "企业可信IP" in sentence
        assert "203.0.113.7" in sentence

    async def test_a_stopped_app_and_a_silent_server_are_named(self, hasty: WeComChannel, qyapi: QyApi) -> None:
        qyapi.closed = True
        assert list(await hasty.check()) == ["该应用已被停用，请在管理后台启用"]
        qyapi.fail(api.TOKEN, late(HELD))
        assert list(await hasty.check()) == [f"企业微信服务器没有回应，{REACH}"]


class TestMembers:
    async def test_a_member_is_found_by_number_and_an_unknown_number_is_asked_once_a_day(
        self, wecom: WeComChannel, qyapi: QyApi, clock: WoundClock
    ) -> None:
        assert await wecom.userid_of("13800001234") == "ZhangSan"
        assert [await wecom.userid_of("13900001234") for _ in range(3)] == [None] * 3
        assert qyapi.counted(api.USERID) == 2
        clock.wind(timedelta(days=1))
        assert await wecom.userid_of("13900001234") is None
        assert qyapi.counted(api.USERID) == 3

    async def test_all_nodes_remember_whose_number_is_nobodys_without_the_number(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        assert await wecom.userid_of("13900001234") is None
        other = WeComChannel(settings(qyapi.url), file_database, clock)
        assert await other.userid_of("13900001234") is None
        await other.close()
        assert qyapi.counted(api.USERID) == 1
        with file_database.read() as conn:
            kept = str(
                [*conn.exec_driver_sql("select * from platform_tokens"), *conn.exec_driver_sql("select * from quotas")]
            )
        assert "13900001234" not in kept

    async def test_an_answer_without_a_member_is_nobody_and_no_crash(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.fail(api.USERID, Fault(executes=False, answer={"errcode": 0, "errmsg": "ok"}))
        with pytest.raises(SendFailed) as failed:
            await wecom.userid_of("13800001234")
        assert failed.value.unavailable
        assert await wecom.userid_of("13800001234") == "ZhangSan"

    async def test_it_stops_before_the_platform_shuts_the_query(
        self, wecom: WeComChannel, qyapi: QyApi, clock: WoundClock, capfd: pytest.CaptureFixture[str]
    ) -> None:
        for number in range(20):
            assert await wecom.userid_of(f"139000000{number:02}") is None
        unknown = "139" + "0000" + "9999"
        with real_logs(), pytest.raises(SendFailed) as stopped:
            await wecom.userid_of(unknown)
        assert "今天不再查" in stopped.value.reason
        assert unknown not in everything(stopped.value) + "".join(capfd.readouterr())
        assert qyapi.counted(api.USERID) == 20
        assert await wecom.userid_of("13900000000") is None
        clock.wind(timedelta(days=1))
        assert await wecom.userid_of("13800001234") == "ZhangSan"

    @pytest.mark.parametrize("errcode", [-1, 45009, 60020])
    async def test_a_query_refused_says_nothing_about_the_number(
        self, wecom: WeComChannel, qyapi: QyApi, errcode: int, capfd: pytest.CaptureFixture[str]
    ) -> None:
        number = "138" + "0000" + "1234"
        qyapi.fail(api.USERID, code(errcode), cut(executed=False))
        with real_logs():
            for _ in range(2):
                with pytest.raises(SendFailed) as refused:
                    await wecom.userid_of(number)
                assert number not in everything(refused.value)
        assert number not in "".join(capfd.readouterr())
        assert await wecom.userid_of("13800001234") == "ZhangSan"
