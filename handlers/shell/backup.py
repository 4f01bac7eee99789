"""`backup`: all there is into one file, while the bot runs."""

import os
import shutil
from pathlib import Path
from typing import Annotated

import typer

from bot.sealing import KEY_FILE
from handlers.shell.terminal.opening import opened, refuse
from storage.sql import backup as backups

app = typer.Typer(add_completion=False)

KEY_SUFFIX = ".key"


@app.command("backup")
def backup(
    file: Annotated[Path, typer.Argument(help="备份写到哪个文件，不能已存在")],
    with_key: Annotated[bool, typer.Option("--with-key", help="把密钥文件一并存在旁边；两个文件请分开保管")] = False,
) -> None:
    """备份数据库到一个文件；机器人照常运行。直接复制运行中的数据库文件会缺数据，请勿那样做。"""
    with opened() as engine:
        saved = backups.save(engine.database, file)
        key = None if engine.settings.secret_key else engine.settings.data_dir / KEY_FILE
        typer.echo(f"已备份{saved.tickets}件工单及全部登记、流水和附件：{file}")
        if with_key and key is not None:
            typer.echo(f"密钥另存：{_save_key(key, file.with_name(file.name + KEY_SUFFIX))}，请与备份分开保管。")
            return
        where = "设置 DUBAN_SECRET_KEY 里" if key is None else f"{key}"
        typer.echo(f"密钥不在备份里，它在{where}，请另外妥善保存：没有它，备份里的手机号读不出来。")


def _save_key(key: Path, copy: Path) -> Path:
    try:
        with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with key.open("rb") as source:
                shutil.copyfileobj(source, file)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise refuse(f"{copy} 已存在，密钥没有另存。数据库已备份好。") from None
    except OSError:
        raise refuse(f"密钥写不进 {copy}，请检查磁盘和权限。数据库已备份好。") from None
    return copy
