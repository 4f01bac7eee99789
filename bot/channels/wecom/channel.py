"""企业微信, the app of one's own: text, cards with buttons, pictures and files; doubles are dropped by the platform."""

import hashlib
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.channels.base import CONFIG_RETRY_AFTER, Abilities, Attachment, Outgoing, Receipt, SendFailed
from bot.channels.cutting import unlinked
from bot.channels.tencent import Api, ApiRefused, SharedToken
from bot.channels.wecom import parts as parts
from bot.channels.wecom.api import WeComClient
from bot.channels.wecom.members import Members
from bot.clock import Clock
from settings import WeCom
from storage.nodes import quotas, tokens
from storage.nodes.quotas import Limit
from storage.nodes.tokens import Token
from storage.sql.database import Database

log = logging.getLogger(__name__)

NAME = "企业微信"
STALE_TOKEN = (40014, 42001)  # 40001 is a wrong secret here, which a new token does not cure
UNREACHABLE = (81013, 60111, 40003, 40031)
BACK_OFF = {45009: timedelta(minutes=1), 45033: timedelta(minutes=1)}
NOT_TAKEN = (44004, 40058, 40008, 40033, 45002)  # this message, whoever gets it
CONFIGURED_WRONG: Mapping[int, str] = {
    40001: "应用的 SECRET 不对，请在管理后台重新复制到 DUBAN_WECOM__SECRET",
    40091: "应用的 SECRET 不对，请在管理后台重新复制到 DUBAN_WECOM__SECRET",
    40013: "企业 ID 不对，请核对 DUBAN_WECOM__CORP_ID",
    60020: "本机的出口 IP 不在该应用的“企业可信IP”里，请在管理后台添加",
    301002: "AGENT_ID 与 SECRET 不是同一个应用，请核对 DUBAN_WECOM__AGENT_ID",
    40056: "AGENT_ID 不对，请核对 DUBAN_WECOM__AGENT_ID",
    48002: "该应用没有调用此接口的权限，请在管理后台开通",
    40014: "令牌一再被拒，请在管理后台核对应用的 SECRET",
    42001: "令牌一再被拒，请在管理后台核对应用的 SECRET",
    tokens.TOO_MANY: "令牌一小时内更换过多，已暂停更换，请在管理后台核对应用的 SECRET",
}
# The platform drops more than 30 a minute or 1,000 an hour to one member without a word; two windows
# side by side stay below that.
PER_MEMBER = (Limit(count=14, per=timedelta(minutes=1)), Limit(count=480, per=timedelta(hours=1)))
MEMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
MEDIA_LIVES = timedelta(days=2, hours=20)  # the platform keeps uploads for three days
BUSY = -1
FROM_IP = re.compile(r"from ip: ?([0-9a-fA-F.:]+)")


class WeComChannel:
    """Sends as one app of one corporation; says “accepted” and never more, for the platform tells no more."""

    name = "wecom"
    abilities = Abilities(
        two_way=True, tells_doubles=True, buttons=True, attachments=True, edits=True, text_bytes=parts.TEXT_BYTES
    )

    def __init__(
        self, settings: WeCom, database: Database, clock: Clock, *, limits: Sequence[Limit] = PER_MEMBER
    ) -> None:
        self._agent_id, self._layout = settings.agent_id or 0, settings.overview == "markdown"
        self._database, self._clock, self._limits = database, clock, limits
        self._app = f"wecom:{settings.corp_id}:{settings.agent_id}"
        secret = settings.secret.get_secret_value() if settings.secret else ""
        shared = SharedToken(database, clock, self._app, secret)
        self._box = shared.box
        self._api = Api(NAME, lambda: WeComClient(settings, shared, clock), STALE_TOKEN)
        self._members = Members(self._api, self._app, secret, database, clock, self._unasked)

    async def send(self, message: Outgoing) -> Receipt:
        """Send the parts of a message in order, or change the card that was tapped."""
        if fault := self.fault_of(message.address):
            raise SendFailed(fault, permanent=True)
        message = replace(message, text=unlinked(message.text), title=unlinked(message.title))
        if message.edits and message.callback:
            return await self._show_change(message)
        if message.edits_only:
            raise SendFailed("企业微信的卡片只能更新一次，这张已更新过", unavailable=True)
        worded = parts.worded(message, layout=self._layout)
        await self._stay_below_the_limit(message.address, len(worded) + (message.attachment is not None))
        return await self._send_all(message, worded, out=False)

    def fault_of(self, address: str) -> str:
        """Only one member each: what names several, or all, would tell a ticket to everybody."""
        return "" if MEMBER.fullmatch(address) else "企业微信的地址应为成员账号（UserID）"

    async def fetch(self, reference: str) -> bytes:
        """Return the body of a picture or document a person sent."""
        try:
            return await self._api.call(lambda client: client.fetch_file(reference))
        except ApiRefused as refused:
            raise SendFailed(f"文件取不到（代码 {refused.code}）") from None

    async def userid_of(self, mobile: str) -> str | None:
        """Return the member with this mobile number; None for nobody, remembered for a day by all nodes."""
        return await self._members.of(mobile)

    async def check(self) -> Sequence[str]:
        """Ask for a token and for the app."""
        try:
            app = await self._api.ask(lambda client: client.probe(self._agent_id))
        except ApiRefused as refused:
            return [_wrong(refused)]
        except SendFailed as failure:
            return [f"{failure.reason}，请核对本机网络和 DUBAN_WECOM__BASE_URL"]
        return ["该应用已被停用，请在管理后台启用"] if app.get("close") else []

    async def close(self) -> None:
        """Give back threads and connections."""
        self._api.close()

    async def _show_change(self, message: Outgoing) -> Receipt:
        """Change a card, with the text after it where the card has no room; a new message where it is refused."""
        worded = [] if parts.fits(message) or message.edits_only else [parts.text(message)]
        # One more in case that the platform refuses the change.
        await self._stay_below_the_limit(message.address, max(len(worded), 0 if message.edits_only else 1))
        changed = await self._change(message)
        if not changed and message.edits_only:
            raise SendFailed("企业微信不让更新这张卡片", unavailable=True)
        if not changed:
            worded = parts.worded(message)
        return await self._send_all(message, worded, out=changed)

    async def _send_all(self, message: Outgoing, worded: Sequence[parts.Part], *, out: bool) -> Receipt:
        """Send one part after the other; once one is out, a failure of the next leaves it unknown."""
        answer: Mapping[str, Any] = {}
        try:
            for part in worded:
                answer = await self._post(message, part)
                out = True
            if message.attachment is not None:
                await self._post(message, await self._uploaded(message.attachment))
        except SendFailed as failure:
            if out and not failure.uncertain:
                raise SendFailed(failure.reason, uncertain=True) from None
            raise
        # A changed card keeps the id it came with.
        card = parts.task_id(message) if parts.pressable(message.buttons) and worded else ""
        code = str(answer.get("response_code") or "")
        return Receipt(provider_id=card or str(answer.get("msgid", "")), card_code=code)

    async def _post(self, message: Outgoing, part: parts.Part) -> Mapping[str, Any]:
        body = parts.once_only(part, message.key)
        try:
            answer: dict[str, Any] = await self._api.call(
                lambda client: client.message.send(self._agent_id, message.address, msg=body), sends=True
            )
        except ApiRefused as refused:
            raise self._failure(refused) from None
        if answer.get("invaliduser"):
            raise SendFailed("企业微信里没有这个成员，或不在应用的可见范围内", permanent=True)
        if answer.get("unlicenseduser"):
            raise SendFailed("该成员没有企业微信的接口许可，请在管理后台分配", unavailable=True)
        return answer

    async def _change(self, message: Outgoing) -> bool:
        """Change a card; False when the platform does not let it be changed (any more)."""
        body = {
            "userids": [message.address],
            "agentid": self._agent_id,
            "response_code": message.callback,
            "template_card": parts.changed_card(message),
        }
        try:
            await self._api.call(lambda client: client.card.update(body), sends=True)
        except ApiRefused as refused:
            if refused.code in UNREACHABLE or refused.code in BACK_OFF or refused.code in CONFIGURED_WRONG:
                raise self._failure(refused) from None
            if refused.code == BUSY:
                raise self._failure(refused) from None
            log.warning("card not changed: code %s", refused.code, extra={"action": "change_card", "channel": "wecom"})
            return False
        return True

    async def _uploaded(self, attachment: Attachment) -> parts.Part:
        """Upload once: a second try names the same upload, so that its bytes are the same."""
        kind = parts.media_kind(attachment)
        if not kind:
            word = f"附件《{attachment.name}》过大，请在网页上查看"
            return {"msgtype": "text", "text": {"content": word}}
        digest = hashlib.sha256(attachment.name.encode() + attachment.body).hexdigest()[:40]
        key, run = f"{self._app}:media:{digest}"[:128], self._database.run
        known = await run(tokens.find, self._database, key, box=self._box, now=self._clock.now())
        if known is not None:
            return parts.media(kind, known.value)
        file = (attachment.name, attachment.body, attachment.media_type)
        try:
            answer = await self._api.call(lambda client: client.media.upload(kind, file))
        except ApiRefused as refused:
            raise self._failure(refused) from None
        now, media_id = self._clock.now(), str(answer.get("media_id") or "")
        if not media_id:
            # Kept, it would spoil every message with this file for days.
            raise SendFailed("企业微信没有给出文件编号，稍后再发")
        token = Token(value=media_id, expires_at=now + MEDIA_LIVES)
        await run(tokens.keep, self._database, key, token, box=self._box, now=now)
        return parts.media(kind, token.value)

    async def _stay_below_the_limit(self, member: str, count: int) -> None:
        if self._limits and count:
            delay = await self._database.run(self._take, member, count)
            if delay is not None:
                raise SendFailed("发给此人的消息已近平台上限，稍后再发", retry_after=delay)

    def _take(self, member: str, count: int) -> timedelta | None:
        with self._database.begin() as conn:
            return quotas.take(conn, f"{self._app}:{member}", count, self._limits, self._clock.now())

    def _unasked(self, refused: ApiRefused) -> SendFailed | None:
        """Why a query was not answered; None where the answer is that there is no such member."""
        asked = refused.code not in CONFIGURED_WRONG and refused.code not in BACK_OFF and refused.code != BUSY
        return None if asked else self._failure(refused)

    def _failure(self, refused: ApiRefused) -> SendFailed:
        code = refused.code
        if code in UNREACHABLE:
            return SendFailed("企业微信里没有这个成员，或不在应用的可见范围内", permanent=True)
        if code in BACK_OFF:
            return SendFailed(f"企业微信接口调用过于频繁（代码 {code}）", retry_after=BACK_OFF[code])
        if code in NOT_TAKEN:
            return SendFailed(f"企业微信不接受这条消息的内容（代码 {code}）", unavailable=True)
        if code in CONFIGURED_WRONG:
            log.error("channel not usable: %s", _wrong(refused), extra={"action": "channel_config", "channel": "wecom"})
            retry_after = refused.retry_after or CONFIG_RETRY_AFTER
            return SendFailed(_wrong(refused), unavailable=True, retry_after=retry_after)
        return SendFailed(f"企业微信返回代码 {code}")


def _wrong(refused: ApiRefused) -> str:
    sentence = CONFIGURED_WRONG.get(refused.code, f"企业微信返回代码 {refused.code}")
    found = FROM_IP.search(refused.detail)
    return f"{sentence}（{found.group(1)}）" if found and refused.code == 60020 else sentence
