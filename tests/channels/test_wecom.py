"""企业微信 against a real HTTP server: what goes out, once, and what every kind of failure is called."""

import asyncio
import base64
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import SecretStr

from bot.channels.base import SHARE_PHONE, Attachment, Button, Outgoing, Receipt, SendFailed
from bot.channels.wecom.channel import WeComChannel
from bot.clock import WoundClock
from settings import WeCom
from storage.sql.database import Database
from tests.channels.leaks import everything, real_logs
from tests.fakes import qyapi as api
from tests.fakes.peer import Fault, code, cut, late, page
from tests.fakes.qyapi import QyApi

AES_KEY = base64.b64encode(bytes(range(32))).decode().rstrip("=")
ACK, WHY = Button(label="签收", action="ack:12"), Button(label="为什么", action="why:12")
NOTICE = Outgoing(
    key="t12:receipt:0:p7", address="ZhangSan", text="工单 A-1 已到\n请于8月24日18:00前办结", buttons=(ACK, WHY)
)
# What a proxy or a sign-in page may say with status 200: none of it is a zero of theirs.
NOT_THEIRS: list[Any] = [{"message": "login required"}, {}, {"errcode": None}, {"errcode": "no"}, [], 0]
PLAIN = Outgoing(key="n:1", address="ZhangSan", text="每周汇总")


def settings(url: str, **given: Any) -> WeCom:
    values = {"corp_id": api.CORP, "secret": SecretStr(api.SECRET), "agent_id": api.AGENT, "base_url": url}
    values |= {"token": SecretStr("callback"), "aes_key": SecretStr(AES_KEY), "read_seconds": 0.4}
    return WeCom(**(values | given))


@pytest.fixture
async def wecom(qyapi: QyApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeComChannel]:
    channel = WeComChannel(settings(qyapi.url), file_database, clock)
    yield channel
    await channel.close()


async def _outcome(channel: WeComChannel, message: Outgoing) -> Receipt | SendFailed:
    try:
        return await channel.send(message)
    except SendFailed as failure:
        return failure


async def _failure(channel: WeComChannel, message: Outgoing = NOTICE) -> SendFailed:
    with pytest.raises(SendFailed) as failed:
        await channel.send(message)
    return failed.value


class TestWhatGoesOut:
    async def test_a_text_goes_out_and_is_accepted_not_delivered(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        receipt = await wecom.send(PLAIN)
        assert (receipt.delivered, receipt.provider_id[:4]) == (False, "msg-")
        assert [(one.to, one.kind, one.text) for one in qyapi.sent] == [("ZhangSan", "text", "每周汇总")]

    async def test_buttons_make_a_card_whose_id_is_the_message(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        receipt = await wecom.send(NOTICE)
        [sent] = qyapi.sent
        assert (sent.kind, sent.text, sent.buttons) == ("template_card", NOTICE.text, ["ack:12", "why:12"])
        assert receipt.provider_id == sent.body["template_card"]["task_id"]
        other = await wecom.send(Outgoing(**{**_fields(NOTICE), "key": "t12-receipt-0-p7"}))
        assert other.provider_id != receipt.provider_id

    async def test_a_text_too_long_for_a_card_goes_before_it(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        long = Outgoing(key="t12", address="LiSi", text="工单 A-1 已到\n" + "详" * 400, buttons=(ACK,))
        await wecom.send(long)
        text, card = qyapi.sent
        assert (text.kind, text.text) == ("text", long.text)
        assert card.text == "工单 A-1 已到\n详情见上一条消息。"

    async def test_a_link_quoted_from_a_page_is_no_link(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        quoted = "问题：首页有 <a href='https://bad.example.test'>办事大厅</a>"
        await wecom.send(Outgoing(key="t13", address="LiSi", text=quoted))
        assert qyapi.sent[0].text == "问题：首页有 \uff1ca href='https://bad.example.test'>办事大厅\uff1c/a>"

    async def test_a_long_first_line_goes_on_below_from_its_last_stop(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        first = "已签收：FJ-20210823-01（水清三明），记录时间8月23日10:01，请于时限内办结。"
        await wecom.send(Outgoing(key="c:1", address="LiSi", text=f"{first}\n时限：8月24日18:00前。", buttons=(WHY,)))
        [card] = qyapi.sent
        shown = card.body["template_card"]
        assert shown["main_title"]["title"] == "已签收：FJ-20210823-01（水清三明），"
        assert shown["sub_title_text"] == "记录时间8月23日10:01，请于时限内办结。\n时限：8月24日18:00前。"

    async def test_we_cut_with_a_word_before_the_platform_cuts_without(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        await wecom.send(Outgoing(key="n:2", address="LiSi", text="督" * 1000))
        [sent] = qyapi.sent
        assert len(sent.text.encode()) <= 2048
        assert sent.text.endswith("…（内容较长，请发送“我的工单”查看）")
        assert "\ufffd" not in sent.text

    async def test_more_buttons_than_a_card_holds_and_long_labels_are_cut(
        self, wecom: WeComChannel, qyapi: QyApi
    ) -> None:
        many = tuple(Button(label=f"第{n}个很长很长的按钮", action=f"do:{n}") for n in range(9))
        await wecom.send(Outgoing(key="n:3", address="LiSi", text="请选择", buttons=(*many, many[0])))
        labels = [one["text"] for one in qyapi.sent[0].body["template_card"]["button_list"]]
        assert (len(labels), max(map(len, labels))) == (6, 10)

    async def test_a_button_of_another_platform_is_left_out(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        share = Button(label="提供手机号", action=SHARE_PHONE)
        await wecom.send(Outgoing(key="n:4", address="LiSi", text="请绑定", buttons=(share,)))
        await wecom.send(Outgoing(key="n:5", address="LiSi", text="请选择", buttons=(share, ACK)))
        assert [(one.kind, one.buttons) for one in qyapi.sent] == [("text", []), ("template_card", ["ack:12"])]

    async def test_pictures_and_files_are_uploaded_and_follow(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        sheet = Attachment(
            id=1, name="督办周报.xlsx", media_type="application/vnd.ms-excel", body=b"\r\n\r\nxlsx\x00\xff" * 9
        )
        picture = Attachment(id=1, name="图.png", media_type="image/png", body=b"\x89PNG 12345")
        for number, one in enumerate((sheet, picture)):
            await wecom.send(Outgoing(key=f"w:{number}", address="LiSi", text="见附件", attachment=one))
        kinds = [one.kind for one in qyapi.sent]
        assert kinds == ["text", "file", "text", "image"]
        kept = [qyapi.uploads[one.body[one.kind]["media_id"]] for one in (qyapi.sent[1], qyapi.sent[3])]
        assert kept == [("督办周报.xlsx", sheet.body), ("图.png", picture.body)]

    async def test_an_upload_without_a_number_is_not_remembered(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.fail(api.UPLOAD, Fault(executes=False, answer={"errcode": 0, "errmsg": "ok"}))
        sheet = Attachment(id=1, name="周报.xlsx", media_type="application/x", body=b"123456")
        message = Outgoing(**{**_fields(NOTICE), "attachment": sheet})
        assert (await _failure(wecom, message)).uncertain  # its text is out
        await wecom.send(message)
        assert qyapi.sent[-1].body["file"]["media_id"] in qyapi.uploads

    async def test_what_is_too_big_is_said_to_be(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        big = Attachment(id=1, name="全.zip", media_type="application/zip", body=bytes(20 * 1024 * 1024 + 1))
        await wecom.send(Outgoing(key="w", address="LiSi", text="见附件", attachment=big))
        assert [one.text for one in qyapi.sent] == ["见附件", "附件《全.zip》过大，请在网页上查看"]

    async def test_files_people_sent_can_be_fetched(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.uploads["m1"] = ("f", b'{"errcode": 1}' * 10_000)
        assert await wecom.fetch("m1") == b'{"errcode": 1}' * 10_000
        with pytest.raises(SendFailed, match="40007"):
            await wecom.fetch("m2")

    @pytest.mark.parametrize("address", ["@all", "a|b", "", "张三", "x" * 65, "ZhangSan\n"])
    async def test_an_address_that_is_no_single_member_never_leaves(
        self, wecom: WeComChannel, qyapi: QyApi, address: str
    ) -> None:
        failure = await _failure(wecom, Outgoing(key="n", address=address, text="x"))
        assert (failure.permanent, qyapi.calls) == (True, [])


class TestTaps:
    async def _tapped(self, wecom: WeComChannel, qyapi: QyApi, text: str = "已签收") -> Outgoing:
        receipt = await wecom.send(NOTICE)
        task_id, response_code = qyapi.tap(receipt.provider_id, "ack:12")
        qyapi.sent.clear()
        return Outgoing(key="a:1", address="ZhangSan", text=text, edits=task_id, callback=response_code)

    async def test_a_tap_brings_the_card_to_its_new_state(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(wecom, qyapi, "A-1 已签收\n由张三于10:00签收")
        receipt = await wecom.send(answer)
        card = qyapi.cards[answer.edits]
        assert (card["main_title"]["title"], card["sub_title_text"]) == ("A-1 已签收", "由张三于10:00签收")
        assert (card["replace_text"], receipt.provider_id, qyapi.sent) == ("已处理", "", [])

    async def test_the_code_of_a_tap_is_spent_once(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(wecom, qyapi)
        qyapi.fail(api.UPDATE, late(1))
        assert (await _failure(wecom, answer)).uncertain
        assert await wecom.send(answer)
        assert qyapi.counted(api.UPDATE) == 2

    async def test_the_code_of_a_tap_lives_for_three_days(
        self, wecom: WeComChannel, qyapi: QyApi, clock: WoundClock
    ) -> None:
        answer = await self._tapped(wecom, qyapi)
        clock.wind(timedelta(hours=73))
        assert await wecom.send(answer)
        assert "replace_text" not in qyapi.cards[answer.edits]

    async def test_an_answer_too_long_for_the_card_follows_it(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(wecom, qyapi, "A-1 已办结\n" + "答复" * 200)
        await wecom.send(answer)
        assert qyapi.cards[answer.edits]["sub_title_text"] == "详情见下一条消息。"
        assert [one.text for one in qyapi.sent] == [answer.text]

    async def test_a_card_may_keep_buttons(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(wecom, qyapi)
        await wecom.send(Outgoing(**{**_fields(answer), "buttons": (WHY,)}))
        assert [one["key"] for one in qyapi.cards[answer.edits]["button_list"]] == ["why:12"]


class TestOverviews:
    """Digests and the weekly summary may be laid out where everybody reads in the client of 企业微信."""

    WEEK = "督办周报 2021年第34周\n逾期未办结（1件）：\n1. 水清三明：已逾期7个工作日（9个自然日）。\n链接：https://example.gov.cn/a?b=1"

    @pytest.fixture
    async def laying_out(self, qyapi: QyApi, file_database: Database, clock: WoundClock) -> AsyncIterator[WeComChannel]:
        channel = WeComChannel(settings(qyapi.url, overview="markdown"), file_database, clock)
        yield channel
        await channel.close()

    def overview(self, text: str = WEEK, **given: Any) -> Outgoing:
        return Outgoing(**({"key": "w:1", "address": "LiSi", "text": text, "overview": True} | given))

    async def test_plain_text_unless_the_setting_says_otherwise(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        await wecom.send(self.overview())
        assert [(one.kind, one.text) for one in qyapi.sent] == [("text", self.WEEK)]

    async def test_headings_lateness_and_links_stand_out(self, laying_out: WeComChannel, qyapi: QyApi) -> None:
        await laying_out.send(self.overview())
        [one] = qyapi.sent
        assert one.kind == "markdown"
        assert one.text.split("\n") == [
            "**督办周报 2021年第34周**",
            "**逾期未办结（1件）：**",
            '1. 水清三明：<font color="warning">已逾期7个工作日（9个自然日）</font>。',
            "链接：[https://example.gov.cn/a?b=1](https://example.gov.cn/a?b=1)",
        ]

    @pytest.mark.parametrize(
        "text",
        [
            "督办\n*号",
            "督办\n`x`",
            "督办\n<font>",
            "督办\n[甲](https://x.cn)",
            "# 督办\n甲",
            "甲\n- 乙",
            "a_b",
            "长" * 682,
        ],
    )
    async def test_what_would_be_read_as_markup_or_is_too_long_stays_plain(
        self, laying_out: WeComChannel, qyapi: QyApi, text: str
    ) -> None:
        await laying_out.send(self.overview(text))
        assert [(one.kind, one.text) for one in qyapi.sent] == [("text", text)]

    async def test_only_overviews_and_never_in_place_of_buttons(self, laying_out: WeComChannel, qyapi: QyApi) -> None:
        await laying_out.send(PLAIN)
        await laying_out.send(self.overview("汇总\n甲", key="w:2", buttons=(ACK,)))
        assert [one.kind for one in qyapi.sent] == ["text", "template_card"]

    async def test_lost_on_the_way_it_is_repeated_byte_for_byte_and_seen_once(
        self, laying_out: WeComChannel, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        sheet = Attachment(id=1, name="周报.xlsx", media_type="application/x", body=b"123456")
        qyapi.fail(api.SEND, cut(executed=True))
        assert (await _failure(laying_out, self.overview(attachment=sheet))).uncertain
        again = WeComChannel(settings(qyapi.url, overview="markdown"), file_database, clock)  # another process
        await again.send(self.overview(attachment=sheet))
        await again.close()
        assert [one.kind for one in qyapi.sent] == ["markdown", "file"]
        bodies = [call.body for call in qyapi.calls if call.path == api.SEND]
        assert bodies[0] == bodies[1]


class TestOnce:
    """The platform drops the second of two messages with the same bytes."""

    @pytest.mark.parametrize(
        "fault", [late(1), cut(executed=True), page(502, executed=True)], ids=["late", "cut", "502"]
    )
    async def test_accepted_but_not_heard_of_is_uncertain_and_no_second_copy(
        self, wecom: WeComChannel, qyapi: QyApi, fault: Fault
    ) -> None:
        sheet = Attachment(id=1, name="周报.xlsx", media_type="application/x", body=b"123456")
        message = Outgoing(**{**_fields(NOTICE), "attachment": sheet})
        qyapi.fail(api.SEND, fault)
        failure = await _failure(wecom, message)
        assert (failure.uncertain, failure.permanent) == (True, False)
        await wecom.send(message)
        assert [one.kind for one in qyapi.sent] == ["template_card", "file"]

    async def test_the_second_part_lost_leaves_the_whole_unknown_and_repeats_byte_for_byte(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database, clock: WoundClock
    ) -> None:
        sheet = Attachment(id=1, name="周报.xlsx", media_type="application/x", body=b"123456")
        message = Outgoing(**{**_fields(NOTICE), "text": "标题\n" + "长" * 300, "attachment": sheet})
        qyapi.fail(api.SEND, Fault(executes=True), Fault(executes=True), code(45009))
        failure = await _failure(wecom, message)
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
        assert (await _failure(wecom, Outgoing(key="n", address="Nobody", text="x"))).permanent
        qyapi.fail(api.SEND, Fault(executes=False, answer={"errcode": 0, "invaliduser": "zhangsan", "msgid": "m"}))
        assert (await _failure(wecom, PLAIN)).permanent

    @pytest.mark.parametrize("errcode", [81013, 60111, 40003])
    async def test_who_is_gone_is_gone(self, wecom: WeComChannel, qyapi: QyApi, errcode: int) -> None:
        qyapi.fail(api.SEND, code(errcode))
        assert (await _failure(wecom)).permanent

    @pytest.mark.parametrize("errcode", [45009, 45033])
    async def test_a_quota_is_waited_for(self, wecom: WeComChannel, qyapi: QyApi, errcode: int) -> None:
        qyapi.fail(api.SEND, code(errcode))
        failure = await _failure(wecom)
        assert (failure.retry_after, failure.permanent, failure.uncertain) == (timedelta(minutes=1), False, False)

    @pytest.mark.parametrize("fault", [code(-1), page(404), page(413)], ids=["busy", "404", "413"])
    async def test_what_was_surely_not_done_is_tried_again(
        self, wecom: WeComChannel, qyapi: QyApi, fault: Fault
    ) -> None:
        qyapi.fail(api.SEND, fault)
        failure = await _failure(wecom)
        assert (failure.uncertain, failure.permanent, failure.retry_after) == (False, False, None)

    async def test_a_page_with_status_200_is_no_answer(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.fail(api.SEND, page(200, executed=True))
        assert (await _failure(wecom)).uncertain

    @pytest.mark.parametrize("told", NOT_THEIRS, ids=str)
    async def test_json_of_somebody_on_the_way_is_no_answer(self, wecom: WeComChannel, qyapi: QyApi, told: Any) -> None:
        qyapi.fail(api.SEND, Fault(executes=False, answer=told))
        failure = await _failure(wecom)
        assert (failure.uncertain, failure.reason) == (True, "企业微信服务器答非所问，不知是否已送出")
        qyapi.fail(api.APP, Fault(executes=False, answer=told))
        assert list(await wecom.check()) == [f"企业微信服务器答非所问，{REACH}"]
        card = await wecom.send(NOTICE)
        task_id, response_code = qyapi.tap(card.provider_id, "ack:12")
        qyapi.fail(api.UPDATE, Fault(executes=False, answer=told))
        tapped = Outgoing(key="a:1", address="ZhangSan", text="已签收", edits=task_id, callback=response_code)
        assert (await _failure(wecom, tapped)).uncertain
        await wecom.send(tapped)
        assert qyapi.cards[task_id]["replace_text"] == "已处理"

    async def test_content_nobody_takes_harms_no_address(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        failure = await _failure(wecom, Outgoing(key="n", address="LiSi", text=""))
        assert (failure.unavailable, failure.permanent, failure.retry_after) == (True, False, None)

    async def test_a_member_without_licence_is_reached_elsewhere(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.unlicensed = {"LiSi"}
        failure = await _failure(wecom, Outgoing(key="n", address="LiSi", text="x"))
        assert (failure.unavailable, failure.permanent) == (True, False)

    async def test_an_untrusted_ip_shuts_the_channel_loudly_and_no_address(
        self, wecom: WeComChannel, qyapi: QyApi, caplog: pytest.LogCaptureFixture
    ) -> None:
        qyapi.trusted = False
        failure = await _failure(wecom)
        assert (failure.unavailable, failure.permanent) == (True, False)
        assert failure.retry_after == timedelta(minutes=5)
        assert [one.levelname for one in caplog.records if "企业可信IP" in one.getMessage()] == ["ERROR"]

    async def test_nobody_there_is_surely_not_sent_and_tried_twice_at_once(
        self, file_database: Database, clock: WoundClock
    ) -> None:
        channel = WeComChannel(settings("http://127.0.0.1:9"), file_database, clock)
        failure = await _failure(channel)
        await channel.close()
        assert (failure.uncertain, failure.permanent, failure.reason) == (False, False, "连不上企业微信服务器")


class TestTheLimit:
    async def test_more_than_the_platform_delivers_is_held_back(
        self, wecom: WeComChannel, qyapi: QyApi, clock: WoundClock
    ) -> None:
        sent = held = 0
        for number in range(1200):
            message = Outgoing(key=f"n:{number}", address="LiSi", text=f"第{number}条")
            outcome = await _outcome(wecom, message)
            if isinstance(outcome, SendFailed):
                held += 1
                clock.wind(min(outcome.retry_after or timedelta(0), timedelta(seconds=30)))
            else:
                sent += 1
        assert qyapi.dropped == 0
        assert (sent, sent + held) == (len(qyapi.sent), 1200)
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
        failure = await _failure(wecom)
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

    async def test_a_slow_token_is_no_uncertain_message(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.fail(api.TOKEN, late(1))
        failure = await _failure(wecom)
        assert (failure.uncertain, qyapi.counted(api.SEND)) == (False, 0)

    @pytest.mark.parametrize("fault", [page(502), page(200), cut(executed=False)], ids=["502", "page", "cut"])
    async def test_rubbish_instead_of_a_token_is_tried_again(
        self, wecom: WeComChannel, qyapi: QyApi, fault: Fault
    ) -> None:
        qyapi.fail(api.TOKEN, fault)
        failure = await _failure(wecom)
        assert (failure.uncertain, failure.permanent, failure.unavailable) == (False, False, False)
        assert await wecom.send(NOTICE)

    async def test_the_token_is_not_readable_in_the_database(
        self, wecom: WeComChannel, qyapi: QyApi, file_database: Database
    ) -> None:
        await wecom.send(PLAIN)
        with file_database.read() as conn:
            rows = conn.exec_driver_sql("SELECT * FROM platform_tokens").all()
        assert qyapi.token not in str(rows)


class TestSecrets:
    @pytest.mark.parametrize(
        ("path", "fault"),
        [
            (api.TOKEN, late(1)),
            (api.TOKEN, cut(executed=False)),
            (api.TOKEN, page(502)),
            (api.TOKEN, code(40001, f"invalid secret access_token={api.SECRET}")),
            (api.SEND, late(1)),
            (api.SEND, cut(executed=True)),
            (api.SEND, page(502)),
            (api.SEND, page(200)),
            (api.SEND, code(60020, f"corpsecret={api.SECRET}")),
        ],
    )
    async def test_nothing_tells_a_secret(
        self, wecom: WeComChannel, qyapi: QyApi, capfd: pytest.CaptureFixture[str], path: str, fault: Fault
    ) -> None:
        qyapi.fail(path, fault)
        with real_logs():
            told = everything(await _failure(wecom))
            told += str(await _outcome(wecom, NOTICE)) + str(await wecom.check())
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
            told = everything(await _failure(channel)) + str(await channel.check())
        await channel.close()
        assert api.SECRET not in told + "".join(capfd.readouterr())

    def test_settings_hide_it(self) -> None:
        assert api.SECRET not in repr(settings("http://127.0.0.1"))


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

    async def test_a_stopped_app_and_a_silent_server_are_named(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        qyapi.closed = True
        assert list(await wecom.check()) == ["该应用已被停用，请在管理后台启用"]
        qyapi.fail(api.TOKEN, late(1))
        assert list(await wecom.check()) == [f"企业微信服务器没有回应，{REACH}"]


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


def _fields(message: Outgoing) -> dict[str, Any]:
    return {name: getattr(message, name) for name in Outgoing.__slots__}
