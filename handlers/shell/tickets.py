"""`tickets [--overdue]`: the open tickets, the first due first."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.delivery.facts import standing_briefly
from bot.engine import Engine
from bot.rules.messages.showing import visible
from handlers.shell.terminal.opening import emit, local, opened
from storage import views
from storage.records import Ticket

app = typer.Typer(add_completion=False)

PLATFORM = "平台"
HEADINGS = ("工单", "账号", PLATFORM, "状态", "应办结", "情况")
# Where the terminal is narrow it is names that are broken, never a day or how late it is.
NAMES = {"工单": 10, "账号": 8, PLATFORM: 8}  # heading -> least width
NARROW = 76  # below this the platform is left out


@app.command()
def tickets(
    overdue: Annotated[bool, typer.Option("--overdue", help="只列已逾期的")] = False,
    limit: Annotated[int, typer.Option(help="最多列多少件", min=1)] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象")] = False,
) -> None:
    """列出未办结的工单，最先到期的在前。"""
    with opened() as engine:
        now = engine.clock.now()
        with engine.database.read() as conn:
            found = views.overview(conn, overdue_at=now if overdue else None, limit=limit)
        if as_json:
            for one in found:
                emit(facts(one, engine))
        else:
            _show(found, engine)


def facts(ticket: Ticket, engine: Engine) -> dict[str, object]:
    """Return a ticket as it is given out in JSON; times in Asia/Shanghai."""
    return {
        "ticket": ticket.number,
        "source": ticket.source,
        "platform": ticket.platform,
        "account": ticket.account_name,
        "matched": ticket.account_id is not None,
        "state": str(ticket.state),
        "policy": ticket.policy,
        "received_at": local(ticket.received_at),
        "issued_at": local(ticket.issued_at),
        "deadline_status": str(ticket.deadline_status),
        "due_day": ticket.due_day.isoformat() if ticket.due_day else None,
        "target_at": local(ticket.target_at),
        "due_at": local(ticket.due_at),
        "completed_at": local(ticket.completed_at),
        "overdue": ticket.overdue(engine.clock.now()),
        "calendar_revision": ticket.calendar_revision,
    }


def _show(found: list[Ticket], engine: Engine) -> None:
    console = Console(highlight=False)
    if not found:
        console.print("没有符合条件的工单。")
        return
    table = Table(box=None, pad_edge=False, collapse_padding=True)
    shown = [one for one in HEADINGS if one != PLATFORM or console.width >= NARROW]
    for heading in shown:
        table.add_column(heading, overflow="fold", no_wrap=heading not in NAMES, min_width=NAMES.get(heading))
    with engine.database.read() as conn:
        calendars = engine.context.calendars(conn)
    now = engine.clock.now()
    for one in found:
        cells = {
            "工单": one.number,
            "账号": one.account_name,
            PLATFORM: one.platform,
            "状态": engine.wording.state(one.state),
            "应办结": one.due_day.isoformat() if one.due_day else "待定",
            "情况": standing_briefly(one, calendars.of(one.unit_id), engine.wording, now),
        }
        table.add_row(*(Text(visible(cells[heading])) for heading in shown), style="red" if one.overdue(now) else "")
    console.print(table)
