"""`run`: the engine at work until SIGTERM or Ctrl-C."""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import typer
import uvicorn

from bot.engine import Engine
from bot.scheduler import Beat, BeatScheduler
from handlers.chat.catalog import Platform, platforms
from handlers.chat.listen import Listener
from handlers.chat.reply import Conversation
from handlers.shell.terminal.opening import opened, refuse
from handlers.web.guarding import BACKLOG, GuardedProtocol
from handlers.web.server import build
from storage.sql.schema import SchemaMovedOn

log = logging.getLogger(__name__)

app = typer.Typer(add_completion=False)

LISTEN_SECONDS = 0.2  # between looks at what the platforms brought
RESUME_SECONDS = 60
HEARTBEAT_SECONDS = 5  # so long an answer is waited for


@app.command()
def run() -> None:
    """启动督办机器人；按 Ctrl-C 或发送 SIGTERM 平稳停止。"""
    with opened() as engine:
        asyncio.run(serve(engine))


async def serve(engine: Engine) -> None:
    """Work until asked to stop; what is under way is finished first."""
    door = _door(engine)
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    spoken = platforms(engine)
    rhythm = BeatScheduler(engine, (_resume(engine),))
    web = build(engine, _routers(spoken))
    server = _Server(
        uvicorn.Config(web, http=GuardedProtocol, ws="none", backlog=BACKLOG, log_config=None, access_log=False)
    )
    work = [rhythm.run(), server.serve(sockets=[door]), _listen(engine, spoken, rhythm, stop)]
    if engine.settings.heartbeat_url:
        work.append(_heartbeat(engine, stop))
    work += [one.fetch(stop) for one in spoken if one.fetch is not None]
    tasks = [asyncio.create_task(one) for one in work]
    log.info("ready", extra={"action": "ready", "channels": sorted(engine.channels), "port": door.getsockname()[1]})
    await _until(stop, tasks)
    rhythm.stop()
    server.should_exit = True
    await asyncio.gather(*tasks)
    for channel in engine.channels.values():
        await channel.close()
    log.info("stopped", extra={"action": "stopped"})


async def _until(stop: asyncio.Event, tasks: "list[asyncio.Task[Any]]") -> None:
    """Wait until somebody asks to stop, or a piece of work ends by an error."""
    waiting = asyncio.create_task(stop.wait())
    await asyncio.wait([waiting, *tasks], return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await waiting


async def _listen(engine: Engine, spoken: list[Platform], rhythm: BeatScheduler, stop: asyncio.Event) -> None:
    listener = Listener(engine, {one.name: one.reader for one in spoken})
    while not stop.is_set():
        try:
            if await listener.some():
                rhythm.wake()
                continue
        except SchemaMovedOn:
            engine.pulse.idle()
        except Exception:
            log.exception("listening failed; it is tried again", extra={"action": "listen"})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), LISTEN_SECONDS)


async def _heartbeat(engine: Engine, stop: asyncio.Event) -> None:
    """The dead-man's switch: call the address after every time this node looked at what is due and wrote."""
    called: float | None = None
    async with httpx.AsyncClient(timeout=HEARTBEAT_SECONDS, follow_redirects=False) as client:
        while not stop.is_set():
            written = engine.pulse.done("written")
            if written is not None and written != called:
                called = written
                try:
                    (await client.get(engine.settings.heartbeat_url)).raise_for_status()
                except httpx.HTTPError as error:
                    # Without the address: it may hold a secret.
                    log.warning("heartbeat not taken", extra={"action": "heartbeat", "error": type(error).__name__})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), engine.settings.rhythm.tick_seconds)


def _resume(engine: Engine) -> Beat:
    conversation = Conversation(engine.context, engine.wording)
    return Beat(name="resume", every_seconds=RESUME_SECONDS, work=conversation.resume)


def _routers(spoken: list[Platform]) -> list[Any]:
    return [one.router for one in spoken if one.router is not None]


def _door(engine: Engine) -> socket.socket:
    web = engine.settings.web
    try:
        door = socket.create_server((web.host, web.port))
    except OSError as error:
        why = os.strerror(error.errno or 0)
        sentence = (
            f"网页地址 {web.host} 的端口 {web.port} 无法使用（{why}），请改设 DUBAN_WEB__PORT 或停掉占用它的程序。"
        )
        raise refuse(sentence) from None
    # Head and body of an answer are written one after the other: without this the body waits 40 ms for the other side.
    door.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return door


class _Server(uvicorn.Server):
    """Leaves the signals to `serve`."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Install nothing."""
        yield
