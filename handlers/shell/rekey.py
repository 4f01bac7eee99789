"""`rekey`: a new key, and everything sealed anew."""

from pathlib import Path
from typing import Annotated

import typer

import settings as settings_file
from bot.actions.people.rekey import opens, rekey
from bot.failpoints import failpoint
from bot.sealing import Sealer, is_changing, next_key, take_next_key
from handlers.shell.terminal.opening import input_file, opened, refusals, refuse
from storage.sql.database import Database
from storage.sql.schema import current

app = typer.Typer(add_completion=False)


@app.command("rekey")
def run(
    key_file: Annotated[
        Path | None, typer.Option("--new-key-file", help="新密钥所在文件；密钥由环境变量提供时用")
    ] = None,
) -> None:
    """更换加密密钥：先停止 run，再执行；中断后再执行一次即可。"""
    if _ended_last_time():
        typer.echo("上次已全部改用新密钥，现已收尾。")
        return
    with opened(changing_key=True) as engine:
        settings = engine.settings
        if settings.secret_key is not None and key_file is None:
            raise refuse("密钥由 DUBAN_SECRET_KEY 提供，请用 --new-key-file 指明新密钥所在的文件。")
        if settings.secret_key is None and key_file is not None:
            raise refuse("密钥在数据目录的 secret.key 里，会自动更换，不用写 --new-key-file。")
        new = Sealer(input_file(key_file).read_text("utf-8").strip() if key_file else next_key(settings.data_dir))
        done = rekey(engine.context, engine.sealer, new)
        failpoint("after_rekey")
        if key_file is None:
            take_next_key(settings.data_dir)
        typer.echo(
            f"已更换密钥：手机号{done.phones}个、待发消息{done.messages}条已重新加密；{done.codes}个绑定码作废，请重新发放。"
        )
        if key_file is not None:
            typer.echo("请立即把 DUBAN_SECRET_KEY 改为新密钥，再启动 run。")


def _ended_last_time() -> bool:
    """Whether a change that was broken off had sealed everything anew; then the new key takes its place."""
    with refusals():
        settings = settings_file.load()
        if not is_changing(settings.data_dir):
            return False
        old, new = Sealer.open(settings.data_dir, None), Sealer(next_key(settings.data_dir))
        database = Database(settings.database)
        with database.read() as conn:
            empty = current(conn) is None
        ended = not empty and not opens(database, old) and opens(database, new)
        database.close()
        if ended:
            take_next_key(settings.data_dir)
        return ended
