"""What the commands share: open the engine, say refusals in Chinese."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import settings as settings_file
from bot import logs
from bot.actions.calendar.notices import CalendarRefused
from bot.actions.tickets.proof.prover import RootFileRefused
from bot.actions.tickets.proof.retracing import KeptRootInvalid
from bot.clock import Clock
from bot.engine import Engine, open_engine
from bot.policies.loading import PolicyInvalid
from bot.rules.calendar.notice import NoticeRefused
from bot.rules.calendar.workdays import CalendarNotPublished
from bot.rules.calendar.zone import SHANGHAI
from bot.rules.refused import MoveRefused
from bot.sealing import KeyRefused, PhoneInvalid, is_changing
from bot.simulator.scenario import ScenarioInvalid
from handlers.intake import InputRefused
from handlers.shell.terminal.lines import emit, local, refuse
from handlers.shell.terminal.private import check_private
from handlers.shell.terminal.usage import program
from storage.sql.database import file_of
from storage.sql.trouble import DatabaseRefused, told

__all__ = ["emit", "input_file", "local", "opened", "read_moment", "refusals", "refuse"]

REFUSALS = (
    settings_file.SettingsInvalid,
    PolicyInvalid,
    KeyRefused,
    PhoneInvalid,
    ScenarioInvalid,
    InputRefused,
    MoveRefused,
    KeptRootInvalid,
    RootFileRefused,
    CalendarRefused,
    CalendarNotPublished,
    NoticeRefused,
    DatabaseRefused,
)


@contextmanager
def refusals() -> Iterator[None]:
    """Print a refusal as a Chinese sentence on stderr and exit with 1."""
    try:
        yield
    except REFUSALS as refused:
        raise refuse(str(refused)) from None


@contextmanager
def opened(
    clock: Clock | None = None, *, changing_key: bool = False, prove: bool = True, **overrides: Any
) -> Iterator[Engine]:
    """Open the engine on the settings of this environment, and close it again; what a command wrote is proved."""
    with refusals():
        settings = settings_file.load(**overrides)
        logs.set_up(settings.log_level if sys.stderr.isatty() is False else "WARNING")
        check_private(settings, file_of(settings.database))
        if is_changing(settings.data_dir) and not changing_key:
            raise refuse(f"更换密钥没有做完，请再执行一次：{program()} rekey。")
        engine = open_engine(settings, clock=clock)
        try:
            with told(engine.database.file):
                try:
                    yield engine
                finally:
                    while prove and engine.prove():
                        pass
        finally:
            engine.database.close()


def input_file(path: Path) -> Path:
    """Return the path of a file to read; exits with a sentence where there is no such file."""
    if path.is_dir():
        raise refuse(f"“{path}”是文件夹，请写明文件。")
    if not path.exists():
        raise refuse(f"没有找到文件“{path}”，请核对路径和文件名。")
    return path


def read_moment(text: str) -> datetime:
    """Read a time as people type it, in Asia/Shanghai unless it carries a zone; UTC out."""
    moment = datetime.fromisoformat(text.strip().replace("/", "-"))
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return moment.astimezone(UTC)
