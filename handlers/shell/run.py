"""`run`: the engine at work until SIGTERM or Ctrl-C."""

import asyncio
import logging
import signal

import typer

from bot.engine import Engine
from bot.scheduler import Rhythm
from handlers.shell.opening import opened

log = logging.getLogger(__name__)

app = typer.Typer()


@app.command()
def run() -> None:
    """启动督办机器人;按 Ctrl-C 或发送 SIGTERM 平稳停止。"""
    with opened() as engine:
        asyncio.run(serve(engine))


async def serve(engine: Engine) -> None:
    """Work until asked to stop."""
    rhythm = Rhythm(engine)
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, rhythm.stop)
    log.info("ready", extra={"action": "ready", "channels": sorted(engine.channels)})
    await rhythm.run()
    for channel in engine.channels.values():
        await channel.close()
    log.info("stopped", extra={"action": "stopped"})
