"""`migrate`: bring the database to the newest schema."""

import typer

import settings as settings_file
from bot.engine import make_folder
from handlers.shell.terminal.opening import refusals
from handlers.shell.terminal.private import check_private
from storage.sql.database import Database, file_of
from storage.sql.schema import current, migrate

app = typer.Typer(add_completion=False)


@app.command("migrate")
def run() -> None:
    """升级数据库结构。"""
    with refusals():
        settings = settings_file.load()
        make_folder(settings)
        check_private(settings, file_of(settings.database))
        database = Database(settings.database)
        migrate(database)
        with database.read() as conn:
            typer.echo(f"数据库结构已是最新（{current(conn)}）。")
        database.close()
