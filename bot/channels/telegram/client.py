"""The connection to the Bot API, and what its errors mean for us."""

import asyncio
import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
from telegram import Bot, Update, WebhookInfo
from telegram.error import BadRequest, ChatMigrated, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.base import SendFailed
from settings import Settings, Telegram

# The only kinds the product listens to; everything else stays at Telegram.
KINDS = (Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER)
CONNECTIONS = 16  # a little more than are ever in flight
HOOKS = "/hooks/telegram"
TOKEN_PAUSE = timedelta(minutes=5)  # until a refused token is tried again
DOWNLOAD_SECONDS = 60  # for a whole file, however slowly it drips
# With these nothing has reached the other side.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


def hook_path(settings: Telegram) -> str:
    """Return the path Telegram pushes to: nobody guesses it, all nodes derive it, a new secret moves it."""
    secret = settings.webhook_secret.get_secret_value() if settings.webhook_secret else ""
    return hashlib.sha256(f"duban telegram hook {secret}".encode()).hexdigest()[:32]


def hook_url(settings: Settings) -> str:
    """Return the address to register at Telegram."""
    return f"{settings.web.public_url}{HOOKS}/{hook_path(settings.telegram)}"


class TelegramClient:
    """Owns the connections; opened at the first call, so that an unreachable Telegram stops no start."""

    def __init__(self, settings: Telegram) -> None:
        self._settings = settings
        self._token = settings.token.get_secret_value() if settings.token else ""
        self._bot: Bot | None = None
        self._requests: list[HTTPXRequest] = []
        self._files: httpx.AsyncClient | None = None
        self.username = ""  # known after the first `me`

    @property
    def bot_id(self) -> int:
        """The bot's own id: the number its token begins with; 0 when it begins with none."""
        number = self._token.partition(":")[0]
        return int(number) if number.isascii() and number.isdigit() else 0

    @property
    def bot(self) -> Bot:
        """The library's client."""
        if self._bot is None:
            # Opts in to what the next major version does; else the library warns at every 429.
            os.environ.setdefault("PTB_TIMEDELTA", "true")
            self._requests = [self._request(CONNECTIONS), self._request(2)]
            sending, polling = self._requests
            base = self._settings.base_url
            self._bot = Bot(
                self._token,
                base_url=f"{base}/bot",
                base_file_url=f"{base}/file/bot",
                request=sending,
                get_updates_request=polling,
            )
        return self._bot

    async def me(self) -> str:
        """Ask who the bot is and return its name; TelegramError when the platform refuses or cannot be reached."""
        user = await self.bot.get_me()
        self.username = user.username or ""
        return self.username

    async def updates(self, offset: int, seconds: int) -> Sequence[Mapping[str, Any]]:
        """Wait so long for updates from `offset` on, which confirms those before it; returns them as they came.

        Not by the library's own call: one update it cannot read would hold back all after it for ever.
        """
        query = {"offset": offset, "timeout": seconds, "allowed_updates": json.dumps(KINDS)}
        url = f"{self.bot.base_url}/getUpdates?{urlencode(query)}"
        patience = seconds + self._settings.read_seconds
        async with asyncio.timeout(patience + self._settings.connect_seconds):
            found = await self._requests[1].post(url, read_timeout=patience)
        if not isinstance(found, list):
            raise TelegramError("Invalid server response")
        return found

    async def webhook(self) -> WebhookInfo:
        """Return what Telegram knows of our webhook; its url is empty when there is none."""
        return await self.bot.get_webhook_info()

    async def set_webhook(self, url: str) -> None:
        """Let Telegram push to an address, with the secret of the settings."""
        secret = self._settings.webhook_secret
        await self.bot.set_webhook(
            url, secret_token=secret.get_secret_value() if secret else None, allowed_updates=list(KINDS)
        )

    async def commands(self, language: str) -> tuple[tuple[str, str], ...]:
        """Return the menu of commands people of a language see, "" for all others: names and what they are for."""
        found = await self.bot.get_my_commands(language_code=language or None)
        return tuple((one.command, one.description) for one in found)

    async def set_commands(self, commands: Sequence[tuple[str, str]], language: str) -> None:
        """Show people of a language, "" for all others, these commands in the menu."""
        await self.bot.set_my_commands([*commands], language_code=language or None)

    async def download(self, file_id: str, most: int) -> bytes:
        """Return a file people sent; ValueError when it is larger than `most` bytes, whatever was said before."""
        async with asyncio.timeout(DOWNLOAD_SECONDS):
            file = await self.bot.get_file(file_id)
            if (file.file_size or 0) > most:
                raise ValueError("file too large")
            return await self._body(file.file_path or "", most)

    async def close(self) -> None:
        """Give back connections."""
        requests, files = self._requests, self._files
        self._requests, self._files, self._bot = [], None, None
        for request in requests:
            await request.shutdown()
        if files is not None:
            await files.aclose()

    async def _body(self, url: str, most: int) -> bytes:
        body = bytearray()
        if self._files is None:
            self._files = httpx.AsyncClient(timeout=self._settings.read_seconds)
        async with self._files.stream("GET", url) as answer:
            if answer.status_code != httpx.codes.OK:
                raise NetworkError(f"HTTP {answer.status_code}")
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > most:
                    raise ValueError("file too large")
        return bytes(body)

    def _request(self, connections: int) -> HTTPXRequest:
        connect, answer = self._settings.connect_seconds, self._settings.read_seconds
        return HTTPXRequest(
            connection_pool_size=connections,
            connect_timeout=connect,
            read_timeout=answer,
            write_timeout=answer,
            pool_timeout=answer,
        )


def failure(error: Exception) -> SendFailed:
    """Say what an error means for a message; its own words are not used, they may hold an address with the token."""
    if isinstance(error, SendFailed):
        return error
    if isinstance(error, RetryAfter):
        return SendFailed("Telegram 要求放慢发送", retry_after=pause_of(error))
    if isinstance(error, ChatMigrated):
        return SendFailed("群已升级，编号变了", moved_to=str(error.new_chat_id))
    if between(error):
        return SendFailed("中间的网络设备拦下了请求，没有到达 Telegram")
    if isinstance(error, Forbidden):
        return SendFailed("对方停用了机器人，或还没有点过“开始”", permanent=True)
    if isinstance(error, InvalidToken):
        return SendFailed("机器人令牌被 Telegram 拒绝", unavailable=True, retry_after=TOKEN_PAUSE)
    if isinstance(error, BadRequest):
        return SendFailed("Telegram 不接受这条消息")
    if not_sent(error):
        return SendFailed("连不上 Telegram")
    return SendFailed("没有收到 Telegram 的明确答复", uncertain=True)


def pause_of(error: RetryAfter) -> timedelta:
    """How long the platform wants to be left alone; the library gives seconds or a timedelta, as it is set up."""
    pause = error.retry_after
    return pause if isinstance(pause, timedelta) else timedelta(seconds=pause)


def not_sent(error: Exception) -> bool:
    """Whether the request surely never reached Telegram."""
    return isinstance(error, NOT_SENT) or isinstance(error.__cause__, NOT_SENT)


def between(error: Exception) -> bool:
    """Whether a refusal came from a proxy or firewall on the way: Telegram's own are JSON."""
    refused = isinstance(error, Forbidden | InvalidToken | BadRequest)
    return refused and isinstance(error.__cause__, TelegramError)
