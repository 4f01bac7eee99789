"""企业微信: what goes out, and how taps and overviews look on the phone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.base import SHARE_PHONE, Attachment, Button, Outgoing, SendFailed
from bot.channels.wecom.channel import WeComChannel
from bot.clock import WoundClock
from bot.delivery.compose import encode, outgoing
from bot.delivery.facts import Body
from storage.records import MessageKind
from storage.sql.database import Database
from tests.cast.values import message
from tests.channels.wecom.sending import ACK, NOTICE, PLAIN, SHEET, WHY, failing, notice, settings
from tests.fakes import qyapi as api
from tests.fakes.peer import Fault, code, cut, late
from tests.fakes.qyapi import QyApi
from tests.waiting import HELD


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
        other = await wecom.send(notice(key="t12-receipt-0-p7"))
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
        message = notice(attachment=SHEET)
        assert (await failing(wecom, message)).uncertain  # its text is out
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
        failure = await failing(wecom, Outgoing(key="n", address=address, text="x"))
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

    async def test_the_code_of_a_tap_is_spent_once(self, hasty: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(hasty, qyapi)
        qyapi.fail(api.UPDATE, late(HELD))
        assert (await failing(hasty, answer)).uncertain
        assert await hasty.send(answer)
        assert qyapi.counted(api.UPDATE) == 2

    async def test_the_code_of_a_tap_lives_for_three_days(
        self, wecom: WeComChannel, qyapi: QyApi, clock: WoundClock
    ) -> None:
        answer = await self._tapped(wecom, qyapi)
        clock.wind(timedelta(hours=73))
        assert await wecom.send(answer)
        assert "replace_text" not in qyapi.cards[answer.edits]
        assert [one.text for one in qyapi.sent] == ["已签收"]

    @pytest.mark.parametrize("refused", [40058, 42014, 60140])
    async def test_a_change_that_is_refused_is_followed_by_a_message(
        self, wecom: WeComChannel, qyapi: QyApi, refused: int
    ) -> None:
        answer = replace(await self._tapped(wecom, qyapi), buttons=(WHY,))
        qyapi.fail(api.UPDATE, code(refused))
        receipt = await wecom.send(answer)
        [sent] = qyapi.sent
        assert (sent.text, sent.buttons) == ("已签收", ["why:12"])
        assert qyapi.cards[receipt.provider_id]["button_list"]

    async def test_a_card_is_changed_without_a_tap_once_and_quietly(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        receipt = await wecom.send(NOTICE)
        qyapi.sent.clear()
        text = "【已签收】A-1 已由张三签收\n" + "长" * 200
        change = Outgoing(
            key="t12:card:v1:m1", address="ZhangSan", text=text, edits=receipt.provider_id, edits_only=True
        )
        await wecom.send(replace(change, callback=receipt.card_code))
        shown = qyapi.cards[receipt.provider_id]
        assert shown["main_title"]["title"] == "【已签收】A-1 已由张三签收"
        assert shown["sub_title_text"].endswith("长…")
        for code_left in (receipt.card_code, ""):
            failure = await failing(wecom, replace(change, callback=code_left))
            assert (failure.unavailable, failure.retry_after) == (True, None)
        assert qyapi.sent == []

    async def test_an_answer_too_long_for_the_card_follows_it(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(wecom, qyapi, "A-1 已办结\n" + "答复" * 200)
        await wecom.send(answer)
        shown = qyapi.cards[answer.edits]["sub_title_text"]
        assert shown.endswith("…详情见下一条消息。")
        assert len(shown) == 160
        assert [one.text for one in qyapi.sent] == [answer.text]

    async def test_a_card_may_keep_buttons(self, wecom: WeComChannel, qyapi: QyApi) -> None:
        answer = await self._tapped(wecom, qyapi)
        await wecom.send(replace(answer, buttons=(WHY,)))
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

    @pytest.mark.parametrize("kind", [MessageKind.DIGEST, MessageKind.SUMMARY, MessageKind.BRIEF])
    async def test_what_lists_tickets_is_an_overview(
        self, laying_out: WeComChannel, qyapi: QyApi, kind: MessageKind
    ) -> None:
        body = encode(
            Body(text="早间简报 8月24日（周二）\n逾期或停滞1件：\n· 水清三明：已逾期3个工作日（5个自然日）。")
        )
        await laying_out.send(outgoing(message(1, kind=kind, address="LiSi", payload=body)))
        [one] = qyapi.sent
        assert (one.kind, one.text.split("\n")) == (
            "markdown",
            [
                "**早间简报 8月24日（周二）**",
                "**逾期或停滞1件：**",
                '· 水清三明：<font color="warning">已逾期3个工作日（5个自然日）</font>。',
            ],
        )

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
        qyapi.fail(api.SEND, cut(executed=True))
        assert (await failing(laying_out, self.overview(attachment=SHEET))).uncertain
        again = WeComChannel(settings(qyapi.url, overview="markdown"), file_database, clock)  # another process
        await again.send(self.overview(attachment=SHEET))
        await again.close()
        assert [one.kind for one in qyapi.sent] == ["markdown", "file"]
        bodies = [call.body for call in qyapi.calls if call.path == api.SEND]
        assert bodies[0] == bodies[1]
