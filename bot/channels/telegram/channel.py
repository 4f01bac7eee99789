"""Telegram, the way out: messages with buttons, cards changed in place, files."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeVar

from telegram import InputFile, LinkPreviewOptions, Message, WebhookInfo
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, RetryAfter, TelegramError

from bot.channels.base import Abilities, Attachment, Outgoing, Receipt, SendFailed
from bot.channels.telegram.client import TelegramClient, between, failure, hook_url, not_sent, pause_of
from bot.channels.telegram.layout import (
    CAPTION,
    TEXT,
    chat_of,
    cut,
    inline,
    keyboard,
    message_id,
    place_of,
    reply,
    units,
)
from bot.channels.throttle import Rate, Throttle, TooFast
from bot.clock import Clock
from settings import Settings

log = logging.getLogger(__name__)

T = TypeVar("T")

UPLOAD, DOWNLOAD = 50_000_000, 20_000_000  # bytes the Bot API takes and gives
PATIENCE = 2.0  # seconds a message waits for its place before it goes back to the outbox
TAP_SECONDS = 5  # what a tap waits for is not worth more
MAX_OPEN_HALVES = 1_000  # halves of messages whose other half is still to go
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimits:
    """How fast Telegram lets a bot send."""

    second: int = 30  # over all
    chat_second: int = 1
    group_minute: int = 20


class TelegramChannel:
    """Owns the client and its pace; a message's id is "chat:number", for numbers repeat from chat to chat."""

    name = "telegram"
    abilities = Abilities(
        two_way=True, tells_doubles=False, buttons=True, attachments=True, edits=True, text_bytes=3 * TEXT
    )

    def __init__(self, settings: Settings, clock: Clock, limits: RateLimits | None = RateLimits()) -> None:
        self.client = TelegramClient(settings.telegram)
        self._mode, self._hook = settings.telegram.mode, hook_url(settings)
        self._seconds = settings.telegram.connect_seconds + settings.telegram.read_seconds
        self._clock = clock
        self._throttle = _throttle(clock, limits) if limits else None
        self._moved: dict[int, int] = {}  # groups that became others; Telegram tells again after a restart
        self._halves: OrderedDict[str, str] = OrderedDict()  # message key -> id of its text, which is out already
        self._token_refused = False

    async def send(self, message: Outgoing) -> Receipt:
        """Send or change one message; a tap that waits is answered first."""
        if message.callback:
            await self._answer_tap(message.callback)
            if not message.text.strip() and not message.attachment:
                return Receipt()
        if message.edits and await self._edit(message):
            # No id: the card keeps that of the message that brought it, and replies to it mean its ticket.
            return Receipt()
        if message.edits_only:
            raise SendFailed("Telegram 不让改这张卡片", unavailable=True)
        return Receipt(provider_id=await self._post(message))

    async def fetch(self, reference: str) -> bytes:
        """Return the body of a file a person sent, up to 20 MB; SendFailed says why it cannot be had."""
        try:
            return await self.client.download(reference, DOWNLOAD)
        except ValueError:
            raise SendFailed("文件超过 20 MB,Telegram 不让机器人下载", permanent=True) from None
        except BadRequest as error:
            raise SendFailed("Telegram 上已没有这个文件", permanent=not between(error)) from None
        except Exception as error:
            raise SendFailed(failure(error).reason) from None

    async def check(self) -> Sequence[str]:
        """Ask once who the bot is and where Telegram pushes to."""
        try:
            await self.client.me()
            found = await self.client.webhook()
        except Exception as error:
            return [_trouble(error)]
        wrong = _polling(found) if self._mode == "polling" else _pushing(found, self._hook)
        return [wrong] if wrong else []

    async def close(self) -> None:
        """Give back connections."""
        await self.client.close()

    async def _answer_tap(self, callback: str) -> None:
        # Too late or not at all: the message itself still says what happened.
        with suppress(TelegramError, TimeoutError):
            async with asyncio.timeout(TAP_SECONDS):
                await self.client.bot.answer_callback_query(callback)

    async def _edit(self, message: Outgoing) -> bool:
        """Change a card; False when it cannot be changed and the text must go out anew."""
        chat, number = place_of(message.edits)
        try:
            await self._call(
                chat,
                lambda: self.client.bot.edit_message_text(
                    cut(message.text, TEXT),
                    chat_id=chat,
                    message_id=number,
                    reply_markup=inline(message.buttons),
                    link_preview_options=NO_PREVIEW,
                ),
            )
        except BadRequest as error:
            # The library rewrites the words of errors, so only this one is told by them.
            return "not modified" in error.message.lower()
        except SendFailed as failed:
            if failed.moved_to:
                return False
            # To change a card twice does no harm, so nothing is ever uncertain about it.
            failed.uncertain = False
            raise
        return True

    async def _post(self, message: Outgoing) -> str:
        chat, file = self._now_at(chat_of(message.address)), message.attachment
        if file is not None and len(file.body) > UPLOAD:
            word = f"（附件《{file.name}》过大，请在网页上查看）"
            message, file = replace(message, text=f"{message.text}\n{word}"), None
        if file is None:
            return await self._text(chat, message)
        if units(message.text) <= CAPTION:
            return await self._file(chat, message, file, message.text)
        if message.key not in self._halves:
            self._halves[message.key] = await self._text(chat, message)
            while len(self._halves) > MAX_OPEN_HALVES:
                self._halves.popitem(last=False)
        await self._file(chat, message, file, "")
        return self._halves.pop(message.key)

    def _now_at(self, chat: int) -> int:
        """Where a group is now: an answer to it is nobody's own address, so no register would know."""
        return self._moved.get(chat, chat)

    async def _text(self, chat: int, message: Outgoing) -> str:
        return await self._new(
            chat,
            lambda: self.client.bot.send_message(
                chat,
                cut(message.text, TEXT),
                reply_markup=keyboard(message.buttons),
                reply_parameters=reply(message.reply_to, chat),
                link_preview_options=NO_PREVIEW,
                disable_notification=message.quiet or None,
            ),
        )

    async def _file(self, chat: int, message: Outgoing, file: Attachment, caption: str) -> str:
        return await self._new(
            chat,
            lambda: self.client.bot.send_document(
                chat,
                InputFile(file.body, filename=file.name),
                caption=caption or None,
                reply_markup=keyboard(message.buttons) if caption else None,
                reply_parameters=reply(message.reply_to, chat),
            ),
        )

    async def _new(self, chat: int, call: Callable[[], Awaitable[Message]]) -> str:
        try:
            sent = await self._call(chat, call)
        except BadRequest:
            raise await self._refused(chat) from None
        return message_id(sent.chat_id, sent.message_id)

    async def _refused(self, chat: int) -> SendFailed:
        """Find out whether the chat or the content is at fault: the words of a refusal are not to be relied on."""
        try:
            async with asyncio.timeout(self._seconds):
                await self.client.bot.send_chat_action(chat, "typing")
        except (BadRequest, Forbidden) as error:
            return failure(error) if between(error) else SendFailed("Telegram 上没有这个会话", permanent=True)
        except Exception as error:
            return SendFailed(failure(error).reason)
        log.error("Telegram 不接受这条消息的内容", extra={"action": "send", "channel": self.name})
        return SendFailed("Telegram 不接受这条消息的内容", unavailable=True)

    async def _call(self, chat: int, call: Callable[[], Awaitable[T]]) -> T:
        """Call the platform at its pace; raises SendFailed, or BadRequest for the caller to judge."""
        await self._take_place(chat)
        try:
            async with asyncio.timeout(self._seconds):
                result = await self._connecting_twice(call)
        except Exception as error:
            if isinstance(error, BadRequest) and not between(error):
                raise
            raise self._failed(chat, error) from None
        self._token_refused = False
        return result

    async def _connecting_twice(self, call: Callable[[], Awaitable[T]]) -> T:
        try:
            return await call()
        except Exception as error:
            if not not_sent(error):
                raise
        return await call()

    async def _take_place(self, chat: int) -> None:
        if self._throttle is None:
            return
        try:
            wait = self._throttle.reserve(str(chat))
        except TooFast as too_fast:
            raise _too_fast(too_fast.seconds) from None
        if wait > 0:
            await self._clock.sleep(wait)
        # Another send may have been told meanwhile to leave this chat alone.
        if pause := self._throttle.held(str(chat)):
            raise _too_fast(pause)

    def _failed(self, chat: int, error: Exception) -> SendFailed:
        if isinstance(error, RetryAfter) and self._throttle is not None:
            self._throttle.hold(str(chat), pause_of(error).total_seconds())
        if isinstance(error, ChatMigrated):
            self._moved[chat] = error.new_chat_id
        if isinstance(error, InvalidToken) and not between(error) and not self._token_refused:
            self._token_refused = True
            log.error("Telegram 拒绝了机器人令牌，此渠道停摆：请核对 DUBAN_TELEGRAM__TOKEN", extra={"action": "send"})
        return failure(error)


def _too_fast(seconds: float) -> SendFailed:
    return SendFailed("Telegram 限制发送速度，稍后再发", retry_after=timedelta(seconds=seconds))


def _throttle(clock: Clock, limits: RateLimits) -> Throttle:
    one = Rate(count=limits.chat_second, seconds=1)
    group = (one, Rate(count=limits.group_minute, seconds=60))
    everyone = [Rate(count=limits.second, seconds=1)]
    return Throttle(clock, everyone, lambda chat: group if chat.startswith("-") else (one,), patience=PATIENCE)


def _trouble(error: Exception) -> str:
    if isinstance(error, InvalidToken) and not between(error):
        return "令牌被 Telegram 拒绝。请核对 DUBAN_TELEGRAM__TOKEN，或向 @BotFather 重新索取。"
    return f"{failure(error).reason}。请检查网络、代理（HTTPS_PROXY）和 DUBAN_TELEGRAM__BASE_URL。"


def _polling(found: WebhookInfo) -> str:
    if not found.url:
        return ""
    return f"设了 webhook（{_host(found.url)}），轮询收不到消息。请改用 webhook 方式，或先删除 webhook。"


def _pushing(found: WebhookInfo, hook: str) -> str:
    if not found.url:
        return "Telegram 那边还没有登记 webhook，启动（run）后会自动登记；已在运行的，请看日志。"
    if found.url != hook:
        return f"webhook 指向别处（{_host(found.url)}），本机收不到消息。请核对公网地址，或停掉用同一令牌的另一套程序。"
    if found.last_error_date and found.pending_update_count:
        count = found.pending_update_count
        return f"Telegram 推送到本机失败，积压{count}条。请检查公网地址、证书和端口（443、80、88 或 8443）。"
    return ""


def _host(url: str) -> str:
    """The address without its path, which nobody should read."""
    return url.split("//")[-1].split("/")[0]
