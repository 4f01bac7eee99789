"""A list of tickets as a table (.xlsx): what a digest cannot tell whole, for printing and handing on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO

from bot.delivery.wording import Wording
from bot.reports.sheets import Column, Masthead, Style, WorkbookWriter, open_workbook
from bot.rules.calendar.zone import shanghai
from bot.rules.messages.showing import masked
from storage.records import Directory, Ticket


@dataclass(frozen=True, kw_only=True, slots=True)
class _Row:
    ticket: Ticket
    unit: str


def ticket_list(tickets: Sequence[Ticket], directory: Directory, now: datetime) -> bytes:
    """Lay the tickets out, in their order; the same tickets at the same moment give the same bytes."""
    wording, body = Wording("zh"), BytesIO()
    units = {number: unit.name for number, unit in directory.units.items()}
    rows = [_Row(ticket=one, unit=units.get(one.unit_id or 0, "")) for one in tickets]
    with open_workbook(body) as made:
        made.set_properties({"title": "工单清单", "created": now.astimezone(UTC).replace(tzinfo=None)})
        local = shanghai(now)
        moment = f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
        book = WorkbookWriter(made, Masthead(issuer="", period=moment))
        book.table("工单清单", "工单清单", _columns(wording), rows)
    return body.getvalue()


def _columns(wording: Wording) -> tuple[Column[_Row], ...]:
    return (
        Column(heading="工单编号", width=16, style=Style.TEXT, value=lambda row: row.ticket.number),
        Column(heading="单位", width=13, style=Style.TEXT, value=lambda row: row.unit),
        Column(
            heading="账号",
            width=17,
            style=Style.TEXT,
            value=lambda row: f"{row.ticket.account_name}（{row.ticket.platform}）",
        ),
        Column(heading="问题和建议", width=31, style=Style.TEXT, value=lambda row: _problem(row.ticket, wording)),
        Column(heading="链接", width=22, style=Style.TEXT, value=lambda row: row.ticket.url),
        Column(heading="时限", width=17, style=Style.TEXT, value=lambda row: wording.due(row.ticket)),
    )


def _problem(ticket: Ticket, wording: Wording) -> str:
    wrong = ticket.problem or ticket.problem_class
    if ticket.suggestion:
        wrong = wording("message.wrong_to_right", wrong=wrong, right=ticket.suggestion)
    return masked(wrong)
