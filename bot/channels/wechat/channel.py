"""公众号: answers within the window; outside it the kind of notice that was approved, else an honest “not now”."""

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.channels.base import CONFIG_RETRY_AFTER, Abilities, Attachment, Outgoing, Receipt, SendFailed
from bot.channels.cutting import cut, unlinked
from bot.channels.tencent import Api, ApiRefused, SharedToken
from bot.channels.wechat.api import WeChatAccountClient
from bot.channels.wechat.fields import faults, fields_of, fitted, proposed
from bot.clock import Clock
from bot.rules.calendar.zone import SHANGHAI
from settings import WeChat
from storage.nodes import tokens
from storage.sql.database import Database

log = logging.getLogger(__name__)

NAME = "公众号"
STALE_TOKEN = (40001, 40014, 42001)
WINDOW_SHUT = (45015, 45047, 48002)  # silent for 48 hours, five messages spent, or refused by the person
UNREACHABLE = (40003, 43004, 43019)
REFUSED_BY_PERSON = (43101, 43107)
BACK_OFF = {45009: timedelta(minutes=1), 45011: timedelta(minutes=1)}
NOT_TAKEN = (40008, 44004, 45002, 87014)  # this message, whoever gets it
CONFIGURED_WRONG: Mapping[int, str] = {
    40013: "AppID 不对，请核对 DUBAN_WECHAT__APP_ID",
    40125: "AppSecret 不对，请重新复制到 DUBAN_WECHAT__SECRET",
    40243: "AppSecret 已被冻结，请在微信开发者平台解冻或重置",
    40164: "本机的出口 IP 不在“IP白名单”里，请在微信开发者平台添加",
    48001: "公众号没有此接口的权限（需要已认证的服务号）",
    40037: "模板编号不对，请核对 DUBAN_WECHAT__TEMPLATE_ID",
    47003: "模板的字段不对，请核对 DUBAN_WECHAT__TEMPLATE_FIELDS",
    40001: "令牌一再被拒，请检查是否有别的程序在用同一公众号换取令牌",
    40014: "令牌一再被拒，请检查是否有别的程序在用同一公众号换取令牌",
    42001: "令牌一再被拒，请检查是否有别的程序在用同一公众号换取令牌",
    tokens.TOO_MANY: "令牌一小时内更换过多，已暂停更换",
}
TEXT_BYTES = 2048
MORE = "…（内容较长，请发送“我的工单”查看）"
OPENID = re.compile(r"[A-Za-z0-9_-]{6,64}")
PICTURES = ("image/png", "image/jpeg")
PICTURE_LIMIT = 10 * 1024 * 1024
MARK = re.compile(r"^【([^】]+)】")
NO_MARK = "工单通知"
FROM_IP = re.compile(r"invalid ip ([0-9a-fA-F.:]+)")


class WeChatChannel:
    """Tries the window first: the platform alone knows whether it is open."""

    name = "wechat"
    abilities = Abilities(two_way=True, tells_doubles=False, attachments=True, text_bytes=TEXT_BYTES)

    def __init__(self, settings: WeChat, database: Database, clock: Clock) -> None:
        self._template_id, self._fields = settings.template_id, settings.template_fields
        self._subscribed = settings.notice == "subscription"
        self._clock = clock
        secret = settings.secret.get_secret_value() if settings.secret else ""
        shared = SharedToken(database, clock, f"wechat:{settings.app_id}", secret)
        self._api = Api(NAME, lambda: WeChatAccountClient(settings, shared, clock), STALE_TOKEN)

    async def send(self, message: Outgoing) -> Receipt:
        """Send within the window, else as a template message; SendFailed (unavailable) where neither is open."""
        if fault := self.fault_of(message.address):
            raise SendFailed(fault, permanent=True)
        message = replace(message, text=unlinked(message.text), title=unlinked(message.title))
        picture = _picture(message.attachment)
        try:
            text = cut(_worded(message, picture), TEXT_BYTES, MORE)
            await self._api.call(lambda client: client.message.send_text(message.address, text), sends=True)
        except ApiRefused as refused:
            if refused.code not in WINDOW_SHUT:
                raise _failure(refused) from None
            return await self._notify(message)
        if picture is not None:
            await self._show(message.address, picture)
        return Receipt(provider_id=_mark(message.key))  # the platform gives none

    def fault_of(self, address: str) -> str:
        """Tell whether it can be an OpenID."""
        return "" if OPENID.fullmatch(address) else "公众号的地址应为 OpenID"

    async def fetch(self, reference: str) -> bytes:
        """Return the body of a picture a person sent."""
        try:
            return await self._api.call(lambda client: client.fetch_file(reference))
        except ApiRefused as refused:
            raise SendFailed(f"文件取不到（代码 {refused.code}）") from None

    async def check(self) -> Sequence[str]:
        """Ask for a token, and whether the template is there with the fields of our settings."""
        try:
            await self._api.ask(lambda client: client.probe())
            if not self._template_id:
                return ()
            templates = await self._api.call(lambda client: client.notice.templates(subscribed=self._subscribed))
        except ApiRefused as refused:
            return [_wrong(refused)]
        except SendFailed as failure:
            return [f"{failure.reason}，请核对本机网络和 DUBAN_WECHAT__BASE_URL"]
        return self._about_template(templates)

    def _about_template(self, templates: Mapping[str, str]) -> Sequence[str]:
        content = templates.get(self._template_id)
        if content is None:
            return ["DUBAN_WECHAT__TEMPLATE_ID 不在此公众号的模板之中，请在公众号后台“我的模板”里核对"]
        theirs = fields_of(content)
        wrong = faults(self._fields, theirs)
        fitting = json.dumps(proposed(theirs), ensure_ascii=False)
        return (
            [f"模板字段与设置不符：{'；'.join(wrong)}。DUBAN_WECHAT__TEMPLATE_FIELDS 可填：{fitting}"] if wrong else ()
        )

    async def close(self) -> None:
        """Give back threads and connections."""
        self._api.close()

    async def _notify(self, message: Outgoing) -> Receipt:
        if not self._template_id:
            raise SendFailed("现在无法通过公众号主动联系", unavailable=True)
        body: dict[str, Any] = {
            "touser": message.address,
            "template_id": self._template_id,
            "data": _filled(self._fields, message, self._clock.now()),
        }
        if not self._subscribed:
            body["client_msg_id"] = _mark(message.key)

        def out(client: WeChatAccountClient) -> dict[str, Any]:
            answer: dict[str, Any] = (client.notice.subscribed if self._subscribed else client.notice.send)(body)
            return answer

        try:
            answer = await self._api.call(out, sends=True)
        except ApiRefused as refused:
            if refused.code in (*WINDOW_SHUT, *REFUSED_BY_PERSON):
                raise SendFailed("现在无法通过公众号主动联系", unavailable=True) from None
            raise _failure(refused) from None
        return Receipt(provider_id=str(answer.get("msgid") or _mark(message.key)))

    async def _show(self, openid: str, picture: Attachment) -> None:
        """Send the picture after its text; without it the text still says everything."""
        file = (picture.name, picture.body, picture.media_type)
        try:
            uploaded: dict[str, Any] = await self._api.call(lambda client: client.media.upload("image", file))
            media_id = str(uploaded.get("media_id", ""))
            await self._api.call(lambda client: client.message.send_image(openid, media_id), sends=True)
        except (ApiRefused, SendFailed) as failure:
            # The text is out: a failure now would only bring it a second time.
            log.warning("picture not sent: %s", failure, extra={"action": "picture", "channel": "wechat"})


def _mark(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _worded(message: Outgoing, picture: Attachment | None) -> str:
    if message.attachment is None or picture is not None:
        return message.text
    return f"{message.text}\n（附件《{unlinked(message.attachment.name)}》无法在公众号里发送，请在网页上查看）"


def _picture(attachment: Attachment | None) -> Attachment | None:
    fits = attachment is not None and attachment.media_type in PICTURES and len(attachment.body) <= PICTURE_LIMIT
    return attachment if fits else None


def _filled(fields: Mapping[str, str], message: Outgoing, now: datetime) -> dict[str, dict[str, str]]:
    title, _, rest = message.text.partition("\n")
    shown = message.title or title
    values = {
        # What has a field of its own would only take the room of the rest.
        "title": shown.replace(f"工单 {message.number}", "")
        if message.number and "number" in fields.values()
        else shown,
        "text": message.text if message.title or not rest else rest,
        "time": _moment(now),
        "due": _moment(message.due or now),
        "number": message.number,
        "mark": mark[1] if (mark := MARK.match(title)) else NO_MARK,
    }
    return {name: {"value": fitted(name, values[value])} for name, value in fields.items()}


def _moment(moment: datetime) -> str:
    local = moment.astimezone(SHANGHAI)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"


def _failure(refused: ApiRefused) -> SendFailed:
    code = refused.code
    if code in UNREACHABLE:
        return SendFailed("此人没有关注公众号", permanent=True)
    if code in BACK_OFF:
        return SendFailed(f"公众号接口调用过于频繁（代码 {code}）", retry_after=BACK_OFF[code])
    if code in NOT_TAKEN:
        return SendFailed(f"公众号不接受这条消息的内容（代码 {code}）", unavailable=True)
    if code in CONFIGURED_WRONG:
        log.error("channel not usable: %s", _wrong(refused), extra={"action": "channel_config", "channel": "wechat"})
        return SendFailed(_wrong(refused), unavailable=True, retry_after=refused.retry_after or CONFIG_RETRY_AFTER)
    return SendFailed(f"公众号返回代码 {code}")


def _wrong(refused: ApiRefused) -> str:
    sentence = CONFIGURED_WRONG.get(refused.code, f"公众号返回代码 {refused.code}")
    found = FROM_IP.search(refused.detail)
    return f"{sentence}（{found.group(1)}）" if found and refused.code == 40164 else sentence
