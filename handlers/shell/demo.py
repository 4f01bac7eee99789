"""`demo`: the real case of August 2021, from the spreadsheet to the weekly summary, on a wound clock."""

import asyncio
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr
from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.text import Text

from bot.actions.people.binding import bind
from bot.actions.people.register import import_register
from bot.actions.tickets.intake import take_in
from bot.actions.tickets.proof.prover import latest
from bot.channels.console import ConsoleChannel
from bot.channels.inbox import InboxChannel
from bot.clock import SystemClock, WoundClock
from bot.engine import Engine, beside, open_engine, root_file
from bot.reports.ledger import ledger_line
from bot.rules.calendar.weeks import Week
from bot.rules.calendar.zone import SHANGHAI, shanghai
from bot.rules.people.routing import INBOX
from bot.rules.reports.late import how_late
from bot.rules.tickets.targets import full_name
from bot.simulator.play import Play, Sent, StageChannel, TicketChange
from handlers.chat.reply import Conversation
from handlers.intake.fields import map_columns, read_arrivals, ticket_headings
from handlers.intake.files import SpreadsheetFile
from handlers.intake.register_file import read_register
from handlers.shell.report import write_weekly
from handlers.shell.run import serve
from handlers.shell.terminal.opening import refusals, refuse
from handlers.shell.terminal.usage import program
from handlers.shell.terminal.wrapping import say_wrapped, wrapped
from settings import Settings
from storage import views
from storage.records import step_of

app = typer.Typer(add_completion=False)

SAMPLES = Path(__file__).parents[2] / "samples"
SOURCE, NUMBER = "省平台", "FJ-20210823-01"
START = datetime(2021, 8, 23, 8, 0, tzinfo=SHANGHAI)
RECEIVED = datetime(2021, 8, 23, 10, 0, tzinfo=SHANGHAI)
ANSWERED = datetime(2021, 9, 2, 16, 0, tzinfo=SHANGHAI)
END = datetime(2021, 9, 3, 18, 0, tzinfo=SHANGHAI)
WORDS = "办结 已整改并答复"
MARK = ".duban-demo"  # only a folder with it is emptied
INDENT = " " * 13
FRAME = 4  # columns a panel takes for itself
ABOUT = "事实取自三明市人民政府办公室2021年第三季度通报；人员和手机号为虚构，收到与答复的钟点为假设。"


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="演示完即退出，不继续运行")] = False,
    out: Annotated[Path, typer.Option(help="演示文件存放处，每次重新生成")] = Path("demo-out"),
) -> None:
    """重放2021年的真实案例：一件逾期7个工作日的工单，以及督办机器人会在何时提醒谁。"""
    console = Console(highlight=False)
    with refusals():
        _clear(out)
        database = SecretStr(f"sqlite:///{(out / 'duban.sqlite3').resolve()}")
        settings = Settings(data_dir=out, database_url=database, roots_path=beside(out))
        play = _stage(settings)
        try:
            _tell(play, console, out)
        finally:
            play.close()
    if not once:
        _go_on(settings, console)


def _clear(out: Path) -> None:
    """Empty the folder of an earlier demo; any other folder with something in it is left alone."""
    try:
        if out.exists() and (not out.is_dir() or any(out.iterdir())) and not (out / MARK).is_file():
            raise refuse(f"“{out}”里有别的文件，演示不会清空它；请用 --out 另选一个空文件夹。")
        roots = beside(out)  # never the place a setting names: that is the office's own
        if roots.exists() and not (out / MARK).is_file():
            raise refuse(f"“{out}”旁边有存证文件“{roots.name}”，演示不会动它；请用 --out 另选一个空文件夹。")
        roots.unlink(missing_ok=True)
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        (out / MARK).touch()
    except OSError as error:
        raise refuse(f"文件夹“{out}”不能用（{error.strerror}），请用 --out 另选一个。") from None


def _stage(settings: Settings) -> Play:
    clock = WoundClock(START)
    # The terminal stands for a chat that works, in the story and when the demo runs on.
    chat = StageChannel(name=ConsoleChannel.name)
    inbox = StageChannel(name=INBOX, abilities=InboxChannel.abilities)
    engine = open_engine(settings, clock=clock, channels={one.name: one for one in (chat, inbox)})
    inbox.inner = InboxChannel(engine.database, clock)
    return Play(engine, clock, [chat, inbox], beats=[engine.brief, engine.weekly])


def _bind_everybody(engine: Engine) -> None:
    with engine.database.read() as conn:
        directory = engine.context.directory(conn)
    for person in directory.people.values():
        bind(engine.context, person.id, ConsoleChannel.name, full_name(person, directory))


def _tell(play: Play, console: Console, out: Path) -> None:
    engine = play.engine
    console.print(Rule("督办演示：水清三明，2021年8月23日"))
    say_wrapped(console, f"{ABOUT}\n")
    report = import_register(engine.context, engine.sealer, read_register(SAMPLES / "register.xlsx"))
    console.print(
        f"[bold]登记簿[/] 导入：{report.units.new}个单位、{report.people.new}名人员、{report.accounts.new}个账号。"
    )
    _bind_everybody(engine)
    _show(play.until(RECEIVED), engine, console)
    _take_in(engine, console)
    _show(play.until(ANSWERED), engine, console)
    _answer(engine, console)
    _show(play.until(END), engine, console)
    _end(engine, console, out)


def _take_in(engine: Engine, console: Console) -> None:
    path = SAMPLES / "tickets-2021-08-23.xlsx"
    sheet = SpreadsheetFile(path).sheet(ticket_headings())
    columns = map_columns(sheet.headings)
    rows = list(read_arrivals(sheet, columns, source=SOURCE, now=engine.clock.now()))
    taken = take_in(engine.context, SOURCE, [arrival for _, arrival in rows])
    created = sum(one.outcome == "created" for one in taken)
    console.print(f"\n[bold]工单[/] 从 {path.name} 导入{created}件。")


def _answer(engine: Engine, console: Console) -> None:
    with engine.database.read() as conn:
        ticket = views.timeline(conn, views.ticket_ids(conn, NUMBER)[0]).ticket
        directory = engine.context.directory(conn)
    primary = next(
        who for (account, role), who in directory.duties.items() if (account, role) == (ticket.account_id, "primary")
    )
    reply = Conversation(engine.context, engine.wording).hear(
        person_id=primary, text=WORDS, at=ANSWERED, via=ConsoleChannel.name, event_id="demo"
    )
    console.print(_line(ANSWERED, f"← {directory.people[primary].name}", WORDS, "green"))
    say_wrapped(console, reply.text, INDENT)


def _show(happened: Iterator[Sent | TicketChange], engine: Engine, console: Console) -> None:
    for one in happened:
        if isinstance(one, Sent):
            with engine.database.read() as conn:
                directory = engine.context.directory(conn)
            person = directory.people[one.person_id]
            step = engine.wording(f"message.short_{step_of(one.message.step) or one.message.kind}")
            console.print(_line(one.at, f"→ {person.name}（{directory.units[person.unit_id].name}）", step, "cyan"))
            say_wrapped(console, one.text, INDENT, style="dim")


def _line(at: datetime, who: str, what: str, colour: str) -> Text:
    return Text.assemble((f"{shanghai(at):%m-%d %H:%M}  ", "dim"), (who, colour), "  ", (what, "bold"))


def _end(engine: Engine, console: Console, out: Path) -> None:
    with engine.database.read() as conn:
        ticket = views.timeline(conn, views.ticket_ids(conn, NUMBER)[0]).ticket
        calendar = engine.context.working(conn).calendar
    late = how_late(ticket, engine.clock.now(), calendar)
    console.print()
    console.print(
        Panel(Text(ledger_line(ticket, late)), title=f"台账 {NUMBER} {ticket.account_name}", border_style="red")
    )
    while engine.prove():
        pass
    text, paths = write_weekly(engine, Week.of(ANSWERED.date()), out)
    console.print(Panel(Text(wrapped(text, console.width - FRAME)), title="周报 2021-W35", border_style="blue"))
    console.print("文件：")
    for path in (*paths, out / "duban.sqlite3", root_file(engine.settings)):
        console.print(f"  {path}")
    told = f"DUBAN_DATA_DIR={out} {program()} ticket {NUMBER}"
    say_wrapped(
        console, f"存证号：{latest(engine.context)}。把它发给别人留底，以后用 verify --since 核对：记录改过就接不上。"
    )
    console.print(f"这件工单的全过程：[bold]{told}[/]", soft_wrap=True)


def _go_on(settings: Settings, console: Console) -> None:
    """Keep the demo's data at work on the real clock, so that one can play on from another shell."""
    command = f"DUBAN_DATA_DIR={settings.data_dir} {program()} tickets"
    console.print(f"\n继续运行中，可在另一终端试：{command}。按 Ctrl-C 结束。", soft_wrap=True)
    engine = open_engine(settings, clock=SystemClock())
    try:
        asyncio.run(serve(engine))
    finally:
        engine.database.close()
