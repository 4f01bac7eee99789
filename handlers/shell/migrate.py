"""`migrate`: bring the database to the newest schema."""

import typer

import settings as settings_file
from bot.clock import SystemClock
from bot.engine import make_folder, upgraded
from handlers.shell.terminal.opening import refusals
from handlers.shell.terminal.private import check_private
from storage.sql.database import Database, file_of
from storage.sql.schema import current

app = typer.Typer(add_completion=False)


@app.command("migrate")
def run() -> None:
    """升级数据库结构。"""
    with refusals():
        settings = settings_file.load()
        make_folder(settings)
        check_private(settings, file_of(settings.database))
        database = Database(settings.database)
        saved = upgraded(database, settings.data_dir, SystemClock())
        if saved is not None:
            typer.echo(f"升级前的数据库已备份：{saved}")
        with database.read() as conn:
            typer.echo(f"数据库结构已是最新（{current(conn)}）。")
        database.close()
