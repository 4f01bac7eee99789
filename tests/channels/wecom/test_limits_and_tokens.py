"""企业微信: no more than the platform delivers, and one token for all who ask."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import Outgoing, SendFailed
from bot.channels.wecom.channel import PER_MEMBER, WeComChannel
from bot.clock import WoundClock
from storage.sql.database import Database
from tests.channels.wecom.sending import NOTICE, PLAIN, ending, failing, settings
from tests.fakes import qyapi as api
from tests.fakes.peer import Fault, cut, late, page
from tests.fakes.qyapi import QyApi
from tests.waiting import HELD

MOST = (api.A_MINUTE, api.AN_HOUR)


class TestTheLimit:
    def test_two_spans_of_ours_side_by_side_hold_less_than_one_of_the_platforms(self) -> None:
        assert [(one.per, 2 * one.count < most) for one, most in zip(PER_MEMBER, MOST, strict=True)] == [
            (timedelta(minutes=1), True),
            (timedelta(hours=1), True),
        ]

    async def test_more_than_the_platform_delivers_is_held_back(
        self, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        # A tenth of an hour's messages on both sides: the hour is full as often, with fewer of them.
        qyapi.an_hour //= 10
        minute, hour = PER_MEMBER
        wecom = WeComChannel(
            settings(qyapi.url), file_database, clock, limits=(minute, replace(hour, count=hour.count // 10))
        )
        sent = held = 0
        for number in range(400):
            outcome = await ending(wecom, Outgoing(key=f"n:{number}", address="LiSi", text=f"第{number}条"))
            if isinstance(outcome, SendFailed):
                held += 1
                clock.wind(min(outcome.retry_after or timedelta(0), timedelta(minutes=2)))
            else:
                sent += 1
        await wecom.close()
        assert qyapi.dropped == 0
        assert (sent, sent + held) == (len(qyapi.sent), 400)
        assert sent > qyapi.an_hour
        assert held > 30

    async def test_two_nodes_share_one_limit(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        other = WeComChannel(settings(qyapi.url), file_database, clock)
        outcomes = await asyncio.gather(
            *(
                node.send(Outgoing(key=f"{place}:{number}", address="LiSi", text="x"))
                for place, node in enumerate((wecom, other))
                for number in range(20)
            ),
            return_exceptions=True,
        )
        await other.close()
        assert sum(not isinstance(one, SendFailed) for one in outcomes) == 14
        assert await wecom.send(PLAIN)  # another member is another matter

    async def test_without_limits_nothing_is_counted(
        self, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        channel = WeComChannel(settings(qyapi.url), file_database, clock, limits=())
        for number in range(40):
            await channel.send(Outgoing(key=f"n:{number}", address="LiSi", text="x"))
        await channel.close()
        assert (len(qyapi.sent), qyapi.dropped) == (30, 10)  # errcode 0 is no delivery


class TestTokens:
    async def _many(self, channel: WeComChannel, count: int = 32) -> list[Any]:
        sends = (channel.send(Outgoing(key=f"n:{n}", address=f"m{n}", text="x")) for n in range(count))
        return list(await asyncio.gather(*sends, return_exceptions=True))

    async def test_32_cold_sends_fetch_one_token_and_one_more_after_all_were_revoked(
        self, wecom: WeComChannel, qyapi: QyApi
    ) -> None:
        qyapi.members |= {f"m{number}" for number in range(32)}
        assert not any(isinstance(one, Exception) for one in await self._many(wecom))
        assert qyapi.counted(api.TOKEN) == 1
        qyapi.revoke()
        assert not any(isinstance(one, Exception) for one in await self._many(wecom))
        assert qyapi.counted(api.TOKEN) == 2

    async def test_a_token_refused_for_ever_costs_one_more_and_then_is_an_error(
        self, wecom: WeComChannel, qyapi: QyApi
    ) -> None:
        qyapi.endless = True
        failure = await failing(wecom)
        assert (failure.unavailable, qyapi.counted(api.TOKEN), qyapi.counted(api.SEND)) == (True, 2, 2)

    async def test_a_wrong_secret_is_not_asked_about_by_every_message(
        self, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        channel = WeComChannel(settings(qyapi.url, secret=SecretStr("wrong")), file_database, clock)
        outcomes = await self._many(channel)
        await channel.close()
        assert all(isinstance(one, SendFailed) and one.unavailable for one in outcomes)
        assert qyapi.counted(api.TOKEN) == 1

    async def test_another_node_uses_the_stored_token(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        await wecom.send(PLAIN)
        other = WeComChannel(settings(qyapi.url), file_database, clock)
        await other.send(PLAIN)
        clock.wind(timedelta(hours=2, seconds=1))
        qyapi.revoke()
        await asyncio.gather(wecom.send(PLAIN), other.send(PLAIN))
        await other.close()
        assert qyapi.counted(api.TOKEN) == 2

    async def test_a_slow_token_is_no_uncertain_message(self, hasty: WeComChannel, qyapi: QyApi) -> None:
        qyapi.fail(api.TOKEN, late(HELD))
        failure = await failing(hasty)
        assert (failure.uncertain, qyapi.counted(api.SEND)) == (False, 0)

    @pytest.mark.parametrize("fault", [page(502), page(200), cut(executed=False)], ids=["502", "page", "cut"])
    async def test_rubbish_instead_of_a_token_is_tried_again(
        self, wecom: WeComChannel, qyapi: QyApi, fault: Fault
    ) -> None:
        qyapi.fail(api.TOKEN, fault)
        failure = await failing(wecom)
        assert (failure.uncertain, failure.permanent, failure.unavailable) == (False, False, False)
        assert await wecom.send(NOTICE)

    async def test_the_token_is_not_readable_in_the_database(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database
    ) -> None:
        await wecom.send(PLAIN)
        with file_database.read() as conn:
            rows = conn.exec_driver_sql("SELECT * FROM platform_tokens").all()
        assert qyapi.token not in str(rows)
