"""企业微信: once on the phone, what every kind of failure is called, and no secret told of it."""

from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import Outgoing
from bot.channels.wecom.channel import WeComChannel
from bot.clock import WoundClock
from storage.sql.database import Database
from tests.channels.leaks import everything, real_logs
from tests.channels.wecom.sending import NOT_THEIRS, NOTICE, PLAIN, SHEET, ending, failing, notice, settings
from tests.fakes import qyapi as api
from tests.fakes.peer import Fault, code, cut, late, page
from tests.fakes.qyapi import QyApi
from tests.waiting import HELD

REACH = "请核对本机网络和 DUBAN_WECOM__BASE_URL"


class TestOnce:
    """The platform drops the second of two messages with the same bytes."""

    @pytest.mark.parametrize(
        "fault", [late(HELD), cut(executed=True), page(502, executed=True)], ids=["late", "cut", "502"]
    )
    async def test_accepted_but_not_heard_of_is_uncertain_and_no_second_copy(
        self, hasty: WeComChannel, qyapi: QyApi, fault: Fault
    ) -> None:
        message = notice(attachment=SHEET)
        qyapi.fail(api.SEND, fault)
        failure = await failing(hasty, message)
        assert (failure.uncertain, failure.permanent) == (True, False)
        await hasty.send(message)
        assert [one.kind for one in qyapi.sent] == ["template_card", "file"]

    async def test_the_second_part_lost_leaves_the_whole_unknown_and_repeats_byte_for_byte(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        message = notice(text="标题\n" + "长" * 300, attachment=SHEET)
        qyapi.fail(api.SEND, Fault(executes=True), Fault(executes=True), code(45009))
        failure = await failing(wecom, message)
        assert failure.uncertain
        again = WeComChannel(settings(qyapi.url), file_database, clock)  # as after a crash, in a new process
        clock.wind(timedelta(hours=2))
        await again.send(message)
        await again.close()
        assert [one.kind for one in qyapi.sent] == ["text", "template_card", "file"]
        assert qyapi.counted(api.UPLOAD) == 1
        bodies = [call.body for call in qyapi.calls if call.path == api.SEND]
        assert bodies[:3] == bodies[3:]

    async def test_two_messages_with_the_same_words_are_two(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        for key in ("a:1", "a:2", "a:1"):
            await wecom.send(Outgoing(key=key, address="LiSi", text="没看懂，请发送“帮助”"))
        assert [one.text for one in qyapi.sent] == ["没看懂，请发送“帮助”"] * 2


class TestRefusals:
    async def test_an_unknown_member_among_known_ones_is_a_failure_of_that_person(
        self, wecom: WeComChannel, qyapi: QyApi
    ) -> None:
        assert (await failing(wecom, Outgoing(key="n", address="Nobody", text="x"))).permanent
        qyapi.fail(api.SEND, Fault(executes=False, answer={"errcode": 0, "invaliduser": "zhangsan", "msgid": "m"}))
        assert (await failing(wecom, PLAIN)).permanent

    @pytest.mark.parametrize("errcode", [81013, 60111, 40003])
    async def test_who_is_gone_is_gone(self, wecom: WeComChannel, qyapi: QyApi, errcode: int) -> None:
        qyapi.fail(api.SEND, code(errcode))
        assert (await failing(wecom)).permanent

    @pytest.mark.parametrize("errcode", [45009, 45033])
    async def test_a_quota_is_waited_for(self, wecom: WeComChannel, qyapi: QyApi, errcode: int) -> None:
        qyapi.fail(api.SEND, code(errcode))
        failure = await failing(wecom)
        assert (failure.retry_after, failure.permanent, failure.uncertain) == (timedelta(minutes=1), False, False)

    @pytest.mark.parametrize("fault", [code(-1), page(404), page(413)], ids=["busy", "404", "413"])
    async def test_what_was_surely_not_done_is_tried_again(
        self, wecom: WeComChannel, qyapi: QyApi, fault: Fault
    ) -> None:
        qyapi.fail(api.SEND, fault)
        failure = await failing(wecom)
        assert (failure.uncertain, failure.permanent, failure.retry_after) == (False, False, None)

    async def test_a_page_with_status_200_is_no_answer(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.fail(api.SEND, page(200, executed=True))
        assert (await failing(wecom)).uncertain

    @pytest.mark.parametrize("told", NOT_THEIRS, ids=str)
    async def test_json_of_somebody_on_the_way_is_no_answer(self, wecom: WeComChannel, qyapi: QyApi, told: Any) -> None:
        qyapi.fail(api.SEND, Fault(executes=False, answer=told))
        failure = await failing(wecom)
        assert (failure.uncertain, failure.reason) == (True, "企业微信服务器答非所问，不知是否已送出")
        qyapi.fail(api.APP, Fault(executes=False, answer=told))
        assert list(await wecom.check()) == [f"企业微信服务器答非所问，{REACH}"]
        card = await wecom.send(NOTICE)
        task_id, response_code = qyapi.tap(card.provider_id, "ack:12")
        qyapi.fail(api.UPDATE, Fault(executes=False, answer=told))
        tapped = Outgoing(key="a:1", address="ZhangSan", text="已签收", edits=task_id, callback=response_code)
        assert (await failing(wecom, tapped)).uncertain
        await wecom.send(tapped)
        assert qyapi.cards[task_id]["replace_text"] == "已处理"

    async def test_content_nobody_takes_harms_no_address(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        failure = await failing(wecom, Outgoing(key="n", address="LiSi", text=""))
        assert (failure.unavailable, failure.permanent, failure.retry_after) == (True, False, None)

    async def test_a_member_without_licence_is_reached_elsewhere(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.unlicensed = {"LiSi"}
        failure = await failing(wecom, Outgoing(key="n", address="LiSi", text="x"))
        assert (failure.unavailable, failure.permanent) == (True, False)

    async def test_an_untrusted_ip_shuts_the_channel_loudly_and_no_address(
        self, wecom: WeComChannel, qyapi: QyApi, caplog: pytest.LogCaptureFixture
    ) -> None:
        qyapi.trusted = False
        failure = await failing(wecom)
        assert (failure.unavailable, failure.permanent) == (True, False)
        assert failure.retry_after == timedelta(minutes=5)
        assert [one.levelname for one in caplog.records if "企业可信IP" in one.getMessage()] == ["ERROR"]

    async def test_nobody_there_is_surely_not_sent_and_tried_twice_at_once(
        self, file_database: Database, clock: WoundClock
    ) -> None:
        channel = WeComChannel(settings("http://127.0.0.1:9"), file_database, clock)
        failure = await failing(channel)
        await channel.close()
        assert (failure.uncertain, failure.permanent, failure.reason) == (False, False, "连不上企业微信服务器")


class TestSecrets:
    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            (api.TOKEN, late(HELD)),
            (api.TOKEN, cut(executed=False)),
            (api.TOKEN, page(502)),
            (api.TOKEN, code(40001, f"invalid secret access_token={api.SECRET}")),
            (api.SEND, late(HELD)),
            (api.SEND, cut(executed=True)),
            (api.SEND, page(502)),
            (api.SEND, page(200)),
            (api.SEND, code(60020, f"corpsecret={api.SECRET}")),
        ],
    )
    async def test_nothing_tells_a_secret(
        self, hasty: WeComChannel, qyapi: QyApi, capfd: pytest.CaptureFixture[str], path: str, fault: Fault
    ) -> None:
        qyapi.fail(path, fault)
        with real_logs():
            told = everything(await failing(hasty))
            told += str(await ending(hasty, NOTICE)) + str(await hasty.check())
        told += "".join(capfd.readouterr())
        assert "SendFailed" in told
        assert api.SECRET not in told
        assert "access_token=token-" not in told
        assert not qyapi.token or qyapi.token not in told

    async def test_nobody_there_tells_no_secret(
        self, file_database: Database, clock: WoundClock, capfd: pytest.CaptureFixture[str]
    ) -> None:
        channel = WeComChannel(settings("http://127.0.0.1:9"), file_database, clock)
        with real_logs():
            told = everything(await failing(channel)) + str(await channel.check())
        await channel.close()
        assert api.SECRET not in told + "".join(capfd.readouterr())

    def test_settings_hide_it(self) -> None:
        assert api.SECRET not in repr(settings("http://127.0.0.1"))
