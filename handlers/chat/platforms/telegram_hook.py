"""Telegram's pushes: believed only with the secret, kept before they are answered for."""

import asyncio
import contextlib
import hmac
import json
import logging
from datetime import timedelta

from fastapi import APIRouter, Request, Response
from starlette.requests import ClientDisconnect

from bot.actions import holding
from bot.actions.context import Context
from bot.actions.messages.updates import Arrived
from bot.channels.telegram.client import HOOKS, TelegramClient, failure, hook_path, hook_url
from handlers.chat.platforms.keeping import Keeper
from handlers.chat.platforms.telegram import to_keep
from handlers.chat.platforms.telegram_menu import CommandMenu
from settings import Settings

log = logging.getLogger(__name__)

CHANNEL = "telegram"
SECRET_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - the name of a header
MOST_BYTES = 256 * 1024
BODY_SECONDS, KEEP_SECONDS = 10, 20  # Telegram waits a minute, then brings it again
LEASE = "telegram:webhook"
LOOK_AGAIN = timedelta(minutes=10)  # somebody may have moved the webhook meanwhile
TRY_AGAIN = timedelta(seconds=30)


class _Refused(Exception):
    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


def router(settings: Settings, context: Context) -> APIRouter:
    """Return the route Telegram pushes to.

    200 once an update is committed, 403 without the secret, 400 for junk, 413 for what is too large, 503 when the
    database cannot keep it now, so that Telegram brings it again.
    """
    secret = settings.telegram.webhook_secret
    path, expected = hook_path(settings.telegram), (secret.get_secret_value() if secret else "").encode()
    made, keeper = APIRouter(include_in_schema=False), Keeper(context)

    @made.post(HOOKS + "/{given}")
    async def pushed(given: str, request: Request) -> Response:
        try:
            if not hmac.compare_digest(given.encode(), path.encode()):
                raise _Refused(404, "unknown path")
            _check_secret(request, expected)
            raw = await _body(request)
            event_id, raw = _read(raw)
        except _Refused as refused:
            log.warning("push refused: %s", refused, extra={"action": "hook", "status": refused.status})
            return Response(status_code=refused.status)
        return await _keep(keeper, event_id, raw)

    return made


class Registration:
    """Keeps the webhook registered at Telegram; among several nodes one does it, and none ever deletes it."""

    def __init__(
        self,
        settings: Settings,
        context: Context,
        client: TelegramClient,
        *,
        holder: str,
        menu: CommandMenu | None = None,
    ) -> None:
        self._url, self._menu = hook_url(settings), menu
        self._context, self._client, self._holder = context, client, holder

    async def run(self, stop: asyncio.Event) -> None:
        """Look after the registration until told to stop; it stays."""
        while not stop.is_set():
            pause = LOOK_AGAIN if await self.once() else TRY_AGAIN
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause.total_seconds())

    async def once(self) -> bool:
        """Register the webhook if it points elsewhere; False when it must be tried again soon."""
        run = self._context.database.run
        try:
            if not self._client.username:
                await self._client.me()
            if await run(holding.hold, self._context, LEASE, self._holder, LOOK_AGAIN):
                await self._register()
                if self._menu is not None:
                    await self._menu.show()
        except Exception as error:
            reason = failure(error).reason
            log.error("Telegram 的 webhook 没有登记上：%s", reason, extra={"action": "register", "error": reason})
            return False
        return True

    async def _register(self) -> None:
        found = await self._client.webhook()
        if found.url != self._url:
            await self._client.set_webhook(self._url)
            log.warning(
                "已向 Telegram 登记 webhook，取代%s",
                "原来的地址" if found.url else "空缺",
                extra={"action": "register"},
            )


def _check_secret(request: Request, expected: bytes) -> None:
    given = request.headers.get(SECRET_HEADER, "").encode()
    if not expected or not hmac.compare_digest(given, expected):
        raise _Refused(403, "wrong secret")


async def _body(request: Request) -> str:
    said = request.headers.get("content-length", "0")
    if said.isdigit() and int(said) > MOST_BYTES:
        raise _Refused(413, "too large")
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > MOST_BYTES:
                    raise _Refused(413, "too large")
        return body.decode()
    except TimeoutError:
        raise _Refused(408, "too slow") from None
    except ClientDisconnect:
        raise _Refused(400, "broken off") from None
    except UnicodeDecodeError:
        raise _Refused(400, "not UTF-8") from None


def _read(raw: str) -> tuple[str, str]:
    """Return the id and what is kept; whatever else is odd about an update is found out later, when it is safe."""
    try:
        told = json.loads(raw)
        number = told["update_id"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise _Refused(400, "no update") from None
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < 2**63:
        raise _Refused(400, "no update id")
    return str(number), json.dumps(to_keep(told)) if "contact" in raw else raw


async def _keep(keeper: Keeper, event_id: str, raw: str) -> Response:
    try:
        async with asyncio.timeout(KEEP_SECONDS):
            await keeper.keep(Arrived(channel=CHANNEL, event_id=event_id, raw=raw))
    except Exception as error:
        # The error's own words repeat the update, so only its name is logged.
        log.error("update not kept; Telegram brings it again", extra={"action": "hook", "error": type(error).__name__})
        return Response(status_code=503)
    return Response(status_code=200)
