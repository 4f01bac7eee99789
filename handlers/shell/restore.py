"""`restore`: a backup into an empty place."""

from pathlib import Path
from typing import Annotated

import typer

import settings as settings_file
from bot.engine import make_folder
from bot.sealing import KEY_FILE, KeyRefused, Sealer
from handlers.shell.terminal.opening import refusals
from storage.sql import backup as backups
from storage.sql.database import Database
from storage.sql.trouble import told

app = typer.Typer(add_completion=False)


@app.command("restore")
def restore(
    file: Annotated[Path, typer.Argument(help="备份文件")],
    key: Annotated[Path | None, typer.Option("--key", help="与备份一起留存的密钥文件")] = None,
) -> None:
    """把备份恢复到一个空的数据目录或空的 PostgreSQL 库；SQLite 的备份也能恢复到 PostgreSQL，反之亦可。"""
    with refusals():
        settings = settings_file.load()
        backup = backups.look(file)
        make_folder(settings)
        given = settings.secret_key.get_secret_value() if settings.secret_key else None
        text = _key_text(key) if key is not None else None
        if backup.sealed:
            _try_key(backup.sealed, given or text or _key_text(settings.data_dir / KEY_FILE))
        database = Database(settings.database)
        with told(database.file):
            backups.restore(backup, database)
        database.close()
        if text is not None and given is None:
            Sealer.keep(settings.data_dir, text)
        typer.echo(f"已恢复{backup.tickets}件工单及全部登记、流水和附件。请先运行 check 和 verify，再启动 run。")
        typer.echo("备份之后办理过的事项不在其中；备份时还没发出的消息会照常发出，可能有人再收到一次。")


def _key_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        sentence = f"备份里有加密的手机号，但读不到密钥文件 {path}。请用 --key 指明与备份一起留存的密钥文件"
        raise KeyRefused(sentence) from None


def _try_key(sealed: str, key: str) -> None:
    if not Sealer(key).opens(sealed):
        raise KeyRefused("这把密钥解不开备份里的手机号，什么也没有恢复。请用备份当时的 secret.key（--key）")
