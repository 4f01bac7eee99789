"""公众号 against a real HTTP server: the window, the template outside it, and an honest no."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import Attachment, Outgoing, SendFailed
from bot.channels.wechat.channel import WeChatChannel
from bot.clock import WoundClock
from settings import WeChat
from storage.sql.database import Database
from tests.channels.leaks import everything, real_logs
from tests.channels.wecom.sending import AES_KEY, NOT_THEIRS
from tests.fakes import mpapi as api
from tests.fakes.mpapi import MpApi
from tests.fakes.peer import Fault, code, cut, late, page
from tests.waiting import HASTY, HELD

ZHANG = "openid-zhang-san"
NOTICE = Outgoing(key="t12:receipt:0:p7", address=ZHANG, text="工单 A-1 已到\n请于8月24日18:00前办结", number="A-1")
KINDS = ("thing1", "thing2", "time3", "character_string4", "phrase5", "const6", "keyword7")
PICTURE = Attachment(id=1, name="周报.png", media_type="image/png", body=b"\x89PNG 123")


def settings(url: str, **given: Any) -> WeChat:
    values = {"app_id": api.APP, "secret": SecretStr(api.SECRET), "base_url": url}
    return WeChat(**(values | {"token": SecretStr("callback"), "aes_key": SecretStr(AES_KEY)} | given))


@pytest.fixture
async def wechat(mpapi: MpApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeChatChannel]:
    channel = WeChatChannel(settings(mpapi.url), file_database, clock)
    yield channel
    await channel.close()


@pytest.fixture
async def noticing(mpapi: MpApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeChatChannel]:
    """An account with an approved template."""
    channel = WeChatChannel(settings(mpapi.url, template_id=api.TEMPLATE), file_database, clock)
    yield channel
    await channel.close()


@pytest.fixture
async def hasty(mpapi: MpApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeChatChannel]:
    """The same, without much patience."""
    channel = WeChatChannel(settings(mpapi.url, template_id=api.TEMPLATE, read_seconds=HASTY), file_database, clock)
    yield channel
    await channel.close()


async def _failure(channel: WeChatChannel, message: Outgoing = NOTICE) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await channel.send(message)
    return failed.value


def _with(**given: Any) -> Outgoing:
    return Outgoing(**({name: getattr(NOTICE, name) for name in Outgoing.__slots__} | given))


class TestTheWindow:
    async def test_it_is_open_for_48_hours_after_the_person_wrote(
        self, wechat: WeChatChannel, mpapi: MpApi, clock: WoundClock
    ) -> None:
        mpapi.hear(ZHANG)
        clock.wind(timedelta(hours=48))
        await wechat.send(NOTICE)
        assert [(one.to, one.kind, one.text) for one in mpapi.sent] == [(ZHANG, "text", NOTICE.text)]
        clock.wind(timedelta(seconds=1))
        failure = await _failure(wechat)
        assert (failure.unavailable, failure.permanent, failure.retry_after) == (True, False, None)
        assert failure.reason == "现在无法通过公众号主动联系"

    async def test_it_holds_five_messages(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.hear(ZHANG)
        for _ in range(5):
            await wechat.send(NOTICE)
        assert (await _failure(wechat)).unavailable
        mpapi.hear(ZHANG)
        await wechat.send(NOTICE)

    async def test_who_does_not_follow_is_unreachable_for_good(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        assert (await _failure(wechat, _with(address="openid-nobody"))).permanent
        assert (await _failure(wechat, _with(address="不是 openid"))).permanent

    async def test_long_texts_are_cut_with_a_word(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.hear(ZHANG)
        await wechat.send(_with(text="督" * 1000))
        assert mpapi.sent[0].text.endswith("…（内容较长，请发送“我的工单”查看）")

    async def test_a_link_quoted_from_a_page_is_no_link(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.hear(ZHANG)
        await wechat.send(_with(text='问题：首页有 <a href="https://bad.example.test">办事大厅</A> 和 <abc>'))
        assert mpapi.sent[0].text == ('问题：首页有 \uff1ca href="https://bad.example.test">办事大厅\uff1c/A> 和 <abc>')

    async def test_a_picture_follows_its_text_and_anything_else_is_named(
        self, wechat: WeChatChannel, mpapi: MpApi
    ) -> None:
        mpapi.hear(ZHANG)
        await wechat.send(_with(attachment=PICTURE))
        await wechat.send(_with(attachment=Attachment(id=1, name="周报.xlsx", media_type="application/x", body=b"1")))
        assert [one.kind for one in mpapi.sent] == ["text", "image", "text"]
        assert "附件《周报.xlsx》" in mpapi.sent[2].text
        assert next(iter(mpapi.uploads.values())) == ("周报.png", PICTURE.body)

    async def test_a_picture_lost_brings_no_text_a_second_time(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.hear(ZHANG)
        mpapi.fail(api.UPLOAD, page(502))
        await wechat.send(_with(attachment=PICTURE))
        assert [one.kind for one in mpapi.sent] == ["text"]

    async def test_pictures_people_sent_can_be_fetched(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.uploads["m1"] = ("f", b"\xff\xd8\xff")
        assert await wechat.fetch("m1") == b"\xff\xd8\xff"
        with pytest.raises(SendFailed, match="40007"):
            await wechat.fetch("m2")


class TestOutsideTheWindow:
    async def test_a_template_message_goes_out(self, noticing: WeChatChannel, mpapi: MpApi) -> None:
        receipt = await noticing.send(NOTICE)
        [sent] = mpapi.sent
        assert receipt.provider_id
        assert sent.data == {
            "thing1": "已到",
            "character_string2": "A-1",
            "time3": "2021年8月23日 10:00",
        }

    async def test_fields_hold_what_their_kind_takes(
        self, mpapi: MpApi, file_database: Database, clock: WoundClock
    ) -> None:
        mpapi.templates[api.TEMPLATE] = "".join(f"{one}：{{{{{one}.DATA}}}}\n" for one in KINDS)
        fields = dict(zip(KINDS, ("title", "text", "time", "number", "mark", "mark", "text"), strict=True))
        given = settings(mpapi.url, template_id=api.TEMPLATE, template_fields=fields)
        channel = WeChatChannel(given, file_database, clock)
        await channel.send(_with(text="【已逾期】" + "很" * 30 + "\n甲\n乙", number="闽监〔2021〕3号-A,B"))
        await channel.send(_with(text="很", key="2", number=""))
        await channel.close()
        assert [tuple((one.data or {}).values()) for one in mpapi.sent] == [
            ("【已逾期】" + "很" * 14 + "…", "甲 乙", "2021年8月23日 10:00", "20213-A,B", "已逾期", "已逾期", "甲\n乙"),
            ("很", "很", "2021年8月23日 10:00", "-", "工单通知", "工单通知", "很"),
        ]

    async def test_a_subscription_notice_goes_out_as_often_as_the_person_agreed(
        self, mpapi: MpApi, file_database: Database, clock: WoundClock
    ) -> None:
        mpapi.templates[api.TEMPLATE] = "事项：{{thing1.DATA}}\n时间：{{time2.DATA}}"
        fields = {"thing1": "title", "time2": "time"}
        given = {"template_fields": fields, "notice": "subscription", "read_seconds": HASTY}
        channel = WeChatChannel(settings(mpapi.url, template_id=api.TEMPLATE, **given), file_database, clock)
        mpapi.consents = {ZHANG: 1}
        receipt = await channel.send(NOTICE)
        assert receipt.provider_id
        assert [(one.kind, one.data) for one in mpapi.sent] == [
            ("subscription", {"thing1": "工单 A-1 已到", "time2": "2021年8月23日 10:00"})
        ]
        failure = await _failure(channel)
        assert (failure.unavailable, failure.permanent) == (True, False)
        mpapi.fail(api.SUBSCRIBED, late(HELD))
        mpapi.consents = {ZHANG: 1}
        assert (await _failure(channel)).uncertain
        await channel.close()

    async def test_the_same_notice_twice_is_one(self, hasty: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.fail(api.NOTICE, late(HELD))
        assert (await _failure(hasty)).uncertain
        await hasty.send(NOTICE)
        assert len(mpapi.sent) == 1

    async def test_who_refuses_notices_is_reached_elsewhere(self, noticing: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.refusers = {ZHANG}
        failure = await _failure(noticing)
        assert (failure.unavailable, failure.permanent) == (True, False)

    @pytest.mark.parametrize(("errcode", "word"), [(40037, "TEMPLATE_ID"), (47003, "TEMPLATE_FIELDS")])
    async def test_a_template_set_wrong_is_the_operators(
        self, noticing: WeChatChannel, mpapi: MpApi, errcode: int, word: str
    ) -> None:
        mpapi.fail(api.NOTICE, code(errcode))
        failure = await _failure(noticing)
        assert (failure.unavailable, failure.retry_after) == (True, timedelta(minutes=5))
        assert word in failure.reason


class TestTheTemplate:
    """`check` holds our fields against the account's template and says what to change."""

    async def _checked(
        self, mpapi: MpApi, file_database: Database, clock: WoundClock, content: str, **given: Any
    ) -> Sequence[str]:
        mpapi.templates = {api.TEMPLATE: content}
        channel = WeChatChannel(settings(mpapi.url, template_id=api.TEMPLATE, **given), file_database, clock)
        found = await channel.check()
        await channel.close()
        return found

    @pytest.mark.parametrize("kind", ["template", "subscription"])
    @pytest.mark.parametrize(
        ("content", "fields", "says", "fills"),
        [
            (api.CONTENT, None, "", ""),
            (
                "{{first.DATA}}\n编号：{{keyword1.DATA}}\n{{remark.DATA}}",
                {"first": "title", "keyword1": "number", "remark": "text"},
                "first、remark，平台自2023年起不再显示，请改用类目模板",
                "",
            ),
            (
                "事项：{{thing4.DATA}}\n单号：{{character_string1.DATA}}\n状态：{{phrase2.DATA}}\n时间：{{time5.DATA}}",
                {"first": "title", "keyword1": "text", "keyword2": "time"},
                "模板里没有 first、keyword1、keyword2，其内容会丢失；模板的 thing4（事项）、character_string1（单号）、"
                "phrase2（状态）、time5（时间） 没有填，平台会拒收（47003）",
                '{"thing4": "title", "character_string1": "number", "phrase2": "mark", "time5": "due"}',
            ),
            (api.CONTENT, {"thing1": "title", "character_string2": "text", "time3": "number"}, "放不下", "number"),
            ("{{thing1.DATA}}\n{{time2.DATA}}", {"thing1": "title", "time2": "time"}, "没有填 number", ""),
        ],
    )
    async def test_it_says_what_to_change(
        self,
        mpapi: MpApi,
        file_database: Database,
        clock: WoundClock,
        kind: str,
        content: str,
        fields: Any,
        says: str,
        fills: str,
    ) -> None:
        given = {"template_fields": fields} if fields else {}
        found = await self._checked(mpapi, file_database, clock, content, notice=kind, **given)
        assert len(found) == bool(says)
        assert says in "".join(found)
        assert fills in "".join(found)

    async def test_a_template_of_another_account(
        self, mpapi: MpApi, file_database: Database, clock: WoundClock
    ) -> None:
        channel = WeChatChannel(settings(mpapi.url, template_id="template-2"), file_database, clock)
        assert "DUBAN_WECHAT__TEMPLATE_ID 不在此公众号的模板之中" in "".join(await channel.check())
        await channel.close()


class TestFaults:
    @pytest.mark.parametrize(
        "fault", [late(HELD), cut(executed=True), page(502), page(200)], ids=["late", "cut", "502", "page"]
    )
    async def test_nobody_knows_whether_it_arrived(self, hasty: WeChatChannel, mpapi: MpApi, fault: Fault) -> None:
        mpapi.hear(ZHANG)
        mpapi.fail(api.CUSTOM, fault)
        failure = await _failure(hasty)
        assert (failure.uncertain, failure.permanent, failure.unavailable) == (True, False, False)

    @pytest.mark.parametrize("told", NOT_THEIRS, ids=str)
    async def test_json_of_somebody_on_the_way_is_no_answer(
        self, noticing: WeChatChannel, mpapi: MpApi, told: Any
    ) -> None:
        mpapi.fail(api.NOTICE, Fault(executes=False, answer=told))
        failure = await _failure(noticing)
        assert (failure.uncertain, failure.reason) == (True, "公众号服务器答非所问，不知是否已送出")
        mpapi.hear(ZHANG)
        mpapi.fail(api.CUSTOM, Fault(executes=False, answer=told))
        assert (await _failure(noticing)).uncertain
        mpapi.fail(api.STABLE, Fault(executes=False, answer=told))
        assert list(await noticing.check()) == ["公众号服务器答非所问，请核对本机网络和 DUBAN_WECHAT__BASE_URL"]

    async def test_quota_busy_and_content(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.hear(ZHANG)
        mpapi.fail(api.CUSTOM, code(45009), code(-1), code(45002))
        quota, busy, content = [await _failure(wechat) for _ in range(3)]
        assert quota.retry_after == timedelta(minutes=1)
        assert (busy.uncertain, busy.permanent, busy.unavailable) == (False, False, False)
        assert (content.unavailable, content.permanent) == (True, False)

    async def test_32_sends_on_two_nodes_share_one_stable_token(
        self, wechat: WeChatChannel, mpapi: MpApi, file_database: Database, clock: WoundClock
    ) -> None:
        mpapi.followers = {f"openid-{number}" for number in range(32)}
        for openid in mpapi.followers:
            mpapi.hear(openid)
        other = WeChatChannel(settings(mpapi.url), file_database, clock)

        async def fan_out() -> list[Any]:
            sends = ((wechat, other)[n % 2].send(_with(address=f"openid-{n}")) for n in range(32))
            return list(await asyncio.gather(*sends))

        await fan_out()
        assert (mpapi.counted(api.STABLE), mpapi.counted(api.ORDINARY)) == (1, 0)
        mpapi.revoke()
        await fan_out()
        await other.close()
        assert (mpapi.counted(api.STABLE), mpapi.counted(api.ORDINARY)) == (2, 0)
        assert len(mpapi.sent) == 64

    async def test_here_40001_is_a_stale_token_and_for_ever_it_is_an_error(
        self, wechat: WeChatChannel, mpapi: MpApi
    ) -> None:
        mpapi.endless = True
        failure = await _failure(wechat)
        assert (failure.unavailable, mpapi.counted(api.STABLE), mpapi.counted(api.CUSTOM)) == (True, 2, 2)

    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            (api.STABLE, late(HELD)),
            (api.STABLE, page(502)),
            (api.STABLE, code(40125, f"secret={api.SECRET}")),
            (api.CUSTOM, cut(executed=True)),
            (api.CUSTOM, page(502)),
            (api.CUSTOM, code(48001, f"access_token={api.SECRET}")),
        ],
    )
    async def test_nothing_tells_a_secret(
        self, hasty: WeChatChannel, mpapi: MpApi, capfd: pytest.CaptureFixture[str], path: str, fault: Fault
    ) -> None:
        mpapi.fail(path, fault)
        with real_logs():
            told = everything(await _failure(hasty)) + str(await hasty.check())
        told += "".join(capfd.readouterr())
        assert "SendFailed" in told
        assert api.SECRET not in told
        assert not mpapi.token or mpapi.token not in told


class TestCheck:
    @pytest.mark.parametrize(
        ("given", "word"),
        [({}, None), ({"app_id": "wrong"}, "APP_ID"), ({"secret": SecretStr("wrong")}, "AppSecret 不对")],
    )
    async def test_it_names_what_is_wrong(
        self, mpapi: MpApi, file_database: Database, clock: WoundClock, given: dict[str, Any], word: str | None
    ) -> None:
        channel = WeChatChannel(settings(mpapi.url, **given), file_database, clock)
        found = list(await channel.check())
        await channel.close()
        assert (len(found) == 1 and word in found[0]) if word else found == []

    async def test_a_server_that_is_none_of_theirs_is_named_with_the_setting(
        self, wechat: WeChatChannel, mpapi: MpApi
    ) -> None:
        mpapi.fail(api.STABLE, page(502), cut(executed=False))
        where = "请核对本机网络和 DUBAN_WECHAT__BASE_URL"
        assert list(await wechat.check()) == [f"公众号服务器出错（HTTP 502），{where}"]
        assert list(await wechat.check()) == [f"公众号服务器没有回应，{where}"]

    async def test_an_ip_not_on_the_list_is_shown(self, wechat: WeChatChannel, mpapi: MpApi) -> None:
        mpapi.listed = False
        [sentence] = await wechat.check()
        assert "IP白名单" in sentence
        assert "203.0.113.7" in sentence
