"""What lies on the disk is its owner's alone: files are made so, and wider ones are refused."""

import os
import stat
from pathlib import Path

from bot.sealing import KeyRefused
from settings import Settings

PRIVATE = 0o077  # the bits of others that are taken away
BESIDES = ("", "-wal", "-shm", "-journal")  # SQLite's file, and what stands beside it while it works


def make_private() -> None:
    """Let every file and folder this process makes be its owner's alone."""
    os.umask(PRIVATE)


def check_private(settings: Settings, database_file: str | None) -> None:
    """Refuse a data folder or a database that others may read or write; the sentence names the command that helps."""
    folder = settings.data_dir
    paths = [folder] if folder.is_dir() else []
    if database_file:
        paths += [path for end in BESIDES if (path := Path(f"{database_file}{end}")).is_file()]
    wide = [path for path in paths if stat.S_IMODE(path.stat().st_mode) & PRIVATE]
    if wide:
        commands = "；".join(f"chmod {'700' if path.is_dir() else '600'} {path}" for path in wide)
        raise KeyRefused(f"数据目录或数据库别人也能读写，请先执行：{commands}")
